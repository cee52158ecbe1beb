"""The small-sample ladder as a table: every analysis of one endpoint at its primary visit (rctflow/ladder.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rctflow.display import Display, below_words, digits_of, words_of
from rctflow.ladder import Rung, has_steps, rungs_of, scale_words
from rctflow.results import Result, compared_arms
from rctflow.rounding import MISSING, interval, p_value, rounded
from rctflow.tables.notes import nominal_words
from rctflow.tables.rows import P, contrast_words, interval_cell, nominal_once, p_cell
from rctflow.tables.table import Cell, Table, cell_of


def ladder_table(rows: Sequence[Result], settings: Display, plan: str = "") -> Table | None:
    """Comparisons at the primary visit by every analysis, population and method; None when there is but the main one.

    plan: the status of the analysis plan, for the foot.
    """
    rungs = ladder_of(rows, settings)
    if not has_steps(rungs):
        return None
    arms = settings.arms
    level = f"{settings.confidence * 100:g}% CI"
    several = len(arms) > 2
    heads = ("Analysis", "Population", "n", *["Comparison"] * several, "Measure", f"Estimate ({level})", P)
    lines = [_line(rung, settings, several) for rung in rungs]
    against = "" if several else f", {arms[1].label} against {arms[0].label}"
    caption = f"{settings.label}, all analyses at {words_of(settings.primary_visit, settings.visits)}{against}"
    compared = "of the two arms compared, reference first" if several else " + ".join(arm.label for arm in arms)
    notes = [
        f"n: analysed, {compared}.",
        *([below] if (below := below_words(rows, settings)) else []),
        *_influence(rungs, settings),
        *_drawn(rows, settings),
        *_unreliable(rungs),
        *_without_estimand(rungs, settings),
        nominal_words(settings),
        *([plan] if plan else []),
    ]
    stamps: dict[str, Any] = {"synthetic": settings.synthetic, "blinded": settings.blinded}
    table = Table(f"{settings.endpoint}-ladder", caption, heads, lines, notes=notes, **stamps, anchors=False)
    return nominal_once(table)


def ladder_of(rows: Sequence[Result], settings: Display) -> list[Rung]:
    """The rungs of an endpoint as it is displayed."""
    main = settings.main_analysis, settings.main_population
    return rungs_of(rows, main, settings.analysis_order, settings.primary_visit)


def _line(rung: Rung, settings: Display, several: bool) -> list[Cell]:
    if rung.method:  # another method of the analysis above, for the same patients
        line = [Cell(f"—\N{NO-BREAK SPACE}{rung.method_words}", head=True), Cell("", head=True), Cell("")]
    else:
        name = words_of(rung.analysis, settings.analyses)
        if rung.main:
            name += " (main)"
        elif rung.analysis != settings.main_analysis:
            name += f" ({rung.role})"
        population = Cell(words_of(rung.population, settings.populations), head=True)
        line = [Cell(name, head=True), population, _counts(rung, settings)]
    line += [Cell(contrast_words(rung.contrast, settings))] * several
    line += [Cell(scale_words(rung.scale, settings.unit) if rung.estimates else MISSING)]
    return [*line, _estimate(rung, settings), _tested(rung, settings)]


def _counts(rung: Rung, settings: Display) -> Cell:
    compared = compared_arms(rung.contrast)
    rows = [rung.found.get((settings.primary_visit, arm.id, "n")) for arm in settings.arms if arm.id in compared]
    return cell_of(" + ".join(rounded(row.value if row else None, 0) for row in rows), rows)


def _estimate(rung: Rung, settings: Display) -> Cell:
    """Estimate and interval; the interval alone of a resampling."""
    prefix = f"{rung.method}_" if rung.method else ""
    ends = f"{prefix}ci"
    if rung.estimate is None and rung.low is not None and rung.low.value is not None:
        limits = interval(rung.low.value, rung.high.value if rung.high else None, digits_of(rung.low, settings.digits))
        return cell_of(f"({limits})", [rung.low, rung.high])
    found, visit = rung.found, settings.primary_visit
    return interval_cell(found, visit, rung.contrast, f"{prefix}estimate", settings, ends=ends)


def _tested(rung: Rung, settings: Display) -> Cell:
    """The p-value; only the first method of an analysis can be the trial's test."""
    test = rung.test
    if not rung.method or test is None or test.value is None:
        return p_cell(test, settings)
    return cell_of(p_value(test.value), [test])


def _drawn(rows: Sequence[Result], settings: Display) -> list[str]:
    """How exact the p-values of drawn randomization tests are, in one sentence."""
    errors = [
        row.value or 0.0
        for row in rows
        if row.statistic == "randomization_p_value_se" and row.visit == settings.primary_visit
    ]
    largest = max(errors, default=0.0)
    return [f"Randomization tests: Monte Carlo standard error of p at most {rounded(largest, 4)}."] if largest else []


def _influence(rungs: Sequence[Rung], settings: Display) -> Iterator[str]:
    """What leaving one patient out does to each comparison that was examined."""
    for rung in (rung for rung in rungs if not rung.method):
        row = rung.found.get((settings.primary_visit, rung.contrast, "loo_influence"))
        if row is not None and row.value is not None:
            ends = {
                name: rung.found[settings.primary_visit, rung.contrast, f"loo_{name}"]
                for name in ("estimate_min", "estimate_max", "p_value_min", "p_value_max")
            }
            values = {name: end.value or 0.0 for name, end in ends.items()}
            digits = digits_of(ends["estimate_min"], settings.digits)
            yield (
                f"{words_of(rung.analysis, settings.analyses)}, {contrast_words(rung.contrast, settings)}, without one "
                f"patient: estimate {interval(values['estimate_min'], values['estimate_max'], digits)}, "
                f"p {p_value(values['p_value_min'])} to {p_value(values['p_value_max'])}; "
                f"{row.note}: {rounded(row.value, 2)}."
            )


def _unreliable(rungs: Sequence[Rung]) -> list[str]:
    told = [rung.low.note for rung in rungs if rung.method == "bootstrap" and rung.unreliable and rung.low]
    return [f"Bootstrap intervals are {told[0].partition('; ')[0]}."] if told else []


def _without_estimand(rungs: Sequence[Rung], settings: Display) -> list[str]:
    """That a set of patients who are no longer those randomized answers no question that was declared."""
    sets = dict.fromkeys(rung.population for rung in rungs if not rung.has_estimand)
    return [
        f"{words_of(population, settings.populations)}: no estimand; the set selects patients by what happened to them "
        "after randomization, so that its arms may differ in more than the treatment."
        for population in sets
    ]
