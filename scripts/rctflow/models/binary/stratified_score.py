"""The stratified score interval of a common risk difference.

With the weights w = n1 n0 / N of the strata and, in each, the proportions and the variance of score.py under the
difference t (N/(N - 1) included):

    Z(t) = sum w (x1/n1 - x0/n0 - t) / sqrt(sum w^2 V(t))

The interval holds the t with |Z| <= z. The estimate is the Mantel-Haenszel common difference.

Source: Miettinen & Nurminen 1985, Stat Med 4:213, section on stratified data, with the weights of Mantel & Haenszel
instead of iterated ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign, inf, sqrt

from rctflow.models.binary.mantel_haenszel import common_difference, informative, weight
from rctflow.proportions.counts import Counts, Interval, falling_root, normal_quantile
from rctflow.proportions.score import under_difference


def z_common(strata: Sequence[Counts], t: float) -> float:
    """The statistic of the hypothesis that every stratum's difference is ``t``."""
    distance = variance = 0.0
    for counts in informative(strata):
        p1, p0 = under_difference(counts, t)
        spread = p1 * (1 - p1) / counts.n1 + p0 * (1 - p0) / counts.n0
        distance += weight(counts) * (counts.difference - t)
        variance += weight(counts) ** 2 * spread * counts.total / (counts.total - 1)
    if variance > 0:
        return distance / sqrt(variance)
    return 0.0 if distance == 0 else copysign(inf, distance)


def stratified_interval(strata: Sequence[Counts], confidence: float) -> Interval:
    """The common differences that the stratified score test does not reject. Raises NotEstimable as its estimate."""
    z, estimate = normal_quantile(confidence), common_difference(strata)
    low = falling_root(lambda t: z_common(strata, t) - z, -1.0, estimate)
    high = falling_root(lambda t: z_common(strata, t) + z, estimate, 1.0)
    return Interval(low, high)
