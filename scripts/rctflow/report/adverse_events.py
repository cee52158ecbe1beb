"""Adverse events as grids of text: overview, worst grade, exposure-adjusted rates, classes and terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rctflow.report.cells import number
from rctflow.report.grids import Grid
from rctflow.report.settings import ReportAdverseEvents, ReportSettings
from rctflow.results import Result, comparison_name
from rctflow.rounding import MISSING, interval, p_value, percentage, rounded

POPULATION, GRADE = "population", "grade"
FOLDED_FROM = 12
Found = dict[tuple[str, str, str], Result]
"""Level, arm or contrast, statistic -> the row."""


@dataclass(frozen=True)
class Line:
    """A level as the grid prints it: its name in the rows, its words, and whether it stands under another."""

    level: str
    words: str
    indented: bool = False


def adverse_event_grids(rows: Sequence[Result], settings: ReportSettings) -> list[Grid]:
    """The grids of the section; ``settings.adverse_events`` says what is printed of them."""
    shown = settings.adverse_events or ReportAdverseEvents()
    found = {(row.analysis, row.contrast or row.group, row.statistic): row for row in rows}
    levels = list(dict.fromkeys(row.analysis for row in rows if row.analysis != POPULATION))
    overview = [Line(level, shown.labels.get(level, level)) for level in levels if ":" not in level]
    grades = [Line(level, level.partition(":")[2]) for level in levels if level.startswith(f"{GRADE}:")]
    grids = [incidence_grid(f"Adverse events, {_population(rows, settings)}", overview, found, settings)]
    grids[0].notes = [_reading(shown), *shown.notes]
    if grades:
        grids.append(incidence_grid(f"Worst {shown.labels.get(GRADE, GRADE)} of each patient", grades, found, settings))
    grids.append(rate_grid(overview, found, settings))
    within = [level for level in levels if ":" in level and not level.startswith(f"{GRADE}:")]
    for subset, chosen in groupby(within, key=lambda level: level.partition(":")[0]):
        grids.append(term_grid(subset, list(chosen), found, settings, shown))
    return [grid for grid in grids if grid.lines]


def incidence_grid(caption: str, lines: Sequence[Line], found: Found, settings: ReportSettings) -> Grid:
    """Patients with an event of those at risk, percent and events by arm, and the arms compared with the reference."""
    groups = _groups(found, settings)
    contrasts = _contrasts(found, settings)
    tested = any(statistic == "p_value" for _, _, statistic in found)
    heads = [f"{words}, N = {number(found.get((POPULATION, arm, 'n')))}" for arm, words in groups]
    for _, words in contrasts:
        heads += [f"{words}: difference, points (CI)", *([f"{words}: p"] if tested else [])]
    grid = Grid(caption, ("", *heads))
    for line in lines:
        cells = [_incidence(found, line.level, arm) for arm, _ in groups]
        for contrast, _ in contrasts:
            cells.append(_difference(found, line.level, contrast))
            if tested:
                p = found.get((line.level, contrast, "p_value"))
                cells.append(p_value(p.value) if p else MISSING)
        grid.lines.append((line.words, cells, line.indented))
    return grid


def rate_grid(lines: Sequence[Line], found: Found, settings: ReportSettings) -> Grid:
    """Patients with an event per patient-years until their first, and events per patient-years, with exact limits."""
    groups = _groups(found, settings)
    unit = next((row.unit for row in found.values() if row.statistic == "rate"), "")
    heads = [f"{words}: {what}" for _, words in groups for what in ("patients", "events")]
    grid = Grid(f"Exposure-adjusted rates {unit} (exact CI)", ("", *heads))
    for line in lines:
        names = ("rate", "event_rate")
        cells = [_rate(found, line.level, arm, name) for arm, _ in groups for name in names]
        if set(cells) != {MISSING}:
            grid.lines.append((line.words, cells, False))
    at_risk = [(words, found.get((POPULATION, arm, "person_years"))) for arm, words in groups]
    years = ", ".join(f"{words} {rounded(row.value, 1)}" for words, row in at_risk if row)
    how = next((row.method for _, row in at_risk if row and row.method), "")
    grid.notes = [
        "Patients: those with an event by the time at risk until their first. Events: all of them by the whole time "
        f"at risk ({how}; patient-years: {years}). Limits are exact for Poisson counts (Garwood); those of events take "
        "the events of one patient as independent."
    ]
    return grid


def term_grid(
    subset: str, levels: Sequence[str], found: Found, settings: ReportSettings, shown: ReportAdverseEvents
) -> Grid:
    """Each class, and under it its terms, as far as an arm has at least ``shown_from`` percent of patients with it."""
    lines, system = [], ""
    for level in levels:
        name = level.partition(":")[2]
        under = bool(system) and name.startswith(f"{system}/")
        system = system if under else name
        if shown.shown_from and not _frequent(found, level, settings, shown.shown_from):
            continue
        lines.append(Line(level, name.removeprefix(f"{system}/") if under else name, under))
    words = shown.labels.get(subset, subset)
    grid = incidence_grid(f"{words}, by system organ class and preferred term", lines, found, settings)
    grid.folded = len(lines) >= FOLDED_FROM
    left_out = len(levels) - len(lines)
    if left_out:
        grid.notes.append(
            f"{left_out} classes and terms of fewer than {shown.shown_from:g} % of the patients of every arm stand in "
            "tables/adverse_events.csv alone."
        )
    return grid


def _frequent(found: Found, level: str, settings: ReportSettings, percent: float) -> bool:
    values = [row.value for arm in settings.arms if (row := found.get((level, arm.id, "percent")))]
    return any(value is not None and value >= percent for value in values)


def _groups(found: Found, settings: ReportSettings) -> list[tuple[str, str]]:
    """Arms, and the total where the rows have one: id and label."""
    total = [("", "Total")] if (POPULATION, "", "n") in found else []
    return [*((arm.id, arm.label) for arm in settings.arms), *total]


def _contrasts(found: Found, settings: ReportSettings) -> list[tuple[str, str]]:
    reference, *others = settings.arms
    known = {who for _, who, statistic in found if statistic == "estimate"}
    named = {comparison_name(a.id, reference.id, "difference"): f"{a.label} − {reference.label}" for a in others}
    return [(contrast, words) for contrast, words in named.items() if contrast in known]


def _population(rows: Sequence[Result], settings: ReportSettings) -> str:
    """``Safety population (as treated)``."""
    name = next((row.population for row in rows), "")
    found = next((population for population in settings.populations if population.id == name), None)
    if found is None:
        return name
    return f"{found.label} population ({'as treated' if found.arm == 'actual' else 'as randomized'})"


def _incidence(found: Found, level: str, arm: str) -> str:
    """``7/16 (43.8%) [8]``; ``0/15 (≤ 21.8%)`` when nobody had one."""
    n, of = found.get((level, arm, "n")), found.get((POPULATION, arm, "n"))
    if n is None or n.value is None or of is None or not of.value:
        return MISSING
    share = f"{n.value:.0f}/{of.value:.0f}"
    if not n.value:
        high = found.get((level, arm, "ci_high"))
        return f"{share} (≤ {rounded(high.value if high else None, 1)}%)"
    percent, events = (found.get((level, arm, name)) for name in ("percent", "events"))
    counted = f" [{rounded(events.value, 0)}]" if events and events.value is not None else ""
    return f"{share} ({percentage(percent.value if percent else None, 1)}%){counted}"


def _difference(found: Found, level: str, contrast: str) -> str:
    return _with_limits(found, level, contrast, ("estimate", "ci_low", "ci_high"))


def _rate(found: Found, level: str, arm: str, name: str) -> str:
    return _with_limits(found, level, arm, (name, f"{name}_ci_low", f"{name}_ci_high"))


def _with_limits(found: Found, level: str, who: str, names: tuple[str, str, str]) -> str:
    rows = [found.get((level, who, name)) for name in names]
    value, low, high = (row.value if row else None for row in rows)
    return MISSING if value is None else f"{rounded(value, 1)} ({interval(low, high, 1)})"


def _reading(shown: ReportAdverseEvents) -> str:
    level, tail = f"{100 * shown.confidence:g} %", f"{50 + 50 * shown.confidence:g} %"
    return (
        "Patients with an event / patients at risk (percent) [events]. Where nobody had one, the upper limit of the "
        f"exact two-sided {level} interval (Clopper-Pearson), a one-sided {tail} bound. Differences: score interval of "
        f"Miettinen and Nurminen, {level}; nothing is adjusted for the number of comparisons, and an interval that "
        "holds 0 is no evidence of equal risks."
    )
