"""Records (BDS, ADSL) and ledger rows that are not the same in both.

Row numbers shift when a site adds a row, so that records are matched by what they are: patient, visit and day first,
then the source row, then patient and visit alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

Rows = list[dict[str, str]]
Pairs = list[tuple[dict[str, str], dict[str, str]]]
COMPARED = ("AVISIT", "ADT", "ADY", "AVAL", "AVALC", "BASE", "ANL01FL", "DTYPE")
MATCHED = (("USUBJID", "AVISIT", "ADT", "ADY"), ("USUBJID", "SRCDOM", "SRCVAR", "SRCSEQ"), ("USUBJID", "AVISIT"))
DECISION = ("table", "subject", "column", "old", "new", "rule", "severity")


@dataclass(frozen=True)
class Change:
    """A record that changed, came or went: of which table, whose, where in the raw data, and what of it."""

    table: str
    subject: str
    place: str
    kind: str
    old: str
    new: str

    def __str__(self) -> str:
        place = f" ({self.place})" if self.place else ""
        said = {"added": f"new: {self.new}", "removed": f"gone: {self.old}"}
        return f"{self.subject}{place}: {said.get(self.kind) or f'{self.old} -> {self.new}'}"


def read_rows(file: Path) -> Rows:
    """The rows of a Parquet table as text: numbers with ten digits, dates as ISO 8601, "" for missing."""
    import pandas as pd

    columns = {str(name): _texts(column) for name, column in pd.read_parquet(file).items()}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _texts(column: object) -> list[str]:
    import pandas as pd

    values = pd.Series(column)
    if pd.api.types.is_datetime64_any_dtype(values):
        return ["" if pd.isna(value) else value.isoformat().removesuffix("T00:00:00") for value in values]
    if pd.api.types.is_numeric_dtype(values):
        return ["" if pd.isna(value) else f"{float(value):.10g}" for value in values]
    return ["" if pd.isna(value) else str(value) for value in values]


def record_changes(table: str, old: Rows, new: Rows) -> list[Change]:
    """Records of a BDS table that came, went or changed. old, new: as ``read_rows`` gives them."""
    left, right = old, new
    changes: list[Change] = []
    for names in MATCHED:
        pairs, left, right = _paired(left, right, names)
        for one, other in pairs:
            differing = [name for name in COMPARED if one.get(name, "") != other.get(name, "")]
            if differing:
                before, after = _listed(one, differing), _listed(other, differing)
                changes.append(Change(table, other["USUBJID"], _place(other), "changed", before, after))
    changes += [Change(table, row["USUBJID"], _place(row), "removed", _value(row), "") for row in left]
    changes += [Change(table, row["USUBJID"], _place(row), "added", "", _value(row)) for row in right]
    return sorted(changes, key=lambda change: (change.kind, change.subject, change.place))


def _paired(left: Rows, right: Rows, names: tuple[str, ...]) -> tuple[Pairs, Rows, Rows]:
    """Pairs with equal values of ``names``, the first with the first and so on; and what remains of both."""
    waiting: dict[tuple[str, ...], Rows] = {}
    for row in left:
        waiting.setdefault(tuple(row.get(name, "") for name in names), []).append(row)
    pairs, rest = [], []
    for row in right:
        same = waiting.get(tuple(row.get(name, "") for name in names))
        if same:
            pairs.append((same.pop(0), row))
        else:
            rest.append(row)
    return pairs, [row for rows in waiting.values() for row in rows], rest


def _place(row: dict[str, str]) -> str:
    return f"{row.get('AVISIT') or 'no visit'}, {row.get('SRCDOM', '')} row {row.get('SRCSEQ', '')}"


def _value(row: dict[str, str]) -> str:
    return f"AVAL {row.get('AVAL') or 'missing'}"


def _listed(row: dict[str, str], names: Iterable[str]) -> str:
    return ", ".join(f"{name} {row.get(name) or 'missing'}" for name in names)


def subject_changes(old: Rows, new: Rows) -> list[Change]:
    """Subjects that came or went, and ADSL variables that changed."""
    before, after = ({row["USUBJID"]: row for row in rows} for rows in (old, new))
    changes = [Change("adsl", name, "", "removed", "randomized", "") for name in before if name not in after]
    changes += [Change("adsl", name, "", "added", "", "randomized") for name in after if name not in before]
    for name in before.keys() & after.keys():
        one, other = before[name], after[name]
        differing = [c for c in sorted({*one, *other} - {"STUDYID"}) if one.get(c, "") != other.get(c, "")]
        if differing:
            changes.append(Change("adsl", name, "", "changed", _listed(one, differing), _listed(other, differing)))
    return sorted(changes, key=lambda change: (change.kind, change.subject))


def ledger_changes(old: Rows, new: Rows) -> Iterator[Change]:
    """Ledger rows of one table that are only in the one or only in the other, whatever their row numbers."""
    one, other = (Counter(tuple(row[name] for name in DECISION) for row in rows) for rows in (old, new))
    yield from (Change(*_decision(row), "removed", _decided(row), "") for row in sorted((one - other).elements()))
    yield from (Change(*_decision(row), "added", "", _decided(row)) for row in sorted((other - one).elements()))


def _decision(row: tuple[str, ...]) -> tuple[str, str, str]:
    table, subject, column, *_ = row
    return f"{table} ledger", subject, column


def _decided(row: tuple[str, ...]) -> str:
    _, _, column, before, after, rule, severity = row
    return f"{severity} by {rule}: {before} -> {after or 'missing'}" if column else f"{severity} by {rule}"
