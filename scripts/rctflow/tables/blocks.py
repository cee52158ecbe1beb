"""The lines of one visit: its name before the first of them, and each arm compared with the reference."""

from __future__ import annotations

from rctflow.display import Display, words_of
from rctflow.results import Found, compared_arms, contrasts_of
from rctflow.rounding import MISSING
from rctflow.tables.rows import interval_cell, p_cell
from rctflow.tables.table import Cell


def under_visit(visit: str, block: list[list[Cell]], settings: Display) -> list[list[Cell]]:
    """The lines of a visit, its name before the first of them."""
    label = words_of(visit, settings.visits)
    if visit == settings.primary_visit:
        label += " (primary)" if settings.role == "primary" else ""
    return [[Cell(label, head=True, span=len(block)), *block[0]], *block[1:]]


def compared_cells(visit: str, arm: str, main: Found, settings: Display) -> list[Cell]:
    """The comparison of an arm with the reference, and its p-value."""
    if not contrasts_of(row for row in main.values() if row.visit == visit):
        return [Cell(MISSING), Cell(MISSING)]
    contrast = contrast_with_reference(visit, arm, main)
    if not contrast:
        return [Cell("reference"), Cell("")]
    p = p_cell(main.get((visit, contrast, "p_value")), settings)
    return [interval_cell(main, visit, contrast, "estimate", settings), p]


def contrast_with_reference(visit: str, arm: str, main: Found) -> str:
    """The comparison of an arm with the reference; "" for the reference itself."""
    contrasts = contrasts_of(row for row in main.values() if row.visit == visit)
    return next((contrast for contrast in contrasts if compared_arms(contrast)[0] == arm), "")
