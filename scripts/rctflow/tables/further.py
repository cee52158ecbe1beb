"""What stands below the arms of a visit: comparisons between other arms than the reference, and dose response."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rctflow.display import Display
from rctflow.results import DOSE_RESPONSE, PER_DOSE, Found, compared_arms, contrasts_of
from rctflow.tables.rows import contrast_words, interval_cell, p_cell
from rctflow.tables.table import Cell


def further_lines(
    visit: str, main: Found, settings: Display, before: Callable[[str], list[Cell]]
) -> Iterator[list[Cell]]:
    """One line per comparison without the reference arm, then one of the slope over the doses, where there are some.

    before: the cells between the head of a line and its comparison, of a contrast ("" for the slope).
    """
    for contrast in further_contrasts(visit, main, settings):
        estimate = interval_cell(main, visit, contrast, "estimate", settings)
        p = p_cell(main.get((visit, contrast, "p_value")), settings)
        yield [Cell(contrast_words(contrast, settings), head=True), *before(contrast), estimate, p]
    if (visit, "", f"{DOSE_RESPONSE}estimate") in main:
        slope = interval_cell(main, visit, "", f"{DOSE_RESPONSE}estimate", settings, ends=f"{DOSE_RESPONSE}ci")
        p = p_cell(main[visit, "", f"{DOSE_RESPONSE}p_value"], settings)
        yield [Cell(f"Dose response, {PER_DOSE}", head=True), *before(""), slope, p]


def further_contrasts(visit: str, main: Found, settings: Display) -> list[str]:
    """The contrasts of a visit that are not with the reference arm."""
    contrasts = contrasts_of(row for row in main.values() if row.visit == visit)
    return [contrast for contrast in contrasts if compared_arms(contrast)[-1] != settings.arms[0].id]
