"""``MmrmFit``: what can be asked of a fitted MMRM."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from rctflow.models.mmrm import diagnostics, hypotheses, lsmeans, prediction
from rctflow.models.mmrm.between_within import between_within
from rctflow.models.mmrm.design import split_design
from rctflow.models.mmrm.errors import DataError, NotEstimableError, OptionError
from rctflow.models.mmrm.inference import FTest, Inference
from rctflow.models.mmrm.model import Model, estimate
from rctflow.models.mmrm.optimize import Optimum
from rctflow.models.mmrm.records import Records
from rctflow.models.mmrm.sufficient import replace_response, sufficient_statistics

Array = np.ndarray


class MmrmFit:
    """A fitted MMRM. Coefficients that could not be estimated stand in ``dropped``, never as NaN in ``beta``."""

    def __init__(self, model: Model, optimum: Optimum) -> None:
        self.model = model
        self.optimum = optimum
        self.statistics = optimum.point.likelihood.data
        self.names = [model.columns[j].name for j in self.statistics.kept]
        self.dropped = tuple(model.columns[j].name for j in self.statistics.dropped)
        self.beta = pd.Series(self.statistics.coefficients(optimum.point.b), self.names, name="estimate")
        self.log_likelihood = -optimum.point.f / 2

    @cached_property
    def inference(self) -> Inference:
        """Covariance and degrees of freedom under the fit's options."""
        model = self.model
        bw = between_within(
            model.columns, model.design, self.statistics.kept, model.records.n_subjects, model.records.n_records
        )
        return Inference(self.optimum, model.options, model.records, bw, model.level)

    @cached_property
    def vcov(self) -> pd.DataFrame:
        """(p, p) covariance of ``beta``: adjusted by Kenward-Roger, or the sandwich, as asked for."""
        return pd.DataFrame(self.inference.vcov, self.names, self.names)

    @property
    def theta(self) -> pd.Series:
        """(m,) covariance parameters as SAS prints them."""
        return pd.Series(self.optimum.point.theta, diagnostics.parameter_names(self), name="theta")

    @property
    def theta_vcov(self) -> pd.DataFrame:
        """(m, m) inverse observed information of ``theta``."""
        names = diagnostics.parameter_names(self)
        return pd.DataFrame(self.optimum.theta_covariance, names, names)

    @cached_property
    def covariance(self) -> pd.DataFrame:
        """(T, T) covariance of the visits; with groups, one block of rows per group."""
        return diagnostics.covariance_table(self)

    @property
    def diagnostics(self) -> diagnostics.Diagnostics:
        """Convergence, gradient, condition and the fitted correlation matrix."""
        return diagnostics.diagnose(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the result has to know: dropped columns, patients and visits left out."""
        return diagnostics.notes(self)

    @property
    def lost(self) -> tuple[str, ...]:
        """Dropped columns that the data should have determined; a constrained baseline takes one of each arm away."""
        columns = [self.model.columns[j] for j in self.statistics.dropped]
        return diagnostics.lost_columns(columns, self.model.constrain, self.model.visit)

    @property
    def criteria(self) -> dict[str, float]:
        """AIC, AICc and BIC counting the covariance parameters, as R mmrm; BIC counts patients."""
        return diagnostics.information_criteria(self)

    def residuals(self, kind: str = "response") -> pd.Series:
        """Residuals of the records used: response, pearson or normalized (diagnostics.py)."""
        return diagnostics.residual_table(self, kind)

    def predict(self, data: pd.DataFrame) -> pd.DataFrame:
        """Model means for rows with covariates and visit: estimate, se, df, ci_low, ci_high, t, p_value."""
        return prediction.predicted_means(self, data)

    def coefficients(self) -> pd.DataFrame:
        """One row per coefficient: estimate, se, df, ci_low, ci_high, t, p_value."""
        return self.inference.table(np.eye(len(self.names))).set_index(pd.Index(self.names))

    def estimate(self, L: Any) -> pd.DataFrame:
        """Any contrasts L (q, p) of ``beta``: estimate, se, df, ci_low, ci_high, t, p_value.

        Raises OptionError for another number of columns, NotEstimableError for a contrast without variance or df.
        """
        L = np.atleast_2d(np.asarray(L, float))
        if L.ndim != 2 or L.shape[1] != len(self.names):
            raise OptionError(
                f"contrasts need {len(self.names)} columns, one per coefficient of beta; found shape {L.shape}."
            )
        return self.inference.table(L)

    def _gap(self, rows: Array) -> Array:
        """(rows, dropped): how far rows over all design columns are from being estimable."""
        kept, dropped, alias = self.statistics.kept, self.statistics.dropped, self.statistics.alias
        return np.abs(rows[:, dropped] - rows[:, kept] @ alias) > 1e-6 * max(1.0, np.abs(rows).max(initial=0.0))

    def estimable(self, rows: Array) -> Array:
        """Rows over all design columns as rows (rows, p) over ``beta``.

        Raises NotEstimableError naming the dropped columns that a row needs.
        """
        gap = self._gap(rows)
        if gap.any():
            names = ", ".join(self.dropped[j] for j in np.flatnonzero(gap.any(0)))
            raise NotEstimableError(
                f"a mean or contrast needs the dropped column {names}: the data have no record for it. Simplify the "
                "model, or leave such means out with not_estimable='omit'."
            )
        return rows[:, self.statistics.kept]

    def design_means(
        self, factors: Sequence[str], weights: str = "equal", at: Mapping[str, Any] | None = None
    ) -> lsmeans.MeanRows:
        """Labels and rows of least-squares means over all columns of the design, estimable or not."""
        model = self.model
        return lsmeans.mean_rows(model.columns, model.records, model.visit, factors, weights, at, model.constrain)

    def mean_rows(
        self, factors: Sequence[str], weights: str = "equal", at: Mapping[str, Any] | None = None
    ) -> lsmeans.MeanRows:
        """Labels and coefficient rows (means, p) of least-squares means, for contrasts of one's own."""
        rows = self.design_means(factors, weights, at)
        return lsmeans.MeanRows(rows.labels, self.estimable(rows.L))

    def _answer(self, labels: pd.DataFrame, L: Array, not_estimable: str) -> pd.DataFrame:
        if not_estimable not in ("raise", "omit"):
            raise OptionError(f"not_estimable={not_estimable!r} is not known. One of: raise, omit.")
        fine = ~self._gap(L).any(1) if not_estimable == "omit" else np.ones(len(L), bool)
        table = self.inference.table(self.estimable(L[fine]))
        answer = pd.concat([labels[fine].reset_index(drop=True), table], axis=1)
        answer.attrs["not_estimable"] = labels.iloc[np.flatnonzero(~fine)].to_dict("records")
        return answer

    def lsmeans(
        self,
        factors: str | Sequence[str],
        by: str | Sequence[str] | None = None,
        weights: str = "equal",
        at: Mapping[str, Any] | None = None,
        not_estimable: str = "raise",
    ) -> pd.DataFrame:
        """Least-squares means of ``factors`` within ``by``: estimate, se, df, ci_low, ci_high, t, p_value.

        not_estimable: "raise" NotEstimableError, or "omit" such rows and list them in ``attrs["not_estimable"]``.
        """
        rows = self.design_means([*lsmeans.names_of(by), *lsmeans.names_of(factors)], weights, at)
        return self._answer(rows.labels, rows.L, not_estimable)

    def contrasts(
        self,
        factor: str,
        by: str | Sequence[str] | None = None,
        reference: Any = None,
        weights: str = "equal",
        at: Mapping[str, Any] | None = None,
        not_estimable: str = "raise",
    ) -> pd.DataFrame:
        """Differences of least-squares means to the reference level (the first one), within each level of ``by``.

        not_estimable: as for ``lsmeans``. Raises OptionError for a reference that is no level of ``factor``.
        """
        groups = lsmeans.names_of(by)
        rows = self.design_means([*groups, factor], weights, at)
        levels = list(rows.labels[factor].drop_duplicates())
        reference = levels[0] if reference is None else reference
        if reference not in levels:
            raise OptionError(f"reference={reference!r} is not a level of {factor}: {', '.join(map(str, levels))}.")
        L = rows.L.reshape(-1, len(levels), rows.L.shape[1])
        others = [k for k, level in enumerate(levels) if level != reference]
        difference = (L[:, others] - L[:, [levels.index(reference)]]).reshape(-1, L.shape[2])
        picked = rows.labels.iloc[[g * len(levels) + k for g in range(len(L)) for k in others]].reset_index(drop=True)
        labels = picked[groups].assign(contrast=[f"{level} - {reference}" for level in picked[factor]])
        real = difference.any(1)  # with cLDA the arms are equal at baseline by construction
        return self._answer(labels[real], difference[real], not_estimable)

    def test(self, term: str, kind: str = "III") -> FTest:
        """The F test of a term, type III or II.

        Raises OptionError for another kind or an unknown term, NotEstimableError where cells are empty (type III), or
        for the main effect of arms that are equal at baseline.
        """
        found = hypotheses.term_of(term, self.model.formula)
        if kind not in ("II", "III"):
            raise OptionError(f"kind={kind!r} of test is not known. One of: II, III.")
        model, kept = self.model, self.statistics.kept
        if model.constrain is not None and found == (model.constrain[0],):
            raise NotEstimableError(
                f"{term}: with a constrained baseline the arms differ at some visits only, so it has no main effect. "
                f"Use contrasts({term!r}), which averages the visits after baseline."
            )
        if kind == "III" and model.constrain is None:
            hypotheses.refuse_empty_cells(found, [model.columns[j] for j in self.statistics.dropped])
        if kind == "II":
            L = hypotheses.type_two(found, [model.columns[j] for j in kept], self.statistics.R)
        else:
            L = hypotheses.type_three(found, model.formula, model.columns, kept, model.records)
        return self.inference.f_test(L)

    def test_contrasts(self, L: Any) -> FTest:
        """The joint F test of any contrasts (q, p) of ``beta``."""
        return self.inference.f_test(L)

    def tests(self, kind: str = "III") -> pd.DataFrame:
        """Tests of all terms, type III or II: F, df1, df2, p_value."""
        terms = [":".join(term) for term in self.model.formula.terms]
        found = [self.test(term, kind) for term in terms]
        return pd.DataFrame([[t.F, t.df1, t.df2, t.p_value] for t in found], terms, ["F", "df1", "df2", "p_value"])

    def refit(self, response: Array) -> "MmrmFit":
        """The same model for another outcome (N,) of the same records, in the order of ``model.records.row``.

        For the bootstrap, imputation and simulation: design, patterns and their cross-products are reused. Raises
        DataError unless there is one finite value per record, EstimationError.
        """
        response = np.asarray(response, float)
        if response.shape != self.model.records.response.shape or not np.isfinite(response).all():
            raise DataError(f"refit needs {self.model.records.n_records} finite values, one per record used.")
        statistics = replace_response(self.statistics, self.model.records, response)
        return MmrmFit(self.model, estimate(self.model, statistics, [self.optimum.point.theta]))

    def reallocate(self, factor: str, codes: Array) -> "MmrmFit":
        """The same model with other levels (N,) of a factor, as positions among its levels, on the same records.

        For randomization tests: the search starts from this fit's covariance. Raises EstimationError.
        """
        model, variable = self.model, self.model.records.variables[factor]
        records = replace(model.records, variables={**model.records.variables, factor: replace(variable, values=codes)})
        return self._refitted(records)

    def redraw(self, chosen: Array) -> "MmrmFit":
        """The same model of the patients at positions ``chosen`` (m,) of ``model.records.subjects``, repeats allowed.

        For the bootstrap: the search starts from this fit's covariance. Raises EstimationError.
        """
        return self._refitted(self.model.records.redrawn(chosen))

    def _refitted(self, records: Records) -> "MmrmFit":
        design = split_design(self.model.columns, records, self.model.visit)
        moved = replace(self.model, records=records, design=design)
        statistics = sufficient_statistics(records, design)
        return MmrmFit(moved, estimate(moved, statistics, [self.optimum.point.theta]))

    def wald(self, rows: Array) -> tuple[Array, Array]:
        """(q,) estimates and model-based standard errors, without small-sample adjustment, of rows over all columns.

        Raises NotEstimableError.
        """
        working = self.inference.working(self.estimable(rows))
        phi = self.optimum.point.phi
        return working @ self.inference.b, np.sqrt(np.einsum("qi,ij,qj->q", working, phi, working))
