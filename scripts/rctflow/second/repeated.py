"""MMRM with an unstructured covariance by direct maximization; Kenward-Roger (or Satterthwaite) by dense formulas.

With Z = C^-1 X stacked, Phi = (Z'Z)^-1, S_h the whitened derivative of the covariance of all records by parameter h,
A_h = S_h Z, P_h = -Z'A_h, Q_hk = A_h'A_k, and V = 2 H^-1 the inverse observed information,

    Phi_A = Phi + 2 Phi [sum_hk V_hk (Q_hk - P_h Phi P_k)] Phi
    df = 2 (c'Phi c)^2 / (g'V g),   g_h = c'Phi P_h Phi c

(Kenward & Roger 1997, Biometrics 53:983; second derivatives are zero as the covariance is linear in its parameters;
with one contrast their df is Satterthwaite's and their scale 1.) The declared chain's first step alone is covered, and
that when it is unstructured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rctflow.second.columns import independent_columns, is_estimable
from rctflow.second.errors import NoSecondPathError
from rctflow.second.estimation import maximum_likelihood
from rctflow.second.likelihood import Stacked, directions, whitened
from rctflow.second.longitudinal import design, difference, rows_of_all_visits, visits_seen
from rctflow.second.settings import Declared
from rctflow.second.student import contrast_statistics

if TYPE_CHECKING:
    from pandas import DataFrame

Array = NDArray[np.float64]
ADJUSTED = ("kenward-roger", "kr-linear")


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Contrast -> its statistics at ``declared.visit``; contrasts that are not estimable are absent.

    Raises NoSecondPathError for what this path does not cover.
    """
    step = _first_step(declared)
    rows, y = rows_of_all_visits(bds, adsl, declared)
    order = visits_seen(rows, declared)
    visit = rows["AVISIT"].map(order.index).to_numpy(int)
    X, names = design(rows, declared)
    kept = independent_columns(X)
    stacked = Stacked.of(X[:, kept], y, rows["USUBJID"].tolist(), visit, len(order))
    L, H = maximum_likelihood(stacked)
    inference = Inference(stacked, L, np.asarray(2 * np.linalg.inv(H), np.float64), step["df"] in ADJUSTED)
    found = {}
    for arm in declared.arms[1:]:
        c = difference(names, declared.visit, arm, declared.arms[0])
        if c is not None and is_estimable(X, c):
            values = contrast_statistics(*inference.of(c[kept]), declared.confidence, declared.log)
            found[declared.contrast(arm)] = values
    return found


def _first_step(declared: Declared) -> dict[str, str]:
    """The first step of the declared chain. Raises NoSecondPathError unless it is the one that stands above."""
    options = declared.options
    step: dict[str, str] = options["chain"][0]
    covered = step["covariance"] == "unstructured" and step["vcov"] == "model"
    covered = covered and step["df"] in (*ADJUSTED, "satterthwaite")
    if not covered or options["method"] != "reml" or options["group_by_arm"]:
        raise NoSecondPathError(
            "the second computation covers REML, one unstructured covariance for all arms, model-based standard errors "
            f"and Kenward-Roger or Satterthwaite; declared first: {step['covariance']}, {step['vcov']}, {step['df']}"
        )
    return step


class Inference:
    """Estimate, standard error and df of contrasts at Sigma = L L'. V: covariance (m, m) of the coordinates E."""

    def __init__(self, stacked: Stacked, L: Array, V: Array, adjusted: bool) -> None:
        self.V = V
        rows = whitened(stacked, (L @ L.T)[None])[1][0]
        Z, e = rows[:, :-1], rows[:, -1]
        root = np.linalg.inv(np.linalg.qr(Z, mode="r"))
        self.phi = root @ root.T
        self.b = np.linalg.lstsq(Z, e, rcond=None)[0]
        A = np.array([_changed(stacked, L, direction, Z) for direction in directions(stacked.T)])
        self.P = -np.array([Z.T @ each for each in A])
        self.covariance = self._adjusted(A) if adjusted else self.phi

    def _adjusted(self, A: Array) -> Array:
        inner = np.zeros_like(self.phi)
        for h, row in enumerate(self.V):
            for k, weight in enumerate(row):
                inner += weight * (A[h].T @ A[k] - self.P[h] @ self.phi @ self.P[k])
        return self.phi + 2 * self.phi @ inner @ self.phi

    def of(self, c: Array) -> tuple[float, float, float]:
        """Estimate, standard error and degrees of freedom of c'b."""
        moved = self.phi @ c
        g = np.array([moved @ P @ moved for P in self.P])
        df = 2 * (c @ moved) ** 2 / (g @ self.V @ g)
        return float(c @ self.b), float(np.sqrt(c @ self.covariance @ c)), float(df)


def _changed(stacked: Stacked, L: Array, direction: Array, Z: Array) -> Array:
    """A_h = C^-1 (dV/dE_h) C^-T Z, (N, p)."""
    out = np.empty_like(Z)
    change, sigma = L @ direction @ L.T, L @ L.T
    for rows, seen in stacked.groups:
        at = np.ix_(seen, seen)
        inverse = np.linalg.inv(np.linalg.cholesky(sigma[at]))
        out[rows] = (inverse @ change[at] @ inverse.T) @ Z[rows]
    return out
