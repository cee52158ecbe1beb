"""The maximum of the restricted likelihood: a moment start, a quasi-Newton search, then Newton steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rctflow.second.errors import NoSecondPathError
from rctflow.second.likelihood import Stacked, around, gradient, hessian, minus2_log_likelihoods

Array = NDArray[np.float64]
CLOSE = 1e-18
"""A Newton step that would lower -2 log L by less than this share of it is the last."""
STEPS = 30


def moment_start(stacked: Stacked) -> Array:
    """Sigma (T, T) from residuals of least squares: products over the patients seen at both visits, made positive
    definite by raising its eigenvalues.
    """
    X, y = stacked.data[:, :-1], stacked.data[:, -1]
    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    sums, counts = np.zeros((stacked.T, stacked.T)), np.zeros((stacked.T, stacked.T))
    for rows, seen in stacked.groups:
        at = np.ix_(seen, seen)
        sums[at] += residual[rows].T @ residual[rows]
        counts[at] += len(rows)
    covariance = sums / np.maximum(counts, 1)
    values, vectors = np.linalg.eigh(covariance)
    if values[-1] <= 0:
        raise NoSecondPathError("the residuals of least squares are zero")
    return (vectors * np.maximum(values, 0.05 * values[-1])) @ vectors.T


def maximum_likelihood(stacked: Stacked) -> tuple[Array, Array]:
    """L with Sigma = L L' at the maximum, and the Hessian of -2 log L there in the coordinates E (likelihood.py).

    Raises NoSecondPathError when there is none inside the positive definite matrices.
    """
    L = _searched(stacked, _root(moment_start(stacked)))
    H = hessian(stacked, L)
    value = minus2_log_likelihoods(stacked, (L @ L.T)[None])[0]
    for count in range(1, STEPS + 1):
        g = gradient(stacked, L)
        _require_maximum(H)
        step = -np.linalg.solve(H, g)
        L = _root(around(L, (step * min(1.0, 0.2 / np.abs(step).max()))[None])[0])
        if -step @ g < CLOSE * max(abs(value), 1.0) or np.abs(step).max() < 1e-9:
            H = hessian(stacked, L)
            _require_maximum(H)
            return L, H
        if np.abs(step).max() > 0.01 or count % 5 == 0:
            H = hessian(stacked, L)
    raise NoSecondPathError("the restricted likelihood was not maximized in the second computation")


def _searched(stacked: Stacked, L: Array) -> Array:
    """L after a quasi-Newton search over triangular T with a positive diagonal, Sigma = L T T' L'."""
    from scipy.optimize import minimize

    below = np.tril_indices(len(L))
    diagonal = below[0] == below[1]
    h = 1e-4

    def sigmas(shifts: Array) -> Array:
        T = np.zeros((len(shifts), *L.shape))
        T[:, below[0], below[1]] = np.where(diagonal, np.exp(np.clip(shifts, -30, 30)), shifts)
        moved = L @ T
        return moved @ moved.swapaxes(1, 2)

    def value_and_slope(x: Array) -> tuple[float, Array]:
        unit = np.eye(len(x)) * h
        f = minus2_log_likelihoods(stacked, sigmas(np.vstack([x[None], x + unit, x - unit])))
        return float(f[0]), (f[1 : len(x) + 1] - f[len(x) + 1 :]) / (2 * h)

    try:
        found = minimize(value_and_slope, np.zeros(len(below[0])), jac=True, method="BFGS", options={"gtol": 1e-3})
        return _root(sigmas(found.x[None])[0])
    except np.linalg.LinAlgError:
        raise NoSecondPathError("the search for the maximum left the positive definite matrices") from None


def _root(sigma: Array) -> Array:
    return np.asarray(np.linalg.cholesky(sigma), np.float64)


def _require_maximum(H: Array) -> None:
    if not np.linalg.eigvalsh(H)[0] > 0:
        raise NoSecondPathError("the restricted likelihood has no maximum inside the positive definite matrices")
