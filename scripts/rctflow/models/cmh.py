"""Cochran-Mantel-Haenszel statistics of an endpoint's values by arm, over strata, visit by visit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from rctflow.cochran_mantel_haenszel import NAMES, cmh
from rctflow.models.complete import excluded_words
from rctflow.models.contract import AnalysisData, ModelOutput, NotEstimable, OptionError, Row, options_from, rows_of
from rctflow.models.linear import Array
from rctflow.models.options import CmhOptions
from rctflow.models.rank.samples import rounded_ties
from rctflow.models.settings import Analysis, Fit
from rctflow.models.trace import source_records
from rctflow.models.visit import VisitData, visit_data
from rctflow.results import PERCENT

if TYPE_CHECKING:
    from pandas import DataFrame

STATISTICS = ("chi2", "df", "p_value")


def fit_cmh(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """At each visit: per arm n, n:<value> and percent:<value> of each value that occurs; over all arms, for the
    declared statistic, chi2, df and p_value, and those of the other two with their name before the statistic.

    Strata as the analysis says. Raises OptionError for settings that a table of counts does not have.
    """
    options = options_from(CmhOptions, analysis.options)
    if analysis.log or analysis.covariates or analysis.baseline:
        raise OptionError("cmh compares counts within strata: write `baseline: false`, no `log` and no `covariates`")
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    for visit in data.visits:
        at_visit = visit_data(data, analysis, settings, visit)
        rows += _groups(at_visit, settings)
        rows += _tests(at_visit, settings, options)
        sets[visit] = source_records(data, at_visit.records, analysis)
    return ModelOutput(rows, sets)


def _groups(at_visit: VisitData, settings: Fit) -> Iterator[Row]:
    shared: dict[str, Any] = {"visit": at_visit.visit, "record_set": at_visit.visit}
    values, arm_of = rounded_ties(at_visit.outcome()), at_visit.records["ARM"].to_numpy()
    for arm in settings.arms:
        mine = values[arm_of == arm]
        note = excluded_words(at_visit.lost, arm=arm)
        yield Row("n", len(mine), group=arm, method="subjects in the table", note=note, **shared)
        for value in np.unique(values) if len(mine) else ():
            count = int((mine == value).sum())
            yield Row(f"n:{value:.10g}", count, group=arm, method="subjects with the value", **shared)
            percent, words = 100 * count / len(mine), "of the subjects in the table"
            yield Row(f"percent:{value:.10g}", percent, group=arm, unit=PERCENT, method=words, **shared)


def _tests(at_visit: VisitData, settings: Fit, options: CmhOptions) -> Iterator[Row]:
    by = f" by {', '.join(at_visit.factors)}" if at_visit.factors else ""
    lost = excluded_words(at_visit.lost)
    for kind in sorted(NAMES, key=lambda name: name != options.statistic):
        prefix = "" if kind == options.statistic else f"{kind}_"
        method = f"Cochran-Mantel-Haenszel test of all arms{by}: {NAMES[kind]}; table scores{_doses(kind, settings)}"
        shared: dict[str, Any] = {"visit": at_visit.visit, "record_set": at_visit.visit, "method": method}
        names = [f"{prefix}{name}" for name in STATISTICS]
        try:
            found = cmh(*_tables(at_visit, settings, kind))
        except NotEstimable as error:
            note = "; ".join(filter(None, (str(error), lost)))
            yield from rows_of(dict.fromkeys(names), **shared, status="not_estimable", note=note)
            continue
        values = dict(zip(names, (found.chi2, float(found.df), found.p_value), strict=True))
        yield from rows_of(values, note=lost, **shared)


def _doses(kind: str, settings: Fit) -> str:
    if kind != "correlation":
        return ""
    scores = arm_scores(settings)
    return f" (arms: {', '.join(f'{arm} {score:g}' for arm, score in scores.items())})"


def arm_scores(settings: Fit) -> Mapping[str, float]:
    """The scores of the arms: their doses where the analysis has them, else 0, 1, 2, ... in the order of the arms."""
    if all(arm in settings.doses for arm in settings.arms):
        return {arm: settings.doses[arm] for arm in settings.arms}
    return {arm: float(place) for place, arm in enumerate(settings.arms)}


def _tables(at_visit: VisitData, settings: Fit, kind: str) -> tuple[Array, str, Array, Array]:
    records = at_visit.records
    if records.empty:
        raise NotEstimable(f"no subject can be analysed at {at_visit.visit}")
    levels, column = np.unique(rounded_ties(at_visit.outcome()), return_inverse=True)
    row = records["ARM"].map({arm: k for k, arm in enumerate(settings.arms)}).to_numpy(int)
    stratum = np.zeros(len(records), int)
    if at_visit.factors:
        stratum = records.groupby(list(at_visit.factors), sort=True).ngroup().to_numpy()
    tables = np.zeros((stratum.max() + 1, len(settings.arms), len(levels)))
    np.add.at(tables, (stratum, row, column), 1.0)
    return tables, kind, levels.astype("float64"), np.array(list(arm_scores(settings).values()))
