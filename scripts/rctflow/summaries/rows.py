"""Result rows of the study level: no endpoint, no model, no role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rctflow.errors import RctflowError
from rctflow.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

ARM_COLUMN = {"planned": "TRT01P", "actual": "TRT01A"}


class SummaryError(RctflowError):
    """ADSL, BDS or a ledger lack a column that a summary needs."""


def summary_row(study: str, summary: str, analysis: str, statistic: str, value: float | None, **more: Any) -> Result:
    """One row; ``summary`` (flow, baseline, data_quality) stands in the endpoint column. more: fields of Result."""
    empty = dict.fromkeys(("estimand", "population", "role", "visit", "group", "contrast"), "")
    fixed = {"study": study, "endpoint": summary, "analysis": analysis, "model": "summary"}
    return Result(**empty | fixed | {"statistic": statistic, "value": value} | more)


def groups(table: DataFrame, arms: tuple[str, ...], column: str) -> Iterator[tuple[str, DataFrame]]:
    """Each arm with its rows of ``table``, then "" with those of all arms."""
    for arm in arms:
        yield arm, table[table[column].eq(arm)]
    yield "", table[table[column].isin(arms)]


def require(table: DataFrame, columns: list[str], name: str) -> None:
    """Raise SummaryError when ``table`` lacks one of ``columns``."""
    absent = [column for column in columns if column not in table.columns]
    if absent:
        known = ", ".join(map(str, table.columns))
        raise SummaryError(f"{name} has no column {', '.join(absent)}. It has: {known}")
