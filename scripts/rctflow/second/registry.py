"""The models that have a second path. A new one is one module and one line here.

A path is a function ``(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict``: contrast (or arm) -> its
statistics, both named as the result rows of the first path name them; whatever both have is compared. With the first
path it shares what tests/unit/second/test_second_imports.py lists, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from rctflow.second.errors import NoSecondPathError
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame

    Path = Callable[[DataFrame, DataFrame, Declared], dict[str, dict[str, float]]]

PATHS = {
    "ancova": "rctflow.second.ancova",
    "binary": "rctflow.second.proportions",
    "censored": "rctflow.second.censored",
    "cmh": "rctflow.second.contingency",
    "counts": "rctflow.second.counts",
    "descriptive": "rctflow.second.within",
    "gee": "rctflow.second.marginal",
    "gee_logit": "rctflow.second.marginal",
    "mmrm": "rctflow.second.repeated",
    "paired_change": "rctflow.second.within",
    "proportional_odds": "rctflow.second.ordinal",
    "responder": "rctflow.second.proportions",
    "time_to_event": "rctflow.second.survival",
    "wilcoxon": "rctflow.second.wilcoxon",
}
ONCE = {
    "descriptive": re.compile(r"(change_)?(median|q1|q3|min|max)|n_(unable|below|above)|percent_below"),
}
"""Statistics of a model that its second path leaves out (docs/second.md says why)."""
TOLD_AGAIN = {
    "cmh": ("n:", "percent:"),
    "time_to_event": ("at_risk:", "survival:", "survival_ci_low:", "survival_ci_high:", "censored:"),
}
"""Statistics with a value or a time in their name that the second path computes too."""


def is_once(model: str, statistic: str) -> bool:
    """Whether a statistic is left out by the second path of its model."""
    return model in ONCE and bool(ONCE[model].fullmatch(statistic))


def is_told_again(model: str, statistic: str) -> bool:
    """Whether a statistic with a value or a time in its name is computed by the second path of its model."""
    return statistic.startswith(TOLD_AGAIN.get(model, ()))


def second_modules(models: Iterable[str]) -> list[str]:
    """The modules of the second paths of these models, sorted."""
    return sorted({PATHS[model] for model in models if model in PATHS})


def second_path(model: str) -> Path:
    """The second path of a model. Raises NoSecondPathError when it has none."""
    if model not in PATHS:
        raise NoSecondPathError(f"{model} has no second path")
    path: Path = import_module(PATHS[model]).compute
    return path
