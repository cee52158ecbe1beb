"""The grid of baseline characteristics."""

from __future__ import annotations

from collections.abc import Sequence

from rctflow.report.cells import DIGITS, Found, group_labels, groups_of, mean_sd, min_to_max, number, share
from rctflow.report.grids import Grid, readable
from rctflow.report.settings import ReportSettings
from rctflow.results import Result, compared_arms
from rctflow.rounding import MISSING, p_value


def baseline_grid(rows: Sequence[Result], settings: ReportSettings) -> Grid:
    """Numbers as mean (SD) and median [Q1, Q3] and range, texts as n (%) per level, by arm and in total; standardized
    differences and p-values in columns of their own where there are some.
    """
    contrasts = list(dict.fromkeys(row.contrast for row in rows if row.statistic == "smd"))
    tested = any(row.statistic == "p_value" for row in rows)
    heads = [f"SMD, {_contrast(contrast, settings, len(contrasts))}".removesuffix(", ") for contrast in contrasts]
    grid = Grid("Baseline characteristics", ("", *group_labels(settings), *heads, *(["p"] if tested else [])))
    for variable in dict.fromkeys(row.analysis for row in rows):
        mine = [row for row in rows if row.analysis == variable]
        found = {(row.statistic, row.group): row for row in mine if not row.contrast}
        smd = {row.contrast: row for row in mine if row.statistic == "smd"}
        beside = [number(smd.get(contrast), 2) for contrast in contrasts]
        beside += [p_value(p.value) if (p := found.get(("p_value", ""))) else MISSING] if tested else []
        lines = _variable_lines(variable, found, settings)
        blank = [""] * len(beside)
        grid.lines += [
            (h, [*cells, *(blank if k else beside)], indented) for k, (h, cells, indented) in enumerate(lines)
        ]
    grid.notes = _notes(rows, bool(contrasts), tested)
    return grid


def _contrast(contrast: str, settings: ReportSettings, contrasts: int) -> str:
    """``MSC - Placebo`` where more than one arm is compared with the reference."""
    labels = {arm.id: arm.label for arm in settings.arms}
    return " - ".join(labels.get(arm, arm) for arm in compared_arms(contrast)) if contrasts > 1 else ""


def _variable_lines(variable: str, found: Found, settings: ReportSettings) -> list[tuple[str, list[str], bool]]:
    groups = groups_of(settings)
    unit = next((row.unit for (name, _), row in found.items() if name == "mean" and row.unit), "")
    words = settings.labels.get(variable) or readable(variable)
    lines = [(f"{words}, {unit}" if unit else words, [f"n = {number(found.get(('n', g)))}" for g in groups], False)]
    if any(name == "mean" for name, _ in found):
        lines.append(("mean (SD)", [mean_sd(found, group) for group in groups], True))
        if any(found.get(("median", group)) and found["median", group].value is not None for group in groups):
            lines.append(("median [Q1, Q3]", [_median(found, group) for group in groups], True))
        if any(name == "min" for name, _ in found):
            lines.append(("min to max", [min_to_max(found, group) for group in groups], True))
    for name in dict.fromkeys(name for name, _ in found if name.startswith("n:")):
        level = name.removeprefix("n:")
        lines.append((level, [share(found, group, level) for group in groups], True))
    missing = [found.get(("n_missing", group)) for group in groups]
    if any(row and row.value for row in missing):
        lines.append(("missing", [number(row) for row in missing], True))
    return lines


def _notes(rows: Sequence[Result], standardized: bool, tested: bool) -> list[str]:
    notes = []
    if standardized:
        notes.append(
            "SMD: standardized difference from the reference arm; of numbers the difference of the means over the "
            "root of the mean variance, of categories the Mahalanobis distance of the proportions, without a sign."
        )
    if tested:
        used = dict.fromkeys(row.method for row in rows if row.statistic == "p_value")
        notes.append(f"p: all arms at once, by {' and '.join(used)}. Randomized arms differ by chance alone.")
    return notes or ["No tests: randomized arms differ at baseline by chance alone."]


def _median(found: Found, group: str) -> str:
    median, q1, q3 = (number(found.get((name, group)), DIGITS) for name in ("median", "q1", "q3"))
    return MISSING if median == MISSING else f"{median} [{q1}, {q3}]"
