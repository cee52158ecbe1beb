"""Preference values of health states: a CSV with one column per value set.

Two kinds of file. *Terms*: one row per term of an additive model, the first column (term) being ``start`` (a
constant), ``MO=2`` (a level), ``MO=3 & SC=3`` (levels at once), the name of a variable that an earlier step made (a
count, an indicator), or ``power`` (the exponent of what is lost from the start); blank cells are 0.
*Profiles*: one row per health state, the first column (profile) such as 11213.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rctflow.derive.instruments.columns import Column, State, scored, why_absent
from rctflow.derive.instruments.model import InstrumentError

Body = Mapping[str, Any]
CONSTANTS = ("start", "power")


@lru_cache(maxsize=8)
def read(path: Path) -> pd.DataFrame:
    """The file, indexed by term or profile (else InstrumentError), one float column per value set."""
    table = pd.read_csv(path, index_col=0, dtype={"profile": str, "term": str}, comment="#")
    if table.index.name not in ("term", "profile"):
        raise InstrumentError(f"{path}: the first column must be 'term' or 'profile', not {table.index.name!r}.")
    return table.astype(float)


def names(files: Iterable[Path]) -> list[str]:
    """The value sets that the files hold."""
    return [name for path in files for name in read(path).columns]


def _column(body: Body) -> tuple[pd.Series, str]:
    """The chosen value set: its numbers, and the kind of file that they stand in."""
    for path in body["files"]:
        if body["set"] in read(path).columns:
            table = read(path)
            column: pd.Series = table[str(body["set"])]
            return column.dropna(), str(table.index.name)
    raise InstrumentError(f"no value set {body['set']!r}. One of: {', '.join(names(body['files']))}.")


def extra_variables(body: Body) -> list[str]:
    """The variables, beyond the dimensions, that the terms of the chosen value set name."""
    terms, kind = _column(body)
    if kind == "profile":
        return []
    parts = [part.strip() for term in terms.index for part in str(term).split("&")]
    return [part for part in parts if "=" not in part and part not in CONSTANTS]


def lookup(body: Body, state: State) -> Column:
    """value_set: the index value of the state described by the dimensions ``of``; every dimension must be answered."""
    dimensions = [body["of"]] if isinstance(body["of"], str) else list(body["of"])
    columns = [state[name] for name in dimensions]
    terms, kind = _column(body)
    levels = np.stack([column.value for column in columns])
    absent = np.isnan(levels).any(axis=0)
    if kind == "profile":
        profile = pd.Series([""] * levels.shape[1], dtype=object)
        for level in np.where(absent, 0, levels).astype(int).astype(str):
            profile = profile + pd.Series(level, dtype=object)
        value = terms.reindex(profile.where(~absent)).to_numpy()
    else:
        value = _sum_of_terms(terms, state, levels.shape[1], product=body["set"] in (body.get("multiplicative") or []))
    value = np.where(absent, np.nan, value)
    return scored(value, why_absent(columns, np.isnan(value)))


def _sum_of_terms(terms: pd.Series, state: State, rows: int, product: bool) -> np.ndarray:
    start, power = float(terms.get("start", 0.0)), float(terms.get("power", 1.0))
    value = np.full(rows, start)
    for term, coefficient in terms.drop(list(CONSTANTS), errors="ignore").items():
        amount = np.ones(rows)
        for part in str(term).split("&"):
            name, _, level = part.strip().partition("=")
            amount = amount * (state[name].value == float(level) if level else state[name].value)
        value = value * coefficient**amount if product else value + coefficient * amount
    return value if power == 1 else start + np.copysign(np.abs(value - start) ** power, value - start)
