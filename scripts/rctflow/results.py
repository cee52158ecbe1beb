"""The result row: one schema that every statistic is written in and every figure, table and report reads.

One row per statistic, in long form. Reading needs only the standard library, so that what merely prints is cheap.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from rctflow.errors import RctflowError
from rctflow.outputs import written_whole
from rctflow.spreadsheets import guarded, unguarded

Status = Literal["ok", "fallback", "not_estimable", "failed"]
NO_ESTIMAND = "none"
"""The estimand of an analysis set that selects patients by what happened to them after randomization."""
Scale = Literal["difference", "ratio", "win"]


@dataclass(frozen=True)
class Result:
    """One statistic.

    group: arm id, or ""; contrast: "msc - placebo" ("msc / placebo" for ratios, "msc vs placebo" for the probability to
    do better), or "". value: None exactly when the status is not_estimable or failed, and then ``note`` says why.
    method: the exact method used. record_set: key into the endpoint's records.parquet ("" when no single set of
    records). multiplicity: of a p-value, CONFIRMATORY when a confirmatory family tests it, else NOMINAL; both are
    unadjusted here (the adjusted ones stand in summaries/multiplicity). result_id: unique within a study.
    """

    study: str
    endpoint: str
    estimand: str
    population: str
    analysis: str
    role: str
    model: str
    visit: str
    group: str
    contrast: str
    statistic: str
    value: float | None
    unit: str = ""
    method: str = ""
    status: Status = "ok"
    note: str = ""
    record_set: str = ""
    multiplicity: str = ""

    @property
    def result_id(self) -> str:
        """endpoint.analysis.population.visit.group-or-contrast.statistic, spaces removed, ``all`` for an empty part."""
        who = self.contrast or self.group
        parts = (self.endpoint, self.analysis, self.population, self.visit, who, self.statistic)
        return ".".join(part.replace(" ", "") or "all" for part in parts)


VALUED = ("ok", "fallback")
NOMINAL, CONFIRMATORY = "nominal", "confirmatory"
"""What a p-value is: adjusted for nothing and no test of the trial, or a hypothesis of a confirmatory family."""
P_VALUES = ("p_value", "p_value_min", "p_value_max")
PERCENT, POINTS = "%", "percentage points"
"""The units of a proportion and of a difference of two."""
WIN, ODDS = "win probability", "odds ratio"
"""Units: of the probability to do better than a patient of the reference arm, and of a ratio of odds."""
RISK, RATE, HAZARD = "risk ratio", "rate ratio", "hazard ratio"
"""Units of further ratios; that of means is a plain ``ratio``."""
AVERAGE = "average"
"""The visit of what is averaged over all visits."""
LOCF = "missing values by last observation carried forward (LOCF)"
"""What the method of a row says whose missing values are values carried forward."""
DOSE_RESPONSE, PER_DOSE = "dose_response_", "per unit of dose"
"""Prefix of the statistics of a trend over the doses of the arms, and the unit of its slope."""
SUPPRESSED = "suppressed: a cell of too few patients, or one that would give such a cell away"
"""The note of rows without a value that restricted data do not allow to be published (disclosure.py)."""
COLUMNS = ("result_id", *(f.name for f in fields(Result)))


def is_p_value(statistic: str) -> bool:
    """Whether a statistic is a p-value: ``p_value``, ``fisher_p_value``, ``interaction_p_value:SEX``, ..."""
    return any(part.endswith(P_VALUES) for part in statistic.split(":"))


def number(value: float | None) -> str:
    """``value`` as text: ``%.10g``, never ``-0``, empty when missing."""
    if value is None or value != value:
        return ""
    return f"{float(value) + 0.0:.10g}"


def write_results(rows: Iterable[Result], path: Path) -> None:
    """Write result rows as CSV (UTF-8, newline ``\\n``), the whole file or none.

    Raises ValueError when two rows have the same result_id, when a row has a value and a status that denies it (or
    the reverse), and when a missing value has no reason: a NaN never passes in silence.
    """
    seen: set[str] = set()
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            result_id = row.result_id
            if result_id in seen:
                raise ValueError(f"two result rows are named {result_id}")
            seen.add(result_id)
            writer.writerow([result_id, *map(guarded, _cells(row))])


def _cells(row: Result) -> list[str]:
    value = number(row.value)
    if bool(value) != (row.status in VALUED):
        raise ValueError(f"{row.result_id} has status {row.status} and the value '{value}'")
    if not value and not row.note:
        raise ValueError(f"{row.result_id} has no value and does not say why")
    return [value if name == "value" else getattr(row, name) for name in COLUMNS[1:]]


def read_results(path: Path) -> list[Result]:
    """The result rows of a file, in its order. Raises RctflowError when its columns are not those of result rows."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            raise RctflowError(f"{path} is not a file of result rows: its columns are {', '.join(header) or 'none'}")
        rows = [dict(zip(COLUMNS[1:], map(unguarded, cells[1:]), strict=True)) for cells in reader]
    return [Result(**row | {"value": float(row["value"]) if row["value"] else None}) for row in rows]  # type: ignore[arg-type]


def read_by_endpoint(files: Iterable[Path]) -> dict[str, list[Result]]:
    """Endpoint -> the rows of its files (endpoints/<endpoint>/*.csv), in the order of the files."""
    found: dict[str, list[Result]] = {}
    for file in files:
        found.setdefault(file.parent.name, []).extend(read_results(file))
    return found


Found = dict[tuple[str, str, str], Result]


def rows_of(rows: Iterable[Result], analysis: str, population: str) -> Found:
    """The rows of one analysis in one population by (visit, group or contrast, statistic)."""
    return {
        (row.visit, row.contrast or row.group, row.statistic): row
        for row in rows
        if row.analysis == analysis and row.population == population
    }


def descriptive_rows(rows: Iterable[Result], population: str) -> Found:
    """The observed values of one population by (visit, group, statistic), whatever the analysis is called.

    Descriptions of values carried forward are no observed values.
    """
    return {
        (row.visit, row.group, row.statistic): row
        for row in rows
        if row.model == "descriptive" and row.population == population and LOCF not in row.method
    }


def contrasts_of(rows: Iterable[Result]) -> list[str]:
    """The contrasts that the rows estimate, in their order."""
    return list(dict.fromkeys(row.contrast for row in rows if row.contrast and row.statistic == "estimate"))


SIGNS: dict[Scale, str] = {"difference": " - ", "ratio": " / ", "win": " vs "}
"""What stands between the arms of a comparison; win: who does better, a probability with 1/2 for no difference."""


def comparison_name(arm: str, reference: str, scale: Scale) -> str:
    """``msc - placebo``, ``msc / placebo`` or ``msc vs placebo``: what a column ``contrast`` holds."""
    return f"{arm}{SIGNS[scale]}{reference}"


def scale_of(contrast: str) -> Scale:
    """The scale of a comparison, by its name."""
    return next((scale for scale, sign in SIGNS.items() if sign in contrast), "difference")


def compared_arms(contrast: str) -> list[str]:
    """The two arms of a comparison, the experimental one first."""
    return contrast.split(SIGNS[scale_of(contrast)])


def is_ratio(contrast: str) -> bool:
    """Whether a contrast is a ratio (``msc / placebo``) and not a difference."""
    return scale_of(contrast) == "ratio"


def compares_geometric_means(rows: Iterable[Result]) -> bool:
    """Whether the rows hold ratios of means: values belong on a logarithmic axis then, as for no other ratio."""
    rows = list(rows)
    return any(row.statistic == "lsmean" for row in rows) and any(map(is_ratio, contrasts_of(rows)))
