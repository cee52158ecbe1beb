"""The standardized risk difference with its variances as sums over patients.

The logistic model by iteratively reweighted least squares (McCullagh & Nelder 1989, section 2.5); where that has no
maximum, Firth's modified score sum (y - p + h (1/2 - p)) x, h the leverages, set to zero by Powell's hybrid method
(Firth 1993, Biometrika 80:27). theta_1 - theta_0 and its variance: Ye, Bannick, Yi & Shao 2023 (Stat Theory Relat
Fields 7:159), less what permuted blocks remove (Ye, Shao, Yi & Zhao 2023, eq. 18), which for a difference is

    sum_b n_b / n [r1^2 (1 - pi1) / pi1 + r0^2 (1 - pi0) / pi0 + 2 r1 r0],   r the mean residual of an arm in stratum b,

or by the delta method (Ge et al. 2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rctflow.second.columns import Array, independent_columns, is_estimable
from rctflow.second.errors import NoSecondPathError
from rctflow.second.selection import baseline, constant_columns
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame

STEPS = 100


class Difference(NamedTuple):
    """theta_1 - theta_0, its standard error in a large sample, the coefficients of the model, what n leaves of them."""

    difference: float
    se: float
    coefficients: int
    df: int


def standardized_difference(rows: DataFrame, response: Array, arm: str, declared: Declared) -> Difference | None:
    """theta_1 - theta_0 of ``response`` (n,), 0 or 1; None when an arm has nobody with, or without, the event.

    Raises NoSecondPathError for arms confounded with a covariate, or no residual degree of freedom.
    """
    both = [a for a in declared.arms if len(set(response[(rows["ARM"] == a).to_numpy()])) == 2]
    if arm not in both or declared.arms[0] not in both:
        return None
    inside = rows["ARM"].isin(both).to_numpy()
    some, y = rows[inside].reset_index(drop=True), response[inside]
    arms: Array = np.column_stack([(some["ARM"] == a).to_numpy(float) for a in both]).astype(float)
    own = [baseline(some, declared)] if declared.baseline else []
    X = np.column_stack([arms, *own, *constant_columns(some, declared)])
    kept = independent_columns(X)
    between = [float(name == arm) - float(name == declared.arms[0]) for name in both]
    if not is_estimable(X, np.array(between + [0.0] * (X.shape[1] - len(both)))):
        raise NoSecondPathError("the arms are confounded with the covariates")
    if len(y) <= len(kept):
        raise NoSecondPathError("no residual degree of freedom")
    stratum = [" x ".join(str(row[name]) for name in declared.factors) for row in some.to_dict("records")]
    model = Model(X[:, kept], y, arms, np.array(stratum, dtype=object))
    one, zero = both.index(arm), both.index(declared.arms[0])
    se = sqrt(model.variance(one, zero, declared.options["variance"]) / len(y))
    means = declared.options["variance"] != "ge"
    return Difference(model.difference(one, zero, means), se, len(kept), len(y) - len(kept))


@dataclass
class Model:
    """X (n, p) whose first columns are ``arms`` (n, k), y (n,) 0 or 1, the stratum of each patient (n,)."""

    X: Array
    y: Array
    arms: Array
    stratum: Array

    def __post_init__(self) -> None:
        """Fit."""
        b = _logistic(self.X, self.y)
        self.b = _firth(self.X, self.y) if b is None else b
        self.penalized = b is None
        k = self.arms.shape[1]
        self.m = 1 / (1 + np.exp(-((self.X[:, k:] @ self.b[k:])[:, None] + self.b[:k])))
        """Everybody's probability under each arm."""

    def difference(self, one: int, zero: int, means_of_residuals: bool) -> float:
        """theta_1 - theta_0; the residual means are 0 but for the penalized model, and no part of Ge's estimator."""
        means = []
        for a in (one, zero):
            inside = self.arms[:, a] > 0
            rest = (self.y - self.m[:, a])[inside].mean() if means_of_residuals else 0.0
            means.append(self.m[:, a].mean() + rest)
        return float(means[0] - means[1])

    def variance(self, one: int, zero: int, kind: str) -> float:
        """n times the variance of the difference."""
        if kind == "ge":
            return self._delta(one, zero)
        return self._ye(one, zero) - (self._blocks(one, zero) if kind == "ye_permuted_blocks" else 0.0)

    def _ye(self, one: int, zero: int) -> float:
        y, m = self.y, self.m

        def own(a: int) -> float:
            inside = self.arms[:, a] > 0
            common, spread = _covariance(y[inside], m[inside, a]), _covariance(m[:, a], m[:, a])
            return (_covariance(y[inside], y[inside]) - 2 * common + spread) / inside.mean() + 2 * common - spread

        ins = [self.arms[:, a] > 0 for a in (one, zero)]
        crossed = _covariance(y[ins[0]], m[ins[0], zero]) + _covariance(y[ins[1]], m[ins[1], one])
        return own(one) + own(zero) - 2 * (crossed - _covariance(m[:, one], m[:, zero]))

    def _blocks(self, one: int, zero: int) -> float:
        pi1, pi0 = self.arms[:, one].mean(), self.arms[:, zero].mean()
        removed = 0.0
        for level in sorted(set(self.stratum)):
            here = self.stratum == level
            means = []
            for a in (one, zero):
                rest = (self.y - self.m[:, a])[here & (self.arms[:, a] > 0)]
                means.append(rest.mean() if len(rest) else 0.0)
            r1, r0 = means
            removed += here.mean() * (r1**2 * (1 - pi1) / pi1 + r0**2 * (1 - pi0) / pi0 + 2 * r1 * r0)
        return float(removed)

    def _delta(self, one: int, zero: int) -> float:
        k, slope = self.arms.shape[1], np.zeros(len(self.b))
        for row, rest in zip(self.m, self.X[:, k:], strict=True):
            for a, sign in ((one, 1.0), (zero, -1.0)):
                weight = sign * row[a] * (1 - row[a]) / len(self.y)
                slope[a] += weight
                slope[k:] += weight * rest
        p = 1 / (1 + np.exp(-self.X @ self.b))
        R: Array = np.linalg.qr(np.sqrt(p * (1 - p))[:, None] * self.X)[1]
        return float(len(self.y) * np.sum(np.linalg.solve(R.T, slope) ** 2))


