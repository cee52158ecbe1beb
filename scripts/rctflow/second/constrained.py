"""Score statistics of two proportions, with the constrained maximum of the likelihood found as a root of its slope.

Along p1 = f(p0, t) the log-likelihood has one maximum in p0, where

    (x1 - n1 p1) / (p1 q1) dp1/dp0 + (x0 - n0 p0) / (p0 q0) = 0.

The first path solves the cubic and quadratics of Miettinen & Nurminen 1985 (Stat Med 4:213) in closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from math import copysign, exp, inf, sqrt
from typing import NamedTuple

EDGE = 1e-14


class Table(NamedTuple):
    """Events and subjects of an arm (1) and of the reference (0)."""

    x1: int
    n1: int
    x0: int
    n0: int


class Scale(NamedTuple):
    """p1 of (p0, t), its derivative by p0, the range of p0, and the score statistic of (table, t, p1, p0, factor)."""

    p1: Callable[[float, float], float]
    slope: Callable[[float, float], float]
    low: Callable[[float], float]
    high: Callable[[float], float]
    statistic: Callable[[Table, float, float, float, float], float]


def _z_difference(c: Table, t: float, p1: float, p0: float, factor: float) -> float:
    return _quotient(c.x1 / c.n1 - c.x0 / c.n0 - t, factor * (p1 * (1 - p1) / c.n1 + p0 * (1 - p0) / c.n0))


def _z_risk_ratio(c: Table, t: float, p1: float, p0: float, factor: float) -> float:
    return _quotient(c.x1 / c.n1 - t * c.x0 / c.n0, factor * (p1 * (1 - p1) / c.n1 + t * t * p0 * (1 - p0) / c.n0))


def _z_odds_ratio(c: Table, _: float, p1: float, p0: float, factor: float) -> float:
    spread = [c.n1 * p1 * (1 - p1), c.n0 * p0 * (1 - p0)]
    return _quotient(c.x1 - c.n1 * p1, factor / sum(1 / s for s in spread) if min(spread) > 0 else 0.0)


def _quotient(distance: float, variance: float) -> float:
    if variance > 0:
        return distance / sqrt(variance)
    return 0.0 if distance == 0 else copysign(inf, distance)


DIFFERENCE = Scale(
    lambda p0, t: p0 + t, lambda p0, t: 1.0, lambda t: max(0.0, -t), lambda t: min(1.0, 1 - t), _z_difference
)
RISK_RATIO = Scale(lambda p0, t: t * p0, lambda p0, t: t, lambda t: 0.0, lambda t: min(1.0, 1 / t), _z_risk_ratio)
ODDS_RATIO = Scale(
    lambda p0, t: t * p0 / (1 - p0 + t * p0),
    lambda p0, t: t / (1 - p0 + t * p0) ** 2,
    lambda t: 0.0,
    lambda t: 1.0,
    _z_odds_ratio,
)


def score_statistic(scale: Scale, table: Table, t: float, corrected: bool) -> float:
    """Z of the hypothesis that the parameter is t; corrected: variance times N / (N - 1)."""
    n = table.n1 + table.n0
    return scale.statistic(table, t, *constrained(scale, table, t), n / (n - 1) if corrected else 1.0)


def constrained(scale: Scale, table: Table, t: float) -> tuple[float, float]:
    """p1 and p0 at the maximum of the likelihood when the parameter is t."""
    p0 = _maximum(scale, table, t)
    return min(1.0, max(0.0, scale.p1(p0, t))), p0


def _maximum(scale: Scale, c: Table, t: float) -> float:
    from scipy.optimize import brentq

    def slope(p0: float) -> float:
        p1, p0 = (min(1 - EDGE, max(EDGE, p)) for p in (scale.p1(p0, t), p0))
        one = c.x1 / p1 - (c.n1 - c.x1) / (1 - p1)
        return one * scale.slope(p0, t) + c.x0 / p0 - (c.n0 - c.x0) / (1 - p0)

    low, high = scale.low(t), scale.high(t)
    inside = EDGE * (high - low)
    if slope(low + inside) <= 0:
        return low
    if slope(high - inside) >= 0:
        return high
    return float(brentq(slope, low + inside, high - inside, xtol=1e-15, rtol=1e-14))


def limits(scale: Scale, table: Table, estimate: float, z: float, corrected: bool) -> tuple[float | None, float | None]:
    """The parameters at which the statistic is z and -z; of a ratio None where there is no such one."""
    if scale is DIFFERENCE:
        ends = (-1 + 1e-9, estimate), (estimate, 1 - 1e-9)
        low, high = (_root(scale, table, level, *end, corrected) for level, end in zip((z, -z), ends, strict=True))
        return (-1.0 if low is None else low), (1.0 if high is None else high)
    low, high = (_ratio_limit(scale, table, level, corrected) for level in (z, -z))
    return low, high


def _root(scale: Scale, table: Table, level: float, low: float, high: float, corrected: bool) -> float | None:
    from scipy.optimize import brentq

    def above(t: float) -> float:
        return score_statistic(scale, table, t, corrected) - level

    if not above(low) > 0 > above(high):
        return None
    return float(brentq(above, low, high, xtol=1e-14, rtol=1e-14))


def _ratio_limit(scale: Scale, table: Table, level: float, corrected: bool) -> float | None:
    from scipy.optimize import brentq

    def above(u: float) -> float:
        return score_statistic(scale, table, exp(u), corrected) - level

    if not above(-20.0) > 0 > above(20.0):
        return None
    return exp(float(brentq(above, -20.0, 20.0, xtol=1e-14, rtol=1e-14)))
