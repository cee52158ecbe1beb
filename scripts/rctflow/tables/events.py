"""The table of an endpoint whose main analysis is about events: counts and rates, or the time to the first one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rctflow.display import Display
from rctflow.results import HAZARD, Found, Result, contrasts_of
from rctflow.rounding import MISSING, p_value, rounded
from rctflow.tables.blocks import compared_cells, under_visit
from rctflow.tables.further import further_lines
from rctflow.tables.notes import notes_of
from rctflow.tables.rows import P, comparison_kind, contrast_words, count_cell, interval_cell, nominal_once, unit_words
from rctflow.tables.table import Cell, Table, cell_of

RATE_DIGITS = 2


def event_table(main: Found, settings: Display, plan: str) -> Table:
    """Events and rate, or events and median time, by visit and arm; rate or hazard ratio, p."""
    level = f"{settings.confidence * 100:g}% CI"
    timed = any(row.model == "time_to_event" for row in main.values())
    exposed = any(statistic == "exposure" for _, _, statistic in main)
    heads = ["Visit", "Arm", "n analysed", "With the event" if timed else "Events"]
    heads += (
        [f"Median time{unit_words(settings)} ({level})"] if timed else ["Exposure"] * exposed + [_rate_head(exposed)]
    )
    contrasts = contrasts_of(main.values())
    heads += [f"{comparison_kind(contrasts[0], main) if contrasts else 'Ratio'} ({level})", P]
    lines = []
    for visit in dict.fromkeys(at for at, _, statistic in main if statistic == "n"):
        block = []
        for arm in settings.arms:
            line = [Cell(arm.label, head=True), *(count_cell(main.get((visit, arm.id, s))) for s in ("n", "events"))]
            if timed:
                line.append(interval_cell(main, visit, arm.id, "median", settings))
            else:
                line += [_number(main.get((visit, arm.id, s))) for s in ["exposure"] * exposed + ["rate"]]
            block.append([*line, *compared_cells(visit, arm.id, main, settings)])
        block += further_lines(visit, main, settings, lambda _: [Cell("")] * (len(heads) - 4))
        lines += under_visit(visit, block, settings)
    notes = [*notes_of(main, settings, True), *_meaning(main, settings), *_log_rank(main, settings)]
    notes += [plan] if plan else []
    stamps: dict[str, Any] = {"synthetic": settings.synthetic, "blinded": settings.blinded}
    caption = f"{settings.label}, by visit"
    return nominal_once(Table(settings.endpoint, caption, tuple(heads), lines, notes=notes, **stamps))


def _rate_head(exposed: bool) -> str:
    return "Events per unit of exposure" if exposed else "Events per patient"


def _number(row: Result | None) -> Cell:
    return cell_of(rounded(row.value, RATE_DIGITS) if row and row.value is not None else MISSING, [row])


def _meaning(main: Found, settings: Display) -> Iterator[str]:
    """Which way a ratio of hazards goes: other than that of the times."""
    if any(row.unit == HAZARD for row in main.values()):
        first = contrast_words(contrasts_of(main.values())[0], settings)
        yield f"A hazard ratio below 1 ({first}): the event comes later, or to fewer, in the arm named first."


def _log_rank(main: Found, settings: Display) -> Iterator[str]:
    for (_, contrast, statistic), row in main.items():
        if statistic == "logrank_p_value" and row.value is not None:
            yield f"{contrast_words(contrast, settings)}, {row.method}: nominal p {_equals(row.value)}."


def _equals(p: float) -> str:
    text = p_value(p)
    return f"{text[0]} {text[1:]}" if text[0] in "<>" else f"= {text}"
