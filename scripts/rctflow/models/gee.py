"""Generalized estimating equations over all visits after baseline (statsmodels), ``gee`` and ``gee_logit``.

    g(E y_ij) = cell_(arm i, visit j) + b_j baseline_i + strata_i + covariates_i,   g identity or logit

Patients are the clusters. The working correlation (independence, exchangeable) need not be right: the covariance is a
sandwich, by default with the residuals corrected for leverage, which is biased less when there are few patients
(Mancl & DeRouen 2001, Biometrics 57:126), and Student's t with patients - coefficients degrees of freedom takes the
place of the normal. ``gee`` compares means; ``gee_logit`` compares the odds of a value of 1 against 0.
Source: Liang & Zeger 1986, Biometrika 73:13. Missing values must be missing completely at random; the MMRM needs less.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from rctflow.models.complete import excluded_words
from rctflow.models.contract import (
    AnalysisData,
    FitDataError,
    ModelOutput,
    NotEstimable,
    OptionError,
    Row,
    options_from,
    rows_of,
    statistics_of_contrasts,
    statistics_of_groups,
)
from rctflow.models.linear import Array, ColumnSpace, Design, Estimate, Term, build_design, factor_term, numeric_term
from rctflow.models.longitudinal import ARM, BASELINE, OUTCOME, SUBJECT, VISIT, Longitudinal, longitudinal
from rctflow.models.options import GeeOptions, MmrmOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.proportions.wilson import wilson
from rctflow.results import ODDS, PERCENT, comparison_name

if TYPE_CHECKING:
    from pandas import DataFrame

RECORD_SET = "all_visits"
INFINITE = 20.0
"""A linear predictor beyond this says that the maximum lies at infinity."""
EXACT = 1e-10
"""Residuals of the estimating equations, in lengths of the outcome, below which they are the rounding of the search."""
PROPORTION = ("events", "proportion", "ci_low", "ci_high")


def fit_gee(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """Per visit and arm n and LS mean; per contrast the difference (``log``: ratio) of means. Raises NotEstimable."""
    frame = longitudinal(data, analysis, settings, MmrmOptions())
    return Marginal(frame, data, analysis, settings, logit=False).output()


def fit_gee_logit(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """Per visit and arm n, events and the observed proportion with Wilson's interval; per contrast the odds ratio.

    Raises NotEstimable; FitDataError on a value other than 0 and 1; OptionError for changes or logarithms.
    """
    if analysis.log or analysis.outcome == "change":
        raise OptionError("the odds of 0 and 1 have neither changes nor logarithms; write `outcome: value`")
    strange = data.records.loc[~data.records["AVAL"].isin([0, 1])]
    if len(strange):
        raise FitDataError(
            f"{settings.endpoint}: subject {strange['USUBJID'].iloc[0]} has the value {strange['AVAL'].iloc[0]:g}; "
            "gee_logit needs 0 and 1"
        )
    frame = longitudinal(data, analysis, settings, MmrmOptions())
    return Marginal(frame, data, analysis, settings, logit=True).output()


class Marginal:
    """A fitted marginal model and its rows."""

    def __init__(self, frame: Longitudinal, data: AnalysisData, analysis: Analysis, settings: Fit, logit: bool) -> None:
        self.frame, self.data, self.analysis, self.settings, self.logit = frame, data, analysis, settings, logit
        self.options = options_from(GeeOptions, analysis.options)
        self.rows = frame.rows.sort_values([SUBJECT, VISIT])
        self.design = self._design()
        self.space = ColumnSpace(self.design)
        self.df = self.rows[SUBJECT].nunique() - self.space.rank
        if self.df < 1:
            raise NotEstimable(f"{self.df + self.space.rank} patients for {self.space.rank} coefficients leave no df")
        self.coefficients, self.covariance = self._fit()
        self.shared: dict[str, Any] = {
            "record_set": RECORD_SET,
            "method": self._method(),
            "status": "fallback" if self.design.dropped else "ok",
            "note": "; ".join(filter(None, (*self.design.dropped, excluded_words(frame.lost)))),
        }

    def _design(self) -> Design:
        cells = [f"{arm} at {visit}" for arm, visit in zip(self.rows[ARM], self.rows[VISIT], strict=True)]
        terms: list[Term] = []
        if BASELINE in self.rows:
            terms += [self._slope(visit) for visit in self.frame.visits]
        for name in dict.fromkeys((*(self.settings.strata if self.analysis.strata else ()), *self.analysis.covariates)):
            if name in self.settings.strata or self.rows[name].dtype.kind not in "iuf":
                terms.append(factor_term(name, [str(value) for value in self.rows[name]], "equal"))
            else:
                terms.append(numeric_term(name, self.rows[name].to_numpy(float)))
        return build_design(cells, tuple(sorted(set(cells))), terms)

    def _slope(self, visit: str) -> Term:
        """The baseline at one visit, centred at its mean over all records."""
        base = self.rows[BASELINE].to_numpy(float)
        column = (base - base.mean()) * self.rows[VISIT].eq(visit).to_numpy(float)
        return Term(f"baseline at {visit}", (f"baseline at {visit}",), column[:, None], np.zeros(1), _length(base))

    def _fit(self) -> tuple[Array, Array]:
        from statsmodels.genmod.cov_struct import Exchangeable, Independence
        from statsmodels.genmod.families import Binomial, Gaussian
        from statsmodels.genmod.generalized_estimating_equations import GEE

        structure = {"independence": Independence, "exchangeable": Exchangeable}[self.options.working]()
        family = Binomial() if self.logit else Gaussian()
        model = GEE(
            self.rows[OUTCOME].to_numpy(float),
            self.space.basis,
            self.rows[SUBJECT].to_numpy(str),
            family=family,
            cov_struct=structure,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = model.fit(maxiter=200, ctol=1e-10, cov_type=self.options.vcov)
        predictor = np.abs(self.space.basis @ fit.params).max()
        if not np.isfinite(fit.params).all() or (self.logit and predictor > INFINITE):
            raise NotEstimable("all or none of some patients have the event, so that an odds ratio would be infinite")
        if not fit.converged:
            raise NotEstimable(f"the estimating equations with {self.options.working} correlation did not converge")
        return np.asarray(fit.params), np.asarray(fit.cov_params())

    def output(self) -> ModelOutput:
        """All rows, and the records of the model."""
        rows = [row for visit in self.data.visits for row in self._visit(visit)]
        return ModelOutput(rows, {RECORD_SET: self._records()})

    def _visit(self, visit: str) -> Iterator[Row]:
        at = self.rows[self.rows[VISIT].eq(visit)]
        for arm in self.settings.arms:
            values = at.loc[at[ARM].eq(arm), OUTCOME]
            note = excluded_words(self.frame.lost, visit, arm)
            yield Row("n", len(values), visit, arm, method="subjects in the model", note=note, record_set=RECORD_SET)
            if self.logit:
                yield from self._proportion(int(values.sum()), len(values), visit=visit, group=arm)
            else:
                names = statistics_of_groups(self.analysis.log)
                yield from self._report(names, visit, (arm,), group=arm)
        ratio = self.logit or self.analysis.log
        for arm, other in self.settings.comparisons:
            contrast = comparison_name(arm, other, "ratio" if ratio else "difference")
            yield from self._report(statistics_of_contrasts(ratio), visit, (arm, other), contrast=contrast)

    def _proportion(self, events: int, n: int, **who: Any) -> Iterator[Row]:
        shared: dict[str, Any] = {"record_set": RECORD_SET, "method": "observed, Wilson's interval"} | who
        yield Row("events", events, **shared)
        if not n:
            note = {"status": "not_estimable", "note": "no subject can be analysed"}
            yield from rows_of(dict.fromkeys(PROPORTION[1:]), **shared | note)
            return
        ends = wilson(events, n, self.analysis.confidence)
        values = {"proportion": 100 * events / n, "ci_low": 100 * ends.low, "ci_high": 100 * ends.high}
        yield from rows_of(values, dict.fromkeys(values, PERCENT), **shared)

    def _report(self, names: tuple[str, ...], visit: str, arms: tuple[str, ...], **who: Any) -> Iterator[Row]:
        shared = self.shared | {"visit": visit} | who
        try:
            estimate = self._estimate([f"{arm} at {visit}" for arm in arms], visit)
        except NotEstimable as error:
            note = "; ".join(filter(None, (str(error), self.shared["note"])))
            yield from rows_of(dict.fromkeys(names), **shared | {"status": "not_estimable", "note": note})
            return
        log = self.logit or self.analysis.log
        back = math.exp if log else float
        low, high = estimate.interval(self.analysis.confidence)
        values = {"lsmean": back(estimate.value), "estimate": back(estimate.value), "df": float(estimate.df)}
        values |= {"se": estimate.se, "se_log": estimate.se, "t": estimate.t, "p_value": estimate.p_value}
        values |= {"ci_low": back(low), "ci_high": back(high)}
        ratio = log and ("contrast" in who or self.analysis.outcome == "change")
        unit = ODDS if self.logit else "ratio" if ratio else self.settings.unit
        units = dict.fromkeys(("lsmean", "estimate", "se", "ci_low", "ci_high"), unit)
        yield from rows_of({name: values[name] for name in names}, units, **shared)

    def _estimate(self, cells: list[str], visit: str) -> Estimate:
        for cell in cells:
            if cell not in self.design.arms:
                raise NotEstimable(f"no subject of {cell.removesuffix(f' at {visit}')} can be analysed at {visit}")
        self._refuse_alone(cells, visit)
        self._refuse_exact(visit)
        function = self.design.difference(*cells) if len(cells) == 2 else self.design.lsmean(cells[0])
        along = self.space.coordinates(function)
        se = float(np.sqrt(along @ self.covariance @ along))
        return Estimate(float(along @ self.coefficients), se, self.df)

    def _refuse_alone(self, cells: list[str], visit: str) -> None:
        """Raise NotEstimable where one subject is all that a cell has: its residual is 0 whatever its value is, and
        Mancl and DeRouen's correction divides by one less its leverage, which is 0 too.
        """
        at = self.rows[self.rows[VISIT].eq(visit)]
        for arm in (cell.removesuffix(f" at {visit}") for cell in cells):
            if at[ARM].eq(arm).sum() == 1:
                raise NotEstimable(f"{arm} has one subject at {visit}: a sandwich finds no variance from one")

    def _refuse_exact(self, visit: str) -> None:
        """Raise NotEstimable where residuals are rounding noise: a sandwich of them is no standard error."""
        at = self.rows[VISIT].eq(visit).to_numpy()
        outcome = self.rows[OUTCOME].to_numpy(float)
        residual = outcome - self.space.basis @ self.coefficients
        if not self.logit and np.linalg.norm(residual[at]) <= EXACT * np.linalg.norm(outcome):
            raise NotEstimable("the residual variance is zero: the model reproduces every value exactly")

    def _method(self) -> str:
        what = (
            "log odds of the value 1" if self.logit else ("log " if self.analysis.log else "") + self.analysis.outcome
        )
        sandwich = {"bias_reduced": "Mancl-DeRouen", "robust": "robust (uncorrected)"}[self.options.vcov]
        terms = " + ".join(["arm x visit", *(term.name for term in self.design.terms)])
        return (
            f"GEE of the {what}; terms: {terms}; working correlation {self.options.working}; {sandwich} standard "
            f"errors; t interval {100 * self.analysis.confidence:g} % with patients - coefficients df, two-sided p"
        )

    def _records(self) -> DataFrame:
        return self.rows.assign(AVISIT=self.rows[VISIT].astype(str))


def _length(values: Array) -> Array:
    return np.array([np.linalg.norm(values)])
