"""Logistic regression by maximum likelihood, and by Firth's penalized likelihood.

    p_i = 1 / (1 + exp(-x_i'b)),   U(b) = X'(y - p),   I(b) = X'W X,   W = diag p (1 - p)

Firth maximizes l(b) + log|I(b)| / 2: U*(b) = X'(y - p + h (1/2 - p)) with h the diagonal of W^1/2 X I^-1 X'W^1/2; it
has a finite maximum always. Under (quasi-)complete separation the likelihood has none (Albert & Anderson 1984,
Biometrika 71:1): Newton's steps then stay near one, and the probabilities run to 0 and 1, which is how it is told.

Source: Firth 1993, Biometrika 80:27; Heinze & Schemper 2002, Stat Med 21:2409.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rctflow.models.contract import NotEstimable

Array = NDArray[np.float64]
STEPS = 100
SMALL = 1e-9
"""Newton has converged when no coefficient of a column of mean square one moves more than this."""
RANK_TOLERANCE = 1e-9
DIFFERENCE = 1e-5
"""Step of the numerical curvature of the penalized likelihood; Newton's limit does not depend on it."""
EXTREME = 35.0
"""A limit with a linear predictor beyond this, where 1 - p is rounding noise, is none."""
HALVINGS, ROUNDING = 40, 1e-12


class Separation(Exception):  # noqa: N818 - the standard word
    """A combination of the covariates tells who has the event: the likelihood has no maximum."""


@dataclass(frozen=True)
class Logistic:
    """coefficients (p,), and their covariance (p, p), the inverse of the information."""

    coefficients: Array
    covariance: Array


def probabilities(linear: Array) -> Array:
    """1 / (1 + exp(-linear)), without overflow."""
    return np.exp(-np.logaddexp(0.0, -linear))


@dataclass(frozen=True)
class _Likelihood:
    """The likelihood of ``outcome`` (n,) on ``x`` (n, p), its slope and its curvature."""

    x: Array
    outcome: Array

    def information(self, b: Array) -> Array:
        p = probabilities(self.x @ b)
        return np.asarray((self.x * (p * (1 - p))[:, None]).T @ self.x)

    def value(self, b: Array) -> float:
        linear = self.x @ b
        return float(self.outcome @ linear - np.logaddexp(0.0, linear).sum())

    def slope(self, b: Array) -> Array:
        return np.asarray(self.x.T @ (self.outcome - probabilities(self.x @ b)))

    def curvature(self, b: Array) -> Array:
        return self.information(b)


class _Penalized(_Likelihood):
    """Firth's: the logarithm of the information's determinant, halved, is added."""

    def value(self, b: Array) -> float:
        sign, logarithm = np.linalg.slogdet(self.information(b))
        return super().value(b) + float(logarithm) / 2 if sign > 0 else -np.inf

    def slope(self, b: Array) -> Array:
        p = probabilities(self.x @ b)
        leverage = p * (1 - p) * np.einsum("ij,jk,ik->i", self.x, np.linalg.inv(self.information(b)), self.x)
        return np.asarray(self.x.T @ (self.outcome - p + leverage * (0.5 - p)))

    def curvature(self, b: Array) -> Array:
        """Of the slope, by central differences; the information where that is not positive definite."""
        shifts = DIFFERENCE * np.eye(len(b))
        slopes = np.array([self.slope(b - s) - self.slope(b + s) for s in shifts]) / (2 * DIFFERENCE)
        curvature = (slopes + slopes.T) / 2
        return curvature if np.linalg.eigvalsh(curvature)[0] > 0 else self.information(b)


def maximum_likelihood(matrix: Array, outcome: Array) -> Logistic:
    """The fit of outcome (n,) of 0 and 1 on matrix (n, p). Raises Separation; NotEstimable on a deficient rank."""
    return _maximized(_Likelihood, matrix, outcome)


def firth(matrix: Array, outcome: Array) -> Logistic:
    """The penalized fit. Raises NotEstimable on a deficient rank; Separation should it not converge."""
    return _maximized(_Penalized, matrix, outcome)


def _maximized(kind: type[_Likelihood], matrix: Array, outcome: Array) -> Logistic:
    """The maximum by Newton's method; a step is halved while it goes down."""
    scale = np.linalg.norm(matrix, axis=0) / np.sqrt(len(matrix))
    likelihood = kind(matrix / scale, outcome)
    if np.linalg.matrix_rank(likelihood.x, tol=RANK_TOLERANCE * np.linalg.norm(likelihood.x, 2)) < len(scale):
        raise NotEstimable("the arms are confounded with the covariates")
    b = np.zeros(len(scale))
    try:
        for _ in range(STEPS):
            step = np.asarray(np.linalg.solve(likelihood.curvature(b), likelihood.slope(b)), float)
            if np.abs(step).max() <= SMALL:
                if np.abs(likelihood.x @ b).max() > EXTREME:
                    break
                return Logistic(b / scale, np.linalg.inv(likelihood.information(b)) / np.outer(scale, scale))
            b = b + _upwards(likelihood, b, step)
    except np.linalg.LinAlgError as error:  # the information became singular: the probabilities are 0 and 1
        raise Separation from error
    raise Separation


def _upwards(likelihood: _Likelihood, b: Array, step: Array) -> Array:
    """``step``, halved until the likelihood does not fall by more than rounding."""
    here = likelihood.value(b)
    for _ in range(HALVINGS):
        if likelihood.value(b + step) >= here - ROUNDING * (1 + abs(here)):
            return step
        step = step / 2
    return step
