"""Tables over more than one analysis: all endpoints at their primary visit, and the other analyses of one endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rctflow.display import Display
from rctflow.results import Found, Result, contrasts_of, is_ratio, rows_of
from rctflow.rounding import MISSING
from rctflow.tables.endpoint import NOMINAL
from rctflow.tables.rows import P, contrast_words, count_cell, interval_cell, nominal_once, p_cell, words
from rctflow.tables.table import Cell, Table

ROLES = ("primary", "secondary", "exploratory")
METHODS = {
    "cmh": "CMH test",
    "fisher": "Fisher's exact test",
    "mantel_haenszel": "Mantel-Haenszel",
    "mee": "Mee",
    "miettinen_nurminen": "Miettinen-Nurminen",
    "newcombe": "Newcombe",
    "randomization": "randomization test",
}
"""Further methods of an analysis whose name is not that of their statistics with spaces."""


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
    notes = ["Each endpoint's main analysis in its main population, at its primary visit.", NOMINAL]
    notes += [plan] if plan else []
    stamps: dict[str, Any] = {"synthetic": settings[0].synthetic, "blinded": settings[0].blinded}
    table = Table("overview", "All endpoints", tuple(heads), lines, sections, notes, **stamps, anchors=False)
    return nominal_once(_said_once(table))


def _said_once(table: Table) -> Table:
    """The visit goes from its column to the caption when all lines have the same."""
    visits = {line[1].text for line in table.lines}
    if len(visits) != 1:
        table.caption += " at their primary visits"
        return table
    table.caption += f" at {visits.pop()}"
    table.heads = (table.heads[0], *table.heads[2:])
    table.lines = [[line[0], *line[2:]] for line in table.lines]
    return table


def _endpoint_lines(rows: Sequence[Result], settings: Display) -> list[list[Cell]]:
    main = rows_of(rows, settings.main_analysis, settings.main_population)
    visit = settings.primary_visit
    name = Cell(settings.label, head=True, link=f"#endpoint-{settings.endpoint}")
    counts = [count_cell(main.get((visit, arm.id, "n"))) for arm in settings.arms]
    start, better = [name, Cell(words(visit, settings.visits)), *counts], Cell(settings.direction)
    contrasts = contrasts_of(row for row in main.values() if row.visit == visit)
    if not contrasts:
        return [[*start, Cell("no comparison"), Cell(MISSING), better, Cell(MISSING)]]
    made = []
    for contrast in contrasts:
        compared = Cell(contrast_words(contrast, settings))
        value = interval_cell(main, visit, contrast, "estimate", settings)
        if not is_ratio(contrast) and main[visit, contrast, "estimate"].value is not None:
            value = replace(value, text=f"{value.text} {main[visit, contrast, 'estimate'].unit}".rstrip())
        p = p_cell(main.get((visit, contrast, "p_value")), settings)
        made.append([*start, compared, value, better, p])
    return made


def _comparisons(found: Found, visit: str) -> list[tuple[str, str]]:
    """(contrast, prefix of its statistics) of every method of an analysis, the one without prefix first.

    A statistic with a colon, such as those without one patient, is of a part of the patients and no method.
    """
    made: dict[tuple[str, str], None] = {}
    for at, contrast, statistic in found:
        end = next((e for e in ("estimate", "p_value") if statistic.endswith(e)), "")
        if at == visit and end and contrast and ":" not in statistic:
            made[contrast, statistic.removesuffix(end)] = None
    return sorted(made, key=lambda key: key[1] != "")


def _with_unit(found: Found, visit: str, contrast: str, prefix: str, settings: Display) -> Cell:
    """Estimate and interval, with their unit when it is not the endpoint's."""
    cell = interval_cell(found, visit, contrast, f"{prefix}estimate", settings, ends=f"{prefix}ci")
    row = found.get((visit, contrast, f"{prefix}estimate"))
    if row is None or row.value is None or is_ratio(contrast) or row.unit in ("", settings.unit):
        return cell
    return replace(cell, text=f"{cell.text} {row.unit}")


def other_analyses_table(rows: Sequence[Result], settings: Display, plan: str = "") -> Table | None:
    """Comparisons at the primary visit by every analysis and population but the main one, and by the further methods of
    all; None when there are none.
    """
    arms = settings.arms
    level = f"{settings.confidence * 100:g}% CI"
    heads = ("Analysis", "Population", *(f"n {arm.label}" for arm in arms), "Comparison", f"Estimate ({level})", P)
    pairs = dict.fromkeys((row.analysis, row.population) for row in rows if row.contrast)
    main = (settings.main_analysis, settings.main_population)
    visit = settings.primary_visit
    lines = []
    for analysis, population in pairs:
        found = rows_of(rows, analysis, population)
        name = words(analysis, settings.analyses)
        if analysis != settings.main_analysis:
            name += f" ({next(row.role for row in found.values())})"
        for contrast, prefix in _comparisons(found, visit):
            if prefix:  # another method of the analysis above, or of the main one, for the same patients
                method = METHODS.get(prefix.rstrip("_"), prefix.rstrip("_").replace("_", " "))
                label = f"{name}: {method}" if (analysis, population) == main else f"—\N{NO-BREAK SPACE}{method}"
                line = [Cell(label, head=True), *[Cell("")] * (1 + len(arms))]
            elif (analysis, population) == main:
                continue
            else:
                line = [Cell(name, head=True), Cell(words(population, settings.populations))]
                line += [count_cell(found.get((visit, arm.id, "n"))) for arm in arms]
            line.append(Cell(contrast_words(contrast, settings)))
            line.append(_with_unit(found, visit, contrast, prefix, settings))
            line.append(p_cell(found.get((visit, contrast, f"{prefix}p_value")), settings))
            lines.append(line)
    if not lines:
        return None
    caption = f"{settings.label}, other analyses at {words(visit, settings.visits)}"
    name = f"{settings.endpoint}-others"
    notes = [NOMINAL, *([plan] if plan else [])]
    stamps: dict[str, Any] = {"synthetic": settings.synthetic, "blinded": settings.blinded}
    return nominal_once(Table(name, caption, heads, lines, notes=notes, **stamps))
