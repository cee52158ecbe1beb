"""The forest: every endpoint's comparison at its primary visit, drawn so that right favours the experimental arm.

Endpoints have different units. Differences are divided by the endpoint's own standard deviation at baseline (arms
pooled), which makes their positions comparable and changes neither sign nor p; the text columns hold the estimate and
interval in the endpoint's unit, as in its result rows. Ratios and win probabilities have no unit and are drawn as they
are. What has another scale has a panel and an axis of its own (forest_panels.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rctflow.display import Display, digits_of
from rctflow.figures import style
from rctflow.figures.forest_panels import PANELS, Panel, panel_of
from rctflow.figures.placing import log_ticks, wrapped
from rctflow.figures.rows import experimental_of, percent, value_of
from rctflow.results import POINTS, Found, Result, compared_arms, contrasts_of, descriptive_rows, rows_of, scale_of
from rctflow.rounding import interval, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE = 0.19
AXIS = 0.62
HEADER = 0.3
LABELS, DRAWING = 2.35, 2.35  # inches: where the panel begins, and its width
ROLES = ("primary", "secondary", "exploratory")


@dataclass(frozen=True)
class Line:
    """One endpoint and contrast: what is printed and, when estimable, where it is drawn (centre, low, high)."""

    label: str
    role: str
    panel: str
    estimate: str
    numbers: str
    drawn: tuple[float, float, float] | None
    scaled_by_visit: bool
    arm: int


def draw_forest(rows_by_endpoint: Mapping[str, Sequence[Result]], displays: Sequence[Display]) -> Figure:
    """The comparison of each endpoint's main analysis at its primary visit, in the order of ``displays``.

    An endpoint without a comparison keeps its line and says why. Endpoints are grouped by role, then by what is drawn.
    """
    with style.house_style():
        lines = [line for display in displays for line in _lines(rows_by_endpoint.get(display.endpoint, ()), display)]
        order = {role: i for i, role in enumerate(ROLES)}
        lines.sort(key=lambda line: order.get(line.role, len(ROLES)))
        panels: dict[str, list[Line]] = {}
        for panel in PANELS:
            if chosen := [line for line in lines if line.panel == panel]:
                panels[panel] = chosen
        inches = [HEADER + AXIS + LINE * (len(chosen) + len({x.role for x in chosen})) for chosen in panels.values()]
        height = 0.42 + sum(inches) + 0.3
        figure = style.new_figure(height)
        top = height - 0.42
        for (panel, chosen), tall in zip(panels.items(), inches, strict=True):
            _draw_panel(figure, PANELS[panel], chosen, top, tall, displays)
            top -= tall
        _title(figure, displays, any(line.scaled_by_visit for line in lines))
    return figure


def _lines(rows: Sequence[Result], display: Display) -> list[Line]:
    found = rows_of(rows, display.main_analysis, display.main_population)
    visit = display.primary_visit
    contrasts = contrasts_of(row for row in found.values() if row.visit == visit)
    labels = {arm.id: arm.label for arm in display.arms}
    scale, by_visit = _scale(descriptive_rows(rows, display.main_population), display)
    if not contrasts:
        what = "no comparison at the primary visit"
        return [Line(display.label, display.role, "difference", what, "", None, False, 1)]
    made = []
    for contrast in contrasts:
        name = display.label if len(contrasts) == 1 else _label_of_many(display, contrast, labels)
        panel = panel_of(found[visit, contrast, "estimate"], _higher_is_better(found, display))
        made.append(
            Line(
                name,
                display.role,
                panel,
                _estimate(found, visit, contrast, display),
                _numbers(found, visit, contrast, display),
                _place(found, visit, contrast, display, scale),
                by_visit and panel == "difference",
                next((i for i, arm in enumerate(display.arms) if arm.id == experimental_of(contrast)), 1),
            )
        )
    return made


def _higher_is_better(found: Found, display: Display) -> bool:
    """Responders are better off, whichever way the endpoint's values go."""
    return display.direction == "higher" or any(row.model == "responder" for row in found.values())


def _scale(found: Found, display: Display) -> tuple[float | None, bool]:
    """The pooled standard deviation at baseline, else that at the primary visit (then True)."""
    for visit in dict.fromkeys((display.baseline_visit, display.primary_visit)):
        pairs = [
            (n, sd)
            for arm in display.arms
            if (n := value_of(found, visit, arm.id, "n")) and (sd := value_of(found, visit, arm.id, "sd"))
        ]
        freedom = sum(n - 1 for n, _ in pairs)
        if freedom > 0:
            pooled = (sum((n - 1) * sd**2 for n, sd in pairs) / freedom) ** 0.5
            return pooled, visit != display.baseline_visit
    return None, False


def _place(
    found: Found, visit: str, contrast: str, display: Display, scale: float | None
) -> tuple[float, float, float] | None:
    values = [value_of(found, visit, contrast, name) for name in ("estimate", "ci_low", "ci_high")]
    estimate, low, high = values
    if estimate is None or low is None or high is None:
        return None
    if scale_of(contrast) != "difference":
        return estimate, low, high
    if found[visit, contrast, "estimate"].unit == POINTS:
        scale = 1.0
    if scale is None:
        return None
    sign = 1 if _higher_is_better(found, display) else -1
    low, high = sorted((sign * low / scale, sign * high / scale))
    return sign * estimate / scale, low, high