def _covariance(a: Array, b: Array) -> float:
    return float(((a - a.mean()) * (b - b.mean())).sum() / (len(a) - 1))


def _logistic(X: Array, y: Array) -> Array | None:
    """Coefficients of the maximum of the likelihood, None when it has none."""
    b = np.zeros(X.shape[1])
    for _ in range(STEPS):
        eta = X @ b
        p = 1 / (1 + np.exp(-eta))
        weight = p * (1 - p)
        if not weight.min() > 1e-10:
            break
        root = np.sqrt(weight)
        new = np.linalg.lstsq(root[:, None] * X, root * (eta + (y - p) / weight), rcond=None)[0]
        if np.abs(new - b).max() < 1e-12 * max(1.0, np.abs(new).max()):
            return np.asarray(new, np.float64)
        b = np.asarray(new, np.float64)
    return None


def _firth(X: Array, y: Array) -> Array:
    """Coefficients at which Firth's modified score is zero. Raises NoSecondPathError when none are found."""
    from scipy.optimize import root

    scale = np.linalg.inv(np.linalg.qr(X, mode="r")) * sqrt(len(y))
    Z = X @ scale

    def score(c: Array) -> Array:
        p = 1 / (1 + np.exp(-Z @ c))
        Q = np.linalg.qr(np.sqrt(p * (1 - p))[:, None] * Z)[0]
        return np.asarray(Z.T @ (y - p + (Q**2).sum(1) * (0.5 - p)))

    with np.errstate(all="ignore"):
        found = root(score, np.zeros(X.shape[1]), options={"xtol": 1e-13})
    if not np.abs(score(found.x)).max() < 1e-8:
        raise NoSecondPathError("the logistic model has no maximum of the likelihood that the second path can find")
    return np.asarray(scale @ found.x)
