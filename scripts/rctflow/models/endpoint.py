"""Fit every analysis of one endpoint: select records, call the model, complete its rows, keep the trace to source."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from rctflow.hypotheses import is_tested
from rctflow.models.contract import AnalysisData, FitDataError, ModelOutput, NotEstimable, Row, rows_without_estimate
from rctflow.models.registry import compares_ratios, load_model, load_subgroups
from rctflow.models.select import SOURCE, select_data
from rctflow.models.settings import Analysis, Fit
from rctflow.results import CONFIRMATORY, LOCF, NO_ESTIMAND, NOMINAL, VALUED, Result, Status, is_p_value

if TYPE_CHECKING:
    from pandas import DataFrame

MADE = {
    "LOCF": "carried forward",
    "COMPOSITE": "set to the failure value from an intercurrent event on (composite)",
    "LOV": "of before an intercurrent event, kept from it on (while on treatment)",
}
RECORD_COLUMNS = ("record_set", "USUBJID", *SOURCE, "AVISIT", "RESIDUAL")


def fit_endpoint(bds: DataFrame, adsl: DataFrame, settings: Fit) -> tuple[list[Result], DataFrame]:
    """The result rows of every analysis of one endpoint in every population, and the source records of each record set.

    bds, adsl: as in docs/architecture.md. The records have the columns record_set, USUBJID, SRCDOM, SRCVAR, SRCSEQ,
    AVISIT and RESIDUAL (normalized, where the model has some); the number analysed is the number of distinct USUBJID
    of a set (a baseline record that enters the analysis is in the set too). What a model cannot estimate becomes rows
    with a status and the reason. Raises FitDataError when the data break their contract.
    """
    from pandas import DataFrame, concat

    results: list[Result] = []
    traces: list[DataFrame] = []
    for name in sorted(settings.analyses):
        analysis = settings.analyses[name]
        for population in analysis.populations:
            data = select_data(bds, adsl, analysis, population, settings)
            output = _fit(data, analysis, settings)
            prefix = f"{name}.{population}"
            if analysis.locf:
                output = replace(output, rows=_carried(output.rows))
            rows = _randomized(adsl, settings) + _made(output, data, settings)
            if analysis.subgroups:
                rows += load_subgroups()(data, analysis, settings)
            results += [result_of(row, name, analysis, population, settings) for row in rows]
            for key, records in output.record_sets.items():
                traces.append(records.assign(record_set=f"{prefix}.{key}").reindex(columns=list(RECORD_COLUMNS)))
    if not traces:
        return results, DataFrame(columns=list(RECORD_COLUMNS))
    trace = concat(traces, ignore_index=True).astype({"RESIDUAL": float})
    return results, trace.sort_values(list(RECORD_COLUMNS), kind="stable", ignore_index=True)


def _fit(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """The model's output; when all of it fails, the numbers with a value, and everything else that it would have had
    without value, with the reason.
    """
    from numpy.linalg import LinAlgError

    status: Status
    try:
        return load_model(analysis.model)(data, analysis, settings)
    except NotEstimable as error:
        status, reason = "not_estimable", str(error)
    except LinAlgError as error:
        status, reason = "failed", f"the computation failed: {error}"
    ratio = compares_ratios(analysis.model)
    rows: list[Row] = []
    for visit in data.visits:
        rows += _counted(data, settings, visit)
        rows += rows_without_estimate(analysis, settings, reason, ratio, status=status, visit=visit)
    return ModelOutput(rows)


def _counted(data: AnalysisData, settings: Fit, visit: str) -> list[Row]:
    """How many of each arm have a value that no model was fitted to."""
    arms = data.records.loc[data.records["AVISIT"].eq(visit), "ARM"]
    method = "subjects with a value; no model was fitted"
    return [Row("n", int(arms.eq(arm).sum()), visit, arm, method=method) for arm in settings.arms]


def _carried(rows: list[Row]) -> list[Row]:
    """The rows, each saying in its method that values were carried forward."""
    said = []
    for row in rows:
        what, mark, rest = row.method.partition(";")
        said.append(replace(row, method=f"{what}, {LOCF}{mark}{rest}"))
    return said


def _made(output: ModelOutput, data: AnalysisData, settings: Fit) -> list[Row]:
    """The rows; of the numbers analysed each says how many values a strategy or the carrying forward has made."""
    made = data.records.loc[data.records["DTYPE"].isin(list(MADE)), ["USUBJID", "AVISIT", "ARM", "DTYPE"]]
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for name, records in output.record_sets.items():
        analysed = set(zip(records["USUBJID"], records["AVISIT"], strict=True))
        counts.update((name, *rest) for who, *rest in made.itertuples(index=False) if (who, rest[0]) in analysed)
    said, worse = [], _worse_than_failure(data, settings)
    for row in output.rows:
        found = (
            {kind: counts[row.record_set, row.visit, row.group, kind] for kind in MADE} if row.statistic == "n" else {}
        )
        notes = [f"{n} value{'s'[: n > 1]} {MADE[kind]}" for kind, n in found.items() if n]
        if row.statistic == "n" and (beyond := worse[row.visit, row.group]):
            notes.append(f"{beyond} observed value{'s'[: beyond > 1]} worse than the failure value")
        said.append(replace(row, note="; ".join(filter(None, (row.note, *notes)))))
    return said


def _worse_than_failure(data: AnalysisData, settings: Fit) -> Counter[tuple[str, str]]:
    """(visit, arm) -> observed values on the wrong side of the value that a composite strategy takes for the worst."""
    failed = data.records["DTYPE"].eq("COMPOSITE")
    if not failed.any():
        return Counter()
    side = 1 if settings.direction == "higher" else -1
    worst = (side * data.records.loc[failed, "AVAL"]).max()
    beyond = data.records[~failed & (side * data.records["AVAL"]).lt(worst)]
    return Counter(zip(beyond["AVISIT"], beyond["ARM"], strict=True))


def _randomized(adsl: DataFrame, settings: Fit) -> list[Row]:
    """The number randomized to each arm: the denominator beside which every number analysed stands."""
    if "RANDFL" not in adsl.columns:
        raise FitDataError("ADSL has no column RANDFL, so that the number randomized is unknown")
    arms = adsl.loc[adsl["RANDFL"].eq("Y"), "TRT01P"]
    method = "subjects with RANDFL Y by planned arm (TRT01P)"
    return [Row("n_randomized", int(arms.eq(arm).sum()), group=arm, method=method) for arm in settings.arms]


def result_of(row: Row, name: str, analysis: Analysis, population: str, settings: Fit) -> Result:
    """The result row that a model's row becomes; of a p-value it says whether it is nominal."""
    selects, note = settings.populations[population].selects, row.note
    if selects and row.contrast and row.status in VALUED and row.statistic in ("estimate", "p_value"):
        note = "; ".join(filter(None, (note, f"no estimand: {population} selects by {selects}, after randomization")))
    result = Result(
        study=settings.study,
        endpoint=settings.endpoint,
        estimand=NO_ESTIMAND if selects else analysis.estimand,
        population=population,
        analysis=name,
        role=analysis.role,
        model=analysis.model,
        visit=row.visit,
        group=row.group,
        contrast=row.contrast,
        statistic=row.statistic,
        value=row.value,
        unit=row.unit,
        method=row.method,
        status=row.status,
        note=note,
        record_set=f"{name}.{population}.{row.record_set}" if row.record_set else "",
    )
    if not is_p_value(row.statistic):
        return result
    return replace(
        result, multiplicity=CONFIRMATORY if is_tested(result, settings.tested, settings.reference) else NOMINAL
    )