def _estimate(found: Found, visit: str, contrast: str, display: Display) -> str:
    row = found.get((visit, contrast, "estimate"))
    if row is None or row.value is None:
        return "not estimable" if row is None or row.status != "failed" else "failed"
    low, high = (value_of(found, visit, contrast, end) for end in ("ci_low", "ci_high"))
    digits = digits_of(row, display.digits)
    unit = f" {row.unit}" if row.unit and scale_of(contrast) == "difference" and row.unit != POINTS else ""
    return f"{rounded(row.value, digits)} ({interval(low, high, digits)}){unit}"


def _label_of_many(display: Display, contrast: str, labels: dict[str, str]) -> str:
    arm, *others = compared_arms(contrast)
    against = [other for other in others if other != display.arms[0].id]
    names = " v ".join(style.shortened(labels.get(one, one), 1.1 / (1 + 0.5 * len(against))) for one in (arm, *against))
    suffix = f": {names}"
    return style.shortened(display.label, LABELS - 0.35 - style.text_width(suffix, style.SMALL)) + suffix


def _numbers(found: Found, visit: str, contrast: str, display: Display) -> str:
    """The numbers analysed of the arms that are compared, in the order of the arms (reference first)."""
    compared = compared_arms(contrast)
    return " + ".join(rounded(value_of(found, visit, a.id, "n"), 0) for a in display.arms if a.id in compared)


def _draw_panel(
    figure: Figure, panel: Panel, lines: list[Line], top: float, tall: float, displays: Sequence[Display]
) -> None:
    wide, high = figure.get_size_inches()
    body = tall - HEADER - AXIS
    bottom = top - HEADER - body
    axes = figure.add_axes((LABELS / wide, bottom / high, DRAWING / wide, body / high), label=panel.id)
    axes.set_ylim(0, body / LINE)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.axvline(panel.neutral, color=style.QUIET, linewidth=0.8, zorder=1)
    level, role = body / LINE, ""
    text_right = (LABELS + DRAWING + 0.12) / wide
    for line in lines:
        if line.role != role:
            level, role = level - 1, line.role
            at = (bottom + (level + 0.4) * LINE) / high
            figure.text(0.06 / wide, at, role.capitalize(), fontsize=style.SMALL, fontweight="bold", va="center")
        level -= 1
        at = (bottom + (level + 0.5) * LINE) / high
        _draw_line(axes, line, level + 0.5, displays)
        label = style.shortened(line.label, LABELS - 0.3)
        figure.text(0.14 / wide, at, label, fontsize=style.SMALL, va="center")
        room = wide - LABELS - DRAWING - 0.3 - style.text_width(line.numbers, style.SMALL)
        size = style.SMALL * min(1, room / (style.text_width(line.estimate, style.SMALL) or 1))
        figure.text(text_right, at, line.estimate, fontsize=size, va="center")
        figure.text(1 - 0.06 / wide, at, line.numbers, fontsize=style.SMALL, va="center", ha="right")
    _dress(figure, axes, panel, lines, (top - 0.5 * HEADER) / high, displays)


def _draw_line(axes: Axes, line: Line, level: float, displays: Sequence[Display]) -> None:
    if line.drawn is None:
        return
    centre, low, high = line.drawn
    colour = style.colour_of(displays[0].arms, line.arm)
    primary = line.role == "primary"
    axes.plot([low, high], [level, level], color=colour, linewidth=1.8 if primary else 1.1, zorder=2)
    marker = "D" if primary else style.MARKERS[line.arm % 6]
    axes.plot([centre], [level], marker, color=colour, markersize=6 if primary else 4.5, zorder=3)


def _dress(
    figure: Figure, axes: Axes, panel: Panel, lines: list[Line], header: float, displays: Sequence[Display]
) -> None:
    """Axis, its words and the headers of the text columns."""
    wide = figure.get_size_inches()[0]
    ends = panel.limits([x for line in lines if line.drawn for x in line.drawn])
    if panel.logarithmic:
        axes.set_xscale("log")
        ticks = log_ticks(min(ends), max(ends), 7)
        axes.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)
    axes.set_xlim(*ends)
    favours = f"← favours {_other(displays)}   |   favours {_arm(displays)} →"
    axes.set_xlabel(f"{panel.axis}\n{favours}", fontsize=style.SMALL)
    axes.tick_params(axis="x", labelsize=style.SMALL)
    look: dict[str, Any] = {"fontsize": style.SMALL, "fontweight": "bold", "va": "center"}
    figure.text(0.06 / wide, header, panel.title, **(look | {"fontsize": style.TEXT}))
    figure.text(
        (LABELS + DRAWING + 0.12) / wide, header, f"{panel.column} ({percent(displays[0].confidence)} CI)", **look
    )
    figure.text(1 - 0.06 / wide, header, "n", ha="right", **look)


def _arm(displays: Sequence[Display]) -> str:
    return displays[0].arms[1].label if len(displays[0].arms) == 2 else "experimental"


def _other(displays: Sequence[Display]) -> str:
    return displays[0].arms[0].label


def _title(figure: Figure, displays: Sequence[Display], by_visit: bool) -> None:
    wide, high = figure.get_size_inches()
    visits = {d.primary_visit: v.label for d in displays for v in d.visits if v.id == d.primary_visit}
    where = f" at {next(iter(visits.values()))}" if len(visits) == 1 else " at each endpoint's primary visit"
    style.title(figure, f"All endpoints{where}")
    note = f"n: analysed, {_other(displays)} + {_arm(displays)}. Intervals are not adjusted for multiplicity."
    if by_visit:
        note += " Endpoints without baseline: SD at the primary visit."
    figure.text(0.06 / wide, 0.06 / high, wrapped(note, 130), va="bottom", fontsize=style.SMALL, color=style.QUIET)
    style.stamp(figure, displays[0])
    for axes in figure.axes:
        style.watermark(axes, displays[0], size=14)
