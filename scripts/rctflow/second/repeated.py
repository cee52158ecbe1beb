"""MMRM: every step of the declared chain by direct maximization, and dense formulas of inference.

With Z = C^-1 X stacked, Phi = (Z'Z)^-1, S_h and S_hk the whitened derivatives of the covariance of all records by the
parameters h, k, A_h = S_h Z, P_h = -Z'A_h, Q_hk = A_h'A_k, R_hk = Z'S_hk Z, and V the parameters' covariance,

    Phi_A = Phi + 2 Phi [sum_hk V_hk (Q_hk - P_h Phi P_k - R_hk / 4)] Phi
    df = 2 (c'Phi c)^2 / (g'V g),   g_h = c'Phi P_h Phi c

(Kenward & Roger 1997, Biometrics 53:983; ``kr-linear`` leaves R_hk out; with one contrast their df is Satterthwaite's
and their scale 1). Between-within degrees of freedom count ranks (Schluchter & Elashoff 1990). Sandwich: sandwich.py.
A step without a maximum, or with a variance for a visit that the fixed effects saturate, is left for the next one of
the chain, as declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from rctflow.second.columns import Array, independent_columns, is_estimable
from rctflow.second.errors import NoSecondPathError
from rctflow.second.estimation import Maximum, unstructured
from rctflow.second.likelihood import Stacked, whitened
from rctflow.second.longitudinal import design, difference, is_constrained, rows_of_all_visits, visits_seen
from rctflow.second.sandwich import Sandwich
from rctflow.second.selection import baseline, constant_columns
from rctflow.second.settings import Declared, Statistics
from rctflow.second.structured import structured
from rctflow.second.student import contrast_statistics

if TYPE_CHECKING:
    from pandas import DataFrame

EXACT = 1e-7
"""Residuals of a visit below this share of the outcome's range are rounding noise (docs/mmrm.md)."""
ADJUSTED = ("kenward-roger", "kr-linear")


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, Statistics]:
    """Contrast -> its statistics at ``declared.visit``; contrasts that are not estimable are absent.

    Raises NoSecondPathError when no step of the chain has a maximum that this path finds.
    """
    rows, y = rows_of_all_visits(bds, adsl, declared)
    order, options = visits_seen(rows, declared), declared.options
    X, names = design(rows, declared)
    kept = independent_columns(X)
    arms = [arm for arm in declared.arms if (rows["ARM"] == arm).any()]
    group = rows["ARM"].map(arms.index).tolist() if options["group_by_arm"] else None
    visit = rows["AVISIT"].map(order.index).to_numpy(int)
    stacked = Stacked.of(X[:, kept], y, rows["USUBJID"].tolist(), visit, len(order), group, options["method"] == "reml")
    _require_residuals(stacked)
    inference, left = _first_that_can_be_fitted(stacked, options["chain"])
    counted = _between_within(rows, X, names, declared) if inference.step["df"] == "between-within" else {}
    found = {}
    for arm in declared.arms[1:]:
        c = difference(names, declared.visit, arm, declared.arms[0])
        if c is not None and is_estimable(X, c):
            estimate, se, df = inference.of(c[kept], counted.get(declared.visit))
            found[declared.contrast(arm)] = Statistics(
                contrast_statistics(estimate, se, df, declared.confidence, declared.log)
            )
            found[declared.contrast(arm)].left = left
            found[declared.contrast(arm)].used = inference.step
    return found


def _first_that_can_be_fitted(stacked: Stacked, chain: list[dict[str, str]]) -> tuple[Inference, str]:
    left: list[str] = []
    for step in chain:
        name = step["covariance"]
        try:
            if name == "unstructured" or name.startswith("heterogeneous"):
                _require_own_variances(stacked)
            maximum = unstructured(stacked) if name == "unstructured" else structured(stacked, name)
            return Inference(stacked, maximum, step), "; ".join(left)
        except (NoSecondPathError, np.linalg.LinAlgError) as error:
            left.append(f"{name}: {error}")
    raise NoSecondPathError("no step of the chain: " + "; ".join(left))


def _require_own_variances(stacked: Stacked) -> None:
    """Raises NoSecondPathError for a visit that the fixed effects saturate, of all or of a group (docs/mmrm.md)."""
    for place, rows in _cells(stacked):
        if len(rows) <= len(independent_columns(rows[:, :-1])):
            raise NoSecondPathError(f"{place} has no more records than fixed effects")


def _require_residuals(stacked: Stacked) -> None:
    """Raises NoSecondPathError for a visit that the fixed effects explain without rest: it has no variance."""
    spread = float(np.ptp(stacked.data[:, -1]))
    for place, rows in _cells(stacked):
        X, y = rows[:, :-1], rows[:, -1]
        if len(y) > len(independent_columns(X)):
            rest = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
            if np.linalg.norm(rest) <= EXACT * spread * np.sqrt(len(y)):
                raise NoSecondPathError(f"the fixed effects explain {place} without rest")


