"""Reading clean tables: columns and rows with clear errors, and one value per subject from many rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import pandas as pd

from rctflow.derive.errors import DeriveError, did_you_mean
from rctflow.derive.settings import Flag, Source
from rctflow.errors import RctflowError
from rctflow.expressions import parse
from rctflow.rounding import rounded


def table_of(tables: Mapping[str, pd.DataFrame], name: str, place: str) -> pd.DataFrame:
    """The clean table ``name``; raises DeriveError when there is none."""
    if name not in tables:
        raise DeriveError(
            f"{place}: no table {name!r}.{did_you_mean(name, tables)} Tables: {', '.join(sorted(tables))}."
        )
    return tables[name]


def require_columns(table: pd.DataFrame, name: str, columns: Iterable[str], place: str) -> None:
    """Raises DeriveError for the first of ``columns`` that ``table`` lacks."""
    known = [str(column) for column in table.columns]
    for column in columns:
        if column not in known:
            shown = ", ".join(c for c in known if not c.endswith(("_CODE", "_DTF")))
            raise DeriveError(
                f"{place}: table {name!r} has no column {column!r}.{did_you_mean(column, known)} It has: {shown}."
            )


def select_rows(table: pd.DataFrame, name: str, where: str, place: str) -> pd.DataFrame:
    """The rows of ``table`` that meet ``where`` (all when empty); raises DeriveError naming the place."""
    if not where:
        return table
    try:
        return table[parse(where).evaluate(table)]
    except RctflowError as error:
        raise DeriveError(f"{place}.where (table {name!r}): {error}") from None


def as_text(values: pd.Series) -> pd.Series:
    """Values as the texts that a config writes: 1.0 is ``1``, a date is ISO 8601; missing stays missing."""
    if pd.api.types.is_numeric_dtype(values):
        return values.map(lambda value: f"{value:.15g}", na_action="ignore").astype("str")
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.strftime("%Y-%m-%d").astype("str")
    return values.astype("str")


def value_per_subject(tables: Mapping[str, pd.DataFrame], source: Source, place: str) -> pd.Series:
    """One value per subject that has one, indexed by USUBJID in sorted order; not yet mapped.

    Raises DeriveError for an unknown table or column, and under pick ``only`` for a subject with two different values.
    """
    table = table_of(tables, source.table, place)
    require_columns(table, source.table, [source.column], place)
    rows = select_rows(table, source.table, source.where, place)
    return _to_digits(_picked(rows, source, place), source, place)


def _to_digits(values: pd.Series, source: Source, place: str) -> pd.Series:
    """``values`` with the declared decimals, half away from zero, as ADaM data sets are rounded."""
    if source.digits is None:
        return values
    _refuse_text(values, source, place, "digits")
    digits = source.digits
    return values.map(lambda value: float(rounded(value, digits)), na_action="ignore").astype("float64")


def _refuse_text(values: pd.Series, source: Source, place: str, key: str) -> None:
    if len(values) and not pd.api.types.is_numeric_dtype(values):
        raise DeriveError(
            f"{place}.{key}: column {source.column!r} of table {source.table!r} holds no numbers. Declare its type as "
            f"number under tables.{source.table}.columns."
        )


def _picked(rows: pd.DataFrame, source: Source, place: str) -> pd.Series:
    if source.pick == "sum":
        _refuse_text(rows[source.column], source, place, "pick")
        summed: pd.Series = rows.groupby("USUBJID")[source.column].sum(skipna=False)
        return summed.dropna().sort_index()
    rows = rows[rows[source.column].notna()]
    if source.pick == "only":
        _refuse_several(rows, source, place)
    by_value = source.pick in ("min", "max")
    rows = rows.sort_values(
        [source.column] if by_value else ["ADT", "DAY", "SRCROW"], kind="stable", na_position="first"
    )
    keep: Literal["first", "last"] = "last" if source.pick in ("last", "max") else "first"
    return rows.drop_duplicates("USUBJID", keep=keep).set_index("USUBJID")[source.column].sort_index()


def _refuse_several(rows: pd.DataFrame, source: Source, place: str) -> None:
    distinct = rows.drop_duplicates(["USUBJID", source.column])
    several = distinct[distinct.duplicated("USUBJID", keep=False)]
    if several.empty:
        return
    subject = several["USUBJID"].min()
    mine = several[several["USUBJID"] == subject].sort_values("SRCROW")
    shown = ", ".join(
        f"{text!r} (row {row:g})" for text, row in zip(as_text(mine[source.column]), mine["SRCROW"], strict=True)
    )
    raise DeriveError(
        f"{place}: subject {subject} has several values of {source.column!r} in table {source.table!r}: {shown}. "
        "Correct the "
        "form, narrow the rows with `where`, or say which one counts with `pick: first`, last, min or max."
    )


def mapped(values: pd.Series, mapping: Mapping[str, str], place: str) -> pd.Series:
    """``values`` as ``mapping`` shows them (unchanged when empty); raises DeriveError for a value that it lacks."""
    if not mapping:
        return values
    texts = as_text(values)
    unknown = texts.notna() & ~texts.isin(list(mapping))
    if unknown.any():
        subject, text = next(iter(texts[unknown].items()))
        raise DeriveError(
            f"{place}: {text!r} (subject {subject}) is not one of the declared values: {', '.join(map(repr, mapping))}."
            f"{did_you_mean(text, mapping)} Add it, or correct the form."
        )
    return texts.map(dict(mapping)).astype("str")


def subjects_with(tables: Mapping[str, pd.DataFrame], flag: Flag, place: str) -> pd.Index:
    """The subjects with at least one row of the flag's table that meets its ``where``."""
    table = table_of(tables, flag.table, place)
    return pd.Index(select_rows(table, flag.table, flag.where, place)["USUBJID"].unique())
