"""The small-sample ladder of one endpoint as a figure: every analysis and method at the primary visit (ladder.py).

Rows stand in the order of the ladder, the main analysis first. What is estimated on another scale (a ratio, percentage
points) has a column and an axis of its own, so that the order is kept and no two scales share an axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rctflow.display import Display, digits_of
from rctflow.figures import style
from rctflow.figures.placing import log_ticks, wrapped
from rctflow.figures.rows import experimental_of, percent
from rctflow.ladder import NEUTRAL, Rung, neutral_of, rungs_of, scale_words
from rctflow.results import Result, compared_arms
from rctflow.rounding import interval, p_value, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ANALYSIS, METHOD, HEAD, AXIS, TOP, NOTE = 0.32, 0.19, 0.3, 0.58, 0.5, 0.13  # inches
LABELS, NUMBERS, P_WIDTH, ESTIMATES, GAP = 1.72, 0.68, 0.5, 1.3, 0.14
MANY_SCALES = 3
"""With more of them the estimates in words make room for the axes; the table has the numbers."""


@dataclass(frozen=True)
class Column:
    """The axes of one scale."""

    axes: Axes
    scale: str

    @property
    def neutral(self) -> float:
        """Where the arms do not differ."""
        return neutral_of(self.scale)

    @property
    def logarithmic(self) -> bool:
        """Whether the axis is: for ratios."""
        return self.scale not in NEUTRAL


def draw_ladder(rows: Sequence[Result], display: Display) -> Figure:
    """Every rung of the ladder. Where a method has no interval, its p-value stands alone and a note says why."""
    main = display.main_analysis, display.main_population
    rungs = rungs_of(rows, main, display.analysis_order, display.primary_visit)
    with style.house_style():
        reasons = _reasons(rungs)
        notes = _notes(reasons, rungs, display)
        body = sum(METHOD if rung.method else ANALYSIS for rung in rungs)
        foot = 0.1 + NOTE * sum(1 + note.count("\n") for note in notes)
        high = TOP + HEAD + body + AXIS + foot
        figure = style.new_figure(high)
        visit = next(v.label for v in display.visits if v.id == display.primary_visit)
        style.title(figure, f"{display.label}: all analyses at {visit}", f"{display.direction} values are better")
        if not rungs:
            figure.text(0.5, 0.5, "No analysis compares the arms at this visit", ha="center", color=style.QUIET)
        columns = _columns(figure, rungs, (foot + AXIS, body), display)
        _draw_rungs(figure, rungs, columns, reasons, high - TOP - HEAD, display)
        _heads(figure, columns, high - TOP - 0.5 * HEAD, display)
        for i, note in enumerate(reversed(notes)):
            below = 0.06 + NOTE * sum(1 + other.count("\n") for other in notes[len(notes) - i :])
            look: dict[str, Any] = {"va": "bottom", "fontsize": style.SMALL, "color": style.QUIET}
            figure.text(0.06 / style.PAGE_WIDTH, below / high, note, **look)
        style.stamp(figure, display)
        for column in list(columns.values())[:1]:
            style.watermark(column.axes, display, size=9)
    return figure


def _reasons(rungs: Sequence[Rung]) -> dict[str, str]:
    """Why a rung has no interval -> the mark of that note."""
    texts = dict.fromkeys(rung.why_no_interval for rung in rungs if rung.interval is None)
    return {text: "abcdefghijklmnopqrstuvwxyz"[i % 26] for i, text in enumerate(texts)}


def _notes(reasons: dict[str, str], rungs: Sequence[Rung], display: Display) -> list[str]:
    arms = " + ".join(arm.label for arm in display.arms)
    told = [f"{mark}: {reason}." for reason, mark in reasons.items()]
    unreliable = dict.fromkeys(rung.low.note for rung in rungs if rung.unreliable and rung.low and rung.interval)
    told += [f"Dotted intervals are {note}." for note in unreliable]
    if any(rung.about is not None for rung in rungs):
        told.append("Hollow: the estimate of the analysis above, whose uncertainty the method describes.")
    if not all(rung.has_estimand for rung in rungs):
        told.append("†: no estimand; the set selects patients by what happened to them after randomization.")
    several = len(display.arms) > 2
    told.append(f"n: analysed, {'of the two arms compared, reference first' if several else arms}.")
    dashed = "Dashed: the main estimate. " if len(_main(rungs)) == 1 else ""
    told.append(f"{dashed}Intervals and p are not adjusted for multiplicity; p is nominal but for the trial's test, ")
    told[-1] += "which the table marks."
    return [wrapped(note, 125) for note in told]


def _columns(figure: Figure, rungs: Sequence[Rung], place: tuple[float, float], display: Display) -> dict[str, Column]:
    """Axes by scale, side by side; the first, of the main analysis, is wider. place: bottom and height in inches."""
    scales = list(dict.fromkeys(rung.scale for rung in rungs if rung.interval or (rung.estimate and not rung.method)))
    wide, high = figure.get_size_inches()
    left = LABELS + NUMBERS
    room = wide - left - P_WIDTH - 0.1 - (ESTIMATES if len(scales) <= MANY_SCALES else 0)
    shares = [1.6, *[1.0] * (len(scales) - 1)] if len(scales) > 1 else [1.0]
    inches = room - GAP * (len(scales) - 1)
    made = {}
    for scale, share in zip(scales, shares, strict=False):
        width = inches * share / sum(shares)
        axes = figure.add_axes((left / wide, place[0] / high, width / wide, place[1] / high), label=scale or "unit")
        column = Column(axes, scale)
        drawn = [rung for rung in rungs if rung.scale == scale]
        _axis(column, drawn, place[1], display, width)
        made[scale] = column
        left += width + GAP
    return made


def _axis(column: Column, rungs: Sequence[Rung], body: float, display: Display, width: float) -> None:
    axes = column.axes
    axes.set_ylim(0, body)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    values = [x for rung in rungs for x in (*(rung.interval or ()), *_estimates(rung))]
    if column.logarithmic:  # a ratio of 0, or a limit at 0, lies beyond the axis's end
        values = [x for x in values if x > 0]
    low, high = min([column.neutral, *values]), max([column.neutral, *values])
    most = max(3, int(width / (0.2 if column.logarithmic else 0.3)))
    if column.logarithmic:
        low, high = (low / 1.08, high * 1.08) if high > low else (0.8, 1.25)
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        ticks = log_ticks(low, high, most)
        axes.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)
    else:
        margin = 0.05 * (high - low) or 0.5
        axes.set_xlim(low - margin, high + margin)
        axes.locator_params(axis="x", nbins=most)
    axes.tick_params(axis="x", labelsize=6.5)
    axes.axvline(column.neutral, color=style.QUIET, linewidth=0.8, zorder=1)
    if len(main := _main(rungs)) == 1:
        axes.axvline(main[0], color=style.QUIET, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    words = scale_words(column.scale, display.unit)
    axes.set_xlabel(wrapped(words, max(12, int(width / 0.058))), fontsize=style.SMALL)


def _main(rungs: Sequence[Rung]) -> list[float]:
    """The estimates of the main analysis: one for each comparison of arms."""
    return [x for rung in rungs if rung.main and not rung.method for x in _estimates(rung)]


def _estimates(rung: Rung) -> list[float]:
    row = rung.estimate or rung.about
    return [row.value] if row is not None and row.value is not None else []


def _draw_rungs(
    figure: Figure,
    rungs: Sequence[Rung],
    columns: dict[str, Column],
    reasons: dict[str, str],
    top: float,
    display: Display,
) -> None:
    wide, high = figure.get_size_inches()
    level, several = sum(METHOD if rung.method else ANALYSIS for rung in rungs), len(display.arms) > 2
    bottom = top - level
    for rung in rungs:
        tall = METHOD if rung.method else ANALYSIS
        level -= tall
        at = level + 0.5 * tall
        _label(figure, rung, bottom + at, several, display)
        look: dict[str, Any] = {"fontsize": style.SMALL, "va": "center"}
        if rung.interval is not None or (not rung.method and _estimates(rung)):
            _draw(columns[rung.scale], rung, at, display)
        y = (bottom + at) / high
        words = _estimate_words(rung, reasons, display)
        if len(columns) <= MANY_SCALES:
            figure.text((wide - P_WIDTH - ESTIMATES + 0.02) / wide, y, words, **look)
        elif rung.interval is None:  # on white, since it stands over the last columns
            figure.text((wide - P_WIDTH) / wide, y, words, ha="right", backgroundcolor="white", **look)
        shown = p_value(rung.test.value) if rung.test is not None and rung.test.value is not None else "–"
        figure.text(1 - 0.06 / wide, y, shown, ha="right", **look | {"fontweight": _weight(rung)})


def _weight(rung: Rung) -> str:
    return "bold" if rung.main and not rung.method else "normal"


def _label(figure: Figure, rung: Rung, at: float, several: bool, display: Display) -> None:
    """Analysis (with role and population below it) or method, and the numbers analysed."""
    wide, high = figure.get_size_inches()
    y = at / high
    look: dict[str, Any] = {"fontsize": style.SMALL, "va": "center"}
    labels = {arm.id: arm.label for arm in display.arms}
    arm = f": {labels[experimental_of(rung.contrast)]}" if several else ""
    if rung.method:
        figure.text(0.2 / wide, y, style.shortened(rung.method_words + arm, LABELS - 0.25), **look)
        return
    named = {label.id: label.label for label in (*display.analyses, *display.populations)}
    name = named.get(rung.analysis, rung.analysis.replace("_", " "))
    population = named.get(rung.population, rung.population.replace("_", " "))
    shift = 0.065 / high
    look["fontweight"] = _weight(rung)
    figure.text(0.06 / wide, y + shift, style.shortened(name + arm, LABELS - 0.1, weight=_weight(rung)), **look)
    quiet: dict[str, Any] = {"fontsize": 6.3, "va": "center", "color": style.QUIET}
    role = ("" if rung.has_estimand else "† ") + ("main analysis" if rung.main else rung.role)
    figure.text(0.06 / wide, y - shift, style.shortened(f"{role}; {population}", LABELS - 0.1, 6.3), **quiet)
    compared = compared_arms(rung.contrast)
    rows = [rung.found.get((display.primary_visit, arm.id, "n")) for arm in display.arms if arm.id in compared]
    numbers = " + ".join(rounded(row.value if row else None, 0) for row in rows)
    figure.text(LABELS / wide, y, numbers, **look)


def _draw(column: Column, rung: Rung, level: float, display: Display) -> None:
    index = next((i for i, arm in enumerate(display.arms) if arm.id == experimental_of(rung.contrast)), 1)
    colour = style.colour_of(display.arms, index)
    main = rung.main and not rung.method
    if rung.interval is not None:
        ends = list(rung.interval)
        line = ":" if rung.unreliable else "-"
        column.axes.plot(ends, [level, level], color=colour, linewidth=2.0 if main else 1.1, linestyle=line, zorder=2)
    marker = "D" if main else style.MARKERS[index % 6]
    filled = colour if rung.about is None else "white"
    size = 6 if main else 4.2 if not rung.method else 3.4
    for centre in _estimates(rung):
        look: dict[str, Any] = {"color": colour, "markerfacecolor": filled, "markersize": size}
        column.axes.plot([centre], [level], marker, zorder=3, **look)


def _estimate_words(rung: Rung, reasons: dict[str, str], display: Display) -> str:
    row = rung.estimate
    if rung.interval is None:
        mark = f" ({reasons[rung.why_no_interval]})"
        if row is not None and row.value is None:
            return ("failed" if row.status == "failed" else "not estimable") + mark
        if row is None and (rung.test is None or rung.test.value is None):
            return "not estimable" + mark
        return f"{rounded(row.value, digits_of(row, display.digits))}{mark}" if row else f"p alone{mark}"
    digits = digits_of(row or rung.low, display.digits)
    limits = interval(*rung.interval, digits)
    return f"{rounded(row.value, digits)} ({limits})" if row is not None else f"({limits})"


def _heads(figure: Figure, columns: dict[str, Column], at: float, display: Display) -> None:
    wide, high = figure.get_size_inches()
    look: dict[str, Any] = {"fontsize": style.SMALL, "fontweight": "bold", "va": "center"}
    figure.text(0.06 / wide, at / high, "Analysis", **look)
    figure.text(LABELS / wide, at / high, "n", **look)
    if len(columns) <= MANY_SCALES:
        left = (wide - P_WIDTH - ESTIMATES + 0.02) / wide
        figure.text(left, at / high, f"Estimate ({percent(display.confidence)} CI)", **look)
    figure.text(1 - 0.06 / wide, at / high, "p", ha="right", **look)
