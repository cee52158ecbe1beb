"""Two arms in strata, as rank statistics see them; midranks.

Midranks are kept doubled, so that they are whole numbers and sums of them compare without rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
TIE = 1e-9
"""Values that differ by less than this share of the largest are equal: a change is a difference of two numbers."""


@dataclass(frozen=True)
class Stratum:
    """The outcomes of one stratum: ``treated`` (n1,) and ``reference`` (n0,), both with somebody."""

    treated: Array
    reference: Array

    @property
    def n(self) -> int:
        """Patients of both arms."""
        return len(self.treated) + len(self.reference)

    def shifted(self, shift: float) -> Stratum:
        """The stratum after ``shift`` was taken from the treated."""
        return Stratum(self.treated - shift, self.reference)

    def differences(self) -> Array:
        """(n1 n0,) every treated value minus every reference value."""
        return (self.treated[:, None] - self.reference[None, :]).ravel()


@dataclass(frozen=True)
class Samples:
    """The strata in which both arms occur; excluded: the patients of the others, which no comparison can use."""

    strata: tuple[Stratum, ...]
    excluded: int = 0

    @classmethod
    def of(cls, outcome: Array, treated: NDArray[np.bool_], stratum: list[str]) -> Samples:
        """From one entry per patient; strata in the order of their names."""
        names = np.array(stratum, dtype=object)
        outcome = rounded_ties(outcome)
        made, excluded = [], 0
        for name in sorted(set(stratum)):
            here = names == name
            pair = Stratum(outcome[here & treated], outcome[here & ~treated])
            if len(pair.treated) and len(pair.reference):
                made.append(pair)
            else:
                excluded += pair.n
        return cls(tuple(made), excluded)

    @property
    def n(self) -> int:
        """Patients in the strata compared."""
        return sum(stratum.n for stratum in self.strata)

    def shifted(self, shift: float) -> Samples:
        """The samples after ``shift`` was taken from every treated patient."""
        return Samples(tuple(stratum.shifted(shift) for stratum in self.strata), self.excluded)

    def __iter__(self) -> Iterator[Stratum]:
        """Each stratum."""
        return iter(self.strata)


def rounded_ties(values: Array) -> Array:
    """``values`` (n,) with those that differ by rounding noise made equal (the lowest of a run stands for it)."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    noise = TIE * float(np.abs(values).max(initial=0.0))
    starts = np.concatenate([[True], np.diff(ordered) > noise]) if len(values) else np.zeros(0, bool)
    same = np.empty_like(values)
    same[order] = ordered[starts][np.cumsum(starts) - 1] if len(values) else ordered
    return same


def doubled_midranks(values: Array) -> Whole:
    """(n,) twice the rank of each value, ties sharing the mean of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (2 * last - count + 1)[place]
