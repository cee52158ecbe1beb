"""Finding the rows that a figure draws."""

from __future__ import annotations

from rctflow.results import Found, compared_arms


def value_of(found: Found, visit: str, who: str, statistic: str) -> float | None:
    """The value of one statistic, None when the row is absent or not estimable."""
    row = found.get((visit, who, statistic))
    return None if row is None else row.value


def experimental_of(contrast: str) -> str:
    """The arm that a contrast compares with the other."""
    return compared_arms(contrast)[0]


def percent(confidence: float) -> str:
    """``0.95`` as ``95%``."""
    return f"{confidence * 100:g}%"
