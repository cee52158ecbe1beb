"""The order of the levels of a factor.

Given levels come first, then the categories of a pandas Categorical, then sorted values. Visits need more care: as
strings, "Week 10" sorts before "Week 2", and an AR(1) fitted in that order is wrong without a sign of it. Visit strings
that differ in one number only are ordered by that number; any other set of strings is refused where order counts.
"""

import re
from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

from rctflow.models.mmrm.errors import DataError, VisitOrderError

ONE_NUMBER = re.compile(r"([^\d]*)(\d+(?:\.\d+)?)([^\d]*)")


def is_categorical(values: pd.Series) -> bool:
    """True for everything but integers and floats."""
    return isinstance(values.dtype, pd.CategoricalDtype) or not (
        pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    )


def refuse_numbers_as_objects(values: pd.Series) -> None:
    """Raise DataError for numbers in an object column, which would be a factor with a level for each of them."""
    if all(isinstance(value, Number) and not isinstance(value, bool | np.bool_) for value in values):
        raise DataError(
            f"{values.name}: the column holds numbers as Python objects. Convert it with pd.to_numeric, or "
            f"write C({values.name}) in the formula for a factor."
        )


def codes_and_levels(values: pd.Series, given: Sequence[Any] | None = None) -> tuple[np.ndarray, list[Any]]:
    """Integer codes (N,), -1 for missing, and the levels in order, those without a record included.

    Raises DataError for a value that is not among the ``given`` levels.
    """
    if given is not None:
        levels = list(given)
        codes = pd.Index(levels).get_indexer(pd.Index(values.astype(object) if _categorical(values) else values))
        stray = values[(codes < 0) & values.notna().to_numpy()]
        if len(stray):
            raise DataError(f"{values.name}: {stray.iloc[0]!r} is not one of the given levels {levels}.")
        return codes, levels
    if _categorical(values):
        return values.cat.codes.to_numpy().astype(np.intp), list(values.cat.categories)
    codes, uniques = pd.factorize(values, sort=True)
    return codes, list(uniques)


def order_of_visits(values: pd.Series, given: Sequence[Any] | None, order_counts: bool) -> tuple[np.ndarray, list[Any]]:
    """Codes (N,) and levels of the visits in time order.

    Raises VisitOrderError when the order counts for the covariance structure and cannot be known: strings that differ
    in more than one number, or an unordered Categorical whose categories are in alphabetical order against the numbers.
    """
    codes, levels = codes_and_levels(values, given)
    if given is not None or not all(isinstance(level, str) for level in levels):
        return codes, levels
    if _categorical(values) and (values.cat.ordered or levels != sorted(levels)):
        return codes, levels
    natural = natural_order(levels)
    if natural is None:
        if order_counts:
            raise VisitOrderError(
                f"{values.name}: the time order of the visits {levels} cannot be known from strings. "
                f"Give levels={{{values.name!r}: [...]}} or an ordered Categorical."
            )
        return codes, levels
    if _categorical(values) and natural != levels:
        if not order_counts:
            return codes, levels
        raise VisitOrderError(
            f"{values.name}: the categories are in alphabetical order {levels}, in time they would be {natural}. "
            f"Give levels={{{values.name!r}: [...]}} or an ordered Categorical."
        )
    place = np.array([natural.index(level) for level in levels] + [-1])
    return place[codes], natural


def natural_order(levels: Sequence[str]) -> list[str] | None:
    """The levels ordered by their number, or None when they differ in more than one number."""
    parts = [ONE_NUMBER.fullmatch(level) for level in levels]
    if not levels or any(part is None for part in parts):
        return None
    found = [part.groups() for part in parts if part is not None]
    if len({(before, after) for before, _, after in found}) > 1 or len({float(n) for _, n, _ in found}) < len(found):
        return None
    return [level for _, level in sorted(zip((float(n) for _, n, _ in found), levels, strict=True))]


def _categorical(values: pd.Series) -> bool:
    return isinstance(values.dtype, pd.CategoricalDtype)
