"""The names of the summaries, each with the function that makes it and the class of its settings.

Names are strings, not imports (see models/registry.py). A new summary is one settings class (a frozen dataclass with a
property ``reads``), one function ``(sources: Sources, study: SummaryStudy, settings) -> list[Result]``, one line here,
one line in the config's section (study/summaries.py) and one rule (workflow/rules/summaries.smk).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from rctflow.disclosure import disclosable
from rctflow.results import Result
from rctflow.settings import settings_from
from rctflow.summaries.settings import SummaryStudy

if TYPE_CHECKING:
    from rctflow.summaries.sources import Sources


class Entry(NamedTuple):
    """Where a summary stands: ``module:function``, and ``module:class`` of its settings."""

    function: str
    settings: str


SUMMARIES = {
    "flow": Entry("rctflow.summaries.flow:summarize_flow", "rctflow.summaries.settings:Flow"),
    "populations": Entry(
        "rctflow.summaries.populations:summarize_populations", "rctflow.summaries.settings:Populations"
    ),
    "disposition": Entry(
        "rctflow.summaries.disposition:summarize_disposition", "rctflow.summaries.settings_course:Disposition"
    ),
    "sites": Entry("rctflow.summaries.sites:summarize_sites", "rctflow.summaries.settings_course:Sites"),
    "deviations": Entry(
        "rctflow.summaries.deviations:summarize_deviations", "rctflow.summaries.settings_course:Deviations"
    ),
    "exposure": Entry("rctflow.summaries.exposure:summarize_exposure", "rctflow.summaries.settings_course:Exposure"),
    "medication": Entry(
        "rctflow.summaries.medication:summarize_medication", "rctflow.summaries.settings_course:Medication"
    ),
    "baseline": Entry("rctflow.summaries.baseline:summarize_baseline", "rctflow.summaries.settings:Baseline"),
    "adverse_events": Entry(
        "rctflow.summaries.adverse_events.summary:summarize_adverse_events",
        "rctflow.summaries.adverse_events.settings:AdverseEventSummary",
    ),
    "laboratory": Entry(
        "rctflow.summaries.findings:summarize_laboratory", "rctflow.summaries.settings_findings:FindingsSummary"
    ),
    "vital_signs": Entry(
        "rctflow.summaries.findings:summarize_vital_signs", "rctflow.summaries.settings_findings:FindingsSummary"
    ),
    "data_quality": Entry("rctflow.summaries.quality:summarize_quality", "rctflow.summaries.settings:DataQuality"),
}


def modules_of(summary: str) -> list[str]:
    """The modules of a summary: what its rule depends on."""
    return sorted({place.partition(":")[0] for place in SUMMARIES[summary]})


def summarized(params: Mapping[str, Any], sources: Sources) -> list[Result]:
    """The rows of one summary as they may be published.

    params: its name (``summary``), SummaryStudy (``study``) and its own ``settings``, as dag gives them.
    """
    entry = SUMMARIES[params["summary"]]
    study = settings_from(SummaryStudy, params["study"])
    settings = settings_from(_named(entry.settings), params["settings"])
    return disclosable(_named(entry.function)(sources, study, settings), study.small_cells)


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
