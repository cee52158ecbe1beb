"""GEE by solving both its equations as such, and the sandwich patient by patient: ``gee`` and ``gee_logit``.

    U(b; a) = sum_i D_i' V_i^-1 (y_i - mu_i) = 0,   V_i = A_i^1/2 [(1 - a) I + a J] A_i^1/2
    g(a) = sum_i sum_(j<k) r_ij r_ik / [phi (M - p)] - a = 0,   phi = sum r^2 / (N - p)

r Pearson residuals, M the pairs of records of a patient (Liang & Zeger 1986, Biometrika 73:13). With the identity as
link, a is found by a bracketing search for the root of g, b by least squares of whitened rows for each a on its way;
with the logit, (b, a) as the root of (U, g) together by Powell's hybrid method, from the maximum of the likelihood of
independent records. The first path (statsmodels) takes turns: a step of b, then a. With H_i = D_i B^-1 D_i' V_i^-1 and
B = sum D_i' V_i^-1 D_i,

    cov b = B^-1 [sum_i s_i s_i'] B^-1,   s_i = D_i' V_i^-1 (I - H_i)^-1 (y_i - mu_i)      (Mancl & DeRouen 2001)

``robust`` leaves H_i out. Student's t with patients - p degrees of freedom.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctflow.second.columns import Array, independent_columns, is_estimable, is_exact
from rctflow.second.errors import NoSecondPathError
from rctflow.second.longitudinal import design, difference, rows_of_all_visits
from rctflow.second.settings import Declared
from rctflow.second.student import contrast_statistics

if TYPE_CHECKING:
    from pandas import DataFrame

INFINITE = 20.0
"""A linear predictor beyond this: all or none of some patients have the event."""
NO_SOLUTION = "the estimating equations have no solution that the second path can find"


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Contrast -> its statistics at ``declared.visit``; contrasts that are not estimable are absent.

    Raises NoSecondPathError when the equations have no solution that this path finds.
    """
    logit = declared.model == "gee_logit"
    rows, y = rows_of_all_visits(bds, adsl, declared)
    X, names = design(rows, declared)
    kept = independent_columns(X)
    patients = [np.array(places) for places in rows.groupby("USUBJID", sort=True).indices.values()]
    df = len(patients) - len(kept)
    if df < 1:
        raise NoSecondPathError("fewer patients than coefficients")
    equations = Equations(X[:, kept], y, patients, logit)
    if not logit and is_exact(X[:, kept], y):
        raise NoSecondPathError("the model reproduces every value: there is no residual variance")
    b, a = equations.solution(declared.options["working"] == "exchangeable")
    covariance = equations.sandwich(b, a, corrected=declared.options["vcov"] == "bias_reduced")
    seen = Counter(rows.loc[rows["AVISIT"] == declared.visit, "ARM"])  # a sandwich finds no variance from one patient
    found = {}
    for arm in declared.arms[1:]:
        c = difference(names, declared.visit, arm, declared.arms[0])
        if c is not None and min(seen[arm], seen[declared.arms[0]]) > 1 and is_estimable(X, c):
            own = c[kept]
            se = float(np.sqrt(own @ covariance @ own))
            name = declared.contrast(arm, ratio=logit)
            found[name] = contrast_statistics(float(own @ b), se, df, declared.confidence, logit or declared.log)
    return found


