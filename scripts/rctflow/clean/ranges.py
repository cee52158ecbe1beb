"""Impossible values: outside the declared range they are set missing or queried, never left unsaid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rctflow.clean.settings import Clean, Range
from rctflow.ledger import Entries, entries, texts

if TYPE_CHECKING:
    import pandas as pd


def enforce_ranges(table: pd.DataFrame, settings: Clean, *, where: str) -> tuple[pd.DataFrame, Entries]:
    """Values outside [low, high] become missing (with the sign of a censored one), or are kept and queried."""
    ledger: Entries = []
    table = table.copy()
    for key, limits in settings.ranges.items():
        column, rows = measured(table, settings, key)
        wrong = rows & outside(table[column], limits)
        if not wrong.any():
            continue
        old = signed(table, column, wrong)
        told = f"Impossible: {_bounds(key, limits)}."
        if limits.action == "query":
            ledger += entries(table, wrong, settings.table, "range", "query", told, column, old, old)
            continue
        table[column] = table[column].where(~wrong)
        if f"{column}_CODE" in table:
            table[f"{column}_CODE"] = table[f"{column}_CODE"].where(~wrong, "")
        ledger += entries(table, wrong, settings.table, "range", "change", f"{told} Set missing.", column, old)
    return table, ledger


def query_jumps(table: pd.DataFrame, settings: Clean, *, where: str) -> tuple[pd.DataFrame, Entries]:
    """The table as it is; values more than ``fold`` times above or below the median of the subject's are queried.

    The median is of all non-missing values of the subject (three or more, otherwise nothing stands out); only positive
    values are compared.
    """
    ledger: Entries = []
    for key, limits in settings.ranges.items():
        if limits.fold is None:
            continue
        column, rows = measured(table, settings, key)
        values = table[column].where(rows)
        subject = values.groupby(table["USUBJID"])
        ratio = values / subject.transform("median")
        far = (ratio > limits.fold) | (ratio < 1 / limits.fold) & (ratio > 0)
        far &= subject.transform("count") >= 3
        told = [f"{fold:.3g} times the subject's median {key}: another unit?" for fold in ratio[far]]
        shown = signed(table, column, far)
        ledger += entries(table, far, settings.table, "jump", "query", told, column, shown, shown)
    return table, ledger


def outside(values: Any, limits: Range) -> Any:
    """Where values lie outside [low, high]; missing ones do not."""
    wrong = values < (-math.inf if limits.low is None else limits.low)
    return wrong | (values > (math.inf if limits.high is None else limits.high))


def measured(table: pd.DataFrame, settings: Clean, key: str) -> tuple[str, pd.Series]:
    """The column and the rows that a key of ``ranges`` or ``units`` means: a column, or one test of a long form."""
    if settings.long is None or key in table:
        return key, table["SRCROW"].notna()
    return settings.long.value, table[settings.long.test] == key


def signed(table: pd.DataFrame, column: str, rows: Any) -> list[str]:
    """The values of some rows as text, with the sign of censored ones (``<0.5``)."""
    values = texts(table[column][rows])
    if f"{column}_CODE" not in table:
        return values
    signs = table[f"{column}_CODE"][rows]
    return [f"{sign if sign in ('<', '>') else ''}{value}" for sign, value in zip(signs, values, strict=True)]


def _bounds(key: str, limits: Range) -> str:
    if limits.low is None:
        return f"{key} is at most {limits.high:.10g}"
    if limits.high is None:
        return f"{key} is at least {limits.low:.10g}"
    return f"{key} is between {limits.low:.10g} and {limits.high:.10g}"
