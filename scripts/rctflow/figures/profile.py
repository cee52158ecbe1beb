"""The profile of one endpoint: a mean with its interval by arm over real time, with the numbers analysed below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rctflow.display import ArmLabel, Display
from rctflow.figures import style
from rctflow.figures.placing import log_ticks, spread, wrapped
from rctflow.figures.rows import percent, value_of
from rctflow.figures.survival import draw_survival, is_survival
from rctflow.results import Found, Result, contrasts_of, descriptive_rows, is_ratio, rows_of
from rctflow.rounding import rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT = 2.45
ROW_HEIGHT = 0.16
RIGHT, TOP = 0.25, 0.55


@dataclass(frozen=True)
class Profile:
    """What is drawn: rows by (visit, arm, statistic), which statistic, what the axis says, the line of no change."""

    found: Found
    statistic: str
    label: str
    start: float | None
    ratio: bool


def draw_profile(rows: Sequence[Result], display: Display) -> Figure:
    """LS means of the main analysis by arm and visit, or the observed means when it has none; curves of times to an
    event (survival.py).

    The abscissa is the study day. Without any mean the figure says so, with the reason that the rows give.
    """
    if is_survival(rows, display):
        return draw_survival(rows, display)
    with style.house_style():
        profile = _profile(rows, display)
        names = [arm.label for arm in display.arms]
        bottom = 0.5 + ROW_HEIGHT * (len(display.arms) + 1)
        columns = _legend_columns(profile, display)
        height = TOP + 0.16 * -(-len(names) // columns) + PANEL_HEIGHT + bottom
        figure = style.new_figure(height)
        left = max(0.75, 0.2 + max(style.text_width(name, style.SMALL) for name in names))
        width = style.PAGE_WIDTH
        axes = figure.add_axes(
            (left / width, bottom / height, (width - left - RIGHT) / width, PANEL_HEIGHT / height), label="profile"
        )
        _draw_arms(axes, profile, display)
        _draw_axes(axes, profile, display, columns)
        _mark_not_estimable(axes, profile, display)
        _draw_numbers(figure, axes, profile, display, left)
        style.title(figure, display.label, f"{display.direction} values are better")
        style.stamp(figure, display)
        style.watermark(axes, display)
    return figure


def _profile(rows: Sequence[Result], display: Display) -> Profile:
    main = rows_of(rows, display.main_analysis, display.main_population)
    level = percent(display.confidence)
    if any(statistic == "lsmean" for _, _, statistic in main):
        ratio = any(is_ratio(contrast) for contrast in contrasts_of(main.values()))
        change = display.outcome == "change" and bool(display.baseline_visit)
        if ratio:
            what = "Geometric LS mean ratio to baseline" if change else f"Geometric LS mean{_unit(display)}"
        else:
            what = f"LS mean {'change from baseline' if change else 'value'}{_unit(display)}"
        start = None if not change else 1.0 if ratio else 0.0
        return Profile(main, "lsmean", f"{what}, {level} CI", start, ratio)
    if any(statistic == "proportion" for _, _, statistic in main):
        what = "Responders" if any(row.model == "responder" for row in main.values()) else "With the event"
        return Profile(main, "proportion", f"{what} (%), {level} CI", None, False)
    if any(statistic == "rate" for _, _, statistic in main):
        per = "per patient" if not any(statistic == "exposure" for _, _, statistic in main) else "per unit of exposure"
        return Profile(main, "rate", f"Observed events {per}", None, False)
    observed = descriptive_rows(rows, display.main_population)
    return Profile(observed, "mean", f"Observed mean{_unit(display)}, {level} CI", None, False)


def _unit(display: Display) -> str:
    return f" ({display.unit})" if display.unit else ""


def _draw_arms(axes: Axes, profile: Profile, display: Display) -> None:
    days = [visit.day for visit in display.visits]
    dodge = 0.012 * ((max(days) - min(days)) or 1)
    drawn = False
    for i, arm in enumerate(display.arms):
        shift = (i - (len(display.arms) - 1) / 2) * dodge
        points = [(v.day + shift, *p) for v in display.visits if (p := _point(profile, v.id, arm.id))]
        colour = style.colour_of(display.arms, i)
        line = [(x, mean) for x, mean, _, _ in points]
        if profile.start is not None and points:
            day = next(v.day for v in display.visits if v.id == display.baseline_visit)
            line.insert(0, (day, profile.start))
        axes.plot(
            [x for x, _ in line],
            [y for _, y in line],
            color=colour,
            linestyle=style.LINES[i % 6],
            marker=style.MARKERS[i % 6],
            markersize=5,
            markerfacecolor="white" if i == 0 else colour,
            label=_arm_label(profile, arm),
            zorder=3 + i,
        )
        for x, _, low, high in points:
            if low is not None and high is not None:
                axes.plot([x, x], [low, high], color=colour, linewidth=1.1, marker="_", markersize=4, zorder=2)
        drawn = drawn or bool(points)
    if not drawn:
        _say_nothing_to_draw(axes, profile)


def _arm_label(profile: Profile, arm: ArmLabel) -> str:
    randomized = value_of(profile.found, "", arm.id, "n_randomized")
    return arm.label + (f" ({rounded(randomized, 0)} randomized)" if randomized is not None else "")


def _legend_columns(profile: Profile, display: Display) -> int:
    """How many entries of the legend fit side by side."""
    widest = max(style.text_width(_arm_label(profile, arm)) for arm in display.arms)
    return max(1, min(len(display.arms), int((style.PAGE_WIDTH - 1.2) / (widest + 0.75))))


def _point(profile: Profile, visit: str, arm: str) -> tuple[float, float | None, float | None] | None:
    mean = value_of(profile.found, visit, arm, profile.statistic)
    if mean is None:
        return None
    low, high = (value_of(profile.found, visit, arm, end) for end in ("ci_low", "ci_high"))
    return mean, low, high


def _mark_not_estimable(axes: Axes, profile: Profile, display: Display) -> None:
    for visit in display.visits:
        states = {
            row.status
            for (where, _, what), row in profile.found.items()
            if (where, what) == (visit.id, profile.statistic)
        }
        if states & {"not_estimable", "failed"} and axes.get_lines():
            text = "failed" if "failed" in states else "not estimable"
            at = (visit.day, 0.03)
            look: dict[str, Any] = {
                "rotation": 90,
                "ha": "center",
                "va": "bottom",
                "fontsize": style.SMALL,
                "color": style.QUIET,
            }
            axes.text(*at, text, transform=axes.get_xaxis_transform(), **look)


def _say_nothing_to_draw(axes: Axes, profile: Profile) -> None:
    reasons = dict.fromkeys(row.note for row in profile.found.values() if row.value is None and row.note)
    text = "No mean could be estimated" + (": " + "; ".join(reasons) if reasons else "")
    axes.text(0.5, 0.6, wrapped(text, 70), transform=axes.transAxes, ha="center", va="center", color=style.QUIET)
    axes.set_yticks([])


def _draw_axes(axes: Axes, profile: Profile, display: Display, columns: int) -> None:
    days = [visit.day for visit in display.visits]
    span = (max(days) - min(days)) or 1
    margin = 0.03 * span if len(days) > 1 else 0.2
    axes.set_xlim(min(days) - margin, max(days) + margin)
    axes.set_xticks(days, labels=[""] * len(days))
    if profile.ratio and any(_point(profile, v.id, arm.id) for v in display.visits for arm in display.arms):
        _logarithmic(axes)
    if profile.statistic == "rate":
        axes.set_ylim(bottom=0)
    if profile.start is not None:
        axes.axhline(profile.start, color=style.QUIET, linewidth=0.8, zorder=1)
    axes.set_ylabel(wrapped(profile.label, 38))
    if axes.get_lines():
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, borderaxespad=0.1, handlelength=3.2)


def _logarithmic(axes: Axes) -> None:
    axes.set_yscale("log")
    ticks = log_ticks(*axes.get_ylim())
    axes.set_yticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)


def _draw_numbers(figure: Figure, axes: Axes, profile: Profile, display: Display, left: float) -> None:
    """Visit labels and the numbers analysed: in columns at the visit's day, or as near as they can be read."""
    height = figure.get_figheight()
    low, high = axes.get_xlim()
    inches = style.PAGE_WIDTH - left - RIGHT
    ticks = [left + (visit.day - low) / (high - low) * inches for visit in display.visits]
    widths = [max(style.text_width(visit.label), 0.3) for visit in display.visits]
    columns = spread(ticks, widths, left - 0.25, style.PAGE_WIDTH - 0.05, 0.1)
    base = axes.get_position().y0 * height

    def write(x: float, y: float, text: str, **look: Any) -> None:
        figure.text(x / style.PAGE_WIDTH, y / height, text, **{"ha": "center", "va": "center", **look})

    for visit, tick, column in zip(display.visits, ticks, columns, strict=True):
        if abs(tick - column) > 0.02:
            axes.annotate(
                "",
                xy=(tick / style.PAGE_WIDTH, (base - 0.06) / height),
                xytext=(column / style.PAGE_WIDTH, (base - 0.17) / height),
                xycoords="figure fraction",
                textcoords="figure fraction",
                arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": style.QUIET, "shrinkA": 0, "shrinkB": 0},
            )
        write(column, base - 0.24, visit.label)
        for i, arm in enumerate(display.arms):
            n = value_of(profile.found, visit.id, arm.id, "n")
            if n is not None:
                colour = style.colour_of(display.arms, i)
                write(column, base - 0.6 - ROW_HEIGHT * i, rounded(n, 0), fontsize=style.SMALL, color=colour)
    analysed = "Number observed" if profile.statistic == "mean" else "Number analysed"
    write(0.06, base - 0.44, analysed, ha="left", fontsize=style.SMALL, fontweight="bold")
    for i, arm in enumerate(display.arms):
        colour = style.colour_of(display.arms, i)
        write(0.06, base - 0.6 - ROW_HEIGHT * i, arm.label, ha="left", fontsize=style.SMALL, color=colour)
