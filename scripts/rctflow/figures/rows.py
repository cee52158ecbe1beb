"""Finding the rows that a figure draws."""

from __future__ import annotations

from collections.abc import Iterable

from rctflow.results import Result

Found = dict[tuple[str, str, str], Result]


def rows_of(rows: Iterable[Result], analysis: str, population: str) -> Found:
    """The rows of one analysis in one population by (visit, group or contrast, statistic)."""
    return {
        (row.visit, row.contrast or row.group, row.statistic): row
        for row in rows
        if row.analysis == analysis and row.population == population
    }


def descriptive_rows(rows: Iterable[Result], population: str) -> Found:
    """The observed values of one population by (visit, group, statistic), whatever the analysis is called."""
    return {
        (row.visit, row.group, row.statistic): row
        for row in rows
        if row.model == "descriptive" and row.population == population
    }


def value_of(found: Found, visit: str, who: str, statistic: str) -> float | None:
    """The value of one statistic, None when the row is absent or not estimable."""
    row = found.get((visit, who, statistic))
    return None if row is None else row.value


def contrasts_of(rows: Iterable[Result]) -> list[str]:
    """The contrasts of the rows, in their order."""
    return list(dict.fromkeys(row.contrast for row in rows if row.contrast))


def is_ratio(contrast: str) -> bool:
    """Whether a contrast is a ratio (``msc / placebo``) and not a difference (``msc - placebo``)."""
    return " / " in contrast


def arms_of(contrast: str) -> list[str]:
    """The two arms of a contrast, the experimental one first."""
    return contrast.split(" / " if is_ratio(contrast) else " - ")


def experimental_of(contrast: str) -> str:
    """The arm that a contrast compares with the other."""
    return arms_of(contrast)[0]


def percent(confidence: float) -> str:
    """``0.95`` as ``95%``."""
    return f"{confidence * 100:g}%"
