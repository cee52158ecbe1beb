"""Categories of results and their shifts from baseline as grids: low, normal and high, by the threshold range, of the
liver.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rctflow.report.cells import number
from rctflow.report.grids import Grid
from rctflow.report.settings import ReportSettings, ReportTest
from rctflow.results import Result
from rctflow.rounding import p_value, percentage

Cells = Mapping[tuple[str, str, str, str], Result]
"""(analysis, visit, group, statistic) -> row."""
Tests = Mapping[str, ReportTest]

LEVELS = ("LOW", "NORMAL", "HIGH")
CATEGORIES = {
    "extreme": "most extreme value under treatment, by the normal range",
    "previous": "largest change from the previous visit under treatment",
}
LIVER_SHIFTS = {
    "liver:transaminase": "Transaminase high",
    "liver:hys_law": "Transaminase and bilirubin high at one visit",
}


def category_grids(found: Cells, tests: Tests, title: str, settings: ReportSettings) -> list[Grid]:
    """One grid per kind of category, then the shifts by the threshold range, overall and by visit, folded."""
    grids = [_categories(found, tests, kind, title, settings) for kind in CATEGORIES]
    overall = Grid(f"{title}: shifts by the threshold range, to the most extreme value", _heads(settings), folded=True)
    for code, test in tests.items():
        _add_shifts(overall, found, f"{code}:threshold", test.label, settings)
    return [*grids, overall, _by_visit(found, tests, title, settings)]


def liver_shift_grid(found: Cells, settings: ReportSettings) -> Grid:
    """Patients by the liver's tests at baseline and at any visit under treatment."""
    grid = Grid("Liver: shifts from baseline to any visit under treatment", _heads(settings))
    for analysis, label in LIVER_SHIFTS.items():
        _add_shifts(grid, found, analysis, label, settings)
    return grid


def _categories(found: Cells, tests: Tests, kind: str, title: str, settings: ReportSettings) -> Grid:
    grid = Grid(f"{title}: {CATEGORIES[kind]}", _heads(settings), folded=True)
    for code, test in tests.items():
        analysis = f"{code}:{kind}"
        counts = [found.get((analysis, "", arm.id, "n")) for arm in settings.arms]
        if counts[0] is None:
            continue
        grid.lines.append((test.label, [*(f"n = {number(row)}" for row in counts), _p(found, analysis)], False))
        for level in LEVELS:
            grid.lines.append((level.lower(), [*_shares(found, analysis, level, "n", settings), ""], True))
    return grid


def _add_shifts(grid: Grid, found: Cells, analysis: str, label: str, settings: ReportSettings) -> None:
    shifts = _shifts(found, analysis, "", settings)
    if not shifts:
        return
    grid.lines.append((label, [*[""] * len(settings.arms), _p(found, analysis)], False))
    for shift in shifts:
        before = shift.partition(" to ")[0]
        grid.lines.append((shift.lower(), [*_shares(found, analysis, shift, f"n_from:{before}", settings), ""], True))


def _by_visit(found: Cells, tests: Tests, title: str, settings: ReportSettings) -> Grid:
    heads = ("", *(arm.label for arm in settings.arms))
    grid = Grid(f"{title}: shifts by the threshold range, by visit", heads, folded=True)
    for code, test in tests.items():
        analysis = f"{code}:threshold"
        lines = []
        for visit in settings.visits:
            if shifts := _shifts(found, analysis, visit.id, settings):
                cells = [_happened(found, analysis, visit.id, arm.id, shifts) for arm in settings.arms]
                lines.append((visit.label, cells, True))
        grid.lines += [(test.label, [""] * len(settings.arms), False), *lines] if lines else []
    return grid


def _happened(found: Cells, analysis: str, visit: str, arm: str, shifts: Iterable[str]) -> str:
    """Those shifts that somebody had, with their numbers."""
    told = []
    for shift in shifts:
        n = found.get((analysis, visit, arm, f"n:{shift}"))
        if n is not None and n.value:
            told.append(f"{shift.lower()} {number(n)}")
    return "; ".join(told)


def _shifts(found: Cells, analysis: str, visit: str, settings: ReportSettings) -> list[str]:
    shifts = (f"{before} to {after}" for before in LEVELS for after in LEVELS)
    return [shift for shift in shifts if (analysis, visit, settings.arms[0].id, f"n:{shift}") in found]


def _shares(found: Cells, analysis: str, level: str, of: str, settings: ReportSettings) -> list[str]:
    cells = []
    for arm in settings.arms:
        n, total = (found.get((analysis, "", arm.id, name)) for name in (f"n:{level}", of))
        percent = found.get((analysis, "", arm.id, f"percent:{level}"))
        share = f" ({percentage(percent.value, 1)}%)" if percent is not None and percent.value is not None else ""
        cells.append(f"{number(n)}/{number(total)}{share}")
    return cells


def _heads(settings: ReportSettings) -> tuple[str, ...]:
    return ("", *(arm.label for arm in settings.arms), "p")


def _p(found: Cells, analysis: str) -> str:
    row = found.get((analysis, "", "", "p_value"))
    return p_value(row.value) if row is not None else ""


def visit_labels(found: Cells, settings: ReportSettings) -> dict[str, str]:
    """The visits of the plan, then the last values, with the words of print."""
    planned = {visit.id: visit.label for visit in settings.visits}
    others = dict.fromkeys(visit for _, visit, _, _ in found if visit and visit not in planned)
    return planned | {end: "Last value" if end == "last" else end.replace("_", " ").capitalize() for end in others}
