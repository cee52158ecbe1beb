"""The table of an endpoint whose main analysis compares ranks, and has no means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rctflow.display import Display
from rctflow.results import Found, Result, contrasts_of
from rctflow.tables.blocks import compared_cells, contrast_with_reference, under_visit
from rctflow.tables.further import further_lines
from rctflow.tables.notes import not_measured_notes, notes_of
from rctflow.tables.rows import (
    SHIFT,
    P,
    comparison_kind,
    count_cell,
    interval_cell,
    nominal_once,
    quartiles_cell,
    unit_words,
)
from rctflow.tables.table import Cell, Table


def rank_table(rows: Sequence[Result], main: Found, settings: Display, plan: str) -> Table:
    """The table where the main analysis has no means: n, quartiles where it has them, comparison, p by visit and arm.

    The Hodges-Lehmann shift stands beside the win probability.
    """
    level = f"{settings.confidence * 100:g}% CI"
    what = f"{settings.outcome}{unit_words(settings)}"
    quartiles, shift = (any(name == statistic for _, _, statistic in main) for name in ("median", SHIFT + "estimate"))
    heads = ["Visit", "Arm", "n analysed"]
    heads += [f"Median [Q1, Q3] of the {what}"] * quartiles + [f"Shift{unit_words(settings)} ({level})"] * shift
    heads += [f"{comparison_kind(contrasts_of(main.values())[0], main)} ({level})", P]
    lines = []
    for visit in (visit.id for visit in settings.visits if visit.id != settings.baseline_visit):
        lines += under_visit(visit, _rank_block(visit, main, settings, quartiles, shift), settings)
    notes = [*notes_of(main, settings, True), *not_measured_notes(rows, settings), *([plan] if plan else [])]
    caption = f"{settings.label}, by visit"
    stamps: dict[str, Any] = {"synthetic": settings.synthetic, "blinded": settings.blinded}
    return nominal_once(Table(settings.endpoint, caption, tuple(heads), lines, notes=notes, **stamps))


def _rank_block(visit: str, main: Found, settings: Display, quartiles: bool, shift: bool) -> list[list[Cell]]:
    def shifted(contrast: str) -> list[Cell]:
        return [interval_cell(main, visit, contrast, SHIFT + "estimate", settings, ends=SHIFT + "ci")] * shift

    block = []
    for arm in settings.arms:
        line = [Cell(arm.label, head=True), count_cell(main.get((visit, arm.id, "n")))]
        line += [quartiles_cell(main, visit, arm.id, settings)] * quartiles
        line += shifted(contrast_with_reference(visit, arm.id, main))
        block.append([*line, *compared_cells(visit, arm.id, main, settings)])
    blank = [Cell("")] * (1 + quartiles)
    return [*block, *further_lines(visit, main, settings, lambda contrast: [*blank, *shifted(contrast)])]
