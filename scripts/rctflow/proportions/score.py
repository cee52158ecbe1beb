"""Score statistics and intervals of the risk difference, the risk ratio and the odds ratio of two arms.

For each value t of the parameter, (p1, p0) is the maximum of the likelihood under that value, and

    difference   Z = (x1/n1 - x0/n0 - t)   / sqrt(c (p1 q1/n1 + p0 q0/n0)),           p1 = p0 + t
    risk ratio   Z = (x1/n1 - t x0/n0)     / sqrt(c (p1 q1/n1 + t^2 p0 q0/n0)),       p1 = t p0
    odds ratio   Z = (x1 - n1 p1) sqrt((1/(n1 p1 q1) + 1/(n0 p0 q0)) / c),            p1/q1 = t p0/q0

with c = N/(N - 1) as Miettinen & Nurminen have it; of the difference also 1, as Mee has it.
The interval holds the t with |Z| <= z; Z falls with t, so that its ends are found by bisection. p0 is a root of a cubic
(difference) or of a quadratic (ratios) whose coefficients are those of the paper's appendix.

Source: Miettinen & Nurminen 1985, Stat Med 4:213; Mee 1984, Biometrics 40:1175; Nurminen 1986, Biometrika 73:205.
"""

from __future__ import annotations

from collections.abc import Callable
from math import acos, copysign, cos, exp, inf, log, pi, sqrt

from rctflow.errors import NotEstimable
from rctflow.proportions.counts import Counts, Interval, falling_root, normal_quantile

FARTHEST = 30.0
"""Ends of the search for a ratio's limits on the scale of the natural logarithm."""
INNER = 1e-6
"""Proportions nearer to 0 or 1 are not polished: there the closed form is exact and the derivative infinite."""

Statistic = Callable[[Counts, float], float]


def under_difference(counts: Counts, t: float) -> tuple[float, float]:
    """(p1, p0), the most likely proportions whose difference is ``t``."""
    n, lowest, highest = counts.total, max(0.0, -t), min(1.0, 1.0 - t)
    c2 = (counts.n1 + 2 * counts.n0) * t - n - counts.events
    c1 = (counts.n0 * t - n - 2 * counts.x0) * t + counts.events
    c0 = counts.x0 * t * (1 - t)
    q = c2**3 / (3 * n) ** 3 - c1 * c2 / (6 * n * n) + c0 / (2 * n)
    p = copysign(sqrt(max(0.0, c2**2 / (3 * n) ** 2 - c1 / (3 * n))), q)
    angle = (pi + acos(min(1.0, max(-1.0, q / p**3)))) / 3 if p else 0.0
    root = min(highest, max(lowest, 2 * p * cos(angle) - c2 / (3 * n)))
    root = _polished(counts, t, root, lowest, highest)
    return min(1.0, max(0.0, root + t)), root


def _polished(counts: Counts, t: float, p0: float, low: float, high: float) -> float:
    """Two Newton steps on the derivative of the log-likelihood, against the rounding of the arc cosine."""
    for _ in range(2):
        p1 = p0 + t
        if min(p0, 1 - p0, p1, 1 - p1) < INNER:
            return p0
        slope = (counts.x1 - counts.n1 * p1) / (p1 * (1 - p1)) + (counts.x0 - counts.n0 * p0) / (p0 * (1 - p0))
        ones = counts.x1 / p1**2 + counts.x0 / p0**2
        zeros = (counts.n1 - counts.x1) / (1 - p1) ** 2 + (counts.n0 - counts.x0) / (1 - p0) ** 2
        p0 = min(high, max(low, p0 + slope / (ones + zeros)))
    return p0


def under_risk_ratio(counts: Counts, t: float) -> tuple[float, float]:
    """(p1, p0), the most likely proportions whose ratio is ``t`` > 0."""
    a, b, c = counts.total * t, counts.n1 * t + counts.x1 + counts.n0 + counts.x0 * t, counts.events
    p0 = 2 * c / (b + sqrt(max(0.0, b * b - 4 * a * c)))
    return min(1.0, t * p0), min(1.0, p0)


def under_odds_ratio(counts: Counts, t: float) -> tuple[float, float]:
    """(p1, p0), the most likely proportions whose odds ratio is ``t`` > 0."""
    a, c = counts.n0 * (t - 1), counts.events
    b = counts.n1 * t + counts.n0 - c * (t - 1)
    root = sqrt(max(0.0, b * b + 4 * a * c))
    p0 = min(1.0, 2 * c / (b + root) if b > 0 else (root - b) / (2 * a))
    return p0 * t / (1 - p0 + p0 * t), p0


def z_difference(counts: Counts, t: float, corrected: bool) -> float:
    """The statistic of the hypothesis that the risk difference is ``t``."""
    p1, p0 = under_difference(counts, t)
    variance = p1 * (1 - p1) / counts.n1 + p0 * (1 - p0) / counts.n0
    return _ratio(counts.difference - t, variance * (_correction(counts) if corrected else 1.0))


