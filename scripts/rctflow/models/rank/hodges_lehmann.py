"""The shift between two arms that the rank sum does not see: Hodges and Lehmann.

D the differences treated minus reference within strata. The estimate is the shift d at which T - E T (rank_sum.py) of
the outcomes, d taken from the treated, changes its sign: the median of D, for several strata weighted by 1 / (N_s + 1)
(the middle where the change is a stretch). The interval holds the shifts that the test does not reject at
1 - confidence. T changes at the values of D only, so that the test is made once in every gap between neighbouring
values, from outside inwards; the first gap that is not rejected gives the limit:

    exact:   by the two-sided exact test of the shifted outcomes, their ties included: it agrees with the exact p
    normal:  by z without continuity correction, found by bisection; for one stratum Moses's limits, as in SAS

Moses: the c-th smallest and c-th largest of D, c = n1 n0 / 2 - z sqrt(n1 n0 (N + 1) / 12) rounded down. SAS and coin
make their exact limits likewise by the law of the observed ranks, whose ties are not those of the shifted outcomes: at
heavy ties the limits can differ by one value of D.
Source: Hodges & Lehmann 1963, Ann Math Stat 34:598; Lehmann 1975, Nonparametrics, 2.4-2.6; Bauer 1972, J Am Stat
Assoc 67:687 (inversion).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rctflow.models.rank.permutation import Law
from rctflow.models.rank.rank_sum import RankSum
from rctflow.models.rank.samples import Array, Samples, Stratum, rounded_ties


@dataclass(frozen=True)
class Shift:
    """estimate, and the limits: minus or plus infinity when no shift on that side is rejected."""

    estimate: float
    ci_low: float
    ci_high: float


def hodges_lehmann(samples: Samples, confidence: float, exact: bool) -> Shift:
    """The shift treated minus reference and its interval. Raises TooLarge when exact and too large."""
    differences, weights = _differences(samples)
    estimate = _weighted_median(differences, weights)
    if not exact and len(samples.strata) == 1:
        return Shift(estimate, *moses(samples.strata[0], confidence))
    alpha = 1 - confidence
    laws: dict[tuple[bytes, int], Law] = {}

    def rejected(shift: float) -> bool:
        statistic = RankSum.of(samples.shifted(shift))
        if statistic.variance == 0:
            return False
        p = statistic.exact_p(laws) if exact else statistic.normal_p(continuity=False)
        return p <= alpha * (1 + 1e-12)

    try:
        low, high = _ends(np.unique(differences), rejected, walk=exact)
    except StopIteration:  # many patients on a scale of few points: every gap is rejected, a value of D is not
        kept = [place for place in np.unique(differences) if not rejected(float(place))] or [estimate]
        low, high = float(kept[0]), float(kept[-1])
    return Shift(estimate, low, high)


def moses(stratum: Stratum, confidence: float) -> tuple[float, float]:
    """The normal limits of one stratum."""
    from scipy.special import ndtri

    pairs = len(stratum.treated) * len(stratum.reference)
    sd = math.sqrt(pairs * (stratum.n + 1) / 12)
    place = math.floor(pairs / 2 - float(ndtri((1 + confidence) / 2)) * sd)
    if place < 1:
        return -math.inf, math.inf
    ordered = np.sort(stratum.differences())
    return float(ordered[place - 1]), float(ordered[pairs - place])


def _differences(samples: Samples) -> tuple[Array, Array]:
    parts = [stratum.differences() for stratum in samples]
    weights = [np.full(len(part), 1 / (stratum.n + 1)) for part, stratum in zip(parts, samples, strict=True)]
    return rounded_ties(np.concatenate(parts)), np.concatenate(weights)


def _weighted_median(values: Array, weights: Array) -> float:
    order = np.argsort(values, kind="stable")
    values, share = values[order], np.cumsum(weights[order]) / weights.sum()
    first = int(np.searchsorted(share, 0.5 - 1e-12))
    if math.isclose(share[first], 0.5, abs_tol=1e-12):
        return float((values[first] + values[first + 1]) / 2)
    return float(values[first])


def _ends(places: Array, rejected: Callable[[float], bool], walk: bool) -> tuple[float, float]:
    """The limits at ``places`` (distinct, ascending) whose gaps are tested; walk: every gap, else by bisection."""
    margin = 1 + float(places[-1] - places[0])
    gaps = np.concatenate([[places[0] - margin], (places[1:] + places[:-1]) / 2, [places[-1] + margin]])
    low = _first_kept(gaps, rejected, walk)
    high = len(gaps) - 1 - _first_kept(gaps[::-1], rejected, walk)
    return (-math.inf if low == 0 else float(places[low - 1])), (
        math.inf if high == len(gaps) - 1 else float(places[high])
    )


def _first_kept(gaps: Array, rejected: Callable[[float], bool], walk: bool) -> int:
    """The first of ``gaps`` that is not rejected."""
    if walk:
        return next(number for number, gap in enumerate(gaps) if not rejected(float(gap)))
    if not rejected(float(gaps[0])):
        return 0
    outside, inside = 0, _kept_inside(gaps, rejected)
    while inside - outside > 1:
        middle = (inside + outside) // 2
        outside, inside = (middle, inside) if rejected(float(gaps[middle])) else (outside, middle)
    return inside


def _kept_inside(gaps: Array, rejected: Callable[[float], bool]) -> int:
    """A gap near the middle that is not rejected."""
    middle = len(gaps) // 2
    order = sorted(range(len(gaps)), key=lambda number: abs(number - middle))
    return next(number for number in order if not rejected(float(gaps[number])))
