"""Raw forms without what identifies a person, in a shape that the same config still reads.

Dates are counted as study days of each patient: day d after that patient's first dose (randomization when never dosed)
is written as the date d days after 1 January 2000, so that no calendar date is left and every interval within a patient
stays. Ages above a limit become the limit. Direct identifiers and free text become empty cells. Columns that the study
does not read are not in the forms at all.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

EPOCH = date(2000, 1, 1)
REMOVED = "removed"


@dataclass(frozen=True)
class RawColumn:
    """One declared column of a raw form.

    header: as in the file. cells: texts as written. treatment: what becomes of it. kept: texts (codes, words for a
    missing value), whatever their case, that are no dates and no numbers and stay. dates: ISO 8601 text of each cell
    that is a date, else "". limit: the highest number shown. decimal: the decimal mark. required: an empty cell is an
    error for the study.
    """

    header: str
    cells: Sequence[str]
    treatment: Literal["keep", "drop", "date", "top_code", "subject"] = "keep"
    kept: frozenset[str] = frozenset()
    dates: Sequence[str] = ()
    limit: float = float("inf")
    decimal: str = "."
    required: bool = False


def deidentified(
    column: RawColumn, subjects: Sequence[str], starts: Mapping[str, date], ids: Mapping[str, str]
) -> list[str]:
    """The cells of a column without what identifies a person.

    subjects: whose each row is. starts: subject -> date of study day 0. ids: subject -> new identifier, empty when they
    stay.
    """
    empty = REMOVED if column.required else ""
    if column.treatment == "drop":
        return [empty] * len(column.cells)
    if column.treatment == "subject":
        return [ids.get(subject, cell) for subject, cell in zip(subjects, column.cells, strict=True)]
    if column.treatment == "top_code":
        return [top_coded(cell, column) for cell in column.cells]
    if column.treatment == "date":
        rows = zip(column.cells, column.dates, subjects, strict=True)
        return [_day(cell, iso, starts.get(subject), column) for cell, iso, subject in rows]
    return list(column.cells)


def _day(cell: str, iso: str, start: date | None, column: RawColumn) -> str:
    if cell.strip().casefold() in column.kept:
        return cell
    if not iso or start is None:  # nobody knows the study day: the date cannot stay
        return EPOCH.isoformat() if column.required else ""
    shifted = EPOCH + (date.fromisoformat(iso[:10]) - start)
    return shifted.isoformat() + iso[10:]


def top_coded(cell: str, column: RawColumn) -> str:
    """The cell, or the column's limit when it is a number above it."""
    try:
        value = float(cell.strip().lstrip("<>=≤≥ ").replace(column.decimal, "."))
    except ValueError:
        return cell if cell.strip().casefold() in column.kept else ""
    return cell if value <= column.limit else f"{column.limit:g}".replace(".", column.decimal)


def new_ids(subjects: Iterable[str], secret: str) -> dict[str, str]:
    """Subject -> ``P0001``, ...: in an order that only who has the true forms can make again.

    secret: a text that the true forms determine and the package does not hold.
    """
    known = sorted(set(subjects))
    order = list(range(1, len(known) + 1))
    random.Random(hashlib.sha256(secret.encode()).digest()).shuffle(order)
    width = max(4, len(str(len(known))))
    return {subject: f"P{number:0{width}d}" for subject, number in zip(known, order, strict=True)}


def moved_rows(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> list[str]:
    """The result_id of each result row that de-identification moved, or that is in one run alone.

    Names alone: the true maximum of a column, beside the one that is shown, would be the age that was hidden.
    """
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
