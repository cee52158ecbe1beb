"""The spread of the values by arm and visit, for data of which no patient may be drawn: one panel per arm.

Everything comes from the descriptive result rows, which hold nothing of fewer patients than ``small_cells``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rctflow.display import ArmLabel, Display
from rctflow.figures import style
from rctflow.figures.placing import log_ticks
from rctflow.figures.rows import value_of
from rctflow.results import Found, Result, compares_geometric_means, descriptive_rows, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PER_ROW = 3
PANEL_HEIGHT = 2.3
PALE, DARK = 0.16, 0.34
LEGEND = "Line: observed mean. Pale: mean ± SD. Dark: middle half of the patients, where {} or more. Restricted data."


def draw_bands(rows: Sequence[Result], display: Display) -> Figure:
    """Small multiples by arm: observed mean, mean ± SD and, where there are enough patients, the middle half.

    A visit whose statistics are suppressed has no mark.
    """
    with style.house_style():
        columns = 2 if len(display.arms) == 4 else min(len(display.arms), PER_ROW)
        lines = -(-len(display.arms) // columns)
        height = 0.85 + lines * (PANEL_HEIGHT + 0.55)
        figure = style.new_figure(height)
        panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        sides = {"left": 0.7 / style.PAGE_WIDTH, "right": 1 - 0.15 / style.PAGE_WIDTH}
        figure.subplots_adjust(**sides, bottom=0.68 / height, top=1 - 0.7 / height, wspace=0.08, hspace=0.3)
        found = descriptive_rows(rows, display.main_population)
        flat = list(panels.flat)
        for i, arm in enumerate(display.arms):
            _draw_arm(flat[i], found, i, display)
            flat[i].set_title(_heading(found, arm, display, columns), loc="left")
        if _is_ratio(rows, display):
            _logarithmic(flat[0], found)
        _finish(figure, flat, columns, display)
    return figure


def _heading(found: Found, arm: ArmLabel, display: Display, columns: int) -> str:
    counts = [n for visit in display.visits if (n := value_of(found, visit.id, arm.id, "n"))]
    count = f" (n ≤ {max(counts):g})" if counts else ""
    room = (style.PAGE_WIDTH - 0.9) / columns - style.text_width(count, weight="bold")
    return style.shortened(arm.label, room, style.TEXT, "bold") + count


def _draw_arm(axes: Axes, found: Found, index: int, display: Display) -> None:
    arm, colour = display.arms[index].id, style.colour_of(display.arms, index)

    def at(*names: str) -> list[tuple[float, ...]]:
        cells = [(v.day, *(value_of(found, v.id, arm, name) for name in names)) for v in display.visits]
        return [cell for cell in cells if None not in cell]  # type: ignore[misc]

    spread = [(day, mean - sd, mean + sd) for day, mean, sd in at("mean", "sd")]
    for cells, alpha in ((spread, PALE), (at("q1", "q3"), DARK)):
        if cells:
            days, low, high = zip(*cells, strict=True)
            axes.fill_between(days, low, high, color=colour, alpha=alpha, linewidth=0, zorder=1)
            axes.vlines(days, low, high, color=colour, alpha=alpha, linewidth=3, zorder=1)
    means = at("mean")
    if not means:
        words = "no values, or of too few patients"
        axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color=style.QUIET)
        return
    look: dict[str, Any] = {"marker": style.MARKERS[index % 6], "markersize": 6, "markeredgecolor": "white"}
    axes.plot(*zip(*means, strict=True), color="white", linewidth=4.4, zorder=5)
    axes.plot(*zip(*means, strict=True), color=colour, linewidth=2.4, zorder=6, **look)


def _is_ratio(rows: Sequence[Result], display: Display) -> bool:
    return compares_geometric_means(rows_of(rows, display.main_analysis, display.main_population).values())


def _logarithmic(axes: Axes, found: Found) -> None:
    """A logarithmic axis for what is analysed as a ratio, when all that is drawn is positive."""
    means = {key[:2]: row.value for key, row in found.items() if key[2] == "mean" and row.value is not None}
    low = [mean - (value_of(found, *key, "sd") or 0.0) for key, mean in means.items()]
    if not low or min(low) <= 0:
        return
    axes.set_yscale("log")
    ticks = log_ticks(*axes.get_ylim())
    axes.set_yticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)


def _finish(figure: Figure, panels: list[Axes], columns: int, display: Display) -> None:
    inches, height = figure.get_size_inches()
    arms = len(display.arms)
    for axes in panels[arms:]:
        axes.set_visible(False)
    days = [visit.day for visit in display.visits]
    margin = 0.04 * ((max(days) - min(days)) or 1)
    panels[0].set_xlim(min(days) - margin, max(days) + margin)
    for axes in panels[::columns]:
        axes.set_ylabel(f"Value ({display.unit})" if display.unit else "Value")
    for axes in panels[max(0, arms - columns) : arms]:
        axes.tick_params(labelbottom=True)
    for axes in panels[:arms]:
        style.watermark(axes, display, size=36 / columns)
    style.title(figure, display.label)
    figure.text(0.5, 0.27 / height, "Study day", ha="center", va="bottom")
    legend = LEGEND.format(4 * display.small_cells)
    figure.text(0.06 / inches, 0.06 / height, legend, va="bottom", fontsize=style.SMALL, color=style.QUIET)
    style.stamp(figure, display)
