"""MMRM of one endpoint: all visits after baseline in one model, by the engine of ``mmrm/``.

    y_ij = visit_j + arm_i:visit_j + b_j baseline_i + strata_i + covariates_i + e_ij,   e_i ~ N(0, Sigma)

y is the change from baseline or the value; on the log scale, their logarithms, and estimates are brought back as
geometric means and their ratios. With ``baseline: outcome`` (cLDA) the baseline is one of the visits, the arms are
constrained to be equal there, and y is the value (Liang & Zeger 2000). Covariance, covariance of the fixed effects and
degrees of freedom follow the declared chain (mmrm/fallback.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rctflow.models.complete import excluded_words
from rctflow.models.contract import (
    AnalysisData,
    ModelOutput,
    NotEstimable,
    Row,
    contrast_name,
    rows_of,
    rows_without_estimate,
    statistics_of_contrasts,
    statistics_of_groups,
)
from rctflow.models.longitudinal import ARM, SUBJECT, VISIT, Longitudinal, longitudinal
from rctflow.models.mmrm import ChainFit, Step, fit_with_fallback
from rctflow.models.mmrm.errors import DataError, EstimationError, NotEstimableError
from rctflow.models.options import MmrmOptions
from rctflow.models.repeated_estimates import Estimates
from rctflow.models.settings import Analysis, Fit
from rctflow.results import AVERAGE, DOSE_RESPONSE, PER_DOSE, compared_arms
from rctflow.settings import settings_from

if TYPE_CHECKING:
    from pandas import DataFrame, Series

INTERACTION = "arm_by_visit"
NOISE = 1e-8  # a scaled gradient below this is rounding error, and no two machines agree on it
TEST = ("F", "df1", "df2", "p_value")
RECORD_SET = "all_visits"


def fit_repeated(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """Per visit and arm n and LS mean, per visit and contrast the difference; the visit-averaged difference (visit
    ``average``); the arm-by-visit test; and how well the model could be fitted.

    Statistics beside those of every model of arms: arm_by_visit_F, _df1, _df2, _p_value; minus2_log_likelihood, aic,
    aicc, bic, gradient_norm, iterations, condition; correlation:<visit> of each visit. Status ``fallback`` when a step
    of the chain or a term had to be left, with the reason. Raises NotEstimable when there is nothing to fit.
    """
    options = settings_from(MmrmOptions, analysis.options)
    frame = longitudinal(data, analysis, settings, options)
    if frame.rows.empty:
        raise NotEstimable("no subject has everything that the model needs")
    try:
        chain = fit_chain(frame, analysis, settings, options)
        return RepeatedFit(chain, frame, data, analysis, settings, options).output()
    except (DataError, EstimationError, NotEstimableError) as error:
        note = _joined(str(error), excluded_words(frame.lost))
        return ModelOutput([*_counts(frame, data, settings), *_nothing(data, analysis, settings, note)])


def fit_chain(frame: Longitudinal, analysis: Analysis, settings: Fit, options: MmrmOptions) -> ChainFit:
    """The first step of the declared chain that can be estimated. Raises the engine's errors."""
    return fit_with_fallback(
        frame.rows,
        frame.formula,
        SUBJECT,
        VISIT,
        chain=tuple(Step(step.covariance, step.vcov, step.df) for step in options.chain),
        method=options.method,
        group=ARM if options.group_by_arm else None,
        clda=(ARM, settings.baseline_visit) if frame.constrained else None,
        level=analysis.confidence,
    )


def _nothing(data: AnalysisData, analysis: Analysis, settings: Fit, note: str) -> Iterator[Row]:
    """Every comparison that the model would have had, without a value."""
    for visit in (*data.visits, AVERAGE):
        rows = rows_without_estimate(analysis, settings, note, visit=visit)
        yield from (row for row in rows if visit != AVERAGE or row.contrast)
    yield from rows_of({f"{INTERACTION}_{name}": None for name in TEST}, status="not_estimable", note=note)


def _counts(frame: Longitudinal, data: AnalysisData, settings: Fit, record_set: str = "") -> Iterator[Row]:
    """The subjects in the model, by visit and arm; record_set: empty where nothing was fitted to them."""
    for visit in data.visits:
        present = frame.rows.loc[frame.rows[VISIT].eq(visit), ARM]
        for arm in settings.arms:
            n, note = int(present.eq(arm).sum()), excluded_words(frame.lost, visit, arm)
            yield Row("n", n, visit, arm, method="subjects in the model", note=note, record_set=record_set)


