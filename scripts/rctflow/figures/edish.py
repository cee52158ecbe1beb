"""eDISH: each patient's peak transaminase against peak bilirubin, as multiples of the upper limit of normal.

Both axes are logarithmic; lines stand where Hy's law looks. Potential Hy's law cases are in the upper right quadrant.
Source: Watkins et al. 2011, Hepatology 54:1672.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rctflow.display import StudyDisplay
from rctflow.figures import style
from rctflow.figures.placing import log_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

HEIGHT = 4.2  # inches
ROOM = 1.25
"""The axes reach so many times beyond the outermost point or line."""


@dataclass(frozen=True)
class Peak:
    """One patient: arm id, highest transaminase and highest bilirubin as multiples of the upper limit."""

    arm: str
    transaminase: float
    bilirubin: float


@dataclass(frozen=True)
class Quadrants:
    """Where the lines stand, and what the axes show."""

    transaminase: float
    bilirubin: float
    x: str = "Highest transaminase, times the upper limit"
    y: str = "Highest bilirubin, times the upper limit"


def peaks_of(table: DataFrame) -> list[Peak]:
    """The peaks of a table with ARM, TRANSAMINASE and BILIRUBIN, one row per patient."""
    columns = table[["ARM", "TRANSAMINASE", "BILIRUBIN"]]
    return [Peak(str(arm), float(x), float(y)) for arm, x, y in columns.itertuples(index=False)]


def draw_edish(peaks: Sequence[Peak], quadrants: Quadrants, display: StudyDisplay) -> Figure:
    """The figure. Patients at 0 stand on the lower edge."""
    with style.house_style():
        figure = style.new_figure(HEIGHT)
        wide = figure.get_figwidth()
        axes = figure.add_axes((0.7 / wide, 0.75 / HEIGHT, (wide - 1.0) / wide, (HEIGHT - 1.55) / HEIGHT))
        _scale(axes, peaks, quadrants)
        for place, arm in enumerate(display.arms):
            mine = [peak for peak in peaks if peak.arm == arm.id]
            axes.plot(
                [max(peak.transaminase, axes.get_xlim()[0]) for peak in mine],
                [max(peak.bilirubin, axes.get_ylim()[0]) for peak in mine],
                style.MARKERS[place % 6],
                linestyle="none",
                color=style.colour_of(display.arms, place),
                markersize=4.5,
                label=f"{arm.label} (n = {len(mine)})",
                zorder=3,
                clip_on=False,
            )
        _lines(axes, quadrants)
        handles, labels = axes.get_legend_handles_labels()
        columns = len(labels)
        at = (0.7 / wide, (HEIGHT - 0.42) / HEIGHT)
        figure.legend(handles, labels, loc="upper left", bbox_to_anchor=at, ncol=columns, frameon=False, fontsize=8)
        style.title(figure, "Liver: highest transaminase and bilirubin under treatment")
        note = "One mark per patient; the two peaks need not be of the same day. Limits are those of the laboratory."
        figure.text(0.06 / wide, 0.06 / HEIGHT, note, va="bottom", fontsize=style.SMALL, color=style.QUIET)
        style.stamp(figure, display)
        style.watermark(axes, display)
    return figure


def _scale(axes: Axes, peaks: Sequence[Peak], quadrants: Quadrants) -> None:
    x = [peak.transaminase for peak in peaks if peak.transaminase > 0]
    y = [peak.bilirubin for peak in peaks if peak.bilirubin > 0]
    for which, values, line, words in (
        ("x", x, quadrants.transaminase, quadrants.x),
        ("y", y, quadrants.bilirubin, quadrants.y),
    ):
        low, high = min([0.5, *values]) / ROOM, max([3 * line, *values]) * ROOM
        getattr(axes, f"set_{which}scale")("log")
        getattr(axes, f"set_{which}lim")(low, high)
        ticks = log_ticks(low, high, 6)
        getattr(axes, f"set_{which}ticks")(ticks, labels=[f"{tick:g}" for tick in ticks])
        getattr(axes, f"set_{which}ticks")([], minor=True)
        getattr(axes, f"set_{which}label")(words, fontsize=style.SMALL)


def _lines(axes: Axes, quadrants: Quadrants) -> None:
    axes.axvline(quadrants.transaminase, color=style.QUIET, linewidth=0.8, linestyle="--", zorder=1)
    axes.axhline(quadrants.bilirubin, color=style.QUIET, linewidth=0.8, linestyle="--", zorder=1)
    corners = {
        (0.99, 0.97, "right", "top"): "potential Hy's law",
        (0.99, 0.03, "right", "bottom"): "Temple's corollary",
        (0.01, 0.97, "left", "top"): "cholestasis",
    }
    for (left, bottom, side, edge), words in corners.items():
        look: dict[str, Any] = {
            "transform": axes.transAxes,
            "ha": side,
            "va": edge,
            "fontsize": style.SMALL,
            "color": style.QUIET,
        }
        axes.text(left, bottom, words, **look)
