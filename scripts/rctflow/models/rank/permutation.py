"""The exact law of a sum of scores over a random half: which patients are the treated ones is random, n1 of n fixed.

Under the null hypothesis each of the C(n, n1) choices of the treated is equally likely within a stratum. The number of
choices with sum s is found by adding one patient at a time (the network or shift algorithm),

    c_j(k, s) = c_(j-1)(k, s) + c_(j-1)(k - 1, s - a_j),   a_j the whole score of patient j, k chosen so far,

so that ties need no special case: they are equal scores. Independent strata are convolved. Counts are sums of positive
numbers, so that floating point loses nothing but its last digits, in the far tail too.

Two-sided p: the probability of sums at least as far from the mean as the observed one, as SAS (PROC NPAR1WAY EXACT)
and R coin define it. Source: Streitberg & Roehmel 1986, Stat Software Newsletter 12:10; Pagano & Tritchler 1983, J Am
Stat Assoc 78:435.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rctflow.models.rank.samples import Array, Whole

LARGEST = 4_000_000
"""Terms of a convolution above which the law is not enumerated."""


class TooLarge(Exception):  # noqa: N818 - a reason to take the normal approximation, not a fault
    """The exact law has too many values."""


@dataclass(frozen=True)
class Law:
    """A discrete law: distinct ``values`` (v,), ascending, and their ``probabilities`` (v,)."""

    values: Whole
    probabilities: Array

    def times(self, factor: int) -> Law:
        """The law of ``factor`` times the sum."""
        return Law(self.values * factor, self.probabilities)

    def plus(self, other: Law) -> Law:
        """The law of the sum of two independent sums. Raises TooLarge."""
        if len(self.values) * len(other.values) > LARGEST:
            raise TooLarge
        sums = (self.values[:, None] + other.values[None, :]).ravel()
        both = (self.probabilities[:, None] * other.probabilities[None, :]).ravel()
        values, place = np.unique(sums, return_inverse=True)
        return Law(values, np.bincount(place, weights=both).astype(float))

    def two_sided(self, observed: int, mean: int) -> float:
        """The probability of values at least as far from ``mean`` as ``observed``."""
        far = np.abs(self.values - mean) >= abs(observed - mean)
        return float(min(self.probabilities[far].sum(), 1.0))


def law_of_sum(scores: Whole, chosen: int) -> Law:
    """The law of the sum of ``chosen`` of the whole ``scores`` (n,), all choices equally likely."""
    low = int(scores.min())
    counts = np.zeros((chosen + 1, int(np.sort(scores - low)[len(scores) - chosen :].sum()) + 1))
    counts[0, 0] = 1.0
    width = counts.shape[1]
    for score in np.sort(scores - low):
        counts[1:, score:] += counts[:-1, : width - score].copy()
    last = counts[chosen]
    support = np.flatnonzero(last)
    return Law(support + low * chosen, last[support] / last.sum())
