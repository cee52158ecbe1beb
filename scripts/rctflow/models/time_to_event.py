"""Time to the first event (statsmodels): Kaplan-Meier medians, log-rank test, Cox regression.

    hazard_i(t) = h_stratum(t) exp(arm_i + covariates_i)

The value of a record is a time; a patient without the event by then has AVALC ``>x`` (right-censored at x). The strata
as randomized have hazards of their own, in the Cox model and in the log-rank test. Ties by Efron 1977, J Am Stat Assoc
72:557; Wald interval and test of the log hazard ratio. The interval of a median holds the times that the test of
Brookmeyer & Crowley 1982 (Biometrics 38:29) does not reject, on the log(-log) scale.
Source: Cox 1972, J R Stat Soc B 34:187; Mantel 1966, Cancer Chemother Rep 50:163.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
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
)
from rctflow.models.linear import Array, build_design
from rctflow.models.options import NoOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.models.survival_curve import curve_rows, told_times
from rctflow.models.trace import source_records
from rctflow.models.visit import VisitData, visit_data
from rctflow.proportions.counts import normal_quantile
from rctflow.results import HAZARD, SUPPRESSED, comparison_name

if TYPE_CHECKING:
    from pandas import DataFrame

COX = ("estimate", "se_log", "z", "p_value", "ci_low", "ci_high")
MEDIAN = ("median", "ci_low", "ci_high")
LOG_RANK = ("logrank_chi2", "logrank_p_value")
ROUNDING = 1e-9
"""Of a product of shares that is a half in exact arithmetic."""
INFINITE = 15.0
"""A log hazard ratio beyond this says that the partial likelihood has no maximum."""


def fit_time_to_event(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """Per visit and arm n, events, the Kaplan-Meier curve and the median; per contrast hazard ratio and log-rank test.

    Raises OptionError for changes, baselines or logarithms, FitDataError for a time that is not above 0.
    """
    options_from(NoOptions, analysis.options)
    if analysis.log or analysis.baseline or analysis.outcome == "change":
        raise OptionError("a time to an event has no baseline; write `outcome: value`, `baseline: false` and no `log`")
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    for visit in data.visits:
        at_visit = visit_data(data, analysis, settings, visit)
        rows += Times(at_visit, settings).rows()
        sets[visit] = source_records(data, at_visit.records, analysis)
    return ModelOutput(rows, sets)


def _median_of(curve: Any) -> float:
    """Where a statsmodels curve falls below a half; when it is level at a half, the middle of that level (as SAS and R
    have it); NaN when it never falls below.
    """
    level, below = np.abs(curve.surv_prob - 0.5) < ROUNDING, curve.surv_prob < 0.5 - ROUNDING
    if not below.any():
        return math.nan
    end = float(curve.surv_times[below][0])
    return (float(curve.surv_times[level][0]) + end) / 2 if level.any() else end


class Times:
    """The times of one visit and their rows."""

    def __init__(self, at_visit: VisitData, settings: Fit) -> None:
        records = at_visit.records
        self.at_visit, self.settings = at_visit, settings
        self.time = records["AVAL"].to_numpy(float)
        self.event = ~records["AVALC"].str.startswith(">", na=False).to_numpy(bool)
        self.arm_of = records["ARM"].to_numpy(str)
        self.stratum = np.array(
            [" x ".join(map(str, row)) for row in records[list(at_visit.factors)].itertuples(index=False)]
        )
        self.shared: dict[str, Any] = {"visit": at_visit.visit, "record_set": at_visit.visit}
        self.confidence = at_visit.analysis.confidence
        if (self.time <= 0).any():
            raise FitDataError(
                f"{settings.endpoint}: subject {records['USUBJID'][self.time <= 0].iloc[0]} has a time <= 0"
            )

    def rows(self) -> Iterator[Row]:
        """Arms, then contrasts, in the order of the arms."""
        for arm in self.settings.arms:
            yield from self._of_arm(arm)
        for arm, other in self.settings.comparisons:
            shared = self.shared | {"contrast": comparison_name(arm, other, "ratio")}
            pair = Times(self.at_visit, replace(self.settings, reference=other))
            yield from pair._log_rank(arm, shared)
            yield from pair._hazard_ratio(arm, shared)

    def _of_arm(self, arm: str) -> Iterator[Row]:
        own, shared = self.arm_of == arm, self.shared | {"group": arm}
        note = excluded_words(self.at_visit.lost, arm=arm)
        yield Row("n", int(own.sum()), method="subjects in the model", note=note, **shared)
        yield Row("events", int(self.event[own].sum()), method="subjects with the event", **shared)
        if own.any():
            at, few = told_times(float(self.time.max())), self.settings.small_cells
            yield from curve_rows(self.time[own], self.event[own], at, self.confidence, few, shared)
        yield from self._median(own, shared)

    def _median(self, own: Any, shared: dict[str, Any]) -> Iterator[Row]:
        from statsmodels.duration.survfunc import SurvfuncRight

        shared = shared | {"method": f"Kaplan-Meier; interval {100 * self.confidence:g} % by log(-log)"}
        if self.settings.small_cells:  # each of the three is the time of one patient
            hidden: dict[str, Any] = {"status": "not_estimable", "note": SUPPRESSED}
            yield from rows_of(dict.fromkeys(MEDIAN), **shared | hidden)
            return
        found: dict[str, float] = dict.fromkeys(MEDIAN, math.nan)
        if self.event[own].any():
            curve = SurvfuncRight(self.time[own], self.event[own].astype(int))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ends = curve.quantile_ci(0.5, alpha=1 - self.confidence, method="cloglog")
            median, past = _median_of(curve), curve.quantile(0.5)
            if math.isnan(ends[0]) and curve.surv_prob[curve.surv_times == past].any():
                ends = past, past  # the curve falls past the interval in one step (as in R)
            if not curve.surv_prob[curve.surv_times == ends[1]].all():
                ends = ends[0], math.inf  # a curve at 0 has no standard error there, and rejects nothing (as in R)
            found = dict(zip(MEDIAN, map(float, (median, *ends)), strict=True))
        for name, value in found.items():
            if math.isfinite(value):
                yield Row(name, value, unit=self.settings.unit, **shared)
            else:
                absent: dict[str, Any] = {"status": "not_estimable", "note": "the curve does not fall far enough"}
                yield Row(name, None, unit=self.settings.unit, **shared | absent)

    def _pair(self, arm: str) -> Any:
        pair = np.isin(self.arm_of, (arm, self.settings.reference))
        for name in (arm, self.settings.reference):
            if not (self.arm_of == name).any():
                raise NotEstimable(f"no subject of {name} can be analysed at {self.at_visit.visit}")
        if self.at_visit.factors and not any(
            len(set(self.arm_of[pair & (self.stratum == level)])) == 2 for level in set(self.stratum[pair])
        ):
            raise NotEstimable("no stratum has patients of both arms")
        if not self.event[pair].any():
            raise NotEstimable(f"nobody of the two arms has the event at {self.at_visit.visit}")
        return pair

    def _log_rank(self, arm: str, shared: dict[str, Any]) -> Iterator[Row]:
        from statsmodels.duration.survfunc import survdiff

        by = " by strata" if self.at_visit.factors else ""
        shared = shared | {"method": f"log-rank test{by}, two-sided"}
        try:
            pair = self._pair(arm)
            strata = self.stratum[pair] if self.at_visit.factors else None
            values = survdiff(self.time[pair], self.event[pair].astype(int), self.arm_of[pair], strata=strata)
            if not np.isfinite(values).all():
                raise NotEstimable("no stratum has an event while both arms are at risk")
        except (NotEstimable, np.linalg.LinAlgError) as error:
            yield from rows_of(dict.fromkeys(LOG_RANK), **shared, status="not_estimable", note=str(error))
            return
        from scipy.special import chdtrc

        chi2 = float(values[0])  # statsmodels' own p is 1 - cdf: exactly 0 where it should be 1e-20
        yield from rows_of(dict(zip(LOG_RANK, (chi2, float(chdtrc(1, chi2))), strict=True)), **shared)

    def _hazard_ratio(self, arm: str, shared: dict[str, Any]) -> Iterator[Row]:
        from scipy.special import ndtr

        note = excluded_words(self.at_visit.lost)
        shared = shared | {"method": self._method(()), "note": note}
        try:
            self._pair(arm)
            log, se, dropped, terms = self._cox(arm)
        except (NotEstimable, np.linalg.LinAlgError) as error:
            reason = "; ".join(filter(None, (str(error), note)))
            yield from rows_of(dict.fromkeys(COX), **shared | {"status": "not_estimable", "note": reason})
            return
        half = normal_quantile(self.confidence) * se
        values = (log, se, log / se, float(2 * ndtr(-abs(log / se))), log - half, log + half)
        status = {"status": "fallback" if dropped else "ok", "note": "; ".join(filter(None, (*dropped, note)))}
        for name, value in zip(COX, values, strict=True):
            ratio = name in ("estimate", "ci_low", "ci_high")
            own = shared | status | {"method": self._method(terms), "unit": HAZARD if ratio else ""}
            yield Row(name, math.exp(value) if ratio else value, **own)

    def _cox(self, arm: str) -> tuple[float, float, tuple[str, ...], tuple[str, ...]]:
        """Log hazard ratio of ``arm``, its standard error, terms that were dropped, terms."""
        from statsmodels.duration.hazard_regression import PHReg

        events = {name for name in self.settings.arms if self.event[self.arm_of == name].any()}
        for name in (arm, self.settings.reference):
            if name not in events:
                raise NotEstimable(f"nobody of {name} has the event, so that a hazard ratio is 0 or infinite")
        kept = np.isin(self.arm_of, sorted(events))  # an arm without events has the hazard 0
        arms = tuple(name for name in self.settings.arms if name in events)
        some = VisitData(
            self.at_visit.visit, self.at_visit.records[kept], self.at_visit.lost, self.at_visit.analysis, ()
        )
        design = build_design(list(self.arm_of[kept]), arms, some.terms("equal"))
        X: Array = np.delete(design.matrix, arms.index(self.settings.reference), axis=1)
        if np.linalg.matrix_rank(np.column_stack([np.ones(len(X)), X])) <= X.shape[1]:
            raise NotEstimable("the arms are confounded with a covariate")
        strata = self.stratum[kept] if self.at_visit.factors else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = PHReg(self.time[kept], X, self.event[kept].astype(int), strata=strata, ties="efron").fit()
        place = [name for name in arms if name != self.settings.reference].index(arm)
        log, se = float(fit.params[place]), float(fit.bse[place])
        if not (math.isfinite(se) and abs(log) < INFINITE and np.abs(X @ fit.params).max() < 3 * INFINITE):
            raise NotEstimable("the partial likelihood has no maximum: within the strata the arms' events are apart")
        return log, se, design.dropped, ("arm", *(term.name for term in design.terms))

    def _method(self, terms: tuple[str, ...]) -> str:
        strata = f", stratified by {', '.join(self.at_visit.factors)}" if self.at_visit.factors else ""
        fitted = f"; terms: {' + '.join(terms)}" if terms else ""
        level = f"{100 * self.confidence:g} %"
        return f"Cox regression, hazard ratio{strata}{fitted}; ties by Efron; Wald interval {level}, two-sided p"
