"""The comparison without each patient in turn: estimates and intervals beside those of everybody.

A panel per comparison. Patients stand in the order of the estimate without them; the most influential one, as the
result rows name it, is marked. Of a blinded study the rows have codes, of restricted data none, and the panel says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rctflow.display import Display, digits_of, words_of
from rctflow.figures import style
from rctflow.figures.placing import log_ticks, wrapped
from rctflow.figures.rows import percent
from rctflow.ladder import Rung, rungs_of, scale_words
from rctflow.results import compared_arms, is_ratio
from rctflow.rounding import interval, p_value, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rctflow.results import Result

TOP, PANEL, HEAD, FOOT, LEFT, RIGHT = 0.5, 1.9, 0.66, 0.85, 0.75, 0.15  # inches
NAMED = 60
"""More patients than these are not named below the axis, but for the most influential one."""
PREFIX, INFLUENCE, MOST = "without:", "loo_influence", "most influential: "


@dataclass(frozen=True)
class Without:
    """A comparison without one patient: who, and where it lies (None when it cannot be made)."""

    patient: str
    drawn: tuple[float, float, float] | None
    reason: str


def draw_leave_one_out(rows: Sequence[Result], display: Display) -> Figure:
    """A panel for each comparison at the primary visit of which leaving one out was asked for."""
    main = display.main_analysis, display.main_population
    rungs = [rung for rung in rungs_of(rows, main, display.analysis_order, display.primary_visit) if not rung.method]
    shown = [rung for rung in rungs if (display.primary_visit, rung.contrast, INFLUENCE) in rung.found]
    with style.house_style():
        each = HEAD + PANEL + FOOT
        high = TOP + each * max(len(shown), 1) + 0.3
        figure = style.new_figure(high)
        visit = next(v.label for v in display.visits if v.id == display.primary_visit)
        style.title(
            figure, f"{display.label} at {visit}: each patient left out", f"{display.direction} values are better"
        )
        for place, rung in enumerate(shown):
            _panel(figure, rung, high - TOP - each * place, display)
        note = f"Dashed line, grey band: everybody, with the {percent(display.confidence)} interval. Patients in the "
        note += "order of the estimate without them; no interval or p is adjusted for looking at all of them."
        foot: dict[str, Any] = {"va": "bottom", "fontsize": style.SMALL, "color": style.QUIET}
        figure.text(0.06 / style.PAGE_WIDTH, 0.06 / high, wrapped(note, 130), **foot)
        style.stamp(figure, display)
    return figure


def _panel(figure: Figure, rung: Rung, top: float, display: Display) -> None:
    wide, high = figure.get_size_inches()
    place = (LEFT / wide, (top - HEAD - PANEL) / high, (wide - LEFT - RIGHT) / wide, PANEL / high)
    axes = figure.add_axes(place, label=f"{rung.analysis} {rung.population} {rung.contrast}")
    influence = rung.found[display.primary_visit, rung.contrast, INFLUENCE]
    labels = {arm.id: arm.label for arm in display.arms}
    against = " against ".join(labels.get(arm, arm) for arm in compared_arms(rung.contrast))
    words = f"{words_of(rung.analysis, display.analyses)}, {words_of(rung.population, display.populations)}: {against}"
    look: dict[str, Any] = {"va": "bottom", "fontsize": style.SMALL}
    figure.text(0.06 / wide, (top - 0.5 * HEAD) / high, words, fontweight="bold", **look)
    if influence.value is None:
        axes.set_axis_off()
        axes.text(0.5, 0.5, wrapped(influence.note, 80), transform=axes.transAxes, ha="center", color=style.QUIET)
        return
    most = influence.note.partition(MOST)[2].partition(";")[0]
    figure.text(0.06 / wide, (top - 0.9 * HEAD) / high, _told(rung, most, influence.value, display), **look)
    _draw_everybody(axes, rung)
    _draw_each(axes, _each(rung, display), most)
    _axis(axes, rung, display)
    style.watermark(axes, display)


def _told(rung: Rung, most: str, moved: float, display: Display) -> str:
    """The range of estimates and p-values, and who moves the estimate most."""
    rows = {
        name: rung.found[display.primary_visit, rung.contrast, f"loo_{name}"]
        for name in ("estimate_min", "estimate_max", "p_value_min", "p_value_max")
    }
    ends = {name: row.value for name, row in rows.items()}
    estimates = interval(ends["estimate_min"], ends["estimate_max"], digits_of(rows["estimate_min"], display.digits))
    p = f"{p_value(ends['p_value_min'])} to {p_value(ends['p_value_max'])}"
    return (
        f"Estimate {estimates}, nominal p {p} without one patient.\n"
        f"Most influential: {most}, who moves it by {rounded(moved, 2)} SE when left out."
    )


def _each(rung: Rung, display: Display) -> list[Without]:
    """In the order of the estimate; those without whom there is no comparison last."""
    found = []
    visit, contrast = display.primary_visit, rung.contrast
    for at, who, statistic in rung.found:
        if (at, who) == (visit, contrast) and statistic.startswith(PREFIX) and statistic.endswith(":estimate"):
            patient = statistic.removeprefix(PREFIX).removesuffix(":estimate")
            rows = [rung.found[visit, contrast, f"{PREFIX}{patient}:{n}"] for n in ("estimate", "ci_low", "ci_high")]
            centre, low, high = (row.value for row in rows)
            drawn = (centre, low, high) if centre is not None and low is not None and high is not None else None
            found.append(Without(patient, drawn, rows[0].note))
    return sorted(found, key=lambda one: (one.drawn is None, one.drawn or (), one.patient))


def _draw_everybody(axes: Axes, rung: Rung) -> None:
    axes.axhline(rung.neutral, color=style.QUIET, linewidth=0.8, zorder=1)
    if rung.interval is not None:
        axes.axhspan(*rung.interval, color="#e8eef4", zorder=0)
    if rung.estimate is not None and rung.estimate.value is not None:
        axes.axhline(rung.estimate.value, color=style.INK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=2)


def _draw_each(axes: Axes, patients: Sequence[Without], most: str) -> None:
    colour, mark = style.COLOURS[1], style.STAMP
    crowded = len(patients) > NAMED
    if crowded:  # so many intervals side by side are a band
        shown = [(x, one.drawn) for x, one in enumerate(patients) if one.drawn is not None]
        ends: dict[str, Any] = {"y1": [drawn[1] for _, drawn in shown], "y2": [drawn[2] for _, drawn in shown]}
        axes.fill_between([x for x, _ in shown], **ends, step="mid", color=colour, alpha=0.25, linewidth=0, zorder=1)
    for x, one in enumerate(patients):
        if one.drawn is None:
            axes.plot([x], [0.04], "x", color=style.INK, transform=axes.get_xaxis_transform(), markersize=4)
            continue
        centre, low, high = one.drawn
        chosen = one.patient == most
        own = mark if chosen else colour
        if chosen or not crowded:
            axes.plot([x, x], [low, high], color=own, linewidth=1.4 if chosen else 0.9, zorder=3)
        size = 5 if chosen else 1.5 if crowded else 3
        axes.plot([x], [centre], "D" if chosen else "o", color=own, markersize=size, zorder=4)
    axes.set_xlim(-0.8, len(patients) - 0.2)
    named = [(x, one) for x, one in enumerate(patients) if len(patients) <= NAMED or one.patient == most]
    axes.set_xticks([x for x, _ in named], [one.patient for _, one in named], rotation=90, fontsize=6)
    for label, (_, one) in zip(axes.get_xticklabels(), named, strict=True):
        if one.patient == most:
            label.set_color(mark)
            label.set_fontweight("bold")
    if lost := [one for one in patients if one.drawn is None]:
        words = f"×: {'; '.join(dict.fromkeys(one.reason for one in lost))}"
        axes.set_xlabel(wrapped(words, 110), fontsize=style.SMALL, color=style.QUIET)


def _axis(axes: Axes, rung: Rung, display: Display) -> None:
    if is_ratio(rung.contrast):
        axes.set_yscale("log")
        ticks = log_ticks(*axes.get_ylim())
        axes.set_yticks(ticks, labels=[f"{tick:g}" for tick in ticks])
        axes.set_yticks([], minor=True)
    axes.tick_params(axis="y", labelsize=style.SMALL)
    axes.set_ylabel(wrapped(scale_words(rung.scale, display.unit), 30), fontsize=style.SMALL)
