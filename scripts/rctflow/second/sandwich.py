"""Robust covariances of the fixed effects, patient by patient, and the degrees of freedom of Bell and McCaffrey.

Z the whitened rows, Phi = (Z'Z)^-1, B_i = Z_i R^-1 with Z = Q R the patient's part of Q, so that H_i = B_i B_i'. With
B_i = U diag(s) W', the power -1/2 (CR2) or -1 (CR3) of I - H_i is U diag((1 - s^2)^power) U' on the columns of U, and 1
elsewhere. For a contrast c, the vectors g_i = (I - Q Q')_i' A_i Z_i Phi c are made as such, and

    df = (sum_i g_i'g_i)^2 / sum_ij (g_i'g_j)^2      (Bell & McCaffrey 2002; the first path never makes the g_i)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rctflow.second.errors import NoSecondPathError
from rctflow.second.likelihood import Stacked

Array = NDArray[np.float64]
POWERS = {"CR0": 0.0, "CR2": -0.5, "CR3": -1.0}
FIXED = 1e-9
LARGEST = 30_000_000
"""Numbers of the matrix of all g_i, above which there is no second path."""


class Sandwich:
    """Z (N, p), e (N,) whitened rows and residuals; kind: CR0, CR2, CR3."""

    def __init__(self, stacked: Stacked, Z: Array, e: Array, phi: Array, kind: str) -> None:
        self.phi, self.patients = phi, [rows for pattern in stacked.patterns for rows in pattern.rows]
        self.Q = np.linalg.qr(Z)[0]
        self.adjusted = np.empty_like(Z)
        meat = np.zeros_like(phi)
        for rows in self.patients:
            self.adjusted[rows] = _adjusted(self.Q[rows], Z[rows], POWERS[kind])
            score = self.adjusted[rows].T @ e[rows]
            meat += np.outer(score, score)
        self.covariance = phi @ meat @ phi

    def degrees_of_freedom(self, c: Array) -> float:
        """Of c'b. Raises NoSecondPathError for a trial so large that the vectors do not fit."""
        n, N = len(self.patients), len(self.Q)
        if n * N > LARGEST:
            raise NoSecondPathError(
                f"{n} patients with {N} records are too many for the second path's degrees of freedom"
            )
        direction = self.adjusted @ (self.phi @ c)
        G = np.zeros((N, n))
        for place, rows in enumerate(self.patients):
            G[rows, place] = direction[rows]
        G -= self.Q @ (self.Q.T @ G)
        M = G.T @ G
        return float(np.trace(M) ** 2 / (M**2).sum())


def _adjusted(B: Array, Z: Array, power: float) -> Array:
    """A_i Z_i."""
    if not power:
        return Z
    U, s, _ = np.linalg.svd(B, full_matrices=False)
    left = 1 - s**2
    if power == -1.0 and (left < FIXED).any():
        raise NoSecondPathError("a patient alone determines a fixed effect, so that CR3 does not exist")
    factor = np.where(left < FIXED, 0.0, np.maximum(left, FIXED) ** power)
    return np.asarray(Z + (U * (factor - 1)) @ (U.T @ Z))
