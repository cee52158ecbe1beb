"""Logistic regression by maximum likelihood, and by Firth's penalized likelihood.

    p_i = 1 / (1 + exp(-x_i'b)),   U(b) = X'(y - p),   I(b) = X'W X,   W = diag p (1 - p)

Firth maximizes l(b) + log|I(b)| / 2: U*(b) = X'(y - p + h (1/2 - p)) with h the diagonal of W^1/2 X I^-1 X'W^1/2; it
has a finite maximum always. Under (quasi-)complete separation the likelihood has none (Albert & Anderson 1984,
Biometrika 71:1): Newton's steps then stay near one and never become small, which is how separation is told here.

Source: Firth 1993, Biometrika 80:27; Heinze & Schemper 2002, Stat Med 21:2409.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rctflow.models.contract import NotEstimable

Array = NDArray[np.float64]
STEPS = 100
SMALL = 1e-10
"""Newton has converged when no coefficient of a column of mean square one moves more than this."""
RANK_TOLERANCE = 1e-9


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


def maximum_likelihood(matrix: Array, outcome: Array) -> Logistic:
    """The fit of outcome (n,) of 0 and 1 on matrix (n, p). Raises Separation; NotEstimable on a deficient rank."""

    def likelihood(x: Array, b: Array) -> float:
        return float(outcome @ (x @ b) - np.logaddexp(0.0, x @ b).sum())

    return _newton(matrix, likelihood, lambda p, _: outcome - p)


def firth(matrix: Array, outcome: Array) -> Logistic:
    """The penalized fit. Raises NotEstimable on a deficient rank."""

    def likelihood(x: Array, b: Array) -> float:
        p = probabilities(x @ b)
        sign, logarithm = np.linalg.slogdet((x * (p * (1 - p))[:, None]).T @ x)
        penalty = logarithm / 2 if sign > 0 else -np.inf
        return float(outcome @ (x @ b) - np.logaddexp(0.0, x @ b).sum() + penalty)

    return _newton(matrix, likelihood, lambda p, leverage: outcome - p + leverage * (0.5 - p))


def _newton(
    matrix: Array, likelihood: Callable[[Array, Array], float], pull: Callable[[Array, Array], Array]
) -> Logistic:
    scale = np.linalg.norm(matrix, axis=0) / np.sqrt(len(matrix))
    x = matrix / scale
    if np.linalg.matrix_rank(x, tol=RANK_TOLERANCE * np.linalg.norm(x, 2)) < x.shape[1]:
        raise NotEstimable("the arms are confounded with the covariates")
    b = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = probabilities(x @ b)
        w = p * (1 - p)
        try:
            inverse = np.linalg.inv((x * w[:, None]).T @ x)
        except np.linalg.LinAlgError:
            break
        leverage = w * np.einsum("ij,jk,ik->i", x, inverse, x)
        step = inverse @ (x.T @ pull(p, leverage))
        here = likelihood(x, b)
        while np.abs(step).max() > SMALL and not likelihood(x, b + step) >= here - 1e-12 * abs(here):
            step = step / 2
        b = b + step
        if np.abs(step).max() <= SMALL:
            return Logistic(b / scale, inverse / np.outer(scale, scale))
    raise Separation
