"""Proportional odds: one odds ratio of a higher outcome, the same wherever the scale is cut.

    logit P(Y >= k) = a_k + b arm + c baseline + strata + covariates      (likelihood.py)

exp(b) is the odds ratio of an arm against the reference. The interval is by profile likelihood: all b with
2 (l_max - l(b)) <= z^2, l(b) the maximum over everything else; p is that of the likelihood ratio, and z its signed
root, so that interval and p agree. ``se_log`` is Wald's, from the observed information.
Source: McCullagh 1980, J R Stat Soc B 42:109; Venzon & Moolgavkar 1988, Appl Stat 37:87 (profile intervals).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rctflow.models.contract import NotEstimable
from rctflow.models.rank.likelihood import OrdinalFit, Separated, fit_ordinal
from rctflow.models.rank.samples import Array, Whole

STEPS = 60
FAR = 40.0
"""A logarithm of an odds ratio at which the search for a limit ends."""


@dataclass(frozen=True)
class OddsRatio:
    """The logarithm of an odds ratio, its Wald standard error, signed root of the likelihood ratio, profile limits.

    A limit is infinite where the profile never falls far enough.
    """

    log: float
    se: float
    z: float
    low: float
    high: float

    @property
    def p_value(self) -> float:
        """Two-sided, of the likelihood ratio."""
        return math.erfc(abs(self.z) / math.sqrt(2))


def odds_ratio(fit: OrdinalFit, level: Whole, X: Array, column: int, confidence: float) -> OddsRatio:
    """The odds ratio of ``column`` of X in the ``fit`` of ``level`` on X. Raises NotEstimable."""
    from scipy.special import ndtri

    top = len(fit.thresholds)
    covariance = np.linalg.inv(fit.information)
    log, se = float(fit.coefficients[column]), math.sqrt(float(covariance[top + column, top + column]))
    others = np.delete(X, column, axis=1)
    start = np.delete(np.concatenate([fit.thresholds, fit.coefficients]), top + column)

    def root(b: float) -> float:
        """The signed root of the likelihood ratio of b, falling in b."""
        try:
            held = fit_ordinal(level, others, b * X[:, column], start)
        except Separated:
            raise NotEstimable("the profile of the likelihood has no finite maximum (separation)") from None
        return math.copysign(math.sqrt(max(2 * (fit.log_likelihood - held.log_likelihood), 0.0)), log - b)

    z = float(ndtri((1 + confidence) / 2))
    low = _limit(lambda b: root(b) - z, log, -se)
    high = _limit(lambda b: root(b) + z, log, se)
    return OddsRatio(log, se, root(0.0), low, high)


def _limit(function: Callable[[float], float], centre: float, step: float) -> float:
    """Where ``function``, monotone, crosses zero from ``centre`` in the direction of ``step`` (Illinois method)."""
    inside, at_inside = centre, function(centre)
    outside = centre + 2 * step
    while (at_outside := function(outside)) * at_inside > 0:
        inside, at_inside = outside, at_outside
        outside += 2 * step
        if abs(outside) > FAR:
            return math.copysign(math.inf, step)
    for _ in range(STEPS):
        middle = (inside * at_outside - outside * at_inside) / (at_outside - at_inside)
        found = function(middle)
        if abs(found) < 1e-10 or abs(outside - inside) < 1e-12:
            return middle
        if found * at_outside < 0:
            inside, at_inside = outside, at_outside
        else:
            at_inside /= 2
        outside, at_outside = middle, found
    return middle
