"""The result row: one schema that every statistic is written in and every figure, table and report reads.

One row per statistic, in long form. Reading needs only the standard library, so that what merely prints is cheap.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from rctflow.outputs import written_whole

Status = Literal["ok", "fallback", "not_estimable", "failed"]


@dataclass(frozen=True)
class Result:
    """One statistic.

    group: arm id, or "" ; contrast: "msc - placebo" (or "msc / placebo" for ratios), or "". value: None when not estimable.
    method: the exact method used. record_set: key into the endpoint's records.parquet ("" when no single set of records).
    result_id: endpoint.analysis.population.visit.group-or-contrast.statistic, unique within a study.
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

    @property
    def result_id(self) -> str:
        """endpoint.analysis.population.visit.group-or-contrast.statistic, spaces removed."""
        who = (self.contrast or self.group or "all").replace(" ", "")
        return ".".join((self.endpoint, self.analysis, self.population, self.visit or "all", who, self.statistic))


COLUMNS = ("result_id", *(f.name for f in fields(Result)))


def number(value: float | None) -> str:
    """``value`` as text: ``%.10g``, never ``-0``, empty when missing."""
    if value is None or value != value:
        return ""
    return f"{float(value) + 0.0:.10g}"


def write_results(rows: Iterable[Result], path: Path) -> None:
    """Write result rows as CSV (UTF-8, newline ``\\n``). Raises ValueError when two rows have the same result_id."""
    seen: set[str] = set()
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            if row.result_id in seen:
                raise ValueError(f"two result rows are named {row.result_id}")
            seen.add(row.result_id)
            values: Mapping[str, object] = asdict(row) | {"value": number(row.value)}
            writer.writerow([row.result_id, *(values[name] for name in COLUMNS[1:])])


def read_results(path: Path) -> list[Result]:
    """The result rows of a file, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Result(**{k: v for k, v in row.items() if k not in ("result_id", "value")}, value=_value(row["value"]))  # type: ignore[arg-type]
        for row in rows
    ]


def _value(text: str) -> float | None:
    return float(text) if text else None
