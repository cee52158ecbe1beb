"""Tables of hypotheses that are tested together: adjusted p-values and decisions beside unadjusted estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rctflow.display import Display, below_words, words_of
from rctflow.hypotheses import Family, Hypothesis
from rctflow.results import DOSE_RESPONSE, PER_DOSE, Found, Result, is_ratio, rows_of
from rctflow.rounding import MISSING, p_value, rounded
from rctflow.tables.rows import contrast_words, interval_cell, visit_said_once
from rctflow.tables.table import Cell, Table, cell_of

UNADJUSTED = (
    "Estimates and intervals are not adjusted for multiplicity: an interval can leave out no difference although its "
    "hypothesis is not rejected."
)
EXPLORATORY = "Exploratory: the false discovery rate is controlled, and a rejection is no confirmatory claim."
CONFIRMATORY = "Confirmatory: the probability of one false rejection or more in the family is controlled at its level."


def family_table(
    name: str,
    family: Family,
    rows_by_endpoint: Mapping[str, Sequence[Result]],
    adjusted: Sequence[Result],
    displays: Sequence[Display],
    plan: str = "",
) -> Table:
    """One line per hypothesis, in the order of declaration.

    adjusted: the rows of summaries/multiplicity/results.csv. displays: of every endpoint. plan: the status of the
    analysis plan, for the foot.
    """
    by_endpoint = {display.endpoint: display for display in displays}
    weighted = any(row.statistic == f"weight:{name}" for row in adjusted)
    first = by_endpoint[family.hypotheses[0].endpoint]
    heads = ["Hypothesis", "Visit", "Comparison", f"Estimate ({first.confidence * 100:g}% CI, unadjusted)"]
    heads += ["p, unadjusted", "p, adjusted", "Order", *(["Share"] if weighted else [])]
    heads.append(f"Decision at {family.alpha:g}")
    lines = []
    for hypothesis in family.hypotheses:
        display = by_endpoint[hypothesis.endpoint]
        rows = rows_by_endpoint[hypothesis.endpoint]
        lines.append(_line(name, hypothesis, rows, adjusted, display, weighted))
    methods = dict.fromkeys(row.method for row in adjusted if row.statistic == f"order:{name}")
    notes = [
        *(f"Method: {method}." for method in methods),
        CONFIRMATORY if family.confirmatory else EXPLORATORY,
        UNADJUSTED,
    ]
    for endpoint in dict.fromkeys(hypothesis.endpoint for hypothesis in family.hypotheses):
        if below := below_words(rows_by_endpoint[endpoint], by_endpoint[endpoint]):
            notes.append(f"{by_endpoint[endpoint].label}: {below[0].lower()}{below[1:]}")
    stamps: dict[str, Any] = {"synthetic": first.synthetic, "blinded": first.blinded}
    caption = family.label or name.replace("_", " ").capitalize()
    notes += [plan] if plan else []
    table = Table(f"family-{name}", caption, tuple(heads), lines, notes=notes, **stamps, anchors=False)
    return visit_said_once(table, elsewhere="")


def _line(
    name: str,
    hypothesis: Hypothesis,
    rows: Sequence[Result],
    adjusted: Sequence[Result],
    display: Display,
    weighted: bool,
) -> list[Cell]:
    reference = display.arms[0].id
    mine = {row.statistic: row for row in adjusted if hypothesis.compares(row, reference)}
    found = rows_of(rows, hypothesis.analysis, hypothesis.population)
    contrast = next(row.contrast for row in mine.values())
    compared = contrast_words(contrast, display) if contrast else f"Dose response, {PER_DOSE}"
    label = display.label
    if (hypothesis.analysis, hypothesis.population) != (display.main_analysis, display.main_population):
        label += f", {words_of(hypothesis.analysis, display.analyses)}"
        label += f", {words_of(hypothesis.population, display.populations)}"
    label += ", randomization test" if hypothesis.by_randomization else ""
    line = [
        Cell(label, head=True, link=f"#endpoint-{display.endpoint}"),
        Cell(words_of(hypothesis.visit, display.visits)),
        Cell(compared),
        _estimate(found, hypothesis.visit, contrast, display),
    ]
    raw, p, order, decision = (mine.get(f"{what}:{name}") for what in ("p_value", "p_adjusted", "order", "rejected"))
    line += [_p(raw), _p(p), cell_of(rounded(order.value if order else None, 0), [order])]
    if weighted:
        share = mine.get(f"weight:{name}")
        line.append(cell_of(rounded(share.value if share else None, 3), [share]))
    return [*line, cell_of(_decision(decision), [decision])]


def _estimate(found: Found, visit: str, contrast: str, display: Display) -> Cell:
    if not contrast:
        return interval_cell(found, visit, "", f"{DOSE_RESPONSE}estimate", display, ends=f"{DOSE_RESPONSE}ci")
    cell = interval_cell(found, visit, contrast, "estimate", display)
    row = found.get((visit, contrast, "estimate"))
    if is_ratio(contrast) or row is None or row.value is None:
        return cell
    return replace(cell, text=f"{cell.text} {row.unit}".rstrip())


def _p(row: Result | None) -> Cell:
    return cell_of(MISSING if row is None or row.value is None else p_value(row.value), [row])


def _decision(row: Result | None) -> str:
    if row is None or row.value is None:
        return MISSING
    return "rejected" if row.value else "not rejected"
