"""One value per assessment: a score of an instrument, or a column as it stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from rctflow.derive.errors import DeriveError, did_you_mean
from rctflow.derive.long import items_as_columns
from rctflow.derive.settings import Records
from rctflow.derive.sources import require_columns
from rctflow.errors import RctflowError
from rctflow.expressions import parse

UNABLE_IN_PART = "unable in part"
BELOW = {"half": 0.5, "sqrt2": 1 / np.sqrt(2), "limit": 1.0, "missing": np.nan}


def derive_values(rows: pd.DataFrame, adsl: pd.DataFrame, settings: Records) -> pd.DataFrame:
    """``rows`` of a clean table, reduced to what records need: USUBJID, VISIT, ADT, DAY, SRCSEQ, with AVAL, AVALC,
    DTYPE, SRCVAR.

    AVALC says why AVAL is missing or what the number stands for (unable, refused, missing, <0.5), else ""; ``unable in
    part`` stands beside a score that the instrument made of items of which the patient was unable to do some.
    Raises DeriveError for an unknown column or a column without numbers; InstrumentError when the instrument does not
    fit.
    """
    place = f"endpoints.{settings.endpoint}"
    if settings.instrument and settings.long:
        rows = items_as_columns(rows, settings.long, _tests(rows, settings), settings.table, place)
    if settings.instrument:
        value, code, source = _score(rows, adsl, settings, place)
    else:
        value, code, source = _column(rows, settings, place)
    text = {name: pd.array([text] * len(rows), dtype="str") for name, text in (("DTYPE", ""), ("SRCVAR", source))}
    return rows[["USUBJID", "VISIT", "ADT", "DAY"]].assign(
        VISIT=rows["VISIT"].fillna(""),
        SRCSEQ=rows["SRCROW"].astype("float64"),
        AVAL=value,
        AVALC=code.astype("str"),
        **text,
    )


def apply_limits(records: pd.DataFrame, settings: Records) -> pd.DataFrame:
    """``records`` with a number in place of each ``<0.5`` or ``>100`` that has none yet, by the declared rule; AVALC
    keeps the text.

    Raises DeriveError when such a value occurs and no rule is declared.
    """
    value = records["AVAL"]
    for sign, rule, name in (("<", settings.below, "below"), (">", settings.above, "above")):
        limited = records["AVALC"].str.startswith(sign) & value.isna()
        if not limited.any():
            continue
        place = f"endpoints.{settings.endpoint}.{name}"
        if not rule:
            choices = ", ".join(BELOW) if sign == "<" else "limit, missing"
            raise DeriveError(
                f"{place}: {limited.sum()} values of {settings.table!r} are written with {sign!r} (first: subject "
                f"{records.loc[limited, 'USUBJID'].min()}), and no rule says what stands for them. Declare {place}: "
                f"one of {choices}."
            )
        limit = records.loc[limited, "AVALC"].str[1:].astype("float64")
        value = value.mask(limited, limit * BELOW[rule])
    return records.assign(AVAL=value)


def _column(rows: pd.DataFrame, settings: Records, place: str) -> tuple[pd.Series, pd.Series, str]:
    name = settings.column
    require_columns(rows, settings.table, [name], f"{place}.column")
    if not pd.api.types.is_numeric_dtype(rows[name]):
        raise DeriveError(
            f"{place}.column: {name!r} of table {settings.table!r} holds no numbers. Declare its type as number under "
            f"tables.{settings.table}.columns, and its coded values as codes."
        )
    number = rows[name].astype("float64")
    code = (
        rows[f"{name}_CODE"].fillna("").astype("object")
        if f"{name}_CODE" in rows
        else pd.Series("", rows.index, dtype=object)
    )
    if settings.event:
        code = code.mask((code == "") & number.notna() & ~_has_event(rows, number, settings, place), ">")
    limited = code.isin(["<", ">"]) & number.notna()
    code = code.mask(limited, code + number.map(lambda limit: f"{limit:.15g}"))
    code = code.mask((code == "") & number.isna(), "missing")
    return number.where(code == ""), code, name


def _has_event(rows: pd.DataFrame, times: pd.Series, settings: Records, place: str) -> pd.Series:
    """Whether the time of a row is that of the event. Raises DeriveError for a time of which nothing tells that."""
    try:
        expression = parse(settings.event)
        found = expression.evaluate(rows)
    except RctflowError as error:
        raise DeriveError(f"{place}.event (table {settings.table!r}): {error}") from None
    unknown = times.notna() & rows[sorted(expression.columns)].isna().any(axis=1)
    if unknown.any():
        raise DeriveError(
            f"{place}.event: {unknown.sum()} rows of table {settings.table!r} have a time, but not what says whether "
            f"it is that of the event (first: subject {rows.loc[unknown, 'USUBJID'].min()}). Give the column a value, "
            "or leave such rows out with `where`."
        )
    return found


def _score(rows: pd.DataFrame, adsl: pd.DataFrame, settings: Records, place: str) -> tuple[pd.Series, pd.Series, str]:
    from rctflow.derive.instruments import load_instrument, needed_columns, score

    instrument, wanted = load_instrument(Path(settings.instrument)), [settings.score]
    _refuse_strange_items({*instrument.items, *instrument.covariates}, settings, place)
    items, used = pd.DataFrame(index=rows.index), []
    for name in needed_columns(instrument, settings.options, wanted):
        column = settings.items.get(name, name)
        from_adsl = name in instrument.covariates and column in adsl
        if name in settings.items and not from_adsl:
            require_columns(rows, settings.table, [column], f"{place}.items.{name}")
        if column in rows:
            used.append(column)
            items[name] = rows[column]
            if f"{column}_CODE" in rows:
                items[f"{name}_CODE"] = rows[f"{column}_CODE"]
        elif from_adsl:
            items[name] = rows["USUBJID"].map(adsl.set_index("USUBJID")[column])
    scores = score(instrument, items, settings.options, wanted)
    value, code = scores[settings.score], scores[f"{settings.score}_CODE"]
    if settings.unable is None:  # else the endpoint's rule decides, and one failed trial of several is no inability
        code = code.mask(value.notna() & code.eq("") & _any_unable(items), UNABLE_IN_PART)
    return value, code, ",".join(used)


def _tests(rows: pd.DataFrame, settings: Records) -> list[str]:
    """What the form calls the items that the score needs; an optional one only where the form has it."""
    from rctflow.derive.instruments import load_instrument, needed_columns

    instrument = load_instrument(Path(settings.instrument))
    needed = needed_columns(instrument, settings.options, [settings.score])
    written = set(rows[settings.long.test]) if settings.long and settings.long.test in rows else set()
    named = {name: settings.items.get(name, name) for name in needed if name in instrument.items}
    return [test for name, test in named.items() if test in written or not instrument.items[name].optional]


def _any_unable(items: pd.DataFrame) -> pd.Series:
    """Whose answers to the items that the score uses hold an ``unable``."""
    coded = items.columns.astype(str).str.endswith("_CODE")
    return (items.loc[:, coded] == "unable").any(axis=1)


def _refuse_strange_items(known: set[str], settings: Records, place: str) -> None:
    for name in settings.items:
        if name not in known:
            raise DeriveError(
                f"{place}.items: {Path(settings.instrument).stem} has no item "
                f"{name!r}.{did_you_mean(name, sorted(known))} "
                f"It has: {', '.join(sorted(known))}."
            )
