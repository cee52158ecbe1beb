"""Counts and rates at each visit (statsmodels): Poisson or negative binomial regression with a logarithmic link.

    log E y_i = log exposure_i + arm_i + b baseline_i + strata_i + covariates_i
    var y_i = mu_i  (Poisson),   mu_i + a mu_i^2  (negative binomial, negative_binomial.py)

Contrasts are rate ratios, with Wald intervals and tests on the log scale and the normal quantile.
Source: McCullagh & Nelder 1989, *Generalized Linear Models*, ch. 6.
"""

from __future__ import annotations

import math
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
)
from rctflow.models.linear import Array, ColumnSpace, build_design
from rctflow.models.negative_binomial import glm, negative_binomial
from rctflow.models.options import CountsOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.models.trace import source_records
from rctflow.models.visit import VisitData, visit_data
from rctflow.proportions.counts import normal_quantile
from rctflow.results import RATE, comparison_name

if TYPE_CHECKING:
    from pandas import DataFrame

STATISTICS = ("estimate", "se_log", "z", "p_value", "ci_low", "ci_high")
INFINITE = 20.0
"""A linear predictor (without exposure) beyond this says that some level has no events."""


def fit_counts(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """Per visit and arm n, events, exposure (where declared) and rate; per visit dispersion; per contrast STATISTICS.

    Raises OptionError for changes or logarithms, FitDataError for values that are no counts and exposures not above 0.
    """
    options = options_from(CountsOptions, analysis.options)
    if analysis.log or analysis.outcome == "change":
        raise OptionError("counts have neither changes nor logarithms; write `outcome: value`")
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    for visit in data.visits:
        at_visit = visit_data(data, analysis, settings, visit)
        rows += CountsAtVisit(at_visit, _exposure(data, at_visit, options, settings), settings, options).rows()
        sets[visit] = source_records(data, at_visit.records, analysis)
    return ModelOutput(rows, sets)


def _exposure(data: AnalysisData, at_visit: VisitData, options: CountsOptions, settings: Fit) -> Array:
    """(n,) exposure of the subjects at the visit, 1 when none is declared."""
    who, values = at_visit.records["USUBJID"], at_visit.records["AVAL"]
    if bool(((values < 0) | (values != values.round())).any()):
        raise FitDataError(f"{settings.endpoint}: {values[values != values.round()].iloc[:1].tolist()} is no count")
    if not options.exposure:
        return np.ones(len(who), dtype=np.float64)
    if options.exposure not in data.subjects:
        raise FitDataError(f"{settings.endpoint}: ADSL has no column {options.exposure} (options.exposure)")
    exposure = data.subjects[options.exposure].reindex(who).astype(float)
    if not bool((exposure > 0).all()):
        raise FitDataError(f"ADSL: {options.exposure} of subject {exposure.index[~(exposure > 0)][0]} is not above 0")
    return np.asarray(exposure, dtype=np.float64)


class CountsAtVisit:
    """The counts of one visit, their fit as far as there is one, and the rows."""

    def __init__(self, at_visit: VisitData, exposure: Array, settings: Fit, options: CountsOptions) -> None:
        self.at_visit, self.exposure, self.settings, self.options = at_visit, exposure, settings, options
        self.value = at_visit.records["AVAL"].to_numpy(float)
        self.arm_of = at_visit.records["ARM"].to_numpy(str)
        self.shared: dict[str, Any] = {"visit": at_visit.visit, "record_set": at_visit.visit}
        self.status, self.note, self.fit = "ok", excluded_words(at_visit.lost), None
        self.method = _method(options, ())
        try:
            self.fit = self._fitted()
        except NotEstimable as error:
            self.note = "; ".join(filter(None, (str(error), self.note)))

    def _fitted(self) -> tuple[Array, Array]:
        """Coefficients of the design's basis and their covariance."""
        arms = [arm for arm in self.settings.arms if self.value[self.arm_of == arm].sum() > 0]
        if not arms:
            raise NotEstimable(f"nobody has an event at {self.at_visit.visit}")
        kept = np.isin(self.arm_of, arms)  # an arm without events has the rate 0, whatever the rest is
        some = VisitData(
            self.at_visit.visit,
            self.at_visit.records[kept],
            self.at_visit.lost,
            self.at_visit.analysis,
            self.at_visit.factors,
        )
        self.design = build_design(list(self.arm_of[kept]), tuple(arms), some.terms("equal"))
        self.space = ColumnSpace(self.design)
        self.method = _method(self.options, ("arm", *(term.name for term in self.design.terms)))
        self.status = "fallback" if self.design.dropped else "ok"
        self.note = "; ".join(filter(None, (*self.design.dropped, self.note)))
        if kept.sum() <= self.space.rank:
            raise NotEstimable(f"{int(kept.sum())} values for {self.space.rank} coefficients leave no df")
        return self._estimated(self.value[kept], np.log(self.exposure[kept]))

    def _estimated(self, value: Array, offset: Array) -> tuple[Array, Array]:
        from statsmodels.genmod.families import Poisson

        basis = self.space.basis
        fit = glm(value, basis, offset, Poisson())
        self.dispersion = float(fit.pearson_chi2 / fit.df_resid)
        _refuse_infinite(basis @ fit.params)
        if self.options.distribution == "poisson":
            return np.asarray(fit.params), np.asarray(fit.cov_params())
        found = negative_binomial(value, basis, offset)
        if found is None:
            self.status = "fallback"
            reason = "the counts vary no more than a Poisson distribution, which was fitted"
            self.note = "; ".join(filter(None, (reason, self.note)))
            return np.asarray(fit.params), np.asarray(fit.cov_params())
        coefficients, covariance, self.dispersion = found
        _refuse_infinite(basis @ coefficients)
        return coefficients, covariance

    def rows(self) -> Iterator[Row]:
        """Per arm, per visit, per contrast."""
        for arm in self.settings.arms:
            yield from self._of_arm(arm)
        if self.fit is not None:
            poisson = self.options.distribution == "poisson"
            what = (
                "Pearson chi-square / residual df" if poisson else "negative binomial dispersion, Pearson's on fallback"
            )
            yield Row("dispersion", self.dispersion, method=what, **self.shared)
        for arm, other in self.settings.comparisons:
            yield from self._contrast(arm, other)

    def _of_arm(self, arm: str) -> Iterator[Row]:
        own = self.arm_of == arm
        n, events, exposure = int(own.sum()), float(self.value[own].sum()), float(self.exposure[own].sum())
        note = excluded_words(self.at_visit.lost, arm=arm)
        yield Row("n", n, group=arm, method="subjects in the model", note=note, **self.shared)
        yield Row("events", events, group=arm, method="sum of the counts", **self.shared)
        if self.options.exposure:
            yield Row("exposure", exposure, group=arm, method=f"sum of {self.options.exposure}", **self.shared)
        if n:
            yield Row("rate", events / exposure, group=arm, method="events / exposure, observed", **self.shared)
        else:
            nobody: dict[str, Any] = {"status": "not_estimable", "note": "no subject can be analysed"}
            yield Row("rate", None, group=arm, **self.shared, **nobody)

    def _contrast(self, arm: str, reference: str) -> Iterator[Row]:
        shared = self.shared | {"contrast": comparison_name(arm, reference, "ratio"), "method": self.method}
        try:
            values = self._compared(arm, reference)
        except NotEstimable as error:
            note = "; ".join(filter(None, (str(error), self.note)))
            yield from rows_of(dict.fromkeys(STATISTICS), **shared | {"status": "not_estimable", "note": note})
            return
        units = dict.fromkeys(("estimate", "ci_low", "ci_high"), RATE)
        yield from rows_of(values, units, **shared | {"status": self.status, "note": self.note})

    def _compared(self, arm: str, reference: str) -> dict[str, float]:
        from scipy.special import ndtr

        for name in (arm, reference):
            if not (self.arm_of == name).any():
                raise NotEstimable(f"no subject of {name} can be analysed at {self.at_visit.visit}")
            if not self.value[self.arm_of == name].sum():
                raise NotEstimable(f"{name} has no event at {self.at_visit.visit}, so that a ratio is 0 or infinite")
        if self.fit is None:
            raise NotEstimable("the model cannot be fitted")
        coefficients, covariance = self.fit
        along = self.space.coordinates(self.design.difference(arm, reference))
        log, se = float(along @ coefficients), float(np.sqrt(along @ covariance @ along))
        half = normal_quantile(self.at_visit.analysis.confidence) * se
        values = (
            math.exp(log),
            se,
            log / se,
            float(2 * ndtr(-abs(log / se))),
            math.exp(log - half),
            math.exp(log + half),
        )
        return dict(zip(STATISTICS, values, strict=True))


def _refuse_infinite(predictor: Array) -> None:
    if not np.isfinite(predictor).all() or np.abs(predictor).max() > INFINITE:
        raise NotEstimable("a level of a factor has no events, so that its rate ratio is infinite")


def _method(options: CountsOptions, terms: tuple[str, ...]) -> str:
    family = {"poisson": "Poisson", "negative_binomial": "Negative binomial"}[options.distribution]
    exposure = f", log {options.exposure} as offset" if options.exposure else ""
    fitted = f"; terms: {' + '.join(terms)}" if terms else ""
    return f"{family} regression, rate ratio{exposure}{fitted}; Wald interval and two-sided p on the log scale"
