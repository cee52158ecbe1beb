"""Laboratory and vital signs as grids: abnormal results, the liver, shifts from baseline, values by visit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rctflow.report.cells import number
from rctflow.report.finding_shifts import category_grids, liver_shift_grid, visit_labels
from rctflow.report.grids import Grid
from rctflow.report.settings import ReportSettings, ReportTest
from rctflow.results import Result
from rctflow.rounding import MISSING, percentage

Cells = dict[tuple[str, str, str, str], Result]
"""(analysis, visit, group, statistic) -> row."""

ABNORMAL = {
    "low": "low, not so at baseline",
    "high": "high, not so at baseline",
    "markedly_low": "markedly low",
    "markedly_high": "markedly high",
}
LIVER = {
    "hys_law": "Potential Hy's law: transaminase and bilirubin high",
    "temples_corollary": "Transaminase high alone",
    "cholestasis": "Bilirubin high alone",
    "normal": "Neither",
}
KINDS = {"worst": "worst", "last": "last"}


def finding_grids(rows: Sequence[Result], settings: ReportSettings) -> list[Grid]:
    """Everything that the report shows of one summary; the shifts and values are folded."""
    if not rows:
        return []
    summary = rows[0].endpoint
    title, labels = summary.replace("_", " ").capitalize(), settings.tests[summary]
    tests = {code: labels[code] for code in dict.fromkeys(row.analysis for row in rows) if code in labels}
    found = {(row.analysis, row.visit, row.group, row.statistic): row for row in rows}
    grids = [_abnormal(found, tests, title, settings), _liver(found, settings), liver_shift_grid(found, settings)]
    grids += category_grids(found, tests, title, settings)
    grids += [_shifts(found, tests, kind, title, settings) for kind in KINDS]
    grids += [_values(found, code, test, title, settings) for code, test in tests.items()]
    return [grid for grid in grids if grid.lines]


def _abnormal(found: Cells, tests: dict[str, ReportTest], title: str, settings: ReportSettings) -> Grid:
    grid = Grid(f"{title}: patients with abnormal results under treatment", ("", *_labels(settings)))
    for code, test in tests.items():
        analysis = f"{code}:abnormal"
        levels = [level for level in ABNORMAL if (analysis, "", settings.arms[0].id, f"n:{level}") in found]
        if levels:
            counts = [f"n = {number(found.get((analysis, '', arm.id, 'n')))}" for arm in settings.arms]
            grid.lines.append((test.label, counts, False))
        for level in levels:
            rule = found[analysis, "", settings.arms[0].id, f"n:{level}"].method
            words = f"{ABNORMAL[level]} ({rule})" if level.startswith("markedly") else ABNORMAL[level]
            grid.lines.append((words, [_share(found, analysis, level, arm.id) for arm in settings.arms], True))
    if grid.lines:
        grid.notes.append(
            "Patients with the result once or more, at any visit. Of nobody: upper end of the exact 95% interval."
        )
    return grid


def _liver(found: Cells, settings: ReportSettings) -> Grid:
    grid = Grid("Liver: highest values under treatment", ("", *_labels(settings)))
    first = found.get(("liver", "", settings.arms[0].id, "n"))
    if first is None:
        return grid
    counts = [f"n = {number(found.get(('liver', '', arm.id, 'n')))}" for arm in settings.arms]
    grid.lines.append(("Patients with both tests", counts, False))
    for level, words in LIVER.items():
        grid.lines.append((words, [_share(found, "liver", level, arm.id) for arm in settings.arms], True))
    grid.notes.append(f"{first.method[0].upper()}{first.method[1:]}. The two peaks need not be of the same day.")
    return grid


def _shifts(found: Cells, tests: dict[str, ReportTest], kind: str, title: str, settings: ReportSettings) -> Grid:
    caption = f"{title}: shifts from baseline to the {KINDS[kind]} result under treatment"
    grid = Grid(caption, ("", *_labels(settings)), folded=True)
    for code, test in tests.items():
        analysis = f"{code}:{kind}"
        levels = dict.fromkeys(s for a, _, _, s in found if a == analysis and s.startswith("n:"))
        if levels:
            counts = [f"n = {number(found.get((analysis, '', arm.id, 'n')))}" for arm in settings.arms]
            grid.lines.append((test.label, counts, False))
        for level in (name.removeprefix("n:") for name in levels):
            shown = [_share(found, analysis, level, arm.id).partition(" (≤")[0] for arm in settings.arms]
            grid.lines.append((level.lower(), shown, True))
    return grid


def _values(found: Cells, code: str, test: ReportTest, title: str, settings: ReportSettings) -> Grid:
    heads = [f"{arm.label}: {words}" for arm in settings.arms for words in ("value", "change")]
    words = "n, mean (SD), median [minimum to maximum]"
    grid = Grid(f"{title}: {test.label}; {words}", ("Visit", *heads), folded=True)
    for visit, label in visit_labels(found, settings).items():
        if any((code, visit, arm.id, "n") in found for arm in settings.arms):
            cells = [cell for arm in settings.arms for cell in _described(found, code, visit, arm.id, test.digits)]
            grid.lines.append((label, cells, False))
    return grid


def _described(found: Cells, code: str, visit: str, arm: str, digits: int) -> Iterator[str]:
    for prefix in ("", "change_"):
        cells = {
            name: found.get((code, visit, arm, prefix + name)) for name in ("n", "mean", "sd", "median", "min", "max")
        }
        n, mean = number(cells["n"]), number(cells["mean"], digits + 1)
        if cells["n"] is None:
            yield ""
        elif mean == MISSING:
            yield n
        else:
            text = f"{n}, {mean} ({number(cells['sd'], digits + 1)}), {number(cells['median'], digits)}"
            ends = [number(cells[name], digits) for name in ("min", "max")]
            yield text if MISSING in ends else f"{text} [{ends[0]} to {ends[1]}]"


def _share(found: Cells, analysis: str, level: str, arm: str) -> str:
    """``2/15 (13.3%)``; of nobody ``0/15 (≤ 21.8%)``."""
    n, of = (found.get((analysis, "", arm, name)) for name in (f"n:{level}", "n"))
    percent = found.get((analysis, "", arm, f"percent:{level}"))
    upper = found.get((analysis, "", arm, f"exact_ci_high:{level}"))
    counts = number(n) if MISSING in (number(n), number(of)) else f"{number(n)}/{number(of)}"
    if upper is not None:
        return f"{counts} (≤ {number(upper, 1)}%)"
    return (
        f"{counts} ({percentage(percent.value, 1)}%)" if percent is not None and percent.value is not None else counts
    )


def _labels(settings: ReportSettings) -> list[str]:
    return [arm.label for arm in settings.arms]
