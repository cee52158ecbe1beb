"""All endpoints at their primary visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rctflow.display import Display, below_words, words_of
from rctflow.results import HAZARD, WIN, Found, Result, contrasts_of, rows_of
from rctflow.rounding import MISSING
from rctflow.tables.notes import MARKED, NOMINAL
from rctflow.tables.rows import (
    WINS,
    P,
    contrast_words,
    count_cell,
    interval_cell,
    nominal_once,
    p_cell,
    visit_said_once,
)
from rctflow.tables.table import Cell, Table

HAZARDS = "Hazard ratio: below 1 the event comes later, or to fewer, in the arm named first."
ROLES = ("primary", "secondary", "exploratory")


def overview_table(
    rows_by_endpoint: Mapping[str, Sequence[Result]], settings: Sequence[Display], plan: str = ""
) -> Table:
    """One line per endpoint and comparison: the main analysis at the primary visit, by role as in ``settings``.

    plan: the status of the analysis plan, for the foot.
    """
    settings = sorted(settings, key=lambda one: ROLES.index(one.role) if one.role in ROLES else len(ROLES))
    arms = settings[0].arms
    heads = ["Endpoint", "Visit", *(f"n {arm.label}" for arm in arms)]
    heads += ["Comparison", f"Estimate ({settings[0].confidence * 100:g}% CI)", "Better", P]
    lines: list[list[Cell]] = []
    sections: dict[int, str] = {}
    for i, one in enumerate(settings):
        if i == 0 or one.role != settings[i - 1].role:
            sections[len(lines)] = one.role.capitalize()
        lines += _endpoint_lines(rows_by_endpoint.get(one.endpoint, ()), one)
    notes = ["Each endpoint's main analysis in its main population, at its primary visit."]
    notes += [WINS] * any(row.unit == WIN for rows in rows_by_endpoint.values() for row in rows) + [NOMINAL]
    notes += [HAZARDS] * any(row.unit == HAZARD for rows in rows_by_endpoint.values() for row in rows)
    notes += _below(rows_by_endpoint, settings)
    notes += [MARKED] if any(one.tested for one in settings) else []
    notes += [plan] if plan else []
    stamps: dict[str, Any] = {"synthetic": settings[0].synthetic, "blinded": settings[0].blinded}
    table = Table("overview", "All endpoints", tuple(heads), lines, sections, notes, **stamps, anchors=False)
    return nominal_once(visit_said_once(table))


def _below(rows_by_endpoint: Mapping[str, Sequence[Result]], settings: Sequence[Display]) -> list[str]:
    told = ((one.label, below_words(rows_by_endpoint.get(one.endpoint, ()), one)) for one in settings)
    return [f"{label}: {words[0].lower()}{words[1:]}" for label, words in told if words]


def _endpoint_lines(rows: Sequence[Result], settings: Display) -> list[list[Cell]]:
    main = rows_of(rows, settings.main_analysis, settings.main_population)
    visit = settings.primary_visit
    name = Cell(settings.label, head=True, link=f"#endpoint-{settings.endpoint}")
    counts = [count_cell(main.get((visit, arm.id, "n"))) for arm in settings.arms]
    start, better = [name, Cell(words_of(visit, settings.visits)), *counts], Cell(_better(main, settings))
    contrasts = contrasts_of(row for row in main.values() if row.visit == visit)
    if not contrasts:
        return [[*start, Cell("no comparison"), Cell(MISSING), better, Cell(MISSING)]]
    made = []
    for contrast in contrasts:
        compared = Cell(contrast_words(contrast, settings))
        value = interval_cell(main, visit, contrast, "estimate", settings)
        estimate = main[visit, contrast, "estimate"]
        if estimate.value is not None and estimate.unit != "ratio":
            value = replace(value, text=f"{value.text} {estimate.unit}".rstrip())
        p = p_cell(main.get((visit, contrast, "p_value")), settings)
        made.append([*start, compared, value, better, p])
    return made


def _better(main: Found, settings: Display) -> str:
    """Which way is better; of responders more are, whichever way the endpoint's values go."""
    return "higher" if any(row.model == "responder" for row in main.values()) else settings.direction
