"""The unstructured covariance as a chain of regressions, for optimization near a singular matrix.

    U Sigma U' = D,   U unit lower triangular with U_ij = -(coefficient of visit j in the regression of visit i on
    those before), D = diag(exp(d_i)) the residual variances.

With monotone loss the likelihood is a sum of regressions, quadratic in U given D, and unconstrained in both, so
Newton steps do not run into the border of the positive definite matrices. With A = U^-1 and E_ij the unit matrices,

    dSigma/dU_ij           = -A E_ij Sigma + transpose
    d2Sigma/dU_ij dU_kl    = A E_kl A E_ij Sigma + A E_ij A E_kl Sigma + A E_ij Sigma E_kl' A' + transpose
    dSigma/dd_k = S_k      = exp(d_k) A E_kk A',     d2Sigma/dd_k dU_ij = -A E_ij S_k + transpose.

Source: Anderson 1957, JASA 52:200; Pourahmadi 1999, Biometrika 86:677.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray


class Regressions:
    """A structure with T (T + 1) / 2 parameters: the T d_i, then U row by row."""

    def __init__(self, T: int) -> None:
        self.T = T
        self.rows, self.cols = np.tril_indices(T, -1)
        self.n_parameters = T + len(self.rows)

    def _factors(self, theta: Array) -> tuple[Array, Array, Array]:
        U = np.eye(self.T)
        U[self.rows, self.cols] = theta[self.T :]
        A = np.linalg.inv(U)
        D = np.exp(np.clip(theta[: self.T], -300, 300))
        return A, D, (A * D) @ A.T

    def from_sigma(self, sigma: Array) -> Array:
        """The parameters of a positive definite matrix (T, T)."""
        root = np.linalg.cholesky(sigma)
        U = np.linalg.inv(root / np.diag(root))
        return np.concatenate([2 * np.log(np.diag(root)), U[self.rows, self.cols]])

    def sigma(self, theta: Array) -> Array | None:
        """(T, T), always positive definite but for rounding."""
        return self._factors(theta)[2]

    def first(self, theta: Array) -> Array:
        """(m, T, T)."""
        A, D, sigma = self._factors(theta)
        variances = np.einsum("k,ik,jk->kij", D, A, A)
        half = -A.T[self.rows][:, :, None] * sigma[self.cols][:, None, :]
        return np.concatenate([variances, half + half.swapaxes(1, 2)])

    def second(self, theta: Array) -> Array | None:
        """(m, m, T, T)."""
        A, D, sigma = self._factors(theta)
        T, i, j = self.T, self.rows, self.cols
        out = np.zeros((self.n_parameters, self.n_parameters, T, T))
        S = np.einsum("k,ik,jk->kij", D, A, A)
        out[np.arange(T), np.arange(T)] = S
        mixed = -np.einsum("ah,khb->khab", A[:, i], S[:, j])
        mixed = mixed + mixed.swapaxes(2, 3)
        out[:T, T:] = mixed
        out[T:, :T] = mixed.swapaxes(0, 1)
        inner = np.einsum("ag,gh,hb->hgab", A[:, i], A[np.ix_(j, i)], sigma[j])  # A E_g A E_h Sigma
        cross = np.einsum("ah,hg,bg->hgab", A[:, i], sigma[np.ix_(j, j)], A[:, i])
        half = inner + inner.swapaxes(0, 1) + cross
        out[T:, T:] = half + half.swapaxes(2, 3)
        return out

    def starts(self, moments: Array) -> list[Array]:
        """The moments themselves."""
        return [self.from_sigma(moments)]

    def names(self, visits: Sequence[Any]) -> list[str]:
        """Labels, for completeness; results are always reported as covariances."""
        pairs = [f"U({visits[i]}, {visits[j]})" for i, j in zip(self.rows.tolist(), self.cols.tolist(), strict=True)]
        return [f"log residual variance({visit})" for visit in visits] + pairs
