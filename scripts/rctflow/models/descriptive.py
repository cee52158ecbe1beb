"""Descriptive statistics of the value and of its change, by arm and visit, baseline included.

Quantiles and the unadjusted t interval of the mean: description.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rctflow.description import STATISTICS, describe_values, quantile_words
from rctflow.models.contract import AnalysisData, ModelOutput, Row, options_from, rows_of
from rctflow.models.options import DescriptiveOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.results import SUPPRESSED

if TYPE_CHECKING:
    from pandas import DataFrame, Series

GEOMETRIC = ("geometric_mean", "geometric_ci_low", "geometric_ci_high")
NOT_MEASURED = {
    "n_unable": ("unable", "subjects assessed and unable to perform the test"),
    "n_below": ("<", "subjects assessed with a value below the limit of quantification"),
    "n_above": (">", "subjects assessed with a value above the limit of quantification"),
}
"""Statistic -> how AVALC of the subjects that it counts begins, and the method in words."""


def describe(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """Per arm and visit: n, mean, sd, median, quartiles, extremes and t interval of AVAL, the same of CHG, and
    n_unable, n_below (percent_below), n_above.

    With ``log`` also the geometric mean of AVAL and its interval; with ``over_time``, of open data, baseline_mean and
    baseline_sd of those with an AVAL. n_unable counts the subjects whose assessment at
    the visit says that the test could not be performed (AVALC ``unable``), n_below and n_above those beyond a limit
    of quantification (AVALC ``<0.5``, ``>100``), whatever value the declared rule gave them. Without a baseline visit
    there is no change. Too few values: ``not_estimable``.
    """
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    over_time = options_from(DescriptiveOptions, analysis.options).over_time and not settings.small_cells
    limited = settings.limited or bool(data.assessments["AVALC"].str.startswith("<", na=False).any())
    for visit in ((settings.baseline_visit,) if settings.baseline_visit else ()) + data.visits:
        at_baseline = visit == settings.baseline_visit
        records = data.baseline if at_baseline else data.records[data.records["AVISIT"].eq(visit)]
        sets[visit] = records
        for arm in settings.arms:
            shared: dict[str, Any] = {"visit": visit, "group": arm, "record_set": visit}
            of_arm = records[records["ARM"].eq(arm)]
            rows += _described(of_arm["AVAL"], "", analysis, settings, shared)
            if settings.baseline_visit and not at_baseline:
                rows += _described(of_arm["CHG"], "change_", analysis, settings, shared)
                rows += _baseline_of_those_seen(of_arm, settings, shared) if over_time else []
            if analysis.log:
                rows += _geometric(of_arm["AVAL"], analysis, settings, shared)
            assessed = data.assessments[data.assessments["ARM"].eq(arm)]
            rows += _not_measured(assessed, records, limited, shared)
    return ModelOutput(rows, sets)


def _not_measured(assessed: DataFrame, records: DataFrame, limited: bool, shared: dict[str, Any]) -> list[Row]:
    """Subjects of whom AVALC of the analysed record says so, or, without one, of any assessment at the visit.

    percent_below: of those with a value or one below the limit, where the endpoint may have such values, or has some.
    """
    rows: list[Row] = []
    for name, (start, method) in NOT_MEASURED.items():
        said = assessed[assessed["AVALC"].str.startswith(start, na=False)]
        analysed = said.index.isin(records.index)
        only = said["AVISIT"].eq(shared["visit"]) & ~said["USUBJID"].isin(records["USUBJID"])
        subjects = said.loc[analysed | only, "USUBJID"]
        rows += rows_of({name: int(subjects.nunique())}, method=method, **shared)
        if name == "n_below" and limited:
            measured = {*records.loc[records["ARM"].eq(shared["group"]), "USUBJID"], *subjects}
            percent = 100 * subjects.nunique() / len(measured) if measured else None
            absent = _too_few(percent, 0)
            rows += rows_of({"percent_below": percent}, {"percent_below": "%"}, method=method, **shared | absent)
    return rows


def _described(column: Series, prefix: str, analysis: Analysis, settings: Fit, shared: dict[str, Any]) -> list[Row]:
    values = column.dropna().to_numpy(float)
    found = describe_values(values, analysis.confidence, settings.small_cells)
    method = f"{quantile_words(settings.small_cells)}; t interval {100 * analysis.confidence:g} %"
    units = {prefix + name: settings.unit for name in STATISTICS[1:]}
    rows: list[Row] = []
    for name in STATISTICS:
        value = found.get(name)
        rows += rows_of({prefix + name: value}, units, method=method, **shared | _too_few(value, len(values)))
    return rows


def _baseline_of_those_seen(records: DataFrame, settings: Fit, shared: dict[str, Any]) -> list[Row]:
    values = records.loc[records["AVAL"].notna(), "BASE"].dropna().to_numpy(float)
    found = describe_values(values, 0.95)
    method = "baseline of those with a value at the visit"
    rows: list[Row] = []
    for name in ("mean", "sd"):
        value = found.get(name)
        row = {f"baseline_{name}": value}
        rows += rows_of(row, dict.fromkeys(row, settings.unit), method=method, **shared | _too_few(value, len(values)))
    return rows


def _geometric(column: Series, analysis: Analysis, settings: Fit, shared: dict[str, Any]) -> list[Row]:
    values = column.dropna().to_numpy(float)
    method = f"exp of the mean of the logarithms and of its t interval {100 * analysis.confidence:g} %"
    units = dict.fromkeys(GEOMETRIC, settings.unit)
    if bool((values <= 0).any()):
        note = f"{int((values <= 0).sum())} values are not positive and have no logarithm"
        shared = shared | {"status": "not_estimable", "note": note}
        return rows_of(dict.fromkeys(GEOMETRIC), units, method=method, **shared)
    logs = describe_values(np.log(values), analysis.confidence)
    rows: list[Row] = []
    for name, of_log in zip(GEOMETRIC, ("mean", "ci_low", "ci_high"), strict=True):
        value = float(np.exp(logs[of_log])) if of_log in logs else None
        rows += rows_of({name: value}, units, method=method, **shared | _too_few(value, len(values)))
    return rows


def _too_few(value: float | None, n: int) -> dict[str, str]:
    if value is not None:
        return {}
    return {"status": "not_estimable", "note": ("no value", "one value only")[n] if n < 2 else SUPPRESSED}
