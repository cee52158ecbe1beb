"""Result rows of the study level: no endpoint, no model, no role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rctflow.errors import RctflowError
from rctflow.proportions.clopper_pearson import clopper_pearson
from rctflow.results import NOMINAL, PERCENT, Result, is_p_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pandas import DataFrame

    from rctflow.summaries.settings import SummaryStudy

ARM_COLUMN = {"planned": "TRT01P", "actual": "TRT01A"}


class SummaryError(RctflowError):
    """ADSL, BDS or a ledger lack a column that a summary needs."""


def summary_row(study: str, summary: str, analysis: str, statistic: str, value: float | None, **more: Any) -> Result:
    """One row; ``summary`` (flow, baseline, data_quality) stands in the endpoint column. more: fields of Result."""
    empty = dict.fromkeys(("estimand", "population", "role", "visit", "group", "contrast"), "")
    fixed = {"study": study, "endpoint": summary, "analysis": analysis, "model": "summary"}
    fixed["multiplicity"] = NOMINAL if is_p_value(statistic) else ""  # no family tests a summary
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


def counted_level(
    summary: str, analysis: str, level: str, n: int, of: int, study: SummaryStudy, shared: dict[str, Any]
) -> Iterator[Result]:
    """n:<level>, percent:<level> of ``of`` patients; where nobody is counted, of open data also exact_ci_high:<level>,
    the upper end (%) of the exact 95 % interval.
    """
    yield summary_row(study.study, summary, analysis, f"n:{level}", n, **shared)
    percent = shared | {"unit": PERCENT}
    if not of:
        nobody = percent | {"status": "not_estimable", "note": "nobody is counted here"}
        yield summary_row(study.study, summary, analysis, f"percent:{level}", None, **nobody)
        return
    yield summary_row(study.study, summary, analysis, f"percent:{level}", 100 * n / of, **percent)
    if not n and not study.small_cells:
        exact = percent | {"method": "Clopper and Pearson, 95 %, two-sided"}
        bound = 100 * clopper_pearson(0, of, 0.95).high
        yield summary_row(study.study, summary, analysis, f"exact_ci_high:{level}", bound, **exact)


def named(ids: Iterable[object], most: int = 20) -> str:
    """Subjects in words: each once, sorted, the first ``most`` of them; "" for nobody."""
    told = sorted({str(subject) for subject in ids})
    rest = f" and {len(told) - most} more" if len(told) > most else ""
    return f"{', '.join(told[:most])}{rest}"
