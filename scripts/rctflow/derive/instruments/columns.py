"""A variable during scoring: a number per row, and a code that says why where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rctflow.derive.instruments.model import Covariate, InstrumentError, Item

MISSING, UNABLE, REFUSED = "missing", "unable", "refused"


@dataclass(frozen=True)
class Column:
    """value: (n,) float, NaN where there is none. code: (n,) text; never empty where the value is NaN."""

    value: np.ndarray
    code: np.ndarray
    item: bool = False

    @property
    def absent(self) -> np.ndarray:
        """(n,) bool: no number."""
        return np.isnan(self.value)


State = dict[str, Column]


def scored(value: np.ndarray, code: np.ndarray) -> Column:
    """A result; the code is kept only where there is no number."""
    return Column(value, np.where(np.isnan(value), code, ""))


def same_text(rows: int, text: str = "") -> np.ndarray:
    """(n,) object array of one text."""
    return np.full(rows, text, dtype=object)


def read_item(item: Item, items: pd.DataFrame) -> Column:
    """The answers to one item.

    A coded answer overrides its number. A number that is not valid becomes missing, code ``invalid: 9``. A value below
    or above a limit of quantification (code < or >, the limit in the value column) has no number and the code ``<0.5``
    or ``>100``.
    """
    number = numbers(items[item.id], item.id)
    code = same_text(len(items))
    if f"{item.id}_CODE" in items:
        given = items[f"{item.id}_CODE"].astype(object)
        code = given.where(given.notna(), "").astype(str).str.strip().str.lower().to_numpy(dtype=object)
    for sign in ("<", ">"):
        limited = code == sign
        code[limited] = [f"{sign}{limit:.15g}" if limit == limit else MISSING for limit in number[limited]]
    valid = np.isin(number, item.codes) if item.codes else (number >= item.low) & (number <= item.high)
    wrong = ~valid & ~np.isnan(number) & (code == "")
    code[wrong] = [f"invalid: {value:.10g}" for value in number[wrong]]
    code[np.isnan(number) & (code == "")] = MISSING
    return Column(np.where(code == "", number, np.nan), code, item=True)


def absent_item(rows: int) -> Column:
    """An optional item whose column is not there."""
    return Column(np.full(rows, np.nan), same_text(rows, MISSING), item=True)


def read_covariate(covariate: Covariate, items: pd.DataFrame) -> Column | pd.Series:
    """A number as Column, or the texts as Series; raises InstrumentError for a text that is not declared."""
    column = items[covariate.id]
    if not covariate.values:
        value = numbers(column, covariate.id)
        return Column(value, np.where(np.isnan(value), MISSING, "").astype(object))
    strange = sorted(set(column.dropna().astype(str)).difference(covariate.values))
    if strange:
        raise InstrumentError(
            f"{covariate.id}: {', '.join(map(repr, strange[:5]))} not known; map them to {', '.join(covariate.values)}."
        )
    return column


def numbers(column: pd.Series, name: str) -> np.ndarray:
    """(n,) float; raises InstrumentError naming the first text that is not a number."""
    try:
        return column.to_numpy(dtype=float, na_value=np.nan, copy=True)
    except (TypeError, ValueError):
        text = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
        raise InstrumentError(
            f"{name}: {text.iloc[0]!r} (row {text.index[0]}) is not a number. Coded answers belong in {name}_CODE."
        ) from None


def why_absent(columns: Sequence[Column], too_few: np.ndarray) -> np.ndarray:
    """(n,) text for the rows ``too_few`` where these inputs do not suffice for a number.

    ``unable`` when any input is unable; else ``refused`` when any is; else, with one input, its own code; else
    ``missing: 3 of 5 items answered``.
    """
    code = same_text(len(too_few))
    rows = np.flatnonzero(too_few)
    if not len(rows):
        return code
    if len(columns) == 1:
        code[rows] = columns[0].code[rows]
        return code
    codes = np.stack([column.code[rows] for column in columns])
    present = np.stack([~column.absent[rows] for column in columns]).sum(axis=0)
    wrong = np.array([sum(c.startswith("invalid") for c in row) for row in codes.T])
    noun = "items answered" if all(column.item for column in columns) else "parts scored"
    code[rows] = [
        f"missing: {n} of {len(columns)} {noun}" + (f" ({bad} outside the valid values)" if bad else "")
        for n, bad in zip(present, wrong, strict=True)
    ]
    for reason in (REFUSED, UNABLE):
        code[rows[(codes == reason).any(axis=0)]] = reason
    return code


def why_undecided(state: Mapping[str, Column | pd.Series], names: Sequence[str], rows: np.ndarray) -> np.ndarray:
    """(n,) text for the ``rows`` where a rule over the variables ``names`` gave no number: which are missing."""
    code = same_text(len(rows))
    for row in np.flatnonzero(rows):
        lacking: dict[str, str] = {}
        for name in names:
            variable = state[name]
            if isinstance(variable, Column):
                if np.isnan(variable.value[row]):
                    lacking[name] = variable.code[row]
            elif pd.isna(variable.iloc[row]):
                lacking[name] = MISSING
        reason = next((r for r in (UNABLE, REFUSED) if r in lacking.values()), "")
        if not reason and len(lacking) == 1:
            reason = next(iter(lacking.values()))
        named = ", ".join(lacking) or "no case of the rule applies"
        code[row] = f"missing: {named}" if reason in ("", MISSING) else reason
    return code
