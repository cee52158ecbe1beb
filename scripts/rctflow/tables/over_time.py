"""The table of means over time: of each arm the value, its baseline and its change at every visit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rctflow.display import Display, words_of
from rctflow.results import LOCF, Found, Result, rows_of
from rctflow.rounding import MISSING, interval, rounded
from rctflow.tables.rows import count_cell, spread_cell
from rctflow.tables.table import Cell, Table, cell_of

HEADS = ("Arm", "Visit", "n", "Mean (SD)", "Median (range)", "Baseline mean (SD)")
OF_CHANGE = ("Change: mean (SD)", "Change: median (range)")


def over_time_tables(rows: Sequence[Result], settings: Display, plan: str = "") -> list[Table]:
    """One table per analysis and population that describes over time, in the order of the rows.

    plan: the status of the analysis plan, for the foot.
    """
    described = (row for row in rows if row.model == "descriptive" and row.statistic == "baseline_mean")
    analyses = dict.fromkeys((row.analysis, row.population) for row in described)
    return [_table(rows_of(rows, *which), *which, settings, plan) for which in analyses]


def _table(found: Found, analysis: str, population: str, settings: Display, plan: str) -> Table:
    lines = [line for arm in settings.arms for line in _arm(arm.id, arm.label, found, settings)]
    carried = any(LOCF in row.method for row in found.values())
    caption = f"{settings.label}, means over time, {LOCF if carried else 'as observed'}"
    notes = [f"Population: {words_of(population, settings.populations)}."]
    notes.append("Baseline: of those with a value at the visit.")
    notes += [plan] if plan else []
    stamps: dict[str, Any] = {"synthetic": settings.synthetic, "blinded": settings.blinded, "anchors": False}
    name = f"{settings.endpoint}-{analysis}-{population}"
    return Table(name, caption, HEADS + OF_CHANGE, lines, notes=notes, **stamps)


def _arm(arm: str, label: str, found: Found, settings: Display) -> Iterator[list[Cell]]:
    visits = [visit for visit in settings.visits if (visit.id, arm, "n") in found]
    for place, visit in enumerate(visits):
        line = [Cell(label, head=True, span=len(visits))] if not place else []
        line += [Cell(visit.label, head=True), count_cell(found.get((visit.id, arm, "n")))]
        line += _spread(visit.id, arm, "", found, settings)
        line += _spread(visit.id, arm, "baseline_", found, settings)[:1]
        yield [*line, *_spread(visit.id, arm, "change_", found, settings)]


def _spread(visit: str, arm: str, prefix: str, found: Found, settings: Display) -> list[Cell]:
    """``mean (SD)`` and ``median (min to max)``; empty where the statistic is not made, as at baseline."""
    mean, sd, median, low, high = (
        found.get((visit, arm, prefix + name)) for name in ("mean", "sd", "median", "min", "max")
    )
    if mean is None:
        return [Cell(""), Cell("")]
    middle = rounded(median.value if median else None, settings.digits)
    ends = interval(low.value if low else None, high.value if high else None, settings.digits)
    text = MISSING if middle == MISSING else f"{middle} ({ends})"
    return [spread_cell(mean, sd, settings), cell_of(text, [median, low, high])]
