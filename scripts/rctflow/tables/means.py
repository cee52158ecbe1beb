"""The table of an endpoint whose main analysis compares means, or that is only described."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rctflow.display import Display
from rctflow.results import Found, Result, contrasts_of, descriptive_rows, is_ratio
from rctflow.rounding import percentage, rounded
from rctflow.tables.blocks import compared_cells, under_visit
from rctflow.tables.further import further_lines
from rctflow.tables.notes import not_measured_notes, notes_of
from rctflow.tables.rows import P, count_cell, interval_cell, nominal_once, spread_cell, unit_words
from rctflow.tables.table import Cell, Table, cell_of

BELOW = "Below the limit, n (%)"


def mean_table(rows: Sequence[Result], main: Found, settings: Display, plan: str) -> Table:
    """By visit and arm: n and mean (SD) observed, n analysed, LS mean, comparison with the reference arm, p.

    Where the main analysis compares geometric means, the observed one is geometric too, with its interval. Columns of
    the model are left out when the endpoint has no model analysis. Values below the limit of quantification have a
    column where the endpoint declares one, or there are some.
    """
    observed = descriptive_rows(rows, settings.main_population)
    modelled = any(statistic == "lsmean" for _, _, statistic in main)
    level = f"{settings.confidence * 100:g}% CI"
    mean = f"Geometric mean ({level})" if _geometric(main, observed) else "Mean (SD)"
    limited = "n_below" in settings.not_measured
    limited |= any(row.statistic == "n_below" and row.value for row in observed.values())
    heads = ["Visit", "Arm", "n observed", *([BELOW] if limited else []), f"{mean} observed{unit_words(settings)}"]
    if modelled:
        compared = "Ratio" if _ratios(main) else "Difference"
        heads += ["n analysed", f"{_mean_words(main, settings)} ({level})", f"{compared} ({level})", P]
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


def _mean_words(main: Found, settings: Display) -> str:
    """What an LS mean of the main analysis is: a change, a value, or their geometric counterparts."""
    change = settings.outcome == "change" and bool(settings.baseline_visit)
    if _ratios(main):
        return "Geometric LS mean ratio to baseline" if change else f"Geometric LS mean{unit_words(settings)}"
    return f"LS mean change{unit_words(settings)}" if change else f"LS mean{unit_words(settings)}"


def _ratios(main: Found) -> bool:
    return any(map(is_ratio, contrasts_of(main.values())))


def _geometric(main: Found, observed: Found) -> bool:
    return _ratios(main) and any(statistic == "geometric_mean" for _, _, statistic in observed)


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
