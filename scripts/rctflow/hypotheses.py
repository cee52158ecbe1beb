"""What a family of hypotheses is: who belongs to it, and by which procedure it is tested."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from rctflow.results import DOSE_RESPONSE, SIGNS, Result, comparison_name

Procedure = Literal["fixed_sequence", "holm", "hochberg", "hommel", "graphical", "benjamini_hochberg"]
EXPLORATORY: tuple[Procedure, ...] = ("benjamini_hochberg",)
"""Procedures that control the false discovery rate, not the probability of a single false claim."""
RANDOMIZATION_TEST = "randomization_p_value"
"""The statistic of the randomization test's p-value (rule resample)."""


@dataclass(frozen=True)
class Hypothesis:
    """No difference between an arm and the reference in one analysis of one endpoint at one visit.

    id: its name under weights and transitions (the endpoint's id when omitted). analysis, population, visit: the
    endpoint's main analysis, the population that it is judged in, and its primary visit when omitted. arm: the one
    compared with the reference; may be omitted when the study has two. statistic: the p-value that is tested: p_value,
    the model's; randomization_p_value, that of the randomization test which the analysis declares under resampling; or
    the p-value of a further method (fisher_p_value); dose_response_p_value, the trend over all arms, which
    names no arm.
    """

    endpoint: str
    id: str = ""
    analysis: str = ""
    population: str = ""
    visit: str = ""
    arm: str = ""
    statistic: str = "p_value"

    @property
    def name(self) -> str:
        """The id, or the endpoint's."""
        return self.id or self.endpoint

    @property
    def by_randomization(self) -> bool:
        """Whether it is tested by the randomization test instead of the model."""
        return self.statistic == RANDOMIZATION_TEST

    @property
    def over_doses(self) -> bool:
        """Whether it is about the trend over the doses of all arms, and not about one arm against the reference."""
        return self.statistic.startswith(DOSE_RESPONSE)

    def compares(self, row: Result, reference: str) -> bool:
        """Whether a row belongs to the comparison of this hypothesis, all of whose defaults are filled in."""
        if self.over_doses:
            whose = (row.endpoint, row.analysis, row.population, row.visit, row.contrast + row.group)
            return whose == (self.endpoint, self.analysis, self.population, self.visit, "")
        pairs = [comparison_name(self.arm, reference, scale) for scale in SIGNS]
        same = (row.endpoint, row.analysis, row.population, row.visit)
        return same == (self.endpoint, self.analysis, self.population, self.visit) and row.contrast in pairs

    def tests(self, row: Result, reference: str) -> bool:
        """Whether a row is the p-value of this hypothesis."""
        return row.statistic == self.statistic and self.compares(row, reference)


@dataclass(frozen=True)
class Family:
    """Hypotheses that are tested together at one level.

    hypotheses: in the order of testing (fixed_sequence) and of print. alpha: two-sided level of the whole family; for
    benjamini_hochberg the false discovery rate. weights, transitions: of graphical alone: hypothesis -> its share of
    alpha at the start; hypothesis -> hypothesis -> the share of its level that it passes on once rejected.
    """

    procedure: Procedure
    hypotheses: tuple[Hypothesis, ...]
    label: str = ""
    alpha: float = 0.05
    weights: dict[str, float] = field(default_factory=dict)
    transitions: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def confirmatory(self) -> bool:
        """Whether a rejection is a claim of the trial: the family-wise error rate is controlled."""
        return self.procedure not in EXPLORATORY


def is_tested(row: Result, tested: Iterable[Hypothesis], reference: str) -> bool:
    """Whether a row is the p-value of one of these hypotheses."""
    return any(hypothesis.tests(row, reference) for hypothesis in tested)
