"""Identifiers and labels as text: one way to write them, so that rooms find the same patient in every form."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def label_text(values: pd.Series) -> pd.Series:
    """Labels as text: whole numbers without a decimal point, missing stays missing."""
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(values):
        return values.astype("str")
    codes, distinct = pd.factorize(values)
    names = pd.Series([f"{number:.10g}" for number in distinct] + [None], dtype="str")
    return names.iloc[codes].set_axis(values.index)
