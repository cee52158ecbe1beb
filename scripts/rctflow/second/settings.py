"""What the second computation is told of the study: the declared analyses, and nothing of how the first made them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal


@dataclass(frozen=True)
class Declared:
    """One analysis in one population, and the visit at which its comparison is judged.

    flag: ADSL variable of the population. arm_variable: TRT01P or TRT01A. counts: BDS variable that says which records
    count. visits: after baseline, in the order of the plan. factors: strata, text or not. covariates: numbers are
    linear, text is a factor. options: of the model, defaults filled in. arms: the reference first. direction: which end
    of the scale is better. contrasts: (arm, other) compared beside those with the reference. mcid: the endpoint's, when
    responders are looked for. arm_order: the arms in the order of the study. doses: arm -> dose, where trends are over
    doses.
    """

    endpoint: str
    analysis: str
    population: str
    model: str
    role: str
    estimand: str
    unit: str
    flag: str
    arm_variable: str
    counts: str
    arms: tuple[str, ...]
    visits: tuple[str, ...]
    visit: str
    baseline_visit: str
    outcome: Literal["change", "value"]
    baseline: bool
    log: bool
    confidence: float
    factors: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    direction: Literal["higher", "lower"] = "higher"
    mcid: float | None = None
    options: dict[str, Any] = field(default_factory=dict)
    contrasts: tuple[tuple[str, str], ...] = ()
    arm_order: tuple[str, ...] = ()
    doses: dict[str, float] = field(default_factory=dict)

    def contrast(self, arm: str, ratio: bool = False) -> str:
        """The comparison of ``arm`` with the reference as result rows name it; a ratio also when logarithms are."""
        return f"{arm} {'/' if ratio or self.log else '-'} {self.arms[0]}"


class Statistics(dict[str, float]):
    """Statistics of one comparison.

    left: why the first steps of a declared chain were left, "" when they were not. used: the step that was used, empty
    without a chain. lacking: why statistics that one would expect are absent, "" when they are held not to exist.
    """

    left: str = ""
    used: Mapping[str, str] = MappingProxyType({})
    lacking: str = ""


@dataclass(frozen=True)
class Second:
    """The primary and secondary analyses of a study. small_cells: as in disclosure.py."""

    study: str
    analyses: tuple[Declared, ...]
    small_cells: int = 0
