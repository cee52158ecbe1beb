"""The Hodges-Lehmann shift and its interval from the definition: which shifts balance the pairs, and which are not
rejected by the test.

The estimate is where sum (U(d) - E U) / (N + 1), falling in d, crosses zero; U(d) counts the pairs of a stratum that
the treated patient wins after d was taken from him. The interval holds the shifts that the test does not reject at
1 - confidence: exact, by counting in whole numbers (pairs.py); else Moses's pairs for one stratum, z for several
(docs/models.md; Hodges & Lehmann 1963, Ann Math Stat 34:598; Lehmann 1975, 2.4-2.6).

Sums change at the differences of pairs alone, so that the test is made once between each two of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from rctflow.second.columns import Array
from rctflow.second.normal import critical_value, two_sided_p
from rctflow.second.pairs import Stratum, exact_p

DIGITS = 10
NAME = "hodges_lehmann_"
Arms = Sequence[tuple[list[float], list[float]]]


def shift(strata: Arms, confidence: float, exact: bool) -> dict[str, float]:
    """hodges_lehmann_estimate, _ci_low and _ci_high of the values (treated, reference) of each stratum; a limit that no
    shift is rejected beyond is absent. Raises NoSecondPathError when the exact law is too large.
    """
    size = max(abs(value) for arms in strata for arm in arms for value in arm) or 1.0
    differences = [np.subtract.outer(*map(np.array, arms)).ravel() for arms in strata]
    rounded = [_rounded(each, size) for each in differences]
    places = sorted(set(np.concatenate(rounded)))
    found = {NAME + "estimate": _balance(strata, rounded, places)}
    if not exact and len(strata) == 1:
        return found | _moses(strata[0], np.sort(rounded[0]), confidence)

    def kept(d: float) -> bool:
        moved = [
            Stratum.of(_rounded(np.array(one) - d, size).tolist(), _rounded(np.array(two), size).tolist())
            for one, two in strata
        ]
        variance = sum(stratum.variance for stratum in moved)
        if not variance > 0:
            return True
        if exact:
            return exact_p(moved) > (1 - confidence) * (1 + 1e-12)
        return two_sided_p(float(sum(stratum.excess for stratum in moved)) / math.sqrt(variance)) > 1 - confidence

    margin = 1 + places[-1] - places[0]
    between = [places[0] - margin, *((a + b) / 2 for a, b in pairwise(places)), places[-1] + margin]
    ends = _outermost(between, kept) if exact else _bisected(between, kept)
    if ends is None:
        own = [place for place in places if kept(place)] or [found[NAME + "estimate"]]
        return found | {NAME + "ci_low": own[0], NAME + "ci_high": own[-1]}
    low, high = ends
    found |= {NAME + "ci_low": places[low - 1]} if low else {}
    return found | ({NAME + "ci_high": places[high]} if high < len(places) else {})


def _rounded(values: Array, size: float) -> Array:
    """Values of which differences are rounding errors made equal. size: the largest of the outcomes."""
    return np.round(values, DIGITS - 1 - math.floor(math.log10(size))) + 0.0


def _balance(strata: Arms, differences: list[Array], places: list[float]) -> float:
    def excess(d: float) -> Fraction:
        """Beyond d: sum (U(d) - E U) / (N + 1)."""
        pairs = zip(strata, differences, strict=True)
        return sum(
            (
                Fraction(2 * int((own > d).sum()) - len(own), 2 * (len(arms[0]) + len(arms[1]) + 1))
                for arms, own in pairs
            ),
            Fraction(0),
        )

    low, high = 0, len(places) - 1
    while low < high:  # the first difference beyond which the sum is not positive
        middle = (low + high) // 2
        low, high = (low, middle) if excess(places[middle]) <= 0 else (middle + 1, high)
    if excess(places[low]) == 0:
        return float((places[low] + places[low + 1]) / 2)
    return float(places[low])


def _moses(arms: tuple[list[float], list[float]], ordered: Array, confidence: float) -> dict[str, float]:
    n1, n0 = map(len, arms)
    place = math.floor(n1 * n0 / 2 - critical_value(confidence) * math.sqrt(n1 * n0 * (n1 + n0 + 1) / 12))
    if place < 1:
        return {}
    return {NAME + "ci_low": float(ordered[place - 1]), NAME + "ci_high": float(ordered[-place])}


def _outermost(between: list[float], kept: Callable[[float], bool]) -> tuple[int, int] | None:
    """The first and the last place of ``between`` that is kept; None when none is."""
    low = next((place for place, d in enumerate(between) if kept(d)), None)
    if low is None:
        return None
    return low, next(place for place in reversed(range(len(between))) if kept(between[place]))


def _bisected(between: list[float], kept: Callable[[float], bool]) -> tuple[int, int] | None:
    """The same where what is kept has no gaps, from the kept place nearest to the middle."""
    middle = len(between) // 2
    inside = next((p for p in sorted(range(len(between)), key=lambda p: abs(p - middle)) if kept(between[p])), None)
    if inside is None:
        return None
    low = 0 if kept(between[0]) else _edge(0, inside, between, kept)
    last = len(between) - 1
    return low, last if kept(between[last]) else _edge(last, inside, between, kept)


def _edge(outside: int, inside: int, between: list[float], kept: Callable[[float], bool]) -> int:
    while abs(inside - outside) > 1:
        middle = (inside + outside) // 2
        outside, inside = (outside, middle) if kept(between[middle]) else (middle, inside)
    return inside
