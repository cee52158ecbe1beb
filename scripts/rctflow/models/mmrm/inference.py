"""Estimates, tests and confidence intervals of contrasts: one place where covariance and degrees of freedom meet."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import fdtrc, stdtr, stdtrit

from rctflow.models.mmrm import kenward_roger, satterthwaite
from rctflow.models.mmrm.between_within import BetweenWithin
from rctflow.models.mmrm.errors import NotEstimableError, SingularInformationError
from rctflow.models.mmrm.optimize import Optimum
from rctflow.models.mmrm.options import Options
from rctflow.models.mmrm.records import Records
from rctflow.models.mmrm.sandwich import Sandwich

Array = np.ndarray


@dataclass(frozen=True)
class FTest:
    """A Wald F test; ``scale`` is Kenward and Roger's lambda, already inside F (1 for other methods)."""

    F: float
    df1: int
    df2: float
    p_value: float
    scale: float = 1.0


class Inference:
    """Contrasts of the estimable coefficients beta (p,) under the options of a fit."""

    def __init__(self, optimum: Optimum, options: Options, records: Records, bw: BetweenWithin, level: float) -> None:
        self.point, self.options, self.records = optimum.chain or optimum.point, options, records
        well = optimum.chain_covariance is None
        self.theta_covariance = optimum.theta_covariance if well else np.asarray(optimum.chain_covariance)
        self.linear = options.df == "kr-linear" or not well
        self.between_within, self.level = bw, level
        self.R = self.point.likelihood.data.R
        self.b = self.point.likelihood.data.ols + self.point.b

    @cached_property
    def sandwich(self) -> Sandwich:
        """The cluster-robust covariance that the options ask for."""
        return Sandwich(self.point, self.options.vcov, self.records)

    @cached_property
    def working_covariance(self) -> Array:
        """(p, p) covariance of the working coefficients.

        Raises SingularInformationError when Kenward and Roger's is not positive definite.
        """
        if self.options.vcov != "model":
            return self.sandwich.covariance
        if self.options.kenward_roger:
            adjusted = kenward_roger.adjusted_covariance(self.point, self.theta_covariance, self.linear)
            if np.linalg.eigvalsh(adjusted)[0] <= 0:
                raise SingularInformationError(
                    "the Kenward-Roger covariance of the fixed effects is not positive definite: the data carry too "
                    "little information on the covariance. Use a simpler structure or the fall-back chain."
                )
            return adjusted
        return self.point.phi

    def working(self, L: Array) -> Array:
        """Contrasts (q, p) of beta as contrasts of the working coefficients."""
        return np.linalg.solve(self.R.T, np.atleast_2d(L).T).T

    @cached_property
    def vcov(self) -> Array:
        """(p, p) covariance of beta."""
        half = np.linalg.solve(self.R, self.working_covariance)
        return np.linalg.solve(self.R, half.T)

    def table(self, L: Array) -> pd.DataFrame:
        """One row per contrast of beta, L (q, p): estimate, se, df, ci_low, ci_high, t, p_value.

        Raises NotEstimableError for a contrast without variance, or without degrees of freedom.
        """
        L = np.atleast_2d(np.asarray(L, float))
        working = self.working(L)
        estimate = working @ self.b
        variance = np.einsum("qi,ij,qj->q", working, self.working_covariance, working)
        if (variance <= 0).any():
            raise NotEstimableError(
                "a contrast has no variance: it is zero, or fixed by the data; check its coefficients."
            )
        se = np.sqrt(variance)
        df = np.array([self._df(row, work) for row, work in zip(L, working, strict=True)])
        if not (np.isfinite(df) & (df > 0)).all():
            raise NotEstimableError("a contrast has no valid degrees of freedom: too few patients. Simplify the model.")
        half = stdtrit(df, 0.5 + self.level / 2) * se
        t = estimate / se
        return pd.DataFrame(
            {
                "estimate": estimate,
                "se": se,
                "df": df,
                "ci_low": estimate - half,
                "ci_high": estimate + half,
                "t": t,
                "p_value": 2 * stdtr(df, -np.abs(t)),
            }
        )

    def _df(self, row: Array, working: Array) -> float:
        if self.options.df == "residual":
            return float(self.point.likelihood.data.n_records - len(self.R))
        if self.options.df == "between-within":
            return self.between_within.of(row)
        return self._satterthwaite(working)

    def _satterthwaite(self, working: Array) -> float:
        if self.options.vcov != "model":
            return self.sandwich.degrees_of_freedom(working)
        return satterthwaite.one_dimensional(working, self.point, self.theta_covariance)

    def f_test(self, L: Array) -> FTest:
        """The joint test of the contrasts L (q, p) of beta; linearly dependent rows count once.

        Raises NotEstimableError without an estimable contrast, or when their covariance is singular.
        """
        L = np.atleast_2d(np.asarray(L, float))
        working = _independent_rows(self.working(L))
        q = len(working)
        if q == 0:
            raise NotEstimableError("the hypothesis has no estimable contrast.")
        estimate = working @ self.b
        middle = working @ self.working_covariance @ working.T
        size = 1 / np.sqrt(np.maximum(np.diag(middle), 1e-300))
        if np.linalg.eigvalsh(middle * size[:, None] * size)[0] < 1e-10:
            raise NotEstimableError(
                f"the covariance of the {q} contrasts is singular: too few patients to test them together. Test fewer, "
                "or use a model-based covariance."
            )
        F = float(estimate @ np.linalg.solve(middle, estimate)) / q
        scale = 1.0
        if self.options.kenward_roger:
            df2, scale = kenward_roger.scaled_f(working, self.point, self.theta_covariance)
        elif self.options.df == "satterthwaite":
            df2 = satterthwaite.several(working, self.working_covariance, self._satterthwaite)
        else:
            df2 = self._df(L, working)
        if not (np.isfinite(df2) and df2 > 0 and scale > 0):
            raise NotEstimableError(
                f"the F test of {q} contrasts has no valid df ({df2:.3g}): too few patients. Test fewer contrasts."
            )
        return FTest(F * scale, q, df2, float(fdtrc(q, df2, F * scale)), scale)


def _independent_rows(L: Array) -> Array:
    """L without the rows that depend on those before them; otherwise untouched, since Satterthwaite's df of several
    contrasts depends on how the hypothesis is written."""
    kept: list[int] = []
    for i in range(len(L)):
        trial = L[[*kept, i]] / np.maximum(np.linalg.norm(L[[*kept, i]], axis=1, keepdims=True), 1e-300)
        if np.linalg.svd(trial, compute_uv=False)[-1] > 1e-8:
            kept.append(i)
    return L[kept]
