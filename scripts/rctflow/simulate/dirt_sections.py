"""What goes wrong between the patient and the export: the sections of ``dirt``."""

from __future__ import annotations

from dataclasses import dataclass, field

from rctflow.simulate import defaults
from rctflow.simulate.sections import Section, built, require_share


@dataclass(frozen=True)
class MissingItems(Section):
    """Cells that the site left out, each with probability ``rate``: of ``columns``, or of all items when none is named.

    ``written``: what the site puts there.
    """

    form: str
    rate: float
    columns: tuple[str, ...] = ()
    written: str = ""

    def __post_init__(self) -> None:
        require_share(f"dirt.missing_items {self.form}", self.rate)


@dataclass(frozen=True)
class ChangedDuplicate(Section):
    """Forms entered twice, first with another value of ``column`` (times ``factor``), later corrected."""

    form: str
    column: str
    count: int
    factor: float = 10.0


@dataclass(frozen=True)
class ImpossibleValue(Section):
    """One cell that cannot be true."""

    form: str
    column: str
    written: str


@dataclass(frozen=True)
class PartialDate(Section):
    """Dates of which only a part is known: ``written`` takes {year}, {month}, {day}."""

    form: str
    column: str
    count: int
    written: str


@dataclass(frozen=True)
class Dirt(Section):
    """What goes wrong between the patient and the export; counts are exact, rates are per cell."""

    missing_items: tuple[MissingItems, ...] = field(default_factory=lambda: built(MissingItems, defaults.MISSING_ITEMS))
    out_of_window_visits: int = 4
    out_of_window_days: tuple[int, int] = (3, 10)
    exact_duplicates: dict[str, int] = field(default_factory=lambda: {"eq5d": 1, "vs": 1, "lab": 2})
    changed_duplicates: tuple[ChangedDuplicate, ...] = (
        ChangedDuplicate("tug", "TUG1", 1, 10.0),
        ChangedDuplicate("vs", "WEIGHT", 1, 1.1),
    )
    grip_in_pounds: int = 2
    height_in_metres: int = 2
    creatinine_in_mg_dl: int = 2
    impossible_values: tuple[ImpossibleValue, ...] = field(
        default_factory=lambda: built(ImpossibleValue, defaults.IMPOSSIBLE_VALUES)
    )
    partial_dates: tuple[PartialDate, ...] = field(default_factory=lambda: built(PartialDate, defaults.PARTIAL_DATES))
    misallocated_patients: int = 1


def no_dirt() -> Dirt:
    """Forms as they would be if nothing had gone wrong."""
    return Dirt((), 0, (0, 0), {}, (), 0, 0, 0, (), (), 0)
