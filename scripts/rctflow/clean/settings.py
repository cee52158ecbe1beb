"""What the clean room needs to know of one source table."""

from dataclasses import dataclass, field
from typing import Literal

PartialRule = Literal["first", "middle", "last", "missing"]


@dataclass(frozen=True)
class Range:
    """Values outside [low, high] are impossible: set missing (the default), or kept and queried."""

    low: float | None = None
    high: float | None = None
    action: Literal["set_missing", "query"] = "set_missing"


@dataclass(frozen=True)
class Unit:
    """Conversion to the study's unit.

    column: the column that holds the unit as written; factors: unit as written -> factor to the study's unit (1 for itself).
    slips: factors to try, in order, on a value outside the column's range: the first that brings it inside is applied and
    written to the ledger (a value typed in another unit under the right label).
    """

    to: str = ""
    column: str = ""
    factors: dict[str, float] = field(default_factory=dict)
    slips: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Duplicates:
    """Rows equal in ``key`` are duplicates; identical ones collapse to the first, differing ones follow ``keep``.

    order: the column that says which entry is first and last (then the row number); it, the row number and what the study does
    not declare never make two entries differ.
    """

    key: tuple[str, ...] = ()
    keep: Literal["first", "last", "error"] = "error"
    order: str = ""


@dataclass(frozen=True)
class Clean:
    """How one source table is cleaned.

    subject, visit, date, day: the study's names of these columns ("" when the table has none). visits: label as written ->
    visit id. unplanned: labels of visits that the plan does not know but the site may write (kept, with an empty VISIT).
    constant: columns that must have one value per subject (a second randomization is an error).
    dates: columns whose partial dates are completed, and how. types: the ingest type of every column.
    """

    table: str
    subject: str
    visit: str = ""
    visits: dict[str, str] = field(default_factory=dict)
    unplanned: tuple[str, ...] = ()
    date: str = ""
    day: str = ""
    types: dict[str, str] = field(default_factory=dict)
    ranges: dict[str, Range] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    dates: dict[str, PartialRule] = field(default_factory=dict)
    duplicates: Duplicates = field(default_factory=Duplicates)
    constant: tuple[str, ...] = ()
