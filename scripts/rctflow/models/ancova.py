"""ANCOVA at each visit: a separate least-squares fit of the subjects who have a value there.

    y_i = arm_i + b baseline_i + strata_i + covariates_i + e_i,   e_i ~ N(0, s2)

y is the change from baseline or the value; on the log scale ln(value) or ln(value / baseline), with ln(baseline) as
covariate, and the estimates are brought back as geometric means and their ratios. LS means as SAS LSMEANS and R
emmeans define them (Searle, Speed & Milliken 1980): numeric covariates at their mean over the subjects fitted,
factors weighted as ``weights`` says. Algebra: linear.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from rctflow.models.complete import excluded_words
from rctflow.models.contract import (
    AnalysisData,
    ModelOutput,
    NotEstimable,
    Row,
    contrast_name,
    options_from,
    rows_of,
    rows_without_estimate,
    statistics_of_contrasts,
    statistics_of_groups,
)
from rctflow.models.dose_response import coefficients, of_dose
from rctflow.models.linear import Array, Estimate, LeastSquares, build_design, numeric_term
from rctflow.models.options import AncovaOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.models.trace import source_records
from rctflow.models.visit import VisitData, visit_data
from rctflow.results import PER_DOSE

if TYPE_CHECKING:
    from pandas import DataFrame


def fit_ancova(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """At each visit, per arm n and LS mean, and per arm other than the reference the difference (on the log scale the
    ratio) to it.

    Statistics: n; lsmean, se, df, ci_low, ci_high per arm; estimate, se, df, t, p_value, ci_low, ci_high per
    contrast. With ``log`` the standard error is ``se_log``, of the natural logarithm. A term that had to be dropped
    gives status ``fallback`` and its name; what the data do not determine gives ``not_estimable`` and the reason,
    while other arms and visits go on. Raises OptionError.
    """
    options = options_from(AncovaOptions, analysis.options)
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    for visit in data.visits:
        at_visit = visit_data(data, analysis, settings, visit)
        rows += _rows(at_visit, analysis, settings, options)
        sets[visit] = source_records(data, at_visit.records, analysis)
    return ModelOutput(rows, sets)


def _rows(at_visit: VisitData, analysis: Analysis, settings: Fit, options: AncovaOptions) -> list[Row]:
    shared: dict[str, Any] = {"visit": at_visit.visit, "record_set": at_visit.visit}
    arm_of = at_visit.records["ARM"]
    rows: list[Row] = []
    for arm in settings.arms:
        n = {"n": int(arm_of.eq(arm).sum())}
        note = excluded_words(at_visit.lost, arm=arm)
        rows += rows_of(n, group=arm, method="subjects in the model", note=note, **shared)
    try:
        if at_visit.records.empty:
            raise NotEstimable(f"no subject has everything that the model needs at {at_visit.visit}")
        rows += VisitFit(at_visit, analysis, settings, options).rows()
    except NotEstimable as error:
        shared |= {"note": _joined(str(error), excluded_words(at_visit.lost)), "method": _method(analysis, options, ())}
        rows += rows_without_estimate(analysis, settings, **shared)
    return rows


class VisitFit:
    """The least-squares fit of one visit and its rows. Raises NotEstimable when nothing of it can be estimated."""

    def __init__(self, at_visit: VisitData, analysis: Analysis, settings: Fit, options: AncovaOptions) -> None:
        self.analysis, self.settings, self.visit, self.vcov = analysis, settings, at_visit.visit, options.vcov
        self.at_visit, self.options = at_visit, options
        arm_of = at_visit.records["ARM"].tolist()
        arms = tuple(arm for arm in settings.arms if arm in set(arm_of))
        self.design = build_design(arm_of, arms, at_visit.terms(options.weights))
        self.fit = LeastSquares(self.design, at_visit.outcome())
        terms = ("arm", *(term.name for term in self.design.terms))
        self.shared: dict[str, Any] = {
            "visit": self.visit,
            "record_set": self.visit,
            "method": _method(analysis, options, terms),
            "status": "fallback" if self.design.dropped else "ok",
            "note": _joined(*self.design.dropped, excluded_words(at_visit.lost)),
        }

    def rows(self) -> list[Row]:
        """LS means, then contrasts, each in the order of the arms, then the dose response where it is asked for."""
        dose = self._dose_response() if self.analysis.dose_response else ()
        return [*self._lsmeans(), *self._contrasts(), *dose]

    def _lsmeans(self) -> Iterator[Row]:
        for arm in self.settings.arms:
            function = self.design.lsmean(arm) if arm in self.design.arms else None
            yield from self._report(function, (arm,), statistics_of_groups(self.analysis.log), group=arm)

    def _contrasts(self) -> Iterator[Row]:
        log = self.analysis.log
        for arm, other in self.settings.comparisons:
            present = arm in self.design.arms and other in self.design.arms
            function = self.design.difference(arm, other) if present else None
            name = contrast_name(arm, other, log)
            yield from self._report(function, (arm, other), statistics_of_contrasts(log), contrast=name)

    def _dose_response(self) -> Iterator[Row]:
        statistics = statistics_of_contrasts(self.analysis.log)
        shared = self.shared
        try:
            if self.analysis.dose_response == "contrast":
                share = coefficients(self.design.arms, self.settings.doses)
                function = np.concatenate([list(share.values()), np.zeros_like(self.design.at)])
                values, words = self._values(self.fit.estimate(function, self.vcov)), "linear contrast of the arms"
            else:
                values, shared, words = self._dose_covariate()
        except NotEstimable as error:
            lacking = {"status": "not_estimable", "note": _joined(str(error), self.shared["note"])}
            yield from rows_of(dict.fromkeys(of_dose(statistics)), **self.shared | lacking)
            return
        unit = f"{'ratio' if self.analysis.log else self.settings.unit} {PER_DOSE}".strip()
        units = dict.fromkeys(of_dose(("estimate", "se", "ci_low", "ci_high")), unit)
        found = {name: values[own] for name, own in zip(of_dose(statistics), statistics, strict=True)}
        yield from rows_of(found, units, **shared | {"method": f"dose response, {words}; {shared['method']}"})

    def _dose_covariate(self) -> tuple[dict[str, float], dict[str, Any], str]:
        """The coefficient of the dose in the model that has it in place of the arms."""
        doses = np.array([self.settings.doses[arm] for arm in self.at_visit.records["ARM"]])
        terms = [numeric_term("dose", doses), *self.at_visit.terms(self.options.weights)]
        design = build_design(["all"] * len(doses), ("all",), terms)
        if not design.terms or design.terms[0].name != "dose":
            raise NotEstimable("those who can be analysed have one dose, so that there is no trend")
        function = np.zeros(design.matrix.shape[1])
        function[1] = 1
        names = tuple(term.name for term in design.terms)
        found = self._values(LeastSquares(design, self.at_visit.outcome()).estimate(function, self.vcov))
        dropped = {"status": "fallback"} if design.dropped else {}
        note = _joined(*design.dropped, excluded_words(self.at_visit.lost))
        method = _method(self.analysis, self.options, names)
        return (
            found,
            self.shared | dropped | {"note": note, "method": method},
            "dose as a covariate in place of the arms",
        )

    def _report(
        self, function: Array | None, arms: tuple[str, ...], names: tuple[str, ...], **who: Any
    ) -> Iterator[Row]:
        try:
            if function is None:
                absent = next(arm for arm in arms if arm not in self.design.arms)
                raise NotEstimable(f"no subject of {absent} can be analysed at {self.visit}")
            values = self._values(self.fit.estimate(function, self.vcov))
        except NotEstimable as error:
            shared = self.shared | {"status": "not_estimable", "note": _joined(str(error), self.shared["note"])}
            yield from rows_of(dict.fromkeys(names), **shared, **who)
            return
        ratio = self.analysis.log and ("contrast" in who or self.analysis.outcome == "change")
        unit = "ratio" if ratio else self.settings.unit
        units = dict.fromkeys(("lsmean", "estimate", "se", "ci_low", "ci_high"), unit)
        yield from rows_of({name: values[name] for name in names}, units, **self.shared, **who)

    def _values(self, estimate: Estimate) -> dict[str, float]:
        back = math.exp if self.analysis.log else float
        low, high = estimate.interval(self.analysis.confidence)
        values = {"lsmean": back(estimate.value), "estimate": back(estimate.value), "df": float(estimate.df)}
        values |= {"se": estimate.se, "se_log": estimate.se, "t": estimate.t, "p_value": estimate.p_value}
        return values | {"ci_low": back(low), "ci_high": back(high)}


def _method(analysis: Analysis, options: AncovaOptions, terms: tuple[str, ...]) -> str:
    outcome = "change from baseline" if analysis.outcome == "change" else "value"
    scale = f"log {outcome}" if analysis.log else outcome
    fitted = f"; terms: {' + '.join(terms)}" if terms else ""
    weighting = "equally" if options.weights == "equal" else "by their frequency"
    robust = "; HC3 standard errors, residual degrees of freedom" if options.vcov == "HC3" else ""
    return (
        f"ANCOVA of the {scale} by least squares{fitted}{robust}; LS means: numeric covariates at their mean, factors "
        f"weighted {weighting}; t interval {100 * analysis.confidence:g} %, two-sided p"
    )


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
