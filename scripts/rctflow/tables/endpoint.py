"""The table of one endpoint: by visit and arm, what was observed and what the main analysis estimates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rctflow.display import Display, not_measured_words, words_of
from rctflow.results import (
    WIN,
    Found,
    Result,
    compared_arms,
    contrasts_of,
    descriptive_rows,
    is_ratio,
    rows_of,
)
from rctflow.rounding import MISSING, p_value, percentage, rounded
from rctflow.tables.further import further_lines
from rctflow.tables.rows import (
    WINS,
    P,
    comparison_kind,
    contrast_words,
    count_cell,
    interval_cell,
    nominal_once,
    p_cell,
    quartiles_cell,
    spread_cell,
)
from rctflow.tables.table import Cell, Table, cell_of

BELOW = "Below the limit, n (%)"
SHIFT = "hodges_lehmann_"
EVENT_MODELS = ("counts", "time_to_event")
NOMINAL = "Nominal p-values are not adjusted for multiplicity and test no hypothesis of the trial."
MARKED = "Those marked confirmatory are unadjusted here; their family's table has the adjusted ones and the decisions."


def endpoint_table(rows: Sequence[Result], settings: Display, plan: str = "") -> Table:
    """By visit and arm: n and mean (SD) observed, n analysed, LS mean, comparison with the reference arm, p.

    Where the main analysis compares geometric means, the observed one is geometric too, with its interval. Columns of
    the model are left out when the endpoint has no model analysis. Values below the limit of quantification have a
    column where the endpoint declares one, or there are some. Statistics without a value show their reason in a
    footnote. plan: the status of the analysis plan, for the foot.
    """
    main = rows_of(rows, settings.main_analysis, settings.main_population)
    observed = descriptive_rows(rows, settings.main_population)
    if any(row.model in EVENT_MODELS for row in main.values()):
        from rctflow.tables.events import event_table

        return event_table(rows, main, settings, plan)
    if any(statistic == "proportion" for _, _, statistic in main):
        return proportion_table(rows, main, settings, plan)
    modelled = any(statistic == "lsmean" for _, _, statistic in main)
    if not modelled and contrasts_of(main.values()):
        return rank_table(rows, main, settings, plan)
    level = f"{settings.confidence * 100:g}% CI"
    mean = f"Geometric mean ({level})" if _geometric(main, observed) else "Mean (SD)"
    limited = "n_below" in settings.not_measured
    limited |= any(row.statistic == "n_below" and row.value for row in observed.values())
    heads = ["Visit", "Arm", "n observed", *([BELOW] if limited else []), f"{mean} observed{_unit(settings)}"]
    if modelled:
        compared = "Ratio" if _ratios(main) else "Difference"
        heads += ["n analysed", f"{mean_words(main, settings)} ({level})", f"{compared} ({level})", P]
    shown = (modelled, limited)
    lines = [line for visit in settings.visits for line in _visit(visit.id, main, observed, settings, *shown)]
    table = Table(
        settings.endpoint,
        f"{settings.label}, by visit",
        tuple(heads),
        lines,
        notes=[*notes_of(main, settings, modelled), *not_measured_notes(rows, settings), *([plan] if plan else [])],
        synthetic=settings.synthetic,
        blinded=settings.blinded,
    )
    return nominal_once(table) if modelled else table


def proportion_table(rows: Sequence[Result], main: Found, settings: Display, plan: str = "") -> Table:
    """The table where the main analysis compares proportions: n, events, percentage, comparison, p by visit and arm."""
    level = f"{settings.confidence * 100:g}% CI"
    events = "Responders" if any(row.model == "responder" for row in main.values()) else "With the event"
    contrasts = contrasts_of(main.values())
    compared = comparison_kind(contrasts[0], main) if _ratios(main) else "Difference, percentage points"
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


def rank_table(rows: Sequence[Result], main: Found, settings: Display, plan: str = "") -> Table:
    """The table where the main analysis has no means: n, quartiles where it has them, comparison, p by visit and arm.

    The Hodges-Lehmann shift stands beside the win probability.
    """
    level = f"{settings.confidence * 100:g}% CI"
    what = f"{settings.outcome}{_unit(settings)}"
    quartiles, shift = (any(name == statistic for _, _, statistic in main) for name in ("median", SHIFT + "estimate"))
    heads = ["Visit", "Arm", "n analysed"]
    heads += [f"Median [Q1, Q3] of the {what}"] * quartiles + [f"Shift{_unit(settings)} ({level})"] * shift
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
        line += shifted(_contrast(visit, arm.id, main))
        block.append([*line, *compared_cells(visit, arm.id, main, settings)])
    blank = [Cell("")] * (1 + quartiles)
    return [*block, *further_lines(visit, main, settings, lambda contrast: [*blank, *shifted(contrast)])]


def mean_words(main: Found, settings: Display) -> str:
    """What an LS mean of the main analysis is: a change, a value, or their geometric counterparts."""
    change = settings.outcome == "change" and bool(settings.baseline_visit)
    if _ratios(main):
        return "Geometric LS mean ratio to baseline" if change else f"Geometric LS mean{_unit(settings)}"
    return f"LS mean change{_unit(settings)}" if change else f"LS mean{_unit(settings)}"


def _ratios(main: Found) -> bool:
    return any(map(is_ratio, contrasts_of(main.values())))


def _geometric(main: Found, observed: Found) -> bool:
    return _ratios(main) and any(statistic == "geometric_mean" for _, _, statistic in observed)


def _unit(settings: Display) -> str:
    return f", {settings.unit}" if settings.unit else ""


def _visit(
    visit: str, main: Found, observed: Found, settings: Display, modelled: bool, limited: bool
) -> Iterator[list[Cell]]:
    block = []
    for arm in settings.arms:
        line = [Cell(arm.label, head=True)]
        line.append(count_cell(observed.get((visit, arm.id, "n"))))
        if limited:
            line.append(_below(visit, arm.id, observed))
        line.append(_observed(visit, arm.id, main, observed, settings))
        if modelled:
            line.append(count_cell(main.get((visit, arm.id, "n"))))
            line.append(interval_cell(main, visit, arm.id, "lsmean", settings))
            line += compared_cells(visit, arm.id, main, settings)
        block.append(line)
    if modelled:
        block += further_lines(visit, main, settings, lambda _: [Cell("")] * (4 + limited))
    yield from under_visit(visit, block, settings)


def under_visit(visit: str, block: list[list[Cell]], settings: Display) -> list[list[Cell]]:
    """The lines of a visit, its name before the first of them."""
    label = words_of(visit, settings.visits)
    if visit == settings.primary_visit:
        label += " (primary)" if settings.role == "primary" else ""
    return [[Cell(label, head=True, span=len(block)), *block[0]], *block[1:]]


def _below(visit: str, arm: str, observed: Found) -> Cell:
    """How many values lie below the limit of quantification."""
    n, percent = (observed.get((visit, arm, name)) for name in ("n_below", "percent_below"))
    if n is None or n.value is None or percent is None or percent.value is None:
        return count_cell(n)
    return cell_of(f"{rounded(n.value, 0)} ({percentage(percent.value)})", [n, percent])


def _observed(visit: str, arm: str, main: Found, observed: Found, settings: Display) -> Cell:
    if _geometric(main, observed):
        return interval_cell(observed, visit, arm, "geometric_mean", settings, ends="geometric_ci")
    return spread_cell(observed.get((visit, arm, "mean")), observed.get((visit, arm, "sd")), settings)


def compared_cells(visit: str, arm: str, main: Found, settings: Display) -> list[Cell]:
    """The comparison of an arm with the reference, and its p-value."""
    if not contrasts_of(row for row in main.values() if row.visit == visit):
        return [Cell(MISSING), Cell(MISSING)]
    contrast = _contrast(visit, arm, main)
    if not contrast:
        return [Cell("reference"), Cell("")]
    p = p_cell(main.get((visit, contrast, "p_value")), settings)
    return [interval_cell(main, visit, contrast, "estimate", settings), p]


def _contrast(visit: str, arm: str, main: Found) -> str:
    """The comparison of an arm with the reference; "" for the reference itself."""
    contrasts = contrasts_of(row for row in main.values() if row.visit == visit)
    return next((contrast for contrast in contrasts if compared_arms(contrast)[0] == arm), "")


def notes_of(main: Found, settings: Display, modelled: bool) -> list[str]:
    """Population, comparison, direction and methods, for the foot of a table."""
    better = f"{settings.direction.capitalize()} values are better for the patient."
    if settings.mcid is not None:
        unit = f" {settings.unit}" if settings.unit else ""
        better += (
            f" Smallest difference that patients notice, as declared: {rounded(settings.mcid, settings.digits)}{unit}."
        )
    if not modelled:
        return [f"Population: {words_of(settings.main_population, settings.populations)}. {better}"]
    randomized = [(arm.label, main.get(("", arm.id, "n_randomized"))) for arm in settings.arms]
    counts = ", ".join(f"{rounded(row.value, 0)} to {label}" for label, row in randomized if row)
    contrasts = contrasts_of(main.values())
    population = f"Population: {words_of(settings.main_population, settings.populations)}"
    population += f"; randomized: {counts}." if counts else "."
    kinds = dict.fromkeys(comparison_kind(contrast, main) for contrast in contrasts)
    compared = "; ".join(contrast_words(contrast, settings) for contrast in contrasts)
    notes = [population, *([f"{' and '.join(kinds)}: {compared}. {better}"] if contrasts else [better])]
    notes += [WINS] * any(row.unit == WIN for row in main.values())
    notes += _over_visits(main, settings)
    notes += [f"Method: {method}." for method in methods_of(main.values())]
    return [*notes, nominal_words(settings)]


def nominal_words(settings: Display) -> str:
    """What a p-value of this endpoint means that carries no mark, and one that does."""
    return f"{NOMINAL} {MARKED}" if settings.tested else NOMINAL


def not_measured_notes(rows: Sequence[Result], settings: Display) -> list[str]:
    """What stands for values that were not measured, for the foot of a table."""
    arms = {arm.id: arm.label for arm in settings.arms}
    return not_measured_words(rows, settings.main_population, arms, settings.not_measured)


def _over_visits(main: Found, settings: Display) -> Iterator[str]:
    """The comparison averaged over the visits, and the test of whether it varies between them, where there are some."""
    for visit, contrast, statistic in main:
        if (visit, statistic) == ("average", "estimate"):
            estimate = interval_cell(main, visit, contrast, "estimate", settings).text
            p = p_value(main[visit, contrast, "p_value"].value)
            yield f"{contrast_words(contrast, settings)}, averaged over the visits: {estimate}; nominal p = {p}."
    test = main.get(("", "", "arm_by_visit_p_value"))
    if test and test.value is not None:
        yield f"Arm by visit (whether the difference varies between the visits): nominal p = {p_value(test.value)}."


def methods_of(rows: Iterable[Result]) -> list[str]:
    """The methods of LS means and comparisons, in their order, each once."""
    return list(
        dict.fromkeys(
            row.method
            for row in rows
            if row.statistic in ("lsmean", "proportion", "estimate", SHIFT + "estimate") and row.method
        )
    )
