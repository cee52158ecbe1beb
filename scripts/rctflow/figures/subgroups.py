"""The forest of subgroups of one endpoint: per level the arms compared, per factor the interaction.

A line per level and contrast, all from one model per factor; the whole population first. Levels have no p-value. The
axis is the endpoint's own scale; ratios are drawn on a logarithmic one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rctflow.display import Display, digits_of, words_of
from rctflow.figures import style
from rctflow.figures.placing import log_ticks, wrapped
from rctflow.figures.rows import experimental_of, percent
from rctflow.results import Found, Result, compared_arms, contrasts_of, is_ratio, rows_of
from rctflow.rounding import interval, p_value, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE, HEAD, AXIS, TOP, FOOT = 0.19, 0.3, 0.5, 0.5, 0.42  # inches
LABELS, NUMBERS, DRAWING = 1.85, 0.75, 2.2
WHOLE = "All"


@dataclass(frozen=True)
class Line:
    """One line: words at the left, numbers of patients, and where it is drawn (centre, low, high) when estimable."""

    label: str
    numbers: str = ""
    estimate: str = ""
    drawn: tuple[float, float, float] | None = None
    arm: int = 1
    head: bool = False


def draw_subgroups(rows: Sequence[Result], display: Display, factors: Mapping[str, str]) -> Figure:
    """Every analysis and population that has subgroups, one below the other. factors: ADSL variable -> words."""
    pairs = dict.fromkeys((row.analysis, row.population) for row in rows if row.statistic.startswith("interaction_p"))
    panels = {pair: _lines(rows_of(rows, *pair), display, factors) for pair in pairs}
    heights = [HEAD + AXIS + LINE * len(lines) for lines in panels.values()]
    with style.house_style():
        high = TOP + sum(heights) + FOOT
        figure = style.new_figure(high)
        top = high - TOP
        for ((analysis, population), lines), tall in zip(panels.items(), heights, strict=True):
            of_levels = _of_levels(rows_of(rows, analysis, population))
            ratio = any(is_ratio(row.contrast) for row in of_levels)
            unit = next((row.unit for row in of_levels if row.value is not None), display.unit)
            title = words_of(analysis, display.analyses)
            title += f", {words_of(population, display.populations)}" if len(panels) > 1 else ""
            _panel(figure, lines, (top, tall), replace(display, unit=unit), ratio, title)
            top -= tall
        visit = next(v.label for v in display.visits if v.id == display.primary_visit)
        style.title(figure, f"{display.label}: subgroups at {visit}")
        note = (
            "Each factor: one model with arm by factor. No subgroup has a p-value of its own; p of interaction nominal."
        )
        wide = figure.get_figwidth()
        words = wrapped(f"{note} n: {', '.join(arm.label for arm in display.arms)}.", 125)
        figure.text(0.06 / wide, 0.06 / high, words, va="bottom", fontsize=style.SMALL, color=style.QUIET)
        style.stamp(figure, display)
        for axes in figure.axes:
            style.watermark(axes, display, size=14)
    return figure


def _of_levels(found: Found) -> list[Result]:
    return [row for (_, _, statistic), row in found.items() if statistic.startswith("estimate:")]


def _lines(found: Found, display: Display, factors: Mapping[str, str]) -> list[Line]:
    visit = display.primary_visit
    inside = {row.contrast for row in _of_levels(found)}
    contrasts = contrasts_of(row for row in found.values() if row.visit == visit and row.contrast in inside)
    lines = [_line(found, display, contrast, "", WHOLE, len(contrasts) > 1) for contrast in contrasts]
    for factor in dict.fromkeys(s.partition(":")[2] for _, _, s in found if s.startswith("interaction_p_value:")):
        test = found.get((visit, "", f"interaction_p_value:{factor}"))
        p = "not estimable" if test is None or test.value is None else p_value(test.value)
        lines.append(Line(factors.get(factor, factor), estimate=f"interaction p: {p}", head=True))
        start = f"estimate:{factor}="
        for at, contrast, statistic in found:
            if at == visit and statistic.startswith(start):
                level = statistic.removeprefix(start)
                lines.append(_line(found, display, contrast, f":{factor}={level}", level, len(contrasts) > 1))
    return lines


def _line(found: Found, display: Display, contrast: str, where: str, label: str, several: bool) -> Line:
    visit = display.primary_visit
    estimate, low, high = (found.get((visit, contrast, f"{name}{where}")) for name in ("estimate", "ci_low", "ci_high"))
    name = "subgroup_n" if where else "n"
    counts = [found.get((visit, arm.id, f"{name}{where}")) for arm in display.arms if arm.id in compared_arms(contrast)]
    arm = next((i for i, arm in enumerate(display.arms) if arm.id == experimental_of(contrast)), 1)
    numbers = " + ".join(rounded(row.value if row else None, 0) for row in counts)
    label = f"{label}: {display.arms[arm].label}" if several else label
    label = f"    {label}" if where else label
    if estimate is None or estimate.value is None or not (low and high) or None in (low.value, high.value):
        return Line(label, numbers, "not estimable", arm=arm)
    digits = digits_of(estimate, display.digits)
    text = f"{rounded(estimate.value, digits)} ({interval(low.value, high.value, digits)})"
    return Line(label, numbers, text, (estimate.value, float(low.value or 0), float(high.value or 0)), arm)


def _panel(
    figure: Figure, lines: Sequence[Line], place: tuple[float, float], display: Display, ratio: bool, title: str
) -> None:
    """place: top and height of the panel, in inches from the bottom of the figure."""
    top, tall = place
    wide, high = figure.get_size_inches()
    bottom, body = top - tall + AXIS, tall - HEAD - AXIS
    axes = figure.add_axes(((LABELS + NUMBERS) / wide, bottom / high, DRAWING / wide, body / high))
    axes.set_ylim(0, len(lines))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.axvline(1.0 if ratio else 0.0, color=style.QUIET, linewidth=0.8, zorder=1)
    for n, line in enumerate(lines):
        level = len(lines) - n - 0.5
        at = (bottom + level * LINE) / high
        look: dict[str, Any] = {
            "fontsize": style.SMALL,
            "va": "center",
            "fontweight": "bold" if line.head else "normal",
        }
        figure.text(0.06 / wide, at, style.shortened(line.label, LABELS - 0.1), **look)
        figure.text(LABELS / wide, at, line.numbers, **look)
        figure.text((LABELS + NUMBERS + DRAWING + 0.12) / wide, at, line.estimate, fontsize=style.SMALL, va="center")
        if line.drawn:
            _mark(axes, line, level, display)
    _axis(axes, [x for line in lines if line.drawn for x in line.drawn], ratio, display)
    header = (top - 0.5 * HEAD) / high
    columns = {
        0.06: title,
        LABELS: "n",
        LABELS + NUMBERS + DRAWING + 0.12: f"Estimate ({percent(display.confidence)} CI)",
    }
    for left, words in columns.items():
        figure.text(left / wide, header, words, fontsize=style.SMALL, fontweight="bold", va="center")


def _mark(axes: Axes, line: Line, level: float, display: Display) -> None:
    assert line.drawn is not None
    centre, low, high = line.drawn
    colour = style.colour_of(display.arms, line.arm)
    whole = not line.label.startswith(" ")
    axes.plot([low, high], [level, level], color=colour, linewidth=1.8 if whole else 1.1, zorder=2)
    marker = "D" if whole else style.MARKERS[line.arm % 6]
    axes.plot([centre], [level], marker, color=colour, markersize=5.5 if whole else 4, zorder=3)


def _axis(axes: Axes, drawn: Sequence[float], ratio: bool, display: Display) -> None:
    neutral = 1.0 if ratio else 0.0
    low, high = min([neutral, *drawn]), max([neutral, *drawn])
    if ratio:
        reach = max(1.25, 1 / low, high) * 1.05
        axes.set_xscale("log")
        axes.set_xlim(1 / reach, reach)
        ticks = log_ticks(1 / reach, reach, 5)
        axes.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)
    else:
        reach = max(-low, high, 1e-9) * 1.05
        axes.set_xlim(-reach, reach)
        axes.locator_params(axis="x", nbins=5)
    axes.tick_params(axis="x", labelsize=style.SMALL)
    what = "Ratio" if ratio else f"Difference{f', {display.unit}' if display.unit else ''}"
    axes.set_xlabel(f"{what} ({display.direction} is better)", fontsize=style.SMALL)
