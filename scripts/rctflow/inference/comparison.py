"""One contrast at one visit, as the randomization test sees it."""

from __future__ import annotations

from dataclasses import dataclass

from rctflow.inference.randomization_test import Array, Shifts


@dataclass(frozen=True)
class Comparison:
    """One contrast at one visit: the observed studentized statistic and how it is made under other allocations.

    shifts: where the difference is one of least squares between two arms, for the interval; else None. why: what keeps
    the observed statistic from being a number.
    """

    visit: str
    contrast: str
    observed: float
    statistics: Array
    shifts: Shifts | None = None
    why: str = ""
