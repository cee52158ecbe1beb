"""Ranks by pairs and whole numbers: U_s counts the pairs of stratum s that the treated patient wins, ties half.

    theta = sum w_s U_s / (n_s1 n_s0) / sum w_s,   w_s = n_s1 n_s0 / (N_s + 1)
    z = sum (U_s - n_s1 n_s0 / 2) / (N_s + 1) / sqrt(sum Var U_s / (N_s + 1)^2)
    Var U_s = n_s1 n_s0 (N_s + 1) / 12 (1 - sum (t^3 - t) / (N_s^3 - N_s)),   t the sizes of the ties (Lehmann 1975)

Exact p: of each run of t tied patients j are treated, in C(t, j) ways; the ways to every sum are counted in whole
numbers. Interval: the roots of (estimate - theta)^2 = z^2 V(theta), V written by Q1 = theta / (2 - theta) and Q2 = 2
theta^2 / (1 + theta) (Hanley & McNeil 1982, with n1 = n0 = N / 2 in the numerator: Newcombe 2006).

The first path adds midranks patient by patient in floating point, and bisects. The shift is not computed again.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from rctflow.second.errors import NoSecondPathError
from rctflow.second.selection import analysed, complete, outcome
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame

LARGEST = 2_000_000
DECIMALS = 9
INSIDE = 1e-9
"""A step off the estimate: where the arms do not overlap it is itself a root, and not the one that is looked for."""
Ways = Counter[Fraction]


@dataclass(frozen=True)
class Stratum:
    """runs: of each value from the lowest, how many of the treated and how many of the reference arm have it."""

    runs: tuple[tuple[int, int], ...]

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
    def ties(self) -> float:
        """1 - sum (t^3 - t) / (N^3 - N)."""
        n = sum(self.sizes)
        return 1 - sum((t + o) ** 3 - (t + o) for t, o in self.runs) / (n**3 - n)

    def ways(self) -> Ways:
        """U -> in how many ways as many treated patients of these values give it, over N + 1 and from its mean."""
        n1, n0 = self.sizes
        counts: Counter[tuple[int, int]] = Counter({(0, 0): 1})
        seen = 0
        for size in (treated + other for treated, other in self.runs):
            grown: Counter[tuple[int, int]] = Counter()
            for (chosen, twice), number in counts.items():
                for j in range(min(size, n1 - chosen) + 1):
                    below = seen - chosen
                    grown[chosen + j, twice + j * (2 * below + size - j)] += number * math.comb(size, j)
            counts, seen = grown, seen + size
        found: Ways = Counter()
        for (chosen, twice), number in counts.items():
            if chosen == n1:
                found[Fraction(twice - n1 * n0, 2 * (n1 + n0 + 1))] += number
        return found


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Comparison -> win probability, its standard error and interval, z and p at ``declared.visit``.

    Raises NoSecondPathError when no comparison can be made, or the exact law is too large.
    """
    declared = replace(declared, baseline=False)
    rows = analysed(bds, adsl, declared)
    rows = complete(rows[rows["AVISIT"] == declared.visit], declared)
    if rows.empty:
        raise NoSecondPathError("no record can be analysed")
    sign = 1 if declared.direction == "higher" else -1
    values = np.round(sign * outcome(rows, declared), DECIMALS)
    rows = rows.assign(SCORE=values)
    found = {}
    for arm in declared.arms[1:]:
        pair = rows[rows["ARM"].isin((arm, declared.arms[0]))]
        strata = [_stratum(part, arm) for part in _parts(pair, declared)]
        strata = [stratum for stratum in strata if min(stratum.sizes)]
        if strata and any(stratum.ties for stratum in strata):
            found[f"{arm} vs {declared.arms[0]}"] = _statistics(strata, declared)
    return found


def _parts(rows: DataFrame, declared: Declared) -> list[DataFrame]:
    if not declared.factors:
        return [rows]
    return [part for _, part in rows.groupby(list(declared.factors), sort=True)]


def _stratum(rows: DataFrame, arm: str) -> Stratum:
    treated, other = (rows.loc[rows["ARM"].eq(arm) == own, "SCORE"].to_list() for own in (True, False))
    return Stratum(tuple((treated.count(v), other.count(v)) for v in sorted({*treated, *other})))


def _statistics(strata: list[Stratum], declared: Declared) -> dict[str, float]:
    from scipy.optimize import brentq

    excess, variance, total, spread = Fraction(0), 0.0, 0.0, []
    for stratum in strata:
        n1, n0 = stratum.sizes
        weight = Fraction(n1 * n0, n1 + n0 + 1)
        excess += (stratum.wins - Fraction(n1 * n0, 2)) / (n1 + n0 + 1)
        variance += n1 * n0 / (n1 + n0 + 1) / 12 * stratum.ties
        total += float(weight)
        spread.append((float(weight) ** 2 * stratum.ties / (n1 * n0), (n1 + n0) / 2 - 1))

    def variance_at(theta: float) -> float:
        pairs = theta / (2 - theta) + 2 * theta**2 / (1 + theta) - 2 * theta**2
        return sum(factor * (theta * (1 - theta) + more * pairs) for factor, more in spread) / total**2

    estimate = 0.5 + float(excess) / total
    quantile = NormalDist().inv_cdf((1 + declared.confidence) / 2)

    def beyond(theta: float) -> float:
        return (estimate - theta) ** 2 - quantile**2 * variance_at(theta)

    below, above = estimate * (1 - INSIDE), estimate + INSIDE * (1 - estimate)
    low = brentq(beyond, 0.0, below, xtol=1e-14) if beyond(0.0) > 0 else 0.0
    high = brentq(beyond, above, 1.0, xtol=1e-14) if beyond(1.0) > 0 else 1.0
    z = float(excess) / math.sqrt(variance)
    found = {"estimate": estimate, "se": math.sqrt(max(variance_at(estimate), 0.0)), "z": z}
    return found | {"p_value": _p_value(strata, excess, z, declared), "ci_low": float(low), "ci_high": float(high)}


def _p_value(strata: list[Stratum], excess: Fraction, z: float, declared: Declared) -> float:
    """Exact up to the declared number of patients, else of the normal law."""
    if sum(sum(stratum.sizes) for stratum in strata) > declared.options["exact_up_to"]:
        half = 0.5 / (sum(strata[0].sizes) + 1) if declared.options["continuity"] and len(strata) == 1 else 0.0
        shrunk = z * max(abs(float(excess)) - half, 0.0) / abs(float(excess)) if excess else 0.0
        return 2 * NormalDist().cdf(-abs(shrunk))
    law: Ways = Counter({Fraction(0): 1})
    for stratum in strata:
        own = stratum.ways()
        if len(law) * len(own) > LARGEST:
            raise NoSecondPathError("the exact law is too large to count twice")
        grown: Ways = Counter()
        for one, ways in law.items():
            for other, more in own.items():
                grown[one + other] += ways * more
        law = grown
    return float(Fraction(sum(n for d, n in law.items() if abs(d) >= abs(excess)), sum(law.values())))
