"""Values to the study's unit: by the unit that the site wrote, and by the range when the written unit must be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.clean.errors import CleanError
from rctflow.clean.ranges import measured, outside, signed
from rctflow.clean.settings import Clean, Unit
from rctflow.ledger import Entries, entries, listed_rows

if TYPE_CHECKING:
    import pandas as pd


def apply_units(table: pd.DataFrame, settings: Clean, *, where: str) -> tuple[pd.DataFrame, Entries]:
    """Values in the study's unit by the unit as written; the unit column then says the study's unit. The limits of a
    long form are converted with their value.

    A value without a unit is taken to be in the study's unit and queried. Raises CleanError for a unit that has no
    declared factor.
    """
    as_written = {unit.column: table[unit.column] for unit in settings.units.values() if unit.column}
    table = table.copy()
    ledger: Entries = []
    for key, unit in settings.units.items():
        if unit.column:
            ledger += _convert(table, as_written[unit.column], key, unit, settings, where=where)
    return table, ledger


def _convert(
    table: pd.DataFrame, as_written: pd.Series, key: str, unit: Unit, settings: Clean, *, where: str
) -> Entries:
    """Convert in place what one key of ``units`` means; ledger rows for values, limits, missing units and labels."""
    column, rows = measured(table, settings, key)
    rows &= table[column].notna()
    factor = _factors(as_written, rows, key, unit, table["SRCROW"], where=where)
    converted = rows & factor.notna() & (factor != 1)
    told = [f"{u} to {unit.to}: times {f:.10g}." for u, f in zip(as_written[converted], factor[converted], strict=True)]
    changes: Entries = []
    for name in (column, *(settings.long.limits if settings.long and column == settings.long.value else ())):
        held = converted & table[name].notna()
        old = signed(table, name, held)
        table[name] = table[name].where(~held, table[name] * factor)
        why = [words for words, there in zip(told, held[converted], strict=True) if there]
        new = signed(table, name, held)
        changes += entries(table, held, settings.table, "unit", "change", why, name, old, new)
    unitless = rows & as_written.isna()
    query = f"The value has no unit; it is taken to be in {unit.to}."
    relabelled = rows & as_written.notna() & (as_written != unit.to)
    table[unit.column] = table[unit.column].where(~relabelled, unit.to)
    label = f"{column} is now in the study's unit."
    name = settings.table
    same = signed(table, column, unitless)
    return [
        *changes,
        *entries(table, unitless, name, "unit_missing", "query", query, column, same, same),
        *entries(table, relabelled, name, "unit", "change", label, unit.column, as_written[relabelled], unit.to),
    ]


def mend_unit_slips(table: pd.DataFrame, settings: Clean, *, where: str) -> tuple[pd.DataFrame, Entries]:
    """Values outside their range that exactly one declared factor brings inside are multiplied by it.

    When several would, the value is left to ``enforce_ranges``: which unit the site used would be a guess. Raises
    CleanError for slips without a range.
    """
    import numpy as np

    ledger: Entries = []
    table = table.copy()
    for key, unit in settings.units.items():
        if not unit.slips:
            continue
        if key not in settings.ranges:
            raise CleanError(
                f"{where}: {key} has unit slips but no range that would show them. Declare its range, or remove the "
                "slips."
            )
        column, rows = measured(table, settings, key)
        at = np.flatnonzero(rows & outside(table[column], settings.ranges[key]))
        values = table[column].to_numpy(dtype=float, copy=True)
        names = list(unit.slips)
        tried = values[at, None] * np.array([unit.slips[name] for name in names])
        inside = ~outside(tried, settings.ranges[key])
        one = inside.sum(axis=1) == 1
        chosen = inside.argmax(axis=1)[one]
        mended = np.zeros(len(table), dtype=bool)
        mended[at[one]] = True
        old = signed(table, column, mended)
        values[at[one]] = tried[one, chosen]
        table[column] = values
        told = [
            f"Outside {limits(settings, key)}; inside it as {names[i]}: times {unit.slips[names[i]]:.10g}."
            for i in chosen
        ]
        new = signed(table, column, mended)
        ledger += entries(table, mended, settings.table, "unit_slip", "change", told, column, old, new)
    return table, ledger


def limits(settings: Clean, key: str) -> str:
    """The declared range as text, ``[40, 220]``."""
    declared = settings.ranges[key]
    low = "-inf" if declared.low is None else f"{declared.low:.10g}"
    high = "inf" if declared.high is None else f"{declared.high:.10g}"
    return f"[{low}, {high}]"


def _factors(written: pd.Series, rows: pd.Series, key: str, unit: Unit, numbers: pd.Series, *, where: str) -> pd.Series:
    if not unit.to:
        raise CleanError(
            f"{where}: the unit of {key} is read from {unit.column}, but the study's unit is not declared. Declare "
            "`unit`."
        )
    known = {unit.to.casefold(): 1.0} | {name.casefold(): factor for name, factor in unit.factors.items()}
    exact = {unit.to: 1.0} | unit.factors
    factor_of = {name: exact.get(name, known.get(name.casefold())) for name in written[rows].dropna().unique()}
    unknown = [name for name, factor in factor_of.items() if factor is None]
    if unknown:
        lines = [f"  '{name}' in {listed_rows(numbers[rows & (written == name)].tolist())}" for name in unknown[:10]]
        raise CleanError(
            f"{where}: {unit.column} has units of {key} that are not declared:\n" + "\n".join(lines) + "\n"
            f"  Declare the factor to {unit.to} under unit_factors of {key}."
        )
    return written.map(factor_of).astype("float64")