def _cells(stacked: Stacked) -> Iterator[tuple[str, Array]]:
    """Each visit (of each group with a covariance of its own) in words, with its rows: fixed effects, outcome."""
    for group in range(stacked.G):
        for visit in range(stacked.T):
            own = [p.rows[:, p.seen.index(visit)] for p in stacked.patterns if visit in p.seen and p.group == group]
            rows = stacked.data[np.concatenate(own)] if own else np.empty((0, stacked.p + 1))
            yield f"visit {visit + 1}", rows


def _between_within(rows: DataFrame, X: Array, names: list[tuple[str, str]], declared: Declared) -> dict[str, float]:
    """Visit -> df of a difference of arms: the smaller of both, but at the first visit, whose difference is that of a
    column that is constant within patients. With cLDA no arm's column is constant.
    """
    order, constrained = visits_seen(rows, declared), is_constrained(declared)
    arms = [arm for arm in declared.arms if (rows["ARM"] == arm).any()]
    if {(visit, arm) for visit in order for arm in arms if visit != declared.baseline_visit} - set(names):
        raise NoSecondPathError("an arm without records at a visit: between-within df have no second path")
    n, N, p = rows["USUBJID"].nunique(), len(rows), len(independent_columns(X))
    steady: list[Array] = [np.ones(N), *constant_columns(rows, declared)]
    if not constrained:
        steady += [np.asarray(rows["ARM"] == arm, np.float64) for arm in arms]
        steady += [baseline(rows, declared)] if declared.baseline else []
    rank = len(independent_columns(np.column_stack(steady)))
    between, within = float(n - rank), float(N - n - (p - rank))
    if constrained:
        return dict.fromkeys(order, within)
    return dict.fromkeys(order, min(between, within)) | {order[0]: between}


class Inference:
    """Estimate, standard error and df of contrasts at a maximum, by one step of the chain."""

    def __init__(self, stacked: Stacked, maximum: Maximum, step: dict[str, str]) -> None:
        self.step, self.V = step, maximum.V
        data = whitened(stacked, maximum.sigma[None])[1][0]
        Z, e = data[:, :-1], data[:, -1]
        root = np.linalg.inv(np.linalg.qr(Z, mode="r"))
        self.phi = root @ root.T
        self.b = np.linalg.lstsq(Z, e, rcond=None)[0]
        self.residual_df = float(len(Z) - Z.shape[1])
        self.robust = None
        self.covariance = self.phi
        if step["vcov"] != "model":
            self.robust = Sandwich(stacked, Z, e - Z @ self.b, self.phi, step["vcov"])
            self.covariance = self.robust.covariance
            return
        A = np.array([_changed(stacked, maximum.sigma, change, Z) for change in maximum.first])
        self.P = -np.array([Z.T @ each for each in A])
        if step["df"] in ADJUSTED:
            second = maximum.second if step["df"] == "kenward-roger" else None
            curvature = np.zeros_like(self.phi)
            if second is not None:
                change = np.tensordot(self.V, second, 2)
                curvature = Z.T @ _changed(stacked, maximum.sigma, change, Z)
            self.covariance = self._adjusted(A, curvature)

    def _adjusted(self, A: Array, curvature: Array) -> Array:
        inner = -curvature / 4
        for h, row in enumerate(self.V):
            for k, weight in enumerate(row):
                inner = inner + weight * (A[h].T @ A[k] - self.P[h] @ self.phi @ self.P[k])
        return np.asarray(self.phi + 2 * self.phi @ inner @ self.phi)

    def of(self, c: Array, counted: float | None) -> tuple[float, float, float]:
        """Estimate, standard error and degrees of freedom of c'b. counted: between-within."""
        if counted is not None:
            df = counted
        elif self.step["df"] == "residual":
            df = self.residual_df
        elif self.robust is not None:
            df = self.robust.degrees_of_freedom(c)
        else:
            moved = self.phi @ c
            g = np.array([moved @ P @ moved for P in self.P])
            df = float(2 * (c @ moved) ** 2 / (g @ self.V @ g))
        return float(c @ self.b), float(np.sqrt(c @ self.covariance @ c)), df


def _changed(stacked: Stacked, sigma: Array, change: Array, Z: Array) -> Array:
    """C^-1 (dV) C^-T Z, (N, p), of a change (G, T, T) of the covariances."""
    out = np.empty_like(Z)
    for rows, seen, group in stacked.patterns:
        at = np.ix_(seen, seen)
        inverse = np.linalg.inv(np.linalg.cholesky(sigma[group][at]))
        out[rows] = (inverse @ change[group][at] @ inverse.T) @ Z[rows]
    return out
