"""Events and subjects of two arms, and what the methods on them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """Two arms: ``x1`` events among ``n1`` subjects of the compared arm, ``x0`` among ``n0`` of the reference."""

    x1: int
    n1: int
    x0: int
    n0: int

    @property
    def p1(self) -> float:
        """The proportion of the compared arm."""
        return self.x1 / self.n1

    @property
    def p0(self) -> float:
        """The proportion of the reference arm."""
        return self.x0 / self.n0

    @property
    def total(self) -> int:
        """The subjects of both arms."""
        return self.n1 + self.n0

    @property
    def events(self) -> int:
        """The events of both arms."""
        return self.x1 + self.x0

    @property
    def difference(self) -> float:
        """The risk difference."""
        return self.p1 - self.p0


@dataclass(frozen=True)
class Interval:
    """Limits of a confidence interval; infinite where the data set no limit."""

    low: float
    high: float


def normal_quantile(confidence: float) -> float:
    """The two-sided quantile of the standard normal: 1.96 for 0.95."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2))


def two_sided(z: float) -> float:
    """The two-sided p-value of a standard normal statistic."""
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def falling_root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where ``function``, which falls from above zero at ``low`` to below it at ``high``, is zero; to the last bit.

    By bisection; the ends themselves are never evaluated.
    """
    while True:
        middle = low + (high - low) / 2
        if middle in (low, high):
            return middle
        if function(middle) > 0:
            low = middle
        else:
            high = middle
