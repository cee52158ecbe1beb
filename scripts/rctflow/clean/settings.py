"""What the clean room needs to know of one source table."""

from dataclasses import dataclass, field
from typing import Literal

PartialRule = Literal["first", "middle", "last", "missing"]


@dataclass(frozen=True)
class Range:
    """What a value can be.

    Outside [low, high] it is impossible: set missing (the default), or kept and queried. fold: a value more than so
    many times above or below the subject's median is queried (a unit slip may stay inside the range: 65 for 29 kg).
    """

    low: float | None = None
    high: float | None = None
    action: Literal["set_missing", "query"] = "set_missing"
    fold: float | None = None


@dataclass(frozen=True)
class Unit:
    """Conversion to the study's unit.

    column: the column that holds the unit as written; factors: unit as written -> factor to the study's unit (1 for
    itself, which need not be declared). slips: name -> factor to try on a value outside the column's range (a value
    typed in another unit under the right label): applied and written to the ledger when exactly one of them brings the
    value inside.
    """

    to: str = ""
    column: str = ""
    factors: dict[str, float] = field(default_factory=dict)
    slips: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Long:
    """A form with one row per test: ``test`` names what the row measures, ``value`` holds the number.

    limits: columns in the unit of the value as written, such as the ends of the reference range; they are converted
    with it. Keys of ``ranges`` and ``units`` are then values of ``test``; a name of a column still means that column in
    every row.
    """

    test: str
    value: str
    limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Duplicates:
    """Rows equal in ``key`` are duplicates (empty: none are looked for).

    Rows equal in everything, the order column included, are identical and collapse to one; of differing ones the first
    or last is kept, in the order of column ``order`` (a date of entry, say), then of rows; ``error`` stops.
    """

    key: tuple[str, ...] = ()
    keep: Literal["first", "last", "error"] = "error"
    order: str = ""


@dataclass(frozen=True)
class Clean:
    """How one source table is cleaned.

    subject, visit, date, day: the study's names of these columns ("" when the table has none). visits: label as
    written -> visit id. unplanned: labels of visits that the plan does not know but the site may write (kept, with an
    empty VISIT). constant: columns that must have one value per subject (a second randomization is an error). dates:
    columns whose partial dates are completed, and how (set missing when omitted). types: the ingest type of every
    column. study: as the ledger names it.
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
    long: Long | None = None
    dates: dict[str, PartialRule] = field(default_factory=dict)
    duplicates: Duplicates = field(default_factory=Duplicates)
    constant: tuple[str, ...] = ()
    study: str = ""
