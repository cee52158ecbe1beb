"""Two arms as pairs of patients: who wins, and the exact law of the wins in whole numbers.

U counts the pairs of a stratum that the treated patient wins, ties half. Of each run of t tied patients j are treated,
in C(t, j) ways; the ways to every value of U are the coefficients of a polynomial, all of them packed into one whole
number (Kronecker 1882), so that nothing is rounded however many they are. Over several strata U - E U is divided by
N + 1 (van Elteren 1960, Bull ISI 37:351), which a common multiple makes whole.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from rctflow.second.errors import NoSecondPathError

LARGEST = 2_000_000
Law = dict[int, int]


@dataclass(frozen=True)
class Stratum:
    """runs: of each value from the lowest, how many of the treated and how many of the reference arm have it."""

    runs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, treated: Sequence[float], other: Sequence[float]) -> Stratum:
        """Of the values of both arms, equal ones tied."""
        one, two = Counter(treated), Counter(other)
        return cls(tuple((one[value], two[value]) for value in sorted({*one, *two})))

    @property
    def sizes(self) -> tuple[int, int]:
        """Patients of the arm and of the reference."""
        return sum(treated for treated, _ in self.runs), sum(other for _, other in self.runs)

    @property
    def wins(self) -> Fraction:
        """U."""
        below, found = 0, Fraction(0)
        for treated, other in self.runs:
            found += treated * (below + Fraction(other, 2))
            below += other
        return found

    @property
    def excess(self) -> Fraction:
        """(U - E U) / (N + 1)."""
        n1, n0 = self.sizes
        return (self.wins - Fraction(n1 * n0, 2)) / (n1 + n0 + 1)

    @property
    def ties(self) -> float:
        """1 - sum (t^3 - t) / (N^3 - N)."""
        n = sum(self.sizes)
        return 1 - sum((t + o) ** 3 - (t + o) for t, o in self.runs) / (n**3 - n)

    @property
    def variance(self) -> float:
        """Var U / (N + 1)^2 (Lehmann 1975, 1.4)."""
        n1, n0 = self.sizes
        return n1 * n0 / (n1 + n0 + 1) / 12 * self.ties

    @property
    def pattern(self) -> tuple[tuple[int, ...], int]:
        """What the law depends on: the sizes of the runs, and how many are treated."""
        return tuple(treated + other for treated, other in self.runs), self.sizes[0]


def exact_p(strata: Sequence[Stratum]) -> float:
    """Two-sided: the probability of sums at least as far from their mean as the observed one.

    Raises NoSecondPathError when there are too many of them.
    """
    law, scale = _law_of_sum(tuple(stratum.pattern for stratum in strata))
    seen = abs(sum((stratum.excess for stratum in strata), Fraction(0)) * scale)
    return float(Fraction(sum(ways for d, ways in law.items() if seen <= abs(d)), sum(law.values())))


@lru_cache(maxsize=512)
def _law_of_sum(patterns: tuple[tuple[tuple[int, ...], int], ...]) -> tuple[Law, int]:
    """scale * sum (U - E U) / (N + 1) -> ways, and the scale that makes it whole."""
    scale = math.lcm(*(2 * (sum(sizes) + 1) for sizes, _ in patterns))
    law: Law = {0: 1}
    for sizes, n1 in patterns:
        factor = scale // (2 * (sum(sizes) + 1))
        own = {factor * (twice - n1 * (sum(sizes) - n1)): ways for twice, ways in _ways(sizes, n1).items()}
        if len(law) * len(own) > LARGEST:
            raise NoSecondPathError("the exact law is too large to count twice")
        grown: Law = {}
        for one, ways in law.items():
            for other, more in own.items():
                grown[one + other] = grown.get(one + other, 0) + ways * more
        law = grown
    return law, scale


@lru_cache(maxsize=512)
def _ways(sizes: tuple[int, ...], n1: int) -> Law:
    """2 U -> in how many ways n1 treated patients of runs of these sizes give it."""
    n = sum(sizes)
    room = 8 * (math.comb(n, n1).bit_length() // 8 + 1)
    packed, seen = [1] + [0] * n1, 0
    for size in sizes:
        grown = [0] * (n1 + 1)
        for chosen, polynomial in enumerate(packed):
            for j in range(min(size, n1 - chosen) + 1) if polynomial else ():
                won = j * (2 * (seen - chosen) + size - j)
                grown[chosen + j] += (polynomial * math.comb(size, j)) << (room * won)
        packed, seen = grown, seen + size
    digits = packed[n1].to_bytes(room // 8 * (2 * n1 * (n - n1) + 1), "little")
    step = room // 8
    counts = (int.from_bytes(digits[place : place + step], "little") for place in range(0, len(digits), step))
    return {twice: ways for twice, ways in enumerate(counts) if ways}
