"""Demographics and baseline characteristics by arm (CONSORT 2025, item 25): described, not tested unless asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rctflow.description import describe_values, quantile_words
from rctflow.results import SUPPRESSED, Result, comparison_name
from rctflow.summaries.rows import ARM_COLUMN, SummaryError, groups, require, summary_row
from rctflow.summaries.settings import Baseline, SummaryStudy
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import Series

NAME = "baseline"
SHOWN = ("mean", "sd", "median", "q1", "q3", "min", "max")
METHODS = {
    "anova": "one-way analysis of variance",
    "kruskal_wallis": "Kruskal-Wallis",
    "chi_square": "Pearson's chi-square",
    "fisher": "exact test (Fisher, Freeman and Halton)",
}
STANDARDIZED = {
    "numbers": "difference of means / root mean variance (Austin 2009)",
    "categories": "Mahalanobis distance of proportions (Yang & Dalton 2012)",
}


def summarize_baseline(sources: Sources, study: SummaryStudy, settings: Baseline) -> list[Result]:
    """Each variable by arm and in total (group ""), as rows with endpoint ``baseline`` and the variable as analysis.

    Numbers: n, mean, sd, median, q1, q3 (PCTLDEF=5), min, max, n_missing. Text: n, n:<level> and percent:<level> of
    those with a value, n_missing. smd per comparison with the reference arm; p_value of all arms, when asked for; both
    among those with a value. Raises SummaryError when a column or the population is missing.
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
        values = _texts(members[variable])
        of = {arm: values[of_arm.index] for arm, of_arm in groups(members, study.arms, column)}
        levels = _levels(values, settings.levels.get(variable, ())) if _is_text(values) else []
        shared: dict[str, Any] = {"population": settings.population}
        for arm, found in of.items():
            statistics = _counted(found, levels) if _is_text(values) else _described(found, study.small_cells)
            rows += [_row(study, settings, variable, n, v, group=arm, **shared) for n, v in statistics]
        rows += _compared(study, settings, variable, {arm: of[arm] for arm in study.arms}, levels, shared)
    return rows


def _texts(values: Series) -> Series:
    """Numbers as they are; anything else as texts, missing where empty."""
    if not _is_text(values):
        return values
    return values.where(values.notna() & values.ne("")).map(str, na_action="ignore")


def _is_text(values: Series) -> bool:
    return values.dtype.kind not in "iuf"


def _levels(values: Series, order: tuple[str, ...]) -> list[str]:
    """The declared levels in their order, then those that occur beside them."""
    return list(dict.fromkeys([*order, *sorted(set(values.dropna()))]))


def _described(values: Series, small_cells: int) -> Iterator[tuple[str, float | None]]:
    present = values.dropna()
    found = describe_values(present.to_numpy(float), 0.95, small_cells)
    yield "n", len(present)
    for name in SHOWN:
        yield name, found.get(name)
    yield "n_missing", len(values) - len(present)


def _counted(values: Series, levels: list[str]) -> Iterator[tuple[str, float | None]]:
    present = values.dropna()
    yield "n", len(present)
    for level in levels:
        n = int(present.eq(level).sum())
        yield f"n:{level}", n
        yield f"percent:{level}", 100 * n / len(present) if len(present) else None
    yield "n_missing", len(values) - len(present)


def _compared(
    study: SummaryStudy,
    settings: Baseline,
    variable: str,
    of: Mapping[str, Series],
    levels: list[str],
    shared: Mapping[str, Any],
) -> Iterator[Result]:
    """Standardized differences from the reference arm, and the test of all arms, as far as they are asked for."""
    from rctflow.summaries import comparisons
    from rctflow.summaries.balance import difference_of_categories, difference_of_numbers

    if any(_is_text(values) for values in of.values()):
        kind, test = "categories", str(settings.test_categories)
        counts = {arm: [int(values.eq(level).sum()) for level in levels] for arm, values in of.items()}
    else:
        kind, test = "numbers", settings.test_numbers
        numbers = {arm: values.dropna().to_numpy(float) for arm, values in of.items()}
    reference, *others = study.arms
    for arm in others if settings.standardized else []:
        if kind == "categories":
            value = difference_of_categories(counts[arm], counts[reference])
        else:
            value = difference_of_numbers(numbers[arm], numbers[reference])
        contrast = comparison_name(arm, reference, "difference")
        yield _row(study, settings, variable, "smd", value, contrast=contrast, method=STANDARDIZED[kind], **shared)
    if test:
        import numpy as np

        samples = list(numbers.values()) if kind == "numbers" else np.array(list(counts.values())).T
        p = getattr(comparisons, test)(samples)
        yield _row(study, settings, variable, "p_value", p, method=METHODS[test], **shared)


def _row(
    study: SummaryStudy, settings: Baseline, variable: str, statistic: str, value: float | None, **shared: Any
) -> Result:
    if value is None:
        shared |= {"status": "not_estimable", "note": _why(study, statistic)}
    if statistic.startswith("percent:"):
        shared |= {"unit": "%", "method": "of those with a value"}
    elif statistic in SHOWN:
        shared |= {"unit": settings.units.get(variable, ""), "method": quantile_words(study.small_cells)}
    return summary_row(study.study, NAME, variable, statistic, value, **shared)


def _why(study: SummaryStudy, statistic: str) -> str:
    if study.small_cells:
        return SUPPRESSED
    words = {"smd": "too few values, or groups without a common spread", "p_value": "nothing to compare"}
    return words.get(statistic, "too few values")
