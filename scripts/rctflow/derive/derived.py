"""Columns of ADSL that are computed from others: body mass index, durations, categories."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rctflow.derive.errors import DeriveError, did_you_mean
from rctflow.derive.settings import Category, Derived
from rctflow.errors import RctflowError
from rctflow.expressions import parse
from rctflow.rounding import rounded

DAYS = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_BOUND = re.compile(rf"^(?P<sign><=|>=|<|>)\s*(?P<limit>{_NUMBER})(?P<unit>\D*)$")
_BETWEEN = re.compile(rf"^(?P<low>{_NUMBER})\s*(?:-|to)\s*(?P<open><)?\s*(?P<high>{_NUMBER})(?P<unit>\D*)$")


def derive_derived(adsl: pd.DataFrame, derived: Mapping[str, Derived]) -> pd.DataFrame:
    """``adsl`` with one column per entry, each computed once the columns that it needs are there.

    Raises DeriveError, naming the entry, when a column is unknown, when entries need each other in a circle, when a
    date or a number is expected and something else stands there, and when a value fits no class.
    """
    waiting = dict(sorted(derived.items()))
    while waiting:
        ready = [name for name, entry in waiting.items() if set(entry.needs) <= set(adsl.columns)]
        if not ready:
            name, entry = next(iter(waiting.items()))
            lacking = next(column for column in entry.needs if column not in adsl.columns)
            told = did_you_mean(lacking, list(map(str, adsl.columns)))
            raise DeriveError(f"subjects.derived.{name}: ADSL has no column {lacking!r}.{told}")
        adsl = adsl.assign(**{name: _values(adsl, waiting.pop(name), f"subjects.derived.{name}") for name in ready})
    return adsl


def _values(adsl: pd.DataFrame, entry: Derived, place: str) -> pd.Series:
    if entry.bmi:
        weight, height = (_numbers(adsl, column, place) for column in entry.bmi)
        return _rounded(weight / (height / 100) ** 2, entry)
    if entry.duration:
        start, end = (_dates(adsl, column, place) for column in entry.duration)
        days = (end - start).dt.days + (1 if entry.both_days else 0)
        return _rounded(days.astype("float64") / DAYS[entry.unit], entry)
    if entry.ranges:
        return _classes(_numbers(adsl, entry.of, place), entry.ranges, place)
    return _cases(adsl, entry.cases, place)


def _numbers(adsl: pd.DataFrame, column: str, place: str) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(adsl[column]):
        raise DeriveError(f"{place}: {column} is no number; declare its type as number where its form is declared")
    return adsl[column].astype("float64")


def _dates(adsl: pd.DataFrame, column: str, place: str) -> pd.Series:
    if not pd.api.types.is_datetime64_any_dtype(adsl[column]):
        raise DeriveError(f"{place}: {column} holds no dates; declare its type as date where its form is declared")
    return adsl[column].dt.normalize()


def _rounded(values: pd.Series, entry: Derived) -> pd.Series:
    """Half away from zero, as ADaM data sets are rounded; unchanged without ``digits``."""
    if entry.digits is None:
        return values
    digits = entry.digits
    return values.map(lambda value: float(rounded(value, digits)), na_action="ignore").astype("float64")


@dataclass(frozen=True)
class Range:
    """A class of numbers as its text says it: from low to high, each end included or not."""

    low: float = -np.inf
    high: float = np.inf
    low_in: bool = True
    high_in: bool = True

    def holds(self, values: pd.Series) -> pd.Series:
        """(n,) bool: whether each value lies in the class; never for a missing one."""
        above = values.ge(self.low) if self.low_in else values.gt(self.low)
        return above & (values.le(self.high) if self.high_in else values.lt(self.high))


def parse_range(text: str) -> Range:
    """``<65``, ``65-80``, ``65-<80``, ``>80 years``: the class of numbers that a text names; words may follow.

    Raises RctflowError for any other text.
    """
    if found := _BOUND.match(text.strip()):
        sign, limit = found["sign"], float(found["limit"])
        inclusive = sign.endswith("=")
        return Range(low=limit, low_in=inclusive) if sign[0] == ">" else Range(high=limit, high_in=inclusive)
    if found := _BETWEEN.match(text.strip()):
        return Range(float(found["low"]), float(found["high"]), high_in=not found["open"])
    raise RctflowError(f"{text!r} is no range; write it like <65, 65-80, 65-<80 or >80, a unit may follow")


def _classes(values: pd.Series, ranges: tuple[str, ...], place: str) -> pd.Series:
    inside = {text: parse_range(text).holds(values) for text in ranges}
    times = pd.DataFrame(inside).sum(axis=1)
    wrong = values[values.notna() & (times != 1)]
    if len(wrong):
        told = "no class" if not times[wrong.index[0]] else "several classes"
        raise DeriveError(f"{place}: {wrong.iloc[0]:g} lies in {told} of {', '.join(ranges)}; correct the ranges")
    found = pd.Series(pd.NA, index=values.index, dtype="str")
    for text, held in inside.items():
        found[held] = text
    return found


def _cases(adsl: pd.DataFrame, cases: tuple[Category, ...], place: str) -> pd.Series:
    """The label of the first case that a subject meets; missing for who meets none."""
    found = pd.Series(pd.NA, index=adsl.index, dtype="str")
    for case in reversed(cases):
        try:
            found[parse(case.where).evaluate(adsl)] = case.label
        except RctflowError as error:
            raise DeriveError(f"{place} ({case.label}): {error}") from None
    return found
