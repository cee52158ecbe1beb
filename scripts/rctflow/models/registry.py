"""The names of the models, each with the function that fits it and the class of its options.

Names are strings, not imports: choosing a model costs only that model's imports, and the workflow tracks only the
code of the models that a study uses. A new model is one module and one line here. The function is ``(data:
AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput`` (see contract.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from rctflow.errors import RctflowError
from rctflow.results import comparison_name

if TYPE_CHECKING:
    from rctflow.models.contract import Model
    from rctflow.models.settings import Analysis


class Entry(NamedTuple):
    """Where a model stands: ``module:function``, and ``module:class`` of its options (a standard dataclass).

    scale: of its comparisons; "" when it follows ``log`` (differences, or ratios). interaction: where its interaction
    of arm and subgroup is fitted; "" for a model without.
    """

    function: str
    options: str = "rctflow.models.options:NoOptions"
    scale: Literal["", "ratio", "win"] = ""
    interaction: str = ""


MODELS = {
    "ancova": Entry(
        "rctflow.models.ancova:fit_ancova",
        "rctflow.models.options:AncovaOptions",
        interaction="rctflow.models.subgroups.ancova:fit_interaction",
    ),
    "mmrm": Entry(
        "rctflow.models.repeated:fit_repeated",
        "rctflow.models.options:MmrmOptions",
        interaction="rctflow.models.subgroups.mmrm:fit_interaction",
    ),
    "binary": Entry(
        "rctflow.models.binary.analysis:fit_binary",
        "rctflow.models.options:BinaryOptions",
        interaction="rctflow.models.subgroups.binary:fit_binary_interaction",
    ),
    "responder": Entry(
        "rctflow.models.binary.analysis:fit_responder",
        "rctflow.models.options:ResponderOptions",
        interaction="rctflow.models.subgroups.binary:fit_responder_interaction",
    ),
    "censored": Entry("rctflow.models.censored.model:fit_censored", "rctflow.models.options:CensoredOptions"),
    "wilcoxon": Entry("rctflow.models.rank.wilcoxon:fit_wilcoxon", "rctflow.models.options:WilcoxonOptions", "win"),
    "cmh": Entry("rctflow.models.cmh:fit_cmh", "rctflow.models.options:CmhOptions"),
    "proportional_odds": Entry("rctflow.models.rank.ordinal:fit_proportional_odds", scale="ratio"),
    "gee": Entry("rctflow.models.gee:fit_gee", "rctflow.models.options:GeeOptions"),
    "gee_logit": Entry("rctflow.models.gee:fit_gee_logit", "rctflow.models.options:GeeOptions", "ratio"),
    "counts": Entry("rctflow.models.counts:fit_counts", "rctflow.models.options:CountsOptions", "ratio"),
    "time_to_event": Entry("rctflow.models.time_to_event:fit_time_to_event", scale="ratio"),
    "paired_change": Entry("rctflow.models.paired_change:fit_paired_change"),
    "descriptive": Entry("rctflow.models.descriptive:describe", "rctflow.models.options:DescriptiveOptions"),
}

ALL_VISITS = ("mmrm", "gee", "gee_logit")
"""Models whose comparison at one visit uses the records of all."""
SUBGROUPS = "rctflow.models.subgroups.interaction:subgroup_rows"


class UnknownModelError(RctflowError):
    """The config names a model that the registry does not have."""


def known_models() -> tuple[str, ...]:
    """The names that ``model:`` may have in a config, sorted."""
    return tuple(sorted(MODELS))


def modules_of(model_names: Iterable[str]) -> list[str]:
    """The modules in which these models stand, sorted, each once. Raises UnknownModelError."""
    return sorted({_entry(name).function.partition(":")[0] for name in model_names})


def with_subgroups() -> tuple[str, ...]:
    """The models that can compare the arms within subgroups, sorted."""
    return tuple(sorted(name for name, entry in MODELS.items() if entry.interaction))


def subgroup_modules_of(model_names: Iterable[str]) -> list[str]:
    """The modules that fit these models' interactions of arm and subgroup, sorted, each once."""
    found = {_entry(name).interaction.partition(":")[0] for name in model_names} - {""}
    return sorted(found | {SUBGROUPS.partition(":")[0]}) if found else []


def load_subgroups() -> Any:
    """The function that makes the rows of subgroups from any model's interaction."""
    return _load(SUBGROUPS)


def load_interaction(name: str) -> Any:
    """The function that fits the model ``name`` with an interaction of arm and subgroup."""
    return _load(_entry(name).interaction)


def load_model(name: str) -> Model:
    """The function that fits the model ``name``. Raises UnknownModelError."""
    return _load(_entry(name).function)


def options_class(name: str) -> type:
    """The dataclass of the options that the model ``name`` understands. Raises UnknownModelError."""
    return _load(_entry(name).options)


def compared_as(analysis: Analysis, arm: str, reference: str) -> str:
    """The name under which the analysis compares ``arm`` with ``reference``."""
    return comparison_name(arm, reference, _entry(analysis.model).scale or ("ratio" if analysis.log else "difference"))


def uses_all_visits(name: str) -> bool:
    """Whether a model's comparison at one visit uses the records of the others."""
    return name in ALL_VISITS


def compares_ratios(name: str) -> bool:
    """Whether a model compares odds, rates or hazards, by their ratio. Raises UnknownModelError."""
    return _entry(name).scale == "ratio"


def _entry(name: str) -> Entry:
    if name in MODELS:
        return MODELS[name]
    near = get_close_matches(name, MODELS, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise UnknownModelError(f"model: '{name}' is not a model.{hint} One of: {', '.join(known_models())}")


def _load(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
