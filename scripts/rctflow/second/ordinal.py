"""Proportional odds by another writing of its likelihood, and profile limits as roots of a system of equations.

With logistic F and u > l the linear predictors above and below the level that was seen,

    F(u) - F(l) = F(u) F(-l) (1 - exp(l - u)),

so that the logarithm is a sum of three concave terms with simple derivatives. A limit of the profile interval of b_1
solves  l(theta) = l_max - z^2 / 2,  dl / d theta_k = 0 for all other k  at once (Venzon & Moolgavkar 1988, Appl Stat
37:87). The first path differences F, and refits for each b_1 on the way of a search for each limit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rctflow.second.columns import Array, independent_columns, is_estimable
from rctflow.second.errors import NoSecondPathError
from rctflow.second.normal import critical_value
from rctflow.second.normal import two_sided_p as normal_p
from rctflow.second.selection import analysed, baseline, complete, constant_columns, outcome, without_noise
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame

STEPS = 200
FAR = 60.0
"""Linear predictors further apart than this: the likelihood has no finite maximum."""


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Contrast -> odds ratio, its limits, z, p and se_log at ``declared.visit``; a limit that no value reaches is
    absent. Raises NoSecondPathError when the likelihood has no finite maximum.
    """
    rows = analysed(bds, adsl, declared)
    rows = complete(rows[rows["AVISIT"] == declared.visit], declared)
    arms = [arm for arm in declared.arms if (rows["ARM"] == arm).any()]
    if declared.arms[0] not in arms or len(arms) < 2:
        raise NoSecondPathError("records of fewer than two arms")
    own = [baseline(rows, declared)] if declared.baseline else []
    one = np.ones(len(rows))
    indicators = [(rows["ARM"] == arm).to_numpy(float) for arm in arms[1:]]
    whole = np.column_stack([one, *indicators, *own, *constant_columns(rows, declared)])
    kept = [place for place in independent_columns(whole) if place]  # the thresholds are the intercept
    X: Array = whole[:, kept]
    X = X - X.mean(0)  # far from zero, covariates and thresholds would be hard to tell apart
    likelihood = Likelihood(_levels(outcome(rows, declared)), X)
    theta = likelihood.maximum(range(likelihood.size), likelihood.start())
    found = {}
    for place, arm in enumerate(arms[1:], 1):
        if is_estimable(whole, np.eye(whole.shape[1])[place]):
            at = likelihood.top + kept.index(place)
            found[declared.contrast(arm, ratio=True)] = _statistics(likelihood, theta, at, declared.confidence)
    return found


def _levels(values: Array) -> NDArray[np.int64]:
    """0 .. K: the distinct values in their order, rounding errors apart."""
    return np.unique(without_noise(values), return_inverse=True)[1].astype(np.int64)


def _statistics(likelihood: Likelihood, theta: Array, at: int, confidence: float) -> dict[str, float]:
    most, _, curvature = likelihood.at(theta)
    se = math.sqrt(float(np.linalg.inv(curvature)[at, at]))
    others = [place for place in range(likelihood.size) if place != at]
    null = theta.copy()
    null[at] = 0.0
    without = likelihood.at(likelihood.maximum(others, null))[0]
    z = math.copysign(math.sqrt(max(2 * (most - without), 0.0)), theta[at])
    values = {"estimate": math.exp(theta[at]), "se_log": se, "z": z, "p_value": normal_p(z)}
    half = critical_value(confidence)
    for name, sign in (("ci_low", -1), ("ci_high", 1)):
        end = likelihood.limit(theta, at, sign * half * se, most - half**2 / 2)
        if end is not None:
            values[name] = math.exp(end)
    return values


class Likelihood:
    """level (n,) 0 .. K, X (n, p) without intercept; parameters: the K thresholds a_k of P(Y >= k), then b."""

    def __init__(self, level: NDArray[np.int64], X: Array) -> None:
        n, self.top = len(level), int(level.max())
        if not self.top:
            raise NoSecondPathError("all values are equal")
        self.level, self.size = level, self.top + X.shape[1]
        thresholds = np.eye(self.top + 1)[:, : self.top]
        self.above, self.below = np.zeros((n, self.size)), np.zeros((n, self.size))
        self.above[:, : self.top] = thresholds[level - 1]  # row -1 is empty: nothing bounds the lowest level
        self.below[:, : self.top] = thresholds[level]
        self.above[:, self.top :] = self.below[:, self.top :] = X
        self.highest, self.lowest = level == self.top, level == 0

    def start(self) -> Array:
        """The thresholds without covariates."""
        share = np.array([(self.level >= k).mean() for k in range(1, self.top + 1)])
        return np.concatenate([np.log(share / (1 - share)), np.zeros(self.size - self.top)])

    def at(self, theta: Array) -> tuple[float, Array, Array]:
        """l, its gradient, minus its second derivatives; l is -inf where the thresholds are out of order."""
        u = np.where(self.lowest, np.inf, self.above @ theta)
        low = np.where(self.highest, -np.inf, self.below @ theta)
        gap = np.exp(np.minimum(low - u, 1.0))
        if not (gap < 1).all():
            return -math.inf, np.zeros(self.size), np.eye(self.size)
        log_Fu, log_Fl = -np.logaddexp(0.0, -u), -np.logaddexp(0.0, low)  # of F(u), F(-l)
        Fu, Fl = np.exp(log_Fu), np.exp(log_Fl)
        value = float((log_Fu + log_Fl + np.log1p(-gap)).sum())
        odds = gap / (1 - gap)
        gradient = self.above.T @ (1 - Fu + odds) - self.below.T @ (1 - Fl + odds)
        apart = self.above * ~self.lowest[:, None] - self.below * ~self.highest[:, None]
        curvature = (self.above.T * (Fu * (1 - Fu))) @ self.above + (self.below.T * (Fl * (1 - Fl))) @ self.below
        return value, gradient, curvature + (apart.T * (odds / (1 - gap))) @ apart

    def maximum(self, free: range | list[int], theta: Array) -> Array:
        """The parameters that maximize l over ``free``, the others held. Raises NoSecondPathError without a maximum."""
        free = list(free)
        for _ in range(STEPS):
            value, gradient, curvature = self.at(theta)
            step = np.zeros(self.size)
            step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
            gain, size = float(gradient @ step), 1.0
            while size > 1e-6 and not self.at(theta + size * step)[0] >= value + 1e-4 * size * gain - 1e-12 * abs(
                value
            ):
                size /= 2
            theta = theta + size * step
            if np.ptp(self.below[:, self.top :] @ theta[self.top :]) > FAR:
                break
            if np.abs(step).max() < 1e-10:
                return theta
        raise NoSecondPathError("the likelihood has no finite maximum that the second path can find")

    def limit(self, theta: Array, at: int, shift: float, height: float) -> float | None:
        """The parameter ``at`` where l is ``height`` and flat in all others, from theta in the direction of shift."""
        from scipy.optimize import root

        def system(point: Array) -> tuple[Array, Array]:
            value, gradient, curvature = self.at(point)
            equations, slopes = gradient.copy(), -curvature
            equations[at], slopes[at] = value - height, gradient
            return equations, slopes

        curvature = self.at(theta)[2]
        inverse = np.linalg.inv(curvature)
        start = theta + shift * inverse[:, at] / inverse[at, at]
        while not math.isfinite(self.at(start)[0]):
            start = (start + theta) / 2
        found = root(system, start, jac=True, method="hybr", options={"xtol": 1e-13})
        near = np.abs(system(found.x)[0]).max() < 1e-7
        return float(found.x[at]) if near and (found.x[at] - theta[at]) * shift > 0 else None
