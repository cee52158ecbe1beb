"""The analysis plan in a config: everything in it that decides an analysis, as it was understood.

What only prints is listed here, path by path; a key that is not listed is analytic, so that a new one is locked until
somebody decides that it prints.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rctflow.models.registry import options_class
from rctflow.settings import as_params, settings_from
from rctflow.study.analyses import analyses_of, main_analysis
from rctflow.study.files import instrument_files
from rctflow.study.model import Study
from rctflow.study.planned import arm_values, endpoint_visits, population_flag, primary_visit, visit_labels

PRESENTATION = (
    "study.title",
    "study.registration",
    "study.reference",
    "study.description",
    "source.folder",  # where the files lie
    "arms.levels.*.label",
    "arms.levels.*.description",
    "arms.levels.*.colour",
    "visits.*.label",
    "tables.*.columns.*.label",
    "populations.*.label",
    "populations.*.description",
    "intercurrent_events.*.label",
    "estimands.*.label",
    "analyses",  # templates: resolved in each endpoint
    "resampling",  # the same
    "subgroups.*.label",
    "endpoints.*.label",
    "endpoints.*.digits",
    "multiplicity.families.*.label",
    "blinding.mode",  # unblinding is the planned change after the lock; it is recorded by itself
    "blinding.seed",
    "package",
)


def analysis_plan(study: Study) -> dict[str, Any]:
    """All that decides an analysis: defaults and templates resolved, instrument files by their sha256.

    What the order of keys or a label decides (the main analysis, how forms write a visit or an arm) is spelled out.
    """
    document = as_params(study.model_dump(mode="json"))
    for arm, plan in document["arms"]["levels"].items():
        plan["values"] = list(arm_values(study, arm))
    for visit, plan in document["visits"].items():
        plan["values"] = list(visit_labels(study, visit))
    for population, plan in document["populations"].items():
        plan["flag"] = population_flag(study, population)
    for name, plan in document["instruments"].items():
        plan["files"] = {file: _sha256(file) for file in instrument_files(study.instruments[name].file)}
    for name, plan in document["endpoints"].items():
        plan |= _endpoint(study, name)
    document["baseline_table"] = next(iter(study.populations))
    pruned = document
    for pattern in PRESENTATION:
        pruned = without(pruned, pattern.split("."))
    return pruned


def _endpoint(study: Study, name: str) -> dict[str, Any]:
    endpoint, analyses = study.endpoints[name], analyses_of(study, name)
    resolved = {key: as_params(analysis) for key, analysis in analyses.items()}
    for key, analysis in analyses.items():
        options: Any = settings_from(options_class(analysis.model), as_params(analysis.options))
        resolved[key]["options"] = as_params(asdict(options))
    return {
        "analyses": resolved,
        "main": main_analysis(study, name, analyses),
        "visits": list(endpoint_visits(study, endpoint)),
        "primary_visit": primary_visit(study, endpoint),
    }


def without(document: Any, path: list[str]) -> Any:
    """``document`` without what stands at ``path``; ``*`` is any key. Nothing is changed in place."""
    if not isinstance(document, Mapping):
        return document
    first, rest = path[0], path[1:]
    kept = {key: value for key, value in document.items() if rest or first not in ("*", key)}
    return {key: without(value, rest) if rest and first in ("*", key) else value for key, value in kept.items()}


def bears_on(path: str, study: Study, endpoint: str) -> bool:
    """Whether a setting bears on an endpoint: all do but those of other endpoints, and of forms, populations and
    instruments that it does not use.
    """
    from rctflow.study.planned import endpoint_table
    from rctflow.study.rooms import subject_tables

    plan, (section, *names) = study.endpoints[endpoint], path.split(".")
    used = {
        "endpoints": {endpoint},
        "instruments": {plan.instrument},
        "tables": {endpoint_table(study, plan), *subject_tables(study)},
        "populations": {name for analysis in analyses_of(study, endpoint).values() for name in analysis.populations},
    }
    of_the_study = ("protocol_deviations", "baseline_table", "summaries", "adverse_events", "findings")
    return section not in of_the_study and (section not in used or not names or names[0] in used[section])


def _sha256(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()
