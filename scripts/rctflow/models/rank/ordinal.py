"""The model ``proportional_odds``: at each visit, the common odds ratio of a higher value (proportional_odds.py)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rctflow.models.complete import excluded_words
from rctflow.models.contract import (
    AnalysisData,
    ModelOutput,
    NotEstimable,
    OptionError,
    Row,
    options_from,
    rows_of,
)
from rctflow.models.linear import Design, build_design
from rctflow.models.options import NoOptions
from rctflow.models.rank.likelihood import OrdinalFit, fit_ordinal, proportionality
from rctflow.models.rank.proportional_odds import odds_ratio
from rctflow.models.rank.samples import Array, Whole, rounded_ties
from rctflow.models.settings import Analysis, Fit
from rctflow.models.trace import source_records
from rctflow.models.visit import VisitData, visit_data
from rctflow.results import ODDS, comparison_name

if TYPE_CHECKING:
    from pandas import DataFrame

STATISTICS = ("estimate", "se_log", "z", "p_value", "ci_low", "ci_high")
TEST = ("proportionality_chi2", "proportionality_df", "proportionality_p_value")


def fit_proportional_odds(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """Statistics per arm: n; per arm other than the reference STATISTICS; per visit TEST, of the arms' odds ratios.

    Baseline, strata and covariates enter linearly in the log odds; what cannot is dropped and named, status
    ``fallback``. Raises OptionError.
    """
    options_from(NoOptions, analysis.options)
    if analysis.log:
        raise OptionError("levels of an ordinal outcome take no logarithm; leave `log` out")
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    for visit in data.visits:
        at_visit = visit_data(data, analysis, settings, visit)
        sets[visit] = source_records(data, at_visit.records, analysis)
        rows += _rows(at_visit, settings)
    return ModelOutput(rows, sets)


def _rows(at_visit: VisitData, settings: Fit) -> Iterator[Row]:
    shared: dict[str, Any] = {"visit": at_visit.visit, "record_set": at_visit.visit}
    for arm in settings.arms:
        n, note = int(at_visit.records["ARM"].eq(arm).sum()), excluded_words(at_visit.lost, arm=arm)
        yield Row("n", n, group=arm, method="subjects in the model", note=note, **shared)
    try:
        fitted = OrdinalVisit(at_visit, settings)
    except NotEstimable as error:
        note = "; ".join(part for part in (str(error), excluded_words(at_visit.lost)) if part)
        shared |= {"status": "not_estimable", "note": note, "method": _method(at_visit.analysis, ())}
        for arm, other in settings.comparisons:
            yield from rows_of(dict.fromkeys(STATISTICS), contrast=comparison_name(arm, other, "ratio"), **shared)
        yield from rows_of(dict.fromkeys(TEST), **shared)
        return
    yield from fitted.rows()


def _contrast_of(at_visit: VisitData, settings: Fit, arm: str, shared: dict[str, Any]) -> list[Row]:
    """The comparison of ``arm`` with another arm than the reference: the same model, its reference turned."""
    try:
        return list(OrdinalVisit(at_visit, settings)._of_contrast(arm))
    except NotEstimable as error:
        lacking = shared | {"status": "not_estimable", "note": str(error)}
        return rows_of(dict.fromkeys(STATISTICS), contrast=comparison_name(arm, settings.reference, "ratio"), **lacking)


class OrdinalVisit:
    """The fit of one visit. Raises NotEstimable when nothing of it can be estimated."""

    def __init__(self, at_visit: VisitData, settings: Fit) -> None:
        self.at_visit, self.settings = at_visit, settings
        arm_of = at_visit.records["ARM"].tolist()
        self.arms = [arm for arm in settings.arms if arm in set(arm_of)]
        if settings.reference not in self.arms or len(self.arms) < 2:
            absent = next(arm for arm in settings.arms if arm not in self.arms)
            raise NotEstimable(f"no subject of {absent} can be analysed at {at_visit.visit}")
        self.level = _levels(at_visit.outcome())
        design = build_design(arm_of, tuple(self.arms), at_visit.terms("equal"))
        self.X = _columns(design, self.arms.index(settings.reference))
        if np.linalg.matrix_rank(np.column_stack([np.ones(len(self.X)), self.X])) <= self.X.shape[1]:
            raise NotEstimable("the arms are confounded with the covariates")
        self.fit: OrdinalFit = fit_ordinal(self.level, self.X)
        notes = (*design.dropped, excluded_words(at_visit.lost))
        self.shared: dict[str, Any] = {
            "visit": at_visit.visit,
            "record_set": at_visit.visit,
            "status": "fallback" if design.dropped else "ok",
            "note": "; ".join(note for note in notes if note),
            "method": _method(at_visit.analysis, ("arm", *(term.name for term in design.terms))),
        }

    def rows(self) -> Iterator[Row]:
        """The odds ratios in the order of the arms, then the score test of proportionality."""
        for arm, other in self.settings.comparisons:
            if other == self.settings.reference:
                yield from self._of_contrast(arm)
            else:
                turned = replace(self.settings, reference=other, contrasts=())
                yield from _contrast_of(self.at_visit, turned, arm, self.shared)
        yield from self._proportionality(np.arange(len(self.arms) - 1))

    def _of_contrast(self, arm: str) -> Iterator[Row]:
        treated = [present for present in self.arms if present != self.settings.reference]
        shared = self.shared | {"contrast": comparison_name(arm, self.settings.reference, "ratio")}
        try:
            if arm not in treated:
                raise NotEstimable(f"no subject of {arm} can be analysed at {self.at_visit.visit}")
            yield from self._odds(treated.index(arm), shared)
        except NotEstimable as error:
            yield from rows_of(dict.fromkeys(STATISTICS), **shared | {"status": "not_estimable", "note": str(error)})

    def _odds(self, column: int, shared: dict[str, Any]) -> Iterator[Row]:
        found = odds_ratio(self.fit, self.level, self.X, column, self.at_visit.analysis.confidence)
        log = dict(zip(STATISTICS, (found.log, found.se, found.z, found.p_value, found.low, found.high), strict=True))
        for name, value in log.items():
            if math.isinf(value):
                note = "the profile of the likelihood does not fall far enough on this side"
                yield Row(name, None, **shared | {"status": "not_estimable", "note": note})
                continue
            ratio = name in ("estimate", "ci_low", "ci_high")
            yield Row(name, math.exp(value) if ratio else value, unit=ODDS if ratio else "", **shared)

    def _proportionality(self, tested: Any) -> Iterator[Row]:
        from scipy.special import chdtrc

        method = "score test that the arms' odds ratios are the same at all cuts; expected information"
        shared = self.shared | {"method": method}
        try:
            chi2, df = proportionality(self.fit, self.level, self.X, tested)
        except NotEstimable as error:
            yield from rows_of(dict.fromkeys(TEST), **shared | {"status": "not_estimable", "note": str(error)})
            return
        note = "rejects too often when levels have few patients"
        shared["note"] = "; ".join(part for part in (shared["note"], note) if part)
        yield from rows_of(dict(zip(TEST, (chi2, df, float(chdtrc(df, chi2))), strict=True)), **shared)


def _levels(outcome: Array) -> Whole:
    """0 .. K: the distinct values in their order. Raises NotEstimable when there is one."""
    distinct, level = np.unique(rounded_ties(outcome), return_inverse=True)
    if len(distinct) < 2:
        raise NotEstimable("all values are equal, so that there is nothing to compare")
    return level


def _columns(design: Design, reference: int) -> Array:
    """The design with indicators of the arms but the reference, without intercept."""
    return np.delete(design.matrix, reference, axis=1)


def _method(analysis: Analysis, terms: tuple[str, ...]) -> str:
    outcome = "change from baseline" if analysis.outcome == "change" else "value"
    fitted = f"; terms: {' + '.join(terms)}" if terms else ""
    return (
        f"Proportional odds model of the {outcome}, odds ratio of a higher value{fitted}; profile-likelihood interval "
        f"{100 * analysis.confidence:g} %, two-sided p of the likelihood ratio"
    )
