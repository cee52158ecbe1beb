"""Intercurrent events of each subject: the study day on which each first happened."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from rctflow.derive.errors import DeriveError
from rctflow.derive.plan import event_column
from rctflow.derive.settings import Event, Subjects
from rctflow.derive.sources import select_rows, table_of
from rctflow.derive.windows import derive_study_day


def derive_events(adsl: pd.DataFrame, tables: Mapping[str, pd.DataFrame], settings: Subjects) -> pd.DataFrame:
    """``adsl`` with ICEDY_<EVENT> (float64, ADaM study day of its first occurrence, missing when it never happened).

    In the order of the events' names. Raises DeriveError for an event without a day, and for a row of a ``complete``
    table that is none of the declared events: what happened to a patient may not pass unnoticed.
    """
    for name in settings.complete:
        _refuse_undeclared(tables, name, settings)
    for name, event in sorted(settings.events.items()):
        rows = _occurrences(tables, name, event)
        rows = derive_study_day(rows[rows["USUBJID"].isin(adsl["USUBJID"])], adsl)
        _refuse_undated(rows, name, event)
        first = rows.groupby("USUBJID")["ADY"].min()
        adsl = adsl.assign(**{event_column(name): adsl["USUBJID"].map(first).astype("float64")})
    return adsl


def _occurrences(tables: Mapping[str, pd.DataFrame], name: str, event: Event) -> pd.DataFrame:
    place = f"intercurrent_events.{name}"
    return select_rows(table_of(tables, event.table, place), event.table, event.where, place)


def _refuse_undated(rows: pd.DataFrame, name: str, event: Event) -> None:
    undated = rows[rows["ADY"].isna()]
    if len(undated):
        row = undated.sort_values("SRCROW").iloc[0]
        raise DeriveError(
            f"intercurrent_events.{name}: subject {row['USUBJID']} (row {row['SRCROW']:g} of table {event.table!r}) "
            "has no date, so that nobody knows which values came after it. Complete the form, or declare what becomes "
            f"of partial dates (tables.{event.table}.columns.<date>.partial)."
        )


def _refuse_undeclared(tables: Mapping[str, pd.DataFrame], table: str, settings: Subjects) -> None:
    declared = {name: event for name, event in settings.events.items() if event.table == table}
    rows = table_of(tables, table, "intercurrent_events")
    known = [_occurrences(tables, name, event)["SRCROW"] for name, event in declared.items()]
    unknown = rows[~rows["SRCROW"].isin(pd.concat(known) if known else [])].sort_values("SRCROW")
    if len(unknown):
        first = unknown.iloc[0]
        raise DeriveError(
            f"intercurrent_events: row {first['SRCROW']:g} of table {table!r} (subject {first['USUBJID']}) is none of "
            f"the declared events ({', '.join(sorted(declared))}). Declare it with a strategy in every estimand, or "
            f"remove complete: true where rows of {table!r} may be something else."
        )
