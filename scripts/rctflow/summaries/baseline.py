"""Baseline characteristics by arm, as CONSORT 2010 (item 15) asks: no tests, since arms differ by chance alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rctflow.description import describe_values, quantile_words
from rctflow.results import SUPPRESSED, Result
from rctflow.summaries.rows import ARM_COLUMN, SummaryError, groups, require, summary_row
from rctflow.summaries.settings import Baseline, SummaryStudy
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import Series

NAME = "baseline"
SHOWN = ("mean", "sd", "median", "q1", "q3", "min", "max")


def summarize_baseline(sources: Sources, study: SummaryStudy, settings: Baseline) -> list[Result]:
    """Each variable by arm and in total (group ""), as rows with endpoint ``baseline`` and the variable as analysis.

    Numbers: n, mean, sd, median, q1, q3 (PCTLDEF=5), min, max, n_missing. Text: n, n:<level> and percent:<level> of
    those with a value, n_missing. Raises SummaryError when a column or the population is missing.
    """
    if settings.population not in study.populations:
        known = ", ".join(sorted(study.populations))
        raise SummaryError(f"baseline: '{settings.population}' is not a population. One of: {known}")
    adsl, population = sources.adsl, study.populations[settings.population]
    column = ARM_COLUMN[population.arm]
    require(adsl, [population.flag, column, *settings.variables], "ADSL")
    members = adsl[adsl[population.flag].eq("Y")]
    rows: list[Result] = []
    for variable in dict.fromkeys(settings.variables):
        levels = sorted(set(_present(members[variable]).map(_text))) if _is_text(members[variable]) else []
        for arm, of_arm in groups(members, study.arms, column):
            shared: dict[str, Any] = {"population": settings.population, "group": arm}
            values = of_arm[variable]
            statistics = _levels(values, levels) if _is_text(values) else _numbers(values, study.small_cells)
            rows += [_row(study, settings, variable, name, value, **shared) for name, value in statistics]
    return rows


def _is_text(values: Series) -> bool:
    return values.dtype.kind not in "iuf"


def _present(values: Series) -> Series:
    return values[values.notna() & values.ne("")] if _is_text(values) else values.dropna()


def _text(value: object) -> str:
    return str(value)


def _numbers(values: Series, small_cells: int) -> Iterator[tuple[str, float | None]]:
    present = _present(values)
    found = describe_values(present.to_numpy(float), 0.95, small_cells)
    yield "n", len(present)
    for name in SHOWN:
        yield name, found.get(name)
    yield "n_missing", len(values) - len(present)


def _levels(values: Series, levels: list[str]) -> Iterator[tuple[str, float | None]]:
    present = _present(values).map(_text)
    yield "n", len(present)
    for level in levels:
        n = int(present.eq(level).sum())
        yield f"n:{level}", n
        yield f"percent:{level}", 100 * n / len(present) if len(present) else None
    yield "n_missing", len(values) - len(present)


def _row(
    study: SummaryStudy, settings: Baseline, variable: str, statistic: str, value: float | None, **shared: Any
) -> Result:
    if value is None:
        shared |= {"status": "not_estimable", "note": SUPPRESSED if study.small_cells else "too few values"}
    if statistic.startswith("percent:"):
        shared |= {"unit": "%", "method": "of those with a value"}
    elif statistic in SHOWN:
        shared |= {"unit": settings.units.get(variable, ""), "method": quantile_words(study.small_cells)}
    return summary_row(study.study, NAME, variable, statistic, value, **shared)
