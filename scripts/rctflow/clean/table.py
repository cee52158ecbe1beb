"""A source table to its clean table and ledger: the declared rules in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rctflow.clean.duplicates import collapse_duplicates
from rctflow.clean.errors import CleanError
from rctflow.clean.ranges import enforce_ranges, query_jumps
from rctflow.clean.reading import reading_entries
from rctflow.clean.settings import Clean
from rctflow.clean.subjects import check_constant, identify_subjects
from rctflow.clean.timing import complete_partial_dates, place_in_time
from rctflow.clean.units import apply_units, mend_unit_slips
from rctflow.clean.visits import map_visits
from rctflow.ledger import gather

if TYPE_CHECKING:
    import pandas as pd

# Values before rows: two entries of a form that differ in nothing but a unit are identical once it is converted. Two
# randomizations are looked for before duplicates, which might otherwise remove one of them.
STEPS = (
    identify_subjects,
    map_visits,
    apply_units,
    mend_unit_slips,
    enforce_ranges,
    query_jumps,
    complete_partial_dates,
    place_in_time,
    check_constant,
    collapse_duplicates,
)
LEADING = ("USUBJID", "VISIT", "ADT", "ADTF", "DAY")


def clean_table(
    source: pd.DataFrame, settings: Clean, findings: Sequence[Mapping[str, Any]] = (), *, where: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The clean table and its ledger (docs/architecture.md); rows stay in the order of the source.

    findings: what reading found in the form, for the ledger. where: the place in the config, for messages. Raises
    CleanError for what no declared rule covers: a missing subject, an unknown visit or unit, two values where a subject
    has one, differing duplicates.
    """
    check_names(source, settings, where=where)
    table, entries = source, []
    for step in STEPS:
        table, told = step(table, settings, where=where)
        entries += told
        if step is identify_subjects:
            entries += reading_entries(table, findings, settings.table)
    data = [name for name in table.columns if name not in (*LEADING, "SRCROW")]
    return table[[*LEADING, *data, "SRCROW"]], gather(entries)


def check_names(source: pd.DataFrame, settings: Clean, *, where: str) -> None:
    """Raise CleanError when a named column is absent, or a data column bears a name that the clean table gives."""
    needed = [
        settings.subject,
        settings.visit,
        settings.date,
        settings.day,
        settings.duplicates.order,
        *settings.constant,
    ]
    needed += [unit.column for unit in settings.units.values()] + list(settings.duplicates.key)
    if settings.long:
        needed += [settings.long.test, settings.long.value]
    else:
        needed += [*settings.ranges, *settings.units]
    absent = sorted({name for name in needed if name and name not in (*source.columns, *LEADING)})
    if absent:
        raise CleanError(
            f"{where}: the rules name {', '.join(absent)}, which the table does not have. Declare the column under "
            f"tables.{settings.table}.columns. It has: {', '.join(source.columns)}."
        )
    given = {
        "USUBJID": settings.subject,
        "VISIT": settings.visit,
        "ADT": settings.date,
        "DAY": settings.day,
        "ADTF": "",
    }
    taken = [name for name, column in given.items() if name in settings.types and column != name]
    if taken:
        raise CleanError(
            f"{where}: the clean table gives the name {taken[0]} itself. Call the column something else under "
            f"tables.{settings.table}.columns, with `column: {taken[0]}`."
        )
