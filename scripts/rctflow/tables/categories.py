"""The table of an analysis of counts (model cmh): patients by value and arm at each visit, and the test of all arms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rctflow.display import Display, words_of
from rctflow.results import Found, Result, rows_of
from rctflow.rounding import MISSING, percentage, rounded
from rctflow.tables.rows import P, nominal_once, p_cell
from rctflow.tables.table import Cell, Table, cell_of

COUNT = "n:"


def category_tables(rows: Sequence[Result], settings: Display, plan: str = "") -> list[Table]:
    """One table per analysis of counts and population, in the order of the rows: per visit n, then n (%) of each value.

    plan: the status of the analysis plan, for the foot.
    """
    analyses = dict.fromkeys((row.analysis, row.population) for row in rows if row.model == "cmh")
    return [_table(rows_of(rows, *which), *which, settings, plan) for which in analyses]


def _table(found: Found, analysis: str, population: str, settings: Display, plan: str) -> Table:
    heads = ("Visit", "Value", *(arm.label for arm in settings.arms), P)
    lines = [line for visit in settings.visits for line in _visit(visit.id, found, settings)]
    tests = dict.fromkeys(row.method for (_, _, name), row in found.items() if name == "p_value")
    notes = [f"Population: {words_of(population, settings.populations)}.", *(f"Method: {method}." for method in tests)]
    notes += [plan] if plan else []
    stamps: dict[str, Any] = {"synthetic": settings.synthetic, "blinded": settings.blinded, "anchors": False}
    caption = f"{settings.label}, {words_of(analysis, settings.analyses)}: patients by value"
    name = f"{settings.endpoint}-{analysis}-{population}"
    return nominal_once(Table(name, caption, heads, lines, notes=notes, **stamps))


def _visit(visit: str, found: Found, settings: Display) -> Iterator[list[Cell]]:
    values = sorted({float(name[len(COUNT) :]) for at, _, name in found if at == visit and name.startswith(COUNT)})
    if (visit, settings.arms[0].id, "n") not in found:
        return
    counts = [found.get((visit, arm.id, "n")) for arm in settings.arms]
    label = words_of(visit, settings.visits)
    first = [Cell(label, head=True, span=1 + len(values)), Cell("n", head=True)]
    test = p_cell(found.get((visit, "", "p_value")), settings)
    yield [*first, *(cell_of(rounded(row.value if row else None, 0), [row]) for row in counts), test]
    for value in values:
        yield [
            Cell(f"{value:g}", head=True),
            *(_share(found, visit, arm.id, f"{value:g}") for arm in settings.arms),
            Cell(""),
        ]


def _share(found: Found, visit: str, arm: str, value: str) -> Cell:
    n, percent = (found.get((visit, arm, f"{name}:{value}")) for name in ("n", "percent"))
    if n is None or n.value is None or percent is None:
        return cell_of(MISSING, [n, percent])
    return cell_of(f"{rounded(n.value, 0)} ({percentage(percent.value)}%)", [n, percent])