@dataclass(frozen=True)
class Equations:
    """X (N, p) of full rank, y (N,), the rows of each patient; logit: the link, else the identity."""

    X: Array
    y: Array
    patients: list[Array]
    logit: bool

    def mean(self, b: Array) -> tuple[Array, Array]:
        """mu (N,) and the standard deviations of one record up to phi (N,)."""
        eta = self.X @ b
        if not self.logit:
            return eta, np.ones(len(eta))
        mu = 1 / (1 + np.exp(-eta))
        return mu, np.sqrt(mu * (1 - mu))

    def solution(self, exchangeable: bool) -> tuple[Array, float]:
        """b and a; a = 0 for working independence, and where nobody has two records."""
        largest = max(len(rows) for rows in self.patients)
        exchangeable = exchangeable and largest > 1
        if self.logit:
            return self._odds(exchangeable)
        return self._means(-1 / (largest - 1) + 1e-6) if exchangeable else (self._least_squares(0.0), 0.0)

    def _means(self, low: float) -> tuple[Array, float]:
        from scipy.optimize import brentq

        def imbalance(a: float) -> float:
            return self.imbalance(self._least_squares(a), a)

        if not imbalance(low) * imbalance(1 - 1e-6) < 0:
            raise NoSecondPathError(NO_SOLUTION)
        a = float(brentq(imbalance, low, 1 - 1e-6, xtol=1e-13, rtol=1e-13))
        return self._least_squares(a), a

    def _least_squares(self, a: float) -> Array:
        whole = np.column_stack([self.X, self.y])
        white = np.empty_like(whole)
        for rows in self.patients:
            white[rows] = np.linalg.solve(np.linalg.cholesky(_correlation(len(rows), a)), whole[rows])
        return np.asarray(np.linalg.lstsq(white[:, :-1], white[:, -1], rcond=None)[0])

    def _odds(self, exchangeable: bool) -> tuple[Array, float]:
        from scipy.optimize import minimize, root

        scale = np.linalg.inv(np.linalg.qr(self.X, mode="r")) * np.sqrt(len(self.y))  # b = scale @ c

        def loss(c: Array) -> tuple[float, Array]:
            b = scale @ c
            eta = self.X @ b
            return float((np.logaddexp(0, eta) - self.y * eta).sum()), scale.T @ (self.X.T @ (self.mean(b)[0] - self.y))

        def system(point: Array) -> Array:
            b, a = scale @ point[:p], float(np.tanh(point[p])) if exchangeable else 0.0
            score = scale.T @ self.score(b, a) / len(self.y)
            return np.append(score, self.imbalance(b, a)) if exchangeable else score

        p = self.X.shape[1]
        start = minimize(loss, np.zeros(p), jac=True, method="BFGS", options={"gtol": 1e-6 * len(self.y)}).x
        if np.abs(self.X @ (scale @ start)).max() > INFINITE:
            raise NoSecondPathError(NO_SOLUTION)
        with np.errstate(all="ignore"):  # where all of an arm have the event, steps go to infinity
            found = root(system, np.append(start, 0.0) if exchangeable else start, options={"xtol": 1e-13})
        b, a = scale @ found.x[:p], float(np.tanh(found.x[p])) if exchangeable else 0.0
        if np.abs(self.X @ b).max() > INFINITE or not np.abs(system(found.x)).max() < 1e-9:
            raise NoSecondPathError(NO_SOLUTION)
        return b, a

    def imbalance(self, b: Array, a: float) -> float:
        """g(a)."""
        mu, deviation = self.mean(b)
        r, p = (self.y - mu) / deviation, self.X.shape[1]
        phi = float(r @ r) / (len(r) - p)
        pairs, products = 0, 0.0
        for rows in self.patients:
            for j in range(len(rows)):
                for k in range(j):
                    products += r[rows[j]] * r[rows[k]]
                    pairs += 1
        return products / (phi * (pairs - p)) - a

    def score(self, b: Array, a: float) -> Array:
        """U(b; a)."""
        mu, deviation = self.mean(b)
        out = np.zeros(self.X.shape[1])
        for rows in self.patients:
            s = deviation[rows]
            r = np.linalg.solve(_correlation(len(rows), a), (self.y[rows] - mu[rows]) / s)
            out += (self.X[rows] * s[:, None]).T @ r  # D_i' A_i^-1/2, as the slope of the link is s^2, or 1 = s
        return out

    def sandwich(self, b: Array, a: float, corrected: bool) -> Array:
        """cov b (p, p)."""
        mu, s = self.mean(b)
        slope = s**2 if self.logit else np.ones(len(mu))
        D = self.X * slope[:, None]
        V = [s[rows][:, None] * _correlation(len(rows), a) * s[rows] for rows in self.patients]
        bread = np.linalg.inv(
            sum(D[rows].T @ np.linalg.inv(v) @ D[rows] for rows, v in zip(self.patients, V, strict=True))
        )
        meat = np.zeros_like(bread)
        for rows, v in zip(self.patients, V, strict=True):
            e = self.y[rows] - mu[rows]
            if corrected:
                e = np.linalg.solve(np.eye(len(rows)) - D[rows] @ bread @ D[rows].T @ np.linalg.inv(v), e)
            own = D[rows].T @ np.linalg.solve(v, e)
            meat += np.outer(own, own)
        return np.asarray(bread @ meat @ bread)


def _correlation(n: int, a: float) -> Array:
    return (1 - a) * np.eye(n) + a * np.ones((n, n))
