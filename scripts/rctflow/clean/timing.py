"""Dates: partial ones completed by the declared rule, and the day of the assessment that the row is about."""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING

from rctflow.clean.settings import Clean, PartialRule
from rctflow.ledger import Entries, entries

if TYPE_CHECKING:
    import pandas as pd

RULES = {
    "first": "set to the first possible day",
    "middle": "set to the middle (day 15; 1 July)",
    "last": "set to the last possible day",
    "missing": "set missing",
}


def complete_partial_dates(table: pd.DataFrame, settings: Clean, *, where: str) -> tuple[pd.DataFrame, Entries]:
    """Date columns as datetime64, each with ``<column>_DTF``: "" complete, D the day was imputed, M month and day.

    A datetime without its time is taken at 00:00. Columns that are datetime64 already stay as they are.
    """
    import pandas as pd

    ledger: Entries = []
    for column, kind in settings.types.items():
        if kind not in ("date", "datetime") or column not in table:
            continue
        if pd.api.types.is_datetime64_any_dtype(table[column]):
            if f"{column}_DTF" not in table:
                table = _with_flag(table, column, table[column], pd.Series("", table.index, dtype="str"))
            continue
        rule = settings.dates.get(column, "missing")
        written = table[column]
        codes, distinct = pd.factorize(written)
        completed = [completed_date(text, rule, timed=kind == "datetime") for text in distinct] + [("", "")]
        dates = pd.Series([date or None for date, _ in completed], dtype="datetime64[us]")
        flags = pd.Series([flag for _, flag in completed], dtype="str")
        new = pd.Series([date for date, _ in completed], dtype="str").iloc[codes].set_axis(table.index)
        table = _with_flag(
            table, column, dates.iloc[codes].set_axis(table.index), flags.iloc[codes].set_axis(table.index)
        )
        partial = written.notna() & (written != new)
        told = [
            f"The date is incomplete: {RULES[rule] if len(text) < 10 else 'time set to 00:00'}."
            for text in written[partial]
        ]
        old, new = written[partial], new[partial]
        ledger += entries(table, partial, settings.table, "partial_date", "change", told, column, old, new)
    return table, ledger


def completed_date(text: str, rule: PartialRule, *, timed: bool = False) -> tuple[str, str]:
    """ISO 8601 text of a complete date, and the imputed part: ``("2021-03-15", "D")`` for ``2021-03`` by middle.

    ``("", "")`` when the rule is missing. Of a year alone, first is 1 January, middle 1 July, last 31 December.
    """
    midnight = "T00:00:00" if timed else ""
    if len(text) >= 10:
        return (text if len(text) > 10 else f"{text}{midnight}"), ""
    if rule == "missing":
        return "", ""
    year, _, month = text.partition("-")
    if not month:
        return f"{year}-{ {'first': '01-01', 'middle': '07-01', 'last': '12-31'}[rule] }{midnight}", "M"
    last = calendar.monthrange(int(year), int(month))[1]
    day = {"first": 1, "middle": 15, "last": last}[rule]
    return f"{year}-{month}-{day:02d}{midnight}", "D"


def place_in_time(table: pd.DataFrame, settings: Clean, *, where: str) -> tuple[pd.DataFrame, Entries]:
    """The table with ADT and ADTF (of its date column) and DAY (of its day column), missing when it has none."""
    import pandas as pd

    undated = pd.Series(pd.NaT, table.index, dtype="datetime64[us]")
    unflagged = pd.Series("", table.index, dtype="str")
    undone = pd.Series(float("nan"), table.index)
    return table.assign(
        ADT=table[settings.date].dt.normalize() if settings.date else undated,
        ADTF=table[f"{settings.date}_DTF"] if settings.date else unflagged,
        DAY=table[settings.day].astype("float64") if settings.day else undone,
    ), []


def _with_flag(table: pd.DataFrame, column: str, dates: pd.Series, flags: pd.Series) -> pd.DataFrame:
    position = {name: i for i, name in enumerate(table.columns)}
    order = sorted([*table.columns, f"{column}_DTF"], key=lambda name: position.get(name, position[column] + 0.5))
    return table.assign(**{column: dates, f"{column}_DTF": flags})[order]
