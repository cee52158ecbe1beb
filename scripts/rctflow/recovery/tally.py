"""What the trials gave of one row, held against its truth, with the Monte-Carlo errors of both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from rctflow.recovery.measures import Truth

LEVEL = 95.0
ERRORS = 3.0
"""Monte-Carlo errors within which a bias or a coverage counts as none, or as nominal."""
Verdict = Literal["recovers", "does not recover", "bias shown", "no bias seen"]


@dataclass
class Tally:
    """Estimates, standard errors and limits of each trial that had an estimate; lost: trials without one."""

    estimate: list[float] = field(default_factory=list)
    se: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    lost: int = 0
    fallback: int = 0

    def add(self, values: Mapping[str, float | None], fallback: bool) -> None:
        """One trial: estimate, se (nan where the method has none), ci_low, ci_high; without an estimate it is lost."""
        estimate = values.get("estimate")
        if estimate is None:
            self.lost += 1
            return
        se, low, high = (values.get(name) for name in ("se", "ci_low", "ci_high"))
        self.estimate.append(estimate)
        self.se.append(math.nan if se is None else se)
        self.low.append(-math.inf if low is None else low)
        self.high.append(math.inf if high is None else high)
        self.fallback += fallback

    def against(self, truth: Truth) -> Recovered:
        """Bias, spread and coverage. Raises ValueError with fewer than two estimates."""
        n = len(self.estimate)
        if n < 2:
            raise ValueError(f"{n} of {n + self.lost} trials have an estimate: too few to judge")
        spread = float(np.std(self.estimate, ddof=1))
        covered = float(np.mean([a <= truth.value <= b for a, b in zip(self.low, self.high, strict=True)]))
        return Recovered(
            truth=truth,
            n=n,
            lost=self.lost,
            fallback=self.fallback,
            bias=float(np.mean(self.estimate)) - truth.value,
            bias_error=math.hypot(spread / math.sqrt(n), truth.mc_se),
            spread=spread,
            se=float(np.nanmean(self.se)) if np.isfinite(self.se).any() else math.nan,
            coverage=100 * covered,
            coverage_error=percent_error(LEVEL, n),
        )


@dataclass(frozen=True)
class Recovered:
    """One line of the table. spread: SD of the estimates; se: mean of the standard errors of those that have one, else
    nan.

    coverage in percent; its error is that of a coverage of exactly 95 %. Logarithms for ratios and odds.
    """

    truth: Truth
    n: int
    lost: int
    fallback: int
    bias: float
    bias_error: float
    spread: float
    se: float
    coverage: float
    coverage_error: float

    @property
    def unbiased(self) -> bool:
        """Whether the bias is within Monte-Carlo error of none."""
        return abs(self.bias) <= ERRORS * self.bias_error

    @property
    def covers(self) -> bool:
        """Whether the intervals cover at least 95 %, within Monte-Carlo error."""
        return self.coverage >= LEVEL - ERRORS * self.coverage_error

    def verdict(self, valid: bool) -> Verdict:
        """valid: whether the assumptions of the analysis hold for these trials."""
        sound = self.unbiased and self.covers
        if valid:
            return "recovers" if sound else "does not recover"
        return "no bias seen" if sound else "bias shown"


def percent_error(percent: float, n: int) -> float:
    """Monte-Carlo error, in percentage points, of a share that is truly ``percent`` in n trials."""
    return math.sqrt(percent * (100 - percent) / n)
