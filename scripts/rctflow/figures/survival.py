"""Kaplan-Meier curves of a time to an event, with intervals, censoring marks and the numbers at risk below.

Every step, limit, mark and number is a result row (models/survival_curve.py); nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rctflow.display import Display
from rctflow.figures import style
from rctflow.figures.placing import wrapped
from rctflow.figures.rows import percent, value_of
from rctflow.results import Found, Result, rows_of
from rctflow.rounding import rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MODEL = "time_to_event"
PANEL_HEIGHT, ROW_HEIGHT, RIGHT, TOP, FOOT = 2.6, 0.16, 0.25, 0.62, 0.2


@dataclass(frozen=True)
class Curve:
    """One arm: steps (time, per cent without the event, lower, upper limit), censoring times, numbers at risk."""

    steps: tuple[tuple[float, float, float | None, float | None], ...]
    censored: tuple[float, ...]
    at_risk: tuple[tuple[float, float | None], ...]

    @property
    def end(self) -> float:
        """The last time that the rows tell of."""
        told = [t for t, n in self.at_risk if n]
        return max([0.0, *(step[0] for step in self.steps), *self.censored, *told])

    def height(self, time: float) -> float:
        """The curve at a time, a value of its rows."""
        return next((share for t, share, _, _ in reversed(self.steps) if t <= time), 100.0)


def is_survival(rows: Sequence[Result], display: Display) -> bool:
    """Whether the main analysis compares times to an event."""
    return any(row.analysis == display.main_analysis and row.model == MODEL for row in rows)


def draw_survival(rows: Sequence[Result], display: Display) -> Figure:
    """The curves of the main analysis at the primary visit."""
    found = rows_of(rows, display.main_analysis, display.main_population)
    curves = [curve_of(found, display.primary_visit, arm.id) for arm in display.arms]
    with style.house_style():
        names = [arm.label for arm in display.arms]
        bottom = 0.75 + ROW_HEIGHT * len(names) + FOOT
        columns = _legend_columns(found, display)
        height = TOP + 0.16 * -(-len(names) // columns) + PANEL_HEIGHT + bottom
        figure = style.new_figure(height)
        left = max(0.75, 0.2 + max(style.text_width(name, style.SMALL) for name in names))
        width = style.PAGE_WIDTH
        place = (left / width, bottom / height, (width - left - RIGHT) / width, PANEL_HEIGHT / height)
        axes = figure.add_axes(place, label="survival")
        for index, curve in enumerate(curves):
            _draw(axes, curve, index, _label(found, display, index), display)
        _dress(axes, curves, columns, display)
        _numbers(figure, axes, curves, display)
        _note(figure, curves, display)
        visit = next(v.label for v in display.visits if v.id == display.primary_visit)
        style.title(figure, display.label, f"patients without the event; {visit}")
        style.stamp(figure, display)
        style.watermark(axes, display)
    return figure


def curve_of(found: Found, visit: str, arm: str) -> Curve:
    """What the rows tell of the curve of one arm."""

    def told(name: str) -> list[tuple[float, float | None]]:
        rows = [
            (float(statistic.removeprefix(f"{name}:")), row.value)
            for (at, who, statistic), row in found.items()
            if (at, who) == (visit, arm) and statistic.startswith(f"{name}:")
        ]
        return sorted(rows, key=lambda pair: pair[0])

    low, high = dict(told("survival_ci_low")), dict(told("survival_ci_high"))
    steps = tuple((t, share, low.get(t), high.get(t)) for t, share in told("survival") if share is not None)
    return Curve(steps, tuple(t for t, _ in told("censored")), tuple(told("at_risk")))


def _label(found: Found, display: Display, index: int) -> str:
    arm = display.arms[index]
    n, events = (value_of(found, display.primary_visit, arm.id, name) for name in ("n", "events"))
    return f"{arm.label} ({rounded(events, 0)} of {rounded(n, 0)} with the event)"


def _legend_columns(found: Found, display: Display) -> int:
    widest = max(style.text_width(_label(found, display, i)) for i in range(len(display.arms)))
    return max(1, min(len(display.arms), int((style.PAGE_WIDTH - 1.2) / (widest + 0.75))))


def _draw(axes: Axes, curve: Curve, index: int, label: str, display: Display) -> None:
    if not curve.at_risk:
        return
    colour = style.colour_of(display.arms, index)
    end = _told_until(curve, display)
    times = [0.0, *(step[0] for step in curve.steps), end]
    shares = [100.0, *(step[1] for step in curve.steps)]
    look: dict[str, Any] = {"color": colour, "linestyle": style.LINES[index % 6], "label": label, "zorder": 3 + index}
    axes.plot(times, [*shares, shares[-1]], drawstyle="steps-post", **look)
    band = [(t, low, high) for t, _, low, high in curve.steps if low is not None and high is not None]
    if band:
        ends = [*(t for t, _, _ in band[1:]), max(band[-1][0], min(end, _end_of_band(curve)))]
        for (start, low, high), end in zip(band, ends, strict=True):
            axes.fill_between([start, end], low, high, color=colour, alpha=0.14, linewidth=0, zorder=1)
    if curve.censored:
        heights = [curve.height(t) for t in curve.censored]
        axes.plot(curve.censored, heights, "|", color=colour, markersize=6, markeredgewidth=1.1, zorder=5 + index)


def _told_until(curve: Curve, display: Display) -> float:
    """Where the curve ends: with the follow-up; of restricted data with the last step that may be told."""
    return max((step[0] for step in curve.steps), default=0.0) if display.small_cells else curve.end


def _end_of_band(curve: Curve) -> float:
    """Where the last interval ends: with the curve, or where it falls to 0."""
    return next((t for t, _, low, _ in curve.steps if low is None), curve.end)


def _dress(axes: Axes, curves: Sequence[Curve], columns: int, display: Display) -> None:
    axes.set_ylim(0, 103)
    longest = max(curve.end for curve in curves)
    axes.set_xlim(0, 1.02 * longest if longest else 1)
    axes.set_xticks(_times(curves))
    level = percent(display.confidence)
    axes.set_ylabel(wrapped(f"Without the event (%), Kaplan-Meier, {level} CI", 38))
    axes.set_xlabel(f"Time{f' ({display.unit})' if display.unit else ''}", labelpad=2)
    if axes.get_lines():
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, borderaxespad=0.1, handlelength=3.2)
    else:
        words = "No patient has a time at this visit"
        axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color=style.QUIET)


def _times(curves: Sequence[Curve]) -> list[float]:
    """The times at which numbers at risk are told."""
    return sorted({t for curve in curves for t, _ in curve.at_risk})


def _numbers(figure: Figure, axes: Axes, curves: Sequence[Curve], display: Display) -> None:
    wide, height = figure.get_size_inches()
    place = axes.get_position()
    base = place.y0 * height - 0.55
    low, high = axes.get_xlim()
    look: dict[str, Any] = {"va": "center", "fontsize": style.SMALL}
    figure.text(0.06 / wide, base / height, "Number at risk", fontweight="bold", **look)
    for i, (arm, curve) in enumerate(zip(display.arms, curves, strict=True)):
        y = (base - ROW_HEIGHT * (i + 1)) / height
        colour = style.colour_of(display.arms, i)
        figure.text(0.06 / wide, y, arm.label, color=colour, **look)
        for time, n in curve.at_risk:
            x = place.x0 + (time - low) / (high - low) * place.width
            figure.text(x, y, rounded(n, 0), ha="center", color=colour, **look)


def _note(figure: Figure, curves: Sequence[Curve], display: Display) -> None:
    words = "Steps: events. Vertical marks: patients followed up to then without the event."
    if display.small_cells:
        words = f"Restricted data: each step is of {display.small_cells} events or more, and the curves end with the "
        words += "last that may be told; censoring is not shown."
    elif not any(curve.censored for curve in curves):
        words = "Steps: events. Everybody was followed up to the event."
    wide, height = figure.get_size_inches()
    figure.text(0.06 / wide, 0.06 / height, words, va="bottom", fontsize=style.SMALL, color=style.QUIET)