def z_risk_ratio(counts: Counts, t: float) -> float:
    """The statistic of the hypothesis that the risk ratio is ``t``."""
    p1, p0 = under_risk_ratio(counts, t)
    variance = p1 * (1 - p1) / counts.n1 + t * t * p0 * (1 - p0) / counts.n0
    return _ratio(counts.p1 - t * counts.p0, variance * _correction(counts))


def z_odds_ratio(counts: Counts, t: float) -> float:
    """The statistic of the hypothesis that the odds ratio is ``t``."""
    p1, p0 = under_odds_ratio(counts, t)
    spread1, spread0 = counts.n1 * p1 * (1 - p1), counts.n0 * p0 * (1 - p0)
    variance = spread1 * spread0 / (spread1 + spread0) if spread1 + spread0 > 0 else 0.0
    return _ratio(counts.x1 - counts.n1 * p1, variance * _correction(counts))


def _correction(counts: Counts) -> float:
    return counts.total / (counts.total - 1)


def _ratio(distance: float, variance: float) -> float:
    if variance > 0:
        return distance / sqrt(variance)
    return 0.0 if distance == 0 else copysign(inf, distance)


def difference_interval(counts: Counts, confidence: float, corrected: bool = True) -> Interval:
    """The risk differences that the score test does not reject."""
    z, estimate = normal_quantile(confidence), counts.difference
    low = falling_root(lambda t: z_difference(counts, t, corrected) - z, -1.0, estimate)
    high = falling_root(lambda t: z_difference(counts, t, corrected) + z, estimate, 1.0)
    return Interval(low, high)


def risk_ratio_interval(counts: Counts, confidence: float) -> Interval:
    """The risk ratios that the score test does not reject; from 0 or to infinity when an arm has no event.

    Raises NotEstimable when neither arm has one.
    """
    if not counts.events:
        raise NotEstimable("no arm has an event, so that their ratio is undefined")
    return _ratio_interval(z_risk_ratio, counts, confidence, not counts.x1, not counts.x0)


def odds_ratio_interval(counts: Counts, confidence: float) -> Interval:
    """The odds ratios that the score test does not reject; from 0 or to infinity with an empty cell.

    Raises NotEstimable when nobody or everybody has the event.
    """
    if counts.events in (0, counts.total):
        raise NotEstimable("nobody or everybody has the event, so that the odds ratio is undefined")
    none = not counts.x1 or counts.x0 == counts.n0
    every = not counts.x0 or counts.x1 == counts.n1
    return _ratio_interval(z_odds_ratio, counts, confidence, none, every)


def _ratio_interval(
    statistic: Statistic, counts: Counts, confidence: float, from_zero: bool, to_infinity: bool
) -> Interval:
    z = normal_quantile(confidence)

    def limit(level: float) -> float:
        return exp(falling_root(lambda u: statistic(counts, exp(u)) - level, -FARTHEST, FARTHEST))

    return Interval(0.0 if from_zero else limit(z), inf if to_infinity else limit(-z))


def risk_ratio(counts: Counts) -> float:
    """p1 / p0; infinite without an event in the reference arm. Raises NotEstimable without any event."""
    if not counts.events:
        raise NotEstimable("no arm has an event, so that their ratio is undefined")
    return counts.p1 / counts.p0 if counts.x0 else inf


def odds_ratio(counts: Counts) -> float:
    """The unconditional odds ratio; infinite with an empty cell below it. Raises NotEstimable as its interval does."""
    if counts.events in (0, counts.total):
        raise NotEstimable("nobody or everybody has the event, so that the odds ratio is undefined")
    below = (counts.n1 - counts.x1) * counts.x0
    return counts.x1 * (counts.n0 - counts.x0) / below if below else inf


def log_ratio_se(counts: Counts, odds: bool) -> float:
    """Wald's standard error of the logarithm of the risk ratio (Katz 1978) or of the odds ratio (Woolf 1955).

    Raises NotEstimable with an empty cell.
    """
    cells = [counts.x1, counts.x0]
    others = [counts.n1 - counts.x1, counts.n0 - counts.x0] if odds else [-counts.n1, -counts.n0]
    if not all(cells + others):
        raise NotEstimable("an empty cell: the logarithm of the ratio has no standard error")
    return sqrt(sum(1 / cell for cell in cells + others))


def wald_ratio_interval(counts: Counts, confidence: float, odds: bool) -> Interval:
    """Wald's interval on the scale of the logarithm. Raises NotEstimable with an empty cell."""
    half = normal_quantile(confidence) * log_ratio_se(counts, odds)
    centre = log(odds_ratio(counts) if odds else risk_ratio(counts))
    return Interval(exp(centre - half), exp(centre + half))
