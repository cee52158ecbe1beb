"""Covariance structures in the parameters that SAS PROC MIXED prints, with first and second derivatives.

    unstructured                covariances s_ij                              Sigma_ij = s_ij
    toeplitz                    covariances s_0, s_1, ...                     Sigma_ij = s_|i-j|
    compound-symmetry           covariance s_1, residual s_0                  Sigma_ij = s_1 + s_0 [i = j]
    ar1                         variance v, correlation r                     Sigma_ij = v r^|i-j|
    ante-dependence             variance v, correlations r_1, ...             Sigma_ij = v prod_{i<=k<j} r_k
    heterogeneous-<name>        variances v_1, ..., v_T, correlations         Sigma_ij = sqrt(v_i v_j) C_ij

The choice of parameters is part of the Kenward-Roger definition: its second-derivative term depends on it.
Source: SAS/STAT 15 User's Guide, PROC MIXED, table of covariance structures; Jennrich & Schluchter 1986.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from rctflow.models.mmrm.correlations import CORRELATIONS, Correlation

Array = np.ndarray


class Structure(Protocol):
    """What the likelihood needs of a covariance structure with m parameters on T visits."""

    @property
    def n_parameters(self) -> int:
        """m."""

    def sigma(self, theta: Array) -> Array | None:
        """(T, T), or (P, T, T) one per pattern; None where theta is outside its domain."""

    def first(self, theta: Array) -> Array:
        """(m, T, T) or (m, P, T, T): derivatives of ``sigma``."""

    def second(self, theta: Array) -> Array | None:
        """(m, m, T, T) or (m, m, P, T, T); None when ``sigma`` is linear."""

    def starts(self, moments: Array) -> list[Array]:
        """Starting values from a positive definite moment estimate (T, T), the most promising first."""

    def names(self, visits: Sequence[Any]) -> list[str]:
        """Labels of the parameters."""


@dataclass(frozen=True)
class Linear:
    """Sigma = sum_h theta_h basis_h."""

    basis: Array
    kind: str

    @property
    def n_parameters(self) -> int:
        """m."""
        return len(self.basis)

    def sigma(self, theta: Array) -> Array | None:
        """(T, T)."""
        return np.tensordot(theta, self.basis, 1)

    def first(self, theta: Array) -> Array:
        """(m, T, T), constant."""
        return self.basis

    def second(self, theta: Array) -> Array | None:
        """Zero."""
        return None

    def starts(self, moments: Array) -> list[Array]:
        """The projection of the moments, half-way to a diagonal matrix, and that diagonal matrix."""
        diagonal = np.diag(np.full(len(moments), np.trace(moments) / len(moments)))
        if self.kind == "unstructured":
            diagonal = np.diag(np.diag(moments))
        return [self._project(w * moments + (1 - w) * diagonal) for w in (1.0, 0.5, 0.1)]

    def _project(self, target: Array) -> Array:
        flat = self.basis.reshape(len(self.basis), -1)
        return np.linalg.solve(flat @ flat.T, flat @ target.ravel())

    def names(self, visits: Sequence[Any]) -> list[str]:
        """As SAS prints them: UN(2,1), TOEP(2), CS."""
        T = len(visits)
        if self.kind == "unstructured":
            return [f"cov({visits[i]}, {visits[j]})" for i in range(T) for j in range(i + 1)]
        if self.kind == "toeplitz":
            return ["variance", *(f"cov(lag {lag})" for lag in range(1, T))]
        return ["cov", "residual"][: self.n_parameters]


def unstructured(T: int) -> Linear:
    """T (T + 1) / 2 covariances, row by row of the lower triangle."""
    rows, cols = np.tril_indices(T)
    basis = np.zeros((len(rows), T, T))
    basis[np.arange(len(rows)), rows, cols] = 1
    basis[np.arange(len(rows)), cols, rows] = 1
    return Linear(basis, "unstructured")


def toeplitz(T: int) -> Linear:
    """T covariances, one per lag."""
    lag = np.abs(np.subtract.outer(np.arange(T), np.arange(T)))
    return Linear(np.array([lag == d for d in range(T)], float), "toeplitz")


def compound_symmetry(T: int) -> Linear:
    """The common covariance and the residual variance; with one visit only the latter."""
    if T == 1:
        return Linear(np.ones((1, 1, 1)), "toeplitz")
    return Linear(np.array([np.ones((T, T)), np.eye(T)]), "compound-symmetry")


@dataclass(frozen=True)
class Correlated:
    """Sigma_ij = sqrt(v_i v_j) C_ij(rho); one common variance unless ``heterogeneous``."""

    T: int
    correlation: Correlation
    heterogeneous: bool

    @property
    def n_variances(self) -> int:
        """1 or T."""
        return self.T if self.heterogeneous else 1

    @property
    def n_parameters(self) -> int:
        """Variances, then correlations."""
        return self.n_variances + self.correlation.n_parameters(self.T)

    def _split(self, theta: Array) -> tuple[Array, Array]:
        return theta[: self.n_variances], theta[self.n_variances :]

    def _deviations(self, v: Array) -> Array:
        return np.sqrt(np.broadcast_to(v, (self.T,)))

    def sigma(self, theta: Array) -> Array | None:
        """(T, T), or None outside v > 0, |rho| < 1."""
        v, rho = self._split(theta)
        if (v <= 0).any() or (np.abs(rho) >= 1).any():
            return None
        s = self._deviations(v)
        return s[:, None] * s * self.correlation.matrix(rho, self.T)

    def _variance_share(self, v: Array) -> Array:
        """(n_variances, T, T): d log(s_i s_j) / d v_k."""
        if not self.heterogeneous:
            return np.full((1, self.T, self.T), 1 / v[0])
        unit = np.eye(self.T)
        return (unit[:, :, None] + unit[:, None, :]) / (2 * v[:, None, None])

    def first(self, theta: Array) -> Array:
        """(m, T, T)."""
        v, rho = self._split(theta)
        s = self._deviations(v)
        scale = s[:, None] * s
        by_variance = self._variance_share(v) * (scale * self.correlation.matrix(rho, self.T))
        return np.concatenate([by_variance, scale * self.correlation.first(rho, self.T)])

    def second(self, theta: Array) -> Array | None:
        """(m, m, T, T)."""
        v, rho = self._split(theta)
        s = self._deviations(v)
        scale = s[:, None] * s
        q, m = self.n_variances, self.n_parameters
        share = self._variance_share(v)
        out = np.zeros((m, m, self.T, self.T))
        if self.heterogeneous:  # for a common variance Sigma is linear in it
            sigma = scale * self.correlation.matrix(rho, self.T)
            out[:q, :q] = share[:, None] * share[None] * sigma
            k = np.arange(q)
            out[k, k] -= share * sigma / v[:, None, None]
        mixed = share[:, None] * (scale * self.correlation.first(rho, self.T))[None]
        out[:q, q:] = mixed
        out[q:, :q] = mixed.swapaxes(0, 1)
        out[q:, q:] = scale * self.correlation.second(rho, self.T)
        return out

    def starts(self, moments: Array) -> list[Array]:
        """Moment variances with several correlations."""
        v = np.diag(moments)
        s = np.sqrt(v)
        v = v if self.heterogeneous else np.array([v.mean()])
        return [np.concatenate([v, rho]) for rho in self.correlation.starts(moments / np.outer(s, s))]

    def names(self, visits: Sequence[Any]) -> list[str]:
        """Labels: var(visit) and the correlations."""
        variances = [f"var({visit})" for visit in visits] if self.heterogeneous else ["variance"]
        return variances + self.correlation.names(visits)


def structure_for(name: str, T: int) -> Structure:
    """The structure of this canonical name on T visits."""
    plain = name.removeprefix("heterogeneous-")
    heterogeneous = plain != name
    if name == "unstructured":
        return unstructured(T)
    if not heterogeneous and name == "toeplitz":
        return toeplitz(T)
    if not heterogeneous and name == "compound-symmetry":
        return compound_symmetry(T)
    return Correlated(T, CORRELATIONS[plain], heterogeneous)
