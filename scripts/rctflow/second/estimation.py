"""The maximum of the likelihood of a declared covariance, and what inference needs of it there.

A maximum of an unstructured covariance is sought in coordinates E of Sigma = L (I + E) L' around a given Sigma = L L':
there all directions have the same scale, however strongly the visits are correlated, and E is linear in Sigma. Other
structures are sought in logarithms and angles of their parameters (structured.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rctflow.second.differences import gradient, hessian
from rctflow.second.errors import NoSecondPathError
from rctflow.second.likelihood import Stacked, minus2_log_likelihoods

Array = NDArray[np.float64]
CLOSE = 1e-18
"""A Newton step that would lower -2 log L by less than this share of it is the last."""
STEPS = 30
STEP = 0.005
NO_MAXIMUM = "the likelihood has no maximum inside the positive definite matrices"


@dataclass(frozen=True)
class Maximum:
    """sigma (G, T, T) at the maximum; first (m, G, T, T) and second (m, m, G, T, T) derivatives of it by the covariance
    parameters, the latter None when it is linear; V (m, m): their covariance, 2 H^-1.
    """

    sigma: Array
    first: Array
    second: Array | None
    V: Array


def moments(stacked: Stacked) -> Array:
    """(G, T, T) from residuals of least squares: products over the patients seen at both visits, made positive
    definite by raising its eigenvalues. Raises NoSecondPathError when all residuals are zero.
    """
    X, y = stacked.data[:, :-1], stacked.data[:, -1]
    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    found = []
    for group in range(stacked.G):
        sums, counts = np.zeros((stacked.T, stacked.T)), np.zeros((stacked.T, stacked.T))
        for rows, seen, own in stacked.patterns:
            if own == group:
                at = np.ix_(seen, seen)
                sums[at] += residual[rows].T @ residual[rows]
                counts[at] += len(rows)
        values, vectors = np.linalg.eigh(sums / np.maximum(counts, 1))
        if values[-1] <= 0:
            raise NoSecondPathError("the residuals of least squares are zero")
        found.append((vectors * np.maximum(values, 0.05 * values[-1])) @ vectors.T)
    return np.array(found)


def unstructured(stacked: Stacked) -> Maximum:
    """A quasi-Newton search from the moments, then Newton steps.

    Raises NoSecondPathError when there is no maximum inside the positive definite matrices.
    """
    chart = Chart(stacked, _searched(stacked, _root(moments(stacked))))
    H = chart.hessian()
    value = chart.values(np.zeros((1, chart.m)))[0]
    for count in range(1, STEPS + 1):
        g = gradient(chart.values, chart.m, STEP / 4)
        _require_maximum(H)
        step = -np.linalg.solve(H, g)
        chart = chart.moved(step * min(1.0, 0.2 / np.abs(step).max()))
        if -step @ g < CLOSE * max(abs(value), 1.0) or np.abs(step).max() < 1e-9:
            H = chart.hessian()
            _require_maximum(H)
            return Maximum(
                chart.L @ chart.L.swapaxes(1, 2), chart.changes(), None, np.asarray(2 * np.linalg.inv(H), np.float64)
            )
        if np.abs(step).max() > 0.01 or count % 5 == 0:
            H = chart.hessian()
    raise NoSecondPathError("the likelihood was not maximized in the second computation")


@dataclass(frozen=True)
class Chart:
    """The covariances around L L', L (G, T, T) triangular."""

    stacked: Stacked
    L: Array

    @property
    def basis(self) -> Array:
        """The symmetric matrices of one group, (T (T + 1) / 2, T, T)."""
        T, found = self.stacked.T, []
        for a in range(T):
            for b in range(a + 1):
                e = np.zeros((T, T))
                e[a, b] = e[b, a] = 1.0
                found.append(e)
        return np.array(found)

    @property
    def m(self) -> int:
        """How many coordinates there are, of all groups."""
        return self.stacked.G * self.stacked.T * (self.stacked.T + 1) // 2

    def sigmas(self, shifts: Array) -> Array:
        """(K, G, T, T) of K shifts (K, m)."""
        E = np.tensordot(shifts.reshape(len(shifts), self.stacked.G, -1), self.basis, 1)
        return self.L @ (np.eye(self.stacked.T) + E) @ self.L.swapaxes(1, 2)

    def values(self, shifts: Array) -> Array:
        """-2 log L of K shifts (K, m)."""
        return minus2_log_likelihoods(self.stacked, self.sigmas(shifts))

    def hessian(self) -> Array:
        """Of -2 log L."""
        return hessian(self.values, self.m, STEP)

    def moved(self, shift: Array) -> Chart:
        """The chart around another covariance."""
        return Chart(self.stacked, _root(self.sigmas(shift[None])[0]))

    def changes(self) -> Array:
        """dSigma / dE, (m, G, T, T)."""
        G, T, basis = self.stacked.G, self.stacked.T, self.basis
        out = np.zeros((G, len(basis), G, T, T))
        for group, L in enumerate(self.L):
            out[group, :, group] = L @ basis @ L.T
        return out.reshape(self.m, G, T, T)


def _searched(stacked: Stacked, L: Array) -> Array:
    """L after a quasi-Newton search over triangular T with a positive diagonal, Sigma = L T T' L'."""
    from scipy.optimize import minimize

    below = np.tril_indices(stacked.T)
    diagonal = np.tile(below[0] == below[1], stacked.G)
    h = 1e-4

    def sigmas(shifts: Array) -> Array:
        entries = np.where(diagonal, np.exp(np.clip(shifts, -30, 30)), shifts)
        T = np.zeros((len(shifts), *L.shape))
        T[:, :, below[0], below[1]] = entries.reshape(len(shifts), stacked.G, -1)
        moved = L @ T
        return moved @ moved.swapaxes(-1, -2)

    def value_and_slope(x: Array) -> tuple[float, Array]:
        unit = np.eye(len(x)) * h
        f = minus2_log_likelihoods(stacked, sigmas(np.vstack([x[None], x + unit, x - unit])))
        return float(f[0]), (f[1 : len(x) + 1] - f[len(x) + 1 :]) / (2 * h)

    try:
        with np.errstate(invalid="ignore"):
            found = minimize(value_and_slope, np.zeros(len(diagonal)), jac=True, method="BFGS", options={"gtol": 1e-3})
        return _root(sigmas(found.x[None])[0])
    except np.linalg.LinAlgError:
        raise NoSecondPathError(NO_MAXIMUM) from None


def _root(sigma: Array) -> Array:
    try:
        return np.asarray(np.linalg.cholesky(sigma), np.float64)
    except np.linalg.LinAlgError:
        raise NoSecondPathError(NO_MAXIMUM) from None


def _require_maximum(H: Array) -> None:
    if not np.isfinite(H).all() or not np.linalg.eigvalsh(H)[0] > 0:
        raise NoSecondPathError(NO_MAXIMUM)
