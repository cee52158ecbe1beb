"""The table of an endpoint whose main analysis compares proportions."""

from __future__ import annotations

from collections.abc import Sequence

from rctflow.display import Display
from rctflow.results import Found, Result, contrasts_of, is_ratio
from rctflow.tables.blocks import compared_cells, under_visit
from rctflow.tables.further import further_lines
from rctflow.tables.notes import not_measured_notes, notes_of
from rctflow.tables.rows import P, comparison_kind, count_cell, interval_cell, nominal_once
from rctflow.tables.table import Cell, Table


def proportion_table(rows: Sequence[Result], main: Found, settings: Display, plan: str) -> Table:
    """The table where the main analysis compares proportions: n, events, percentage, comparison, p by visit and arm."""
    level = f"{settings.confidence * 100:g}% CI"
    events = "Responders" if any(row.model == "responder" for row in main.values()) else "With the event"
    contrasts = contrasts_of(main.values())
    compared = comparison_kind(contrasts[0], main) if any(map(is_ratio, contrasts)) else "Difference, percentage points"
    heads = ("Visit", "Arm", "n analysed", events, f"Percentage ({level})", f"{compared} ({level})", P)
    lines = []
    for visit in (visit.id for visit in settings.visits if visit.id != settings.baseline_visit):
        block = []
        for arm in settings.arms:
            line = [Cell(arm.label, head=True), *(count_cell(main.get((visit, arm.id, s))) for s in ("n", "events"))]
            line.append(interval_cell(main, visit, arm.id, "proportion", settings))
            block.append([*line, *compared_cells(visit, arm.id, main, settings)])
        block += further_lines(visit, main, settings, lambda _: [Cell("")] * 3)
        lines += under_visit(visit, block, settings)
    notes = [*notes_of(main, settings, True), *not_measured_notes(rows, settings), *([plan] if plan else [])]
    caption = f"{settings.label}, by visit"
    table = Table(
        settings.endpoint, caption, heads, lines, notes=notes, synthetic=settings.synthetic, blinded=settings.blinded
    )
    return nominal_once(table)
