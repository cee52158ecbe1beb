"""Two arms over strata: the common risk difference in fractions, Sato's variance, the stratified score, CMH.

    D = sum w (p1 - p0) / sum w,   w = n1 n0 / N
    Z(t) = sum w (p1 - p0 - t) / sqrt(sum w^2 N / (N - 1) [p1 q1 / n1 + p0 q0 / n0]),  p constrained to p1 - p0 = t

(Miettinen & Nurminen 1985, Stat Med 4:213; Sato 1989, Biometrics 45:1323). The constrained proportions are roots of the
likelihood's slope (constrained.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import copysign, inf, sqrt

from rctflow.second.constrained import DIFFERENCE, Table, constrained
from rctflow.second.errors import NoSecondPathError
from rctflow.second.normal import two_sided_p

INSIDE = 1e-9


def with_both_arms(strata: Sequence[Table]) -> list[Table]:
    """The strata that say something of a difference. Raises NoSecondPathError when there are none."""
    kept = [c for c in strata if c.n1 and c.n0]
    if not kept:
        raise NoSecondPathError("no stratum has both arms")
    return kept


def common_difference(strata: Sequence[Table]) -> Fraction:
    """D, exactly."""
    weights = [Fraction(c.n1 * c.n0, c.n1 + c.n0) for c in strata]
    differences = [Fraction(c.x1, c.n1) - Fraction(c.x0, c.n0) for c in strata]
    return Fraction(sum(w * d for w, d in zip(weights, differences, strict=True)), 1) / sum(weights)


def sato_variance(strata: Sequence[Table]) -> Fraction:
    """The variance of D, exactly."""
    weight, P, Q = Fraction(0), Fraction(0), Fraction(0)
    for c in strata:
        n = c.n1 + c.n0
        weight += Fraction(c.n1 * c.n0, n)
        P += (c.n1**2 * c.x0 - c.n0**2 * c.x1 + Fraction(c.n1 * c.n0 * (c.n0 - c.n1), 2)) / Fraction(n * n)
        Q += Fraction(c.x1 * (c.n0 - c.x0) + c.x0 * (c.n1 - c.x1), 2 * n)
    return (common_difference(strata) * P + Q) / weight**2


def score(strata: Sequence[Table], t: float) -> float:
    """Z of the hypothesis that the difference is t in every stratum."""
    distance, variance = 0.0, 0.0
    for c in strata:
        n = c.n1 + c.n0
        p1, p0 = constrained(DIFFERENCE, c, t)
        weight = c.n1 * c.n0 / n
        distance += weight * (c.x1 / c.n1 - c.x0 / c.n0 - t)
        variance += weight**2 * n / (n - 1) * (p1 * (1 - p1) / c.n1 + p0 * (1 - p0) / c.n0)
    if variance > 0:
        return distance / sqrt(variance)
    return 0.0 if distance == 0 else copysign(inf, distance)


def score_limits(strata: Sequence[Table], z: float) -> tuple[float, float]:
    """The differences at which the score is z and -z; -1 or 1 where none is."""
    from scipy.optimize import brentq

    estimate, found = float(common_difference(strata)), []
    for level, end in ((z, -1.0), (-z, 1.0)):

        def above(t: float, level: float = level) -> float:
            return score(strata, t) - level

        low, high = sorted((end * (1 - INSIDE), estimate))
        crosses = above(low) > 0 > above(high)
        found.append(float(brentq(above, low, high, xtol=1e-14, rtol=1e-14)) if crosses else end)
    return found[0], found[1]


def cochran_mantel_haenszel(strata: Sequence[Table]) -> dict[str, float]:
    """The test of association without continuity correction (Mantel & Haenszel 1959); nothing without variance."""
    excess, variance = Fraction(0), Fraction(0)
    for c in (c for c in strata if c.n1 and c.n0):
        n, events = c.n1 + c.n0, c.x1 + c.x0
        excess += c.x1 - Fraction(c.n1 * events, n)
        variance += Fraction(c.n1 * c.n0 * events * (n - events), n * n * (n - 1))
    if not variance > 0:
        return {}
    chi_square = float(excess**2 / variance)
    return {"chi_square": chi_square, "df": 1.0, "p_value": two_sided_p(sqrt(chi_square))}
