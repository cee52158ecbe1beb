"""The table of the subgroups of one endpoint: per level numbers and comparison, per factor the interaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rctflow.display import Display, words_of
from rctflow.results import Found, Result, rows_of
from rctflow.rounding import MISSING, p_value
from rctflow.tables.rows import contrast_words, count_cell, interval_cell
from rctflow.tables.table import Cell, Table, cell_of

TEST, LEVEL = "interaction_p_value:", "estimate:"
NOTE = (
    "Each factor: one model with arm by factor, not a fit of each subgroup. No subgroup has a p-value of its own; "
    "those of the interactions are nominal, and a high one is no evidence that the arms differ alike."
)


def subgroup_table(rows: Sequence[Result], settings: Display, factors: Mapping[str, str], plan: str = "") -> Table:
    """Every analysis and population that has subgroups.

    factors: ADSL variable -> the words printed for it. plan: the status of the analysis plan, for the foot.
    """
    pairs = dict.fromkeys((row.analysis, row.population) for row in rows if row.statistic.startswith(TEST))
    lines: list[list[Cell]] = []
    sections: dict[int, str] = {}
    methods: dict[str, None] = {}
    for analysis, population in pairs:
        found = rows_of(rows, analysis, population)
        sections[len(lines)] = f"{words_of(analysis, settings.analyses)}, {words_of(population, settings.populations)}"
        for factor in [statistic.removeprefix(TEST) for _, _, statistic in found if statistic.startswith(TEST)]:
            lines += _factor(found, factor, factors.get(factor, factor), settings)
            methods[found[settings.primary_visit, "", f"{TEST}{factor}"].method] = None
    level = f"{settings.confidence * 100:g}% CI"
    heads = (
        "Subgroup",
        *(f"n {arm.label}" for arm in settings.arms),
        "Comparison",
        f"Estimate ({level})",
        "Interaction p",
    )
    caption = f"{settings.label}, subgroups at {words_of(settings.primary_visit, settings.visits)}"
    notes = [NOTE, *(f"Method: {method}." for method in methods if method), *([plan] if plan else [])]
    stamps: dict[str, Any] = {"synthetic": settings.synthetic, "blinded": settings.blinded}
    return Table(f"{settings.endpoint}-subgroups", caption, heads, lines, sections, notes, **stamps)


def _factor(found: Found, factor: str, label: str, settings: Display) -> Iterator[list[Cell]]:
    visit, arms = settings.primary_visit, settings.arms
    test = found.get((visit, "", f"{TEST}{factor}"))
    p = MISSING if test is None or test.value is None else p_value(test.value)
    yield [Cell(label, head=True), *[Cell("")] * (len(arms) + 2), cell_of(p, [test])]
    start = f"{LEVEL}{factor}="
    for at, contrast, statistic in found:
        if at == visit and statistic.startswith(start):
            where = statistic.removeprefix(LEVEL)
            counts = [count_cell(found.get((visit, arm.id, f"subgroup_n:{where}"))) for arm in arms]
            name = Cell(f"—\N{NO-BREAK SPACE}{where.removeprefix(f'{factor}=')}", head=True)
            yield [
                name,
                *counts,
                Cell(contrast_words(contrast, settings)),
                _estimate(found, contrast, where, settings),
                Cell(""),
            ]


def _estimate(found: Found, contrast: str, where: str, settings: Display) -> Cell:
    visit = settings.primary_visit
    here = {
        (visit, contrast, name): found[visit, contrast, f"{name}:{where}"]
        for name in ("estimate", "ci_low", "ci_high")
        if (visit, contrast, f"{name}:{where}") in found
    }
    return interval_cell(here, visit, contrast, "estimate", settings)