class RepeatedFit:
    """A fitted chain and its rows."""

    def __init__(
        self,
        chain: ChainFit,
        frame: Longitudinal,
        data: AnalysisData,
        analysis: Analysis,
        settings: Fit,
        options: MmrmOptions,
    ) -> None:
        self.chain, self.fit, self.frame = chain, chain.fit, frame
        self.data, self.analysis, self.settings, self.options = data, analysis, settings, options
        self.estimates = Estimates(chain.fit, frame, analysis, settings, options)
        self.shared: dict[str, Any] = {
            "record_set": RECORD_SET,
            "method": self._method(),
            "status": "fallback" if chain.fell_back or self.fit.lost else "ok",
            "note": _joined(chain.note if chain.fell_back else "", *self.fit.notes, excluded_words(frame.lost)),
        }

    def output(self) -> ModelOutput:
        """All rows, and the records of the model with their normalized residuals."""
        rows = [*_counts(self.frame, self.data, self.settings, RECORD_SET)]
        means, differences = self.estimates.means(), self.estimates.differences()
        for visit in self.data.visits:
            rows += [*self._of_arms(visit, means), *self._of_contrasts(visit, differences)]
        if len(self.frame.visits) > 1:
            rows += [*self._of_contrasts(AVERAGE, differences), *self._interaction()]
        rows += self._of_doses() if self.analysis.dose_response else []
        return ModelOutput([*rows, *self._quality()], {RECORD_SET: self._records()})

    def _method(self) -> str:
        constrained, step = self.frame.constrained, self.chain.step
        outcome = "change from baseline" if self.analysis.outcome == "change" and not constrained else "value"
        scale = "log " if self.analysis.log else ""
        arms = " with the arms equal at baseline (cLDA)" if constrained else ""
        groups = " by arm" if self.options.group_by_arm else ""
        sandwich = "" if step.vcov == "model" else f"{step.vcov} standard errors, "
        return (
            f"MMRM of the {scale}{outcome}{arms} by {self.options.method.upper()}; terms:"
            f"{self.frame.formula.partition('~')[2]}; {step.covariance} covariance{groups}; {sandwich}{step.df} "
            f"degrees of freedom; LS means: numeric covariates at their mean, factor weights {self.options.weights}; "
            f"t interval {100 * self.analysis.confidence:g} %, two-sided p"
        )

    def _of_arms(self, visit: str, means: dict[tuple[str, str], Series]) -> Iterator[Row]:
        for arm in self.settings.arms:
            names = statistics_of_groups(self.analysis.log)
            yield from self._report(means.get((visit, arm)), names, visit, group=arm)

    def _of_contrasts(self, visit: str, differences: dict[tuple[str, str], Series]) -> Iterator[Row]:
        for arm, other in self.settings.comparisons:
            names = statistics_of_contrasts(self.analysis.log)
            contrast = contrast_name(arm, other, self.analysis.log)
            yield from self._report(differences.get((visit, f"{arm} - {other}")), names, visit, contrast=contrast)

    def _of_doses(self) -> Iterator[Row]:
        """The linear contrast of the arms over their doses, per visit."""
        statistics = statistics_of_contrasts(self.analysis.log)
        try:
            trends, why = self.estimates.trends(), ""
        except NotEstimable as error:
            trends, why = {}, str(error)
        for visit in self.data.visits:
            method = f"dose response, linear contrast of the arms; {self.shared['method']}"
            for row in self._report(trends.get(visit), statistics, visit, contrast=""):
                unit = f"{row.unit} {PER_DOSE}".strip() if row.unit else ""
                note = _joined(why, row.note)
                yield replace(row, statistic=f"{DOSE_RESPONSE}{row.statistic}", unit=unit, method=method, note=note)

    def _report(self, found: Series | None, names: tuple[str, ...], visit: str, **who: Any) -> Iterator[Row]:
        if found is None:
            note = _joined(self._nobody(visit, who) or "the data do not determine it", self.shared["note"])
            yield from rows_of(
                dict.fromkeys(names), visit=visit, **self.shared | {"status": "not_estimable", "note": note}, **who
            )
            return
        back = math.exp if self.analysis.log else float
        values = {name: float(found[name]) for name in ("se", "df", "t", "p_value")}
        values |= {name: back(found[name]) for name in ("estimate", "ci_low", "ci_high")}
        values |= {"lsmean": values["estimate"], "se_log": values["se"]}
        ratio = self.analysis.log and ("contrast" in who or self.analysis.outcome == "change")
        units = dict.fromkeys(
            ("lsmean", "estimate", "se", "ci_low", "ci_high"), "ratio" if ratio else self.settings.unit
        )
        yield from rows_of({name: values[name] for name in names}, units, visit=visit, **self.shared, **who)

    def _nobody(self, visit: str, who: dict[str, str]) -> str:
        """The arm of a row that nobody represents at the visit (of the average: at any), in words; "" for none."""
        rows = self.frame.rows
        visits = self.frame.visits if visit == AVERAGE else (visit,)
        arms = [who["group"]] if who.get("group") else compared_arms(who["contrast"]) if who.get("contrast") else []
        absent = ((at, arm) for at in visits for arm in arms if not (rows[ARM].eq(arm) & rows[VISIT].eq(at)).any())
        return next((f"no subject of {arm} can be analysed at {at}" for at, arm in absent), "")

    def _interaction(self) -> Iterator[Row]:
        try:
            test = self.fit.test(f"{ARM}:{VISIT}")
        except NotEstimableError as error:
            shared = self.shared | {"status": "not_estimable", "note": str(error)}
            yield from rows_of({f"{INTERACTION}_{name}": None for name in TEST}, **shared)
            return
        yield from rows_of({f"{INTERACTION}_{name}": float(getattr(test, name)) for name in TEST}, **self.shared)

    def _quality(self) -> Iterator[Row]:
        diagnostics = self.fit.diagnostics
        values = {"minus2_log_likelihood": -2 * self.fit.log_likelihood, **self.fit.criteria}
        gradient = diagnostics.gradient_norm if diagnostics.gradient_norm > NOISE else 0.0
        values |= {"gradient_norm": gradient, "iterations": diagnostics.iterations}
        values |= {"condition": max(diagnostics.condition.values())}
        yield from rows_of({name: value for name, value in values.items() if math.isfinite(value)}, **self.shared)
        if not self.options.group_by_arm:
            for visit, row in diagnostics.correlation.iterrows():
                correlations = {f"correlation:{other}": float(value) for other, value in row.items()}
                yield from rows_of(correlations, visit=str(visit), **self.shared)

    def _records(self) -> DataFrame:
        rows = self.frame.rows
        residuals = self.fit.residuals("normalized")
        kept = rows.iloc[residuals.index]
        return kept.assign(RESIDUAL=residuals.to_numpy(), AVISIT=kept[VISIT].astype(str))


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
