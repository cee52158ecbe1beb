"""A second programmer's results, from R or SAS, held against the result rows of a run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from rctflow.errors import RctflowError
from rctflow.outputs import written_whole
from rctflow.results import Result, is_ratio
from rctflow.second.agreement import apart

PARTS = ("endpoint", "analysis", "population", "visit", "contrast", "statistic")
NOT_GIVEN = ("", ".", "NA")
"""How R, SAS and an unfilled template write that there is no number."""


class OtherResultsError(RctflowError):
    """The other results cannot be read; the message names the file, the line and what stands there."""


@dataclass(frozen=True)
class Other:
    """One number of the other program. text: as written; below: it was written ``<0.001``. allowed: difference."""

    result_id: str
    text: str
    value: float
    below: bool = False
    allowed: float | None = None


@dataclass(frozen=True)
class Others:
    """Numbers in the order of the file, and the ids of rows without one."""

    given: tuple[Other, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """A number of the other program beside ours. apart: the disagreement (agreement.py), None when it is told apart by
    another rule.
    """

    other: Other
    ours: float
    apart: float | None
    agrees: bool


def read_others(path: Path) -> Others:
    """The numbers of a CSV file (UTF-8, comma, point) with a column ``value`` and either ``result_id`` or PARTS
    (``group`` stands for ``contrast`` where a row has none), and an optional column ``tolerance``.

    Raises OtherResultsError.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OtherResultsError(f"{path} cannot be read: {error}") from None
    head = [name.strip().lower() for name in lines[0]] if lines else []
    lacking = [name for name in ("value", *(() if "result_id" in head else PARTS)) if name not in head]
    if lacking:
        raise OtherResultsError(
            f"{path}: no column {', '.join(lacking)}. It needs value and result_id, or value and {', '.join(PARTS)} "
            "(UTF-8, comma between columns, point in numbers); ./run compare --template writes one"
        )
    given: dict[str, Other] = {}
    empty: list[str] = []
    for number, cells in enumerate(lines[1:], 2):
        row = {name: cell.strip() for name, cell in zip(head, cells, strict=False)}
        if not any(row.values()):
            continue
        name = row.get("result_id") or _id_of(row)
        if name in given:
            raise OtherResultsError(f"{path}: line {number}: {name} stands there twice")
        if row.get("value", "") in NOT_GIVEN:
            empty.append(name)
        else:
            given[name] = _number(f"{path}: line {number}", name, row)
    return Others(tuple(given.values()), tuple(empty))


def _id_of(row: Mapping[str, str]) -> str:
    who = row.get("contrast") or row.get("group") or ""
    parts = (row["endpoint"], row["analysis"], row["population"], row["visit"], who, row["statistic"])
    return ".".join(part.replace(" ", "") or "all" for part in parts)


def _number(place: str, name: str, row: Mapping[str, str]) -> Other:
    below = row["value"].startswith("<")
    text = row["value"].removeprefix("<").strip()
    tolerance = row.get("tolerance", "")
    try:
        value, allowed = Decimal(text), Decimal(tolerance) if tolerance else None
        if not value.is_finite() or (allowed is not None and not allowed >= 0):
            raise InvalidOperation
    except InvalidOperation:
        raise OtherResultsError(f"{place}: {name}: {row['value']!r} {tolerance!r} is no number and tolerance") from None
    return Other(name, text, float(value), below, None if allowed is None else float(allowed))


def hold(
    others: Iterable[Other], rows: Sequence[Result], tolerance: float, as_printed: bool
) -> tuple[list[Held], list[str]]:
    """Each number beside ours, and the ids that no row of ours with a value has.

    They agree when their disagreement is at most ``tolerance``; with a tolerance of its own, when the difference is at
    most that; ``<0.001``, when ours is smaller; as_printed: also when ours lies within half a unit of the last digit
    that was written.
    """
    ours = {row.result_id: row for row in rows if row.value is not None}
    errors = {
        row.result_id.rpartition(".")[0]: row.value
        for row in rows
        if row.statistic in ("se", "se_log") and row.value is not None
    }
    held, unmatched = [], []
    for other in others:
        row = ours.get(other.result_id)
        if row is None or row.value is None:
            unmatched.append(other.result_id)
        else:
            held.append(_held(other, row, errors.get(other.result_id.rpartition(".")[0], 0.0), tolerance, as_printed))
    return held, unmatched


def _held(other: Other, row: Result, se: float, tolerance: float, as_printed: bool) -> Held:
    ours = float(row.value or 0.0)
    if other.below:
        return Held(other, ours, None, ours < other.value)
    if other.allowed is not None:
        return Held(other, ours, None, abs(ours - other.value) <= other.allowed)
    share = apart(row.statistic, ours, other.value, se, is_ratio(row.contrast))
    half = Decimal(5).scaleb(int(Decimal(other.text).as_tuple().exponent) - 1)  # of the last digit written
    rounds_to_it = as_printed and abs(ours - other.value) <= float(half) * (1 + 1e-9)
    return Held(other, ours, share, share <= tolerance or rounds_to_it)


def write_template(rows: Iterable[Result], path: Path) -> None:
    """Write the ids of ``rows`` with an empty value, for the other program to fill."""
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*PARTS, "value"])
        writer.writerows([*(getattr(row, name) for name in PARTS), ""] for row in rows)
