"""Every patient's follow-up to the event or to censoring: one line per patient, one panel per arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rctflow.display import Display
from rctflow.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT, PER_ROW = 2.3, 3


def draw_follow_up(records: Mapping[str, Sequence[Any]], display: Display) -> Figure:
    """Patients of the main population by arm at the primary visit, the longest follow-up on top.

    records: columns USUBJID, ARM (arm id), AVISIT, AVAL (time), AVALC (``>x`` when censored at x). Of restricted data
    nobody is drawn, and the figure says so.
    """
    with style.house_style():
        columns = min(len(display.arms), PER_ROW)
        lines = -(-len(display.arms) // columns)
        height = 0.85 + lines * (PANEL_HEIGHT + 0.55)
        figure = style.new_figure(height)
        panels = figure.subplots(lines, columns, sharex=True, squeeze=False)
        sides = {"left": 0.25 / style.PAGE_WIDTH, "right": 1 - 0.15 / style.PAGE_WIDTH}
        figure.subplots_adjust(**sides, bottom=0.68 / height, top=1 - 0.7 / height, wspace=0.08, hspace=0.3)
        flat = list(panels.flat)
        for index, arm in enumerate(display.arms):
            times = [] if display.small_cells else _times(records, arm.id, display.primary_visit)
            _draw(flat[index], times, index, display)
            count = f" ({len(times)} patients)" if times else ""
            flat[index].set_title(arm.label + count, loc="left")
            style.watermark(flat[index], display, size=36 / columns)
        for axes in flat[len(display.arms) :]:
            axes.set_visible(False)
        style.title(figure, display.label)
        unit = f" ({display.unit})" if display.unit else ""
        figure.text(0.5, 0.27 / height, f"Time{unit}", ha="center", va="bottom")
        words = "Lines: patients. Filled: event. Open: followed up to then without the event."
        look: dict[str, Any] = {"va": "bottom", "fontsize": style.SMALL, "color": style.QUIET}
        figure.text(0.06 / style.PAGE_WIDTH, 0.06 / height, words, **look)
        style.stamp(figure, display)
    return figure


def _times(records: Mapping[str, Sequence[Any]], arm: str, visit: str) -> list[tuple[float, bool]]:
    """(time, whether it is the event) of the patients of an arm, the shortest first."""
    columns = (records[name] for name in ("ARM", "AVISIT", "AVAL", "AVALC"))
    found = [
        (float(value), not str(text or "").startswith(">"))
        for of, at, value, text in zip(*columns, strict=True)
        if (of, at) == (arm, visit) and value is not None and value == value
    ]
    return sorted(found)


def _draw(axes: Axes, times: Sequence[tuple[float, bool]], index: int, display: Display) -> None:
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    if not times:
        words = "no patient is drawn: the data are restricted" if display.small_cells else "no values"
        axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color=style.QUIET)
        return
    colour = style.colour_of(display.arms, index)
    levels = range(len(times))
    size = max(1.2, min(4.0, 120 / len(times)))
    axes.hlines(levels, 0, [t for t, _ in times], color=colour, alpha=0.6, linewidth=min(1.2, 60 / len(times)))
    for happened, fill in ((True, colour), (False, "white")):
        points = [(t, level) for level, (t, event) in zip(levels, times, strict=True) if event == happened]
        if points:
            axes.plot(*zip(*points, strict=True), "o", color=colour, markerfacecolor=fill, markersize=size, zorder=3)
    axes.set_xlim(left=0)
    axes.set_ylim(-1, len(times))
    axes.tick_params(labelbottom=True)
