"""Every patient's course: one panel per arm, thin lines per patient, the observed mean on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rctflow.display import Display
from rctflow.figures import style
from rctflow.figures.bands import draw_bands
from rctflow.figures.follow_up import draw_follow_up
from rctflow.figures.placing import log_ticks
from rctflow.figures.rows import value_of
from rctflow.figures.survival import is_survival
from rctflow.results import Result, compares_geometric_means, descriptive_rows, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Columns = Mapping[str, Sequence[Any]]

COLUMNS = ("USUBJID", "AVISIT", "ADY", "AVAL", "AVALC", "DTYPE", "ANL01FL", "ABLFL")
MANY = 200
BUNDLES = 25
PER_ROW = 3
PANEL_HEIGHT = 2.3


@dataclass
class Course:
    """One patient: study days and values in order, which of them were assigned because the patient was unable."""

    days: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    assigned: list[tuple[float, float]] = field(default_factory=list)
    unable: list[float] = field(default_factory=list)


def read_trajectories(records: str | Path, subjects: str | Path, display: Display) -> dict[str, list[Any]]:
    """The analysed records (and baselines) of one BDS file as columns, with each patient's ARM from ADSL.

    Only members of the main population are read. Uses pyarrow's plainest reader: pandas, and what read_table imports,
    cost more than the reading.
    """
    from pyarrow.parquet import ParquetFile

    wanted = ["USUBJID", display.arm_column, display.population_flag]
    adsl = ParquetFile(subjects).read(wanted, use_threads=False).to_pydict()
    member = zip(adsl["USUBJID"], adsl[display.arm_column], adsl[display.population_flag], strict=True)
    arm_of = {subject: arm for subject, arm, flag in member if flag == "Y"}
    bds = ParquetFile(records).read(list(COLUMNS), use_threads=False).to_pydict()
    kept = [
        i
        for i, subject in enumerate(bds["USUBJID"])
        if subject in arm_of and (bds["ANL01FL"][i] == "Y" or bds["ABLFL"][i] == "Y")
    ]
    made = {name: [bds[name][i] for i in kept] for name in COLUMNS[:6]}
    made["ARM"] = [arm_of[subject] for subject in made["USUBJID"]]
    return made


def courses_of(records: Columns, display: Display) -> dict[str, dict[str, Course]]:
    """arm -> patient -> course. A record without a study day stands at its visit's target day."""
    target = {visit.id: float(visit.day) for visit in display.visits}
    courses: dict[str, dict[str, Course]] = {arm.id: {} for arm in display.arms}
    rows: list[tuple[str, str, float, int]] = []
    named = zip(records["ARM"], records["USUBJID"], records["ADY"], records["AVISIT"], strict=True)
    for i, (arm, subject, day, visit) in enumerate(named):
        when = _day(day, target.get(visit))
        if arm in courses and when is not None:
            rows.append((arm, subject, when, i))
    for arm, subject, day, i in sorted(rows):
        course = courses[arm].setdefault(subject, Course())
        value, unable = records["AVAL"][i], records["AVALC"][i] == "unable"
        if value is None or value != value:
            course.unable += [day] if unable else []
            continue
        course.days.append(day)
        course.values.append(float(value))
        if unable or records["DTYPE"][i] == "WORST":
            course.assigned.append((day, float(value)))
    return courses


def _day(day: float | None, target: float | None) -> float | None:
    return target if day is None or day != day else float(day)


def draw_trajectories(records: Columns, rows: Sequence[Result], display: Display) -> Figure:
    """Small multiples by arm: thin lines are patients, the thick line is the observed mean of the result rows.

    records: columns USUBJID, ARM (arm id), AVISIT, ADY (study days), AVAL, AVALC, DTYPE. Values assigned because a
    patient was unable are crosses; patients unable without a value stand on the worse edge of the panel. Of restricted
    data no patient is drawn, but the spread (bands.py). Times to an event are drawn as follow-up (follow_up.py).
    """
    if is_survival(rows, display):
        return draw_follow_up(records, display)
    if display.small_cells:
        return draw_bands(rows, display)
    with style.house_style():
        courses = courses_of(records, display)
        columns = _columns(display)
        lines = -(-len(display.arms) // columns)
        height = 0.85 + lines * (PANEL_HEIGHT + 0.55)
        figure = style.new_figure(height)
        panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        sides = {"left": 0.7 / style.PAGE_WIDTH, "right": 1 - 0.15 / style.PAGE_WIDTH}
        ends = {"bottom": 0.68 / height, "top": 1 - 0.7 / height}
        figure.subplots_adjust(**sides, **ends, wspace=0.08, hspace=0.3)
        found = descriptive_rows(rows, display.main_population)
        flat = list(panels.flat)
        for i, arm in enumerate(display.arms):
            _draw_patients(flat[i], courses[arm.id], i, display)
            means = [(v.day, m) for v in display.visits if (m := value_of(found, v.id, arm.id, "mean")) is not None]
            _draw_mean(flat[i], means, i, display)
            count = f" ({len(courses[arm.id])} patients)"
            room = (style.PAGE_WIDTH - 0.9) / columns - style.text_width(count, weight="bold")
            flat[i].set_title(style.shortened(arm.label, room, style.TEXT, "bold") + count, loc="left")
        if compares_geometric_means(rows_of(rows, *_main(display)).values()):
            _logarithmic(flat[0], courses)
        _finish(figure, flat, courses, display)
    return figure


def _columns(display: Display) -> int:
    return 2 if len(display.arms) == 4 else min(len(display.arms), PER_ROW)


def _main(display: Display) -> tuple[str, str]:
    return display.main_analysis, display.main_population


def _logarithmic(axes: Axes, courses: dict[str, dict[str, Course]]) -> None:
    """A logarithmic axis for what is analysed as a ratio, when every value allows it."""
    values = [value for arm in courses.values() for course in arm.values() for value in course.values]
    if not values or min(values) <= 0:
        return
    axes.set_yscale("log")
    ticks = log_ticks(*axes.get_ylim())
    axes.set_yticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)


def _draw_patients(axes: Axes, courses: dict[str, Course], index: int, display: Display) -> None:
    """Patients in at most 25 bundles, one path each: overlaps still darken, and 2,000 patients stay a small file."""
    import numpy as np

    many = len(courses) > MANY
    alpha, width = (0.25, 0.5) if many else (0.5, 0.7)
    look: dict[str, Any] = {
        "color": style.colour_of(display.arms, index),
        "alpha": alpha,
        "linewidth": width,
        "linestyle": "-",
    }
    patients = list(courses.values())
    for start in range(min(BUNDLES, len(patients))):
        bundle = patients[start::BUNDLES]
        x = np.concatenate([[*course.days, np.nan] for course in bundle])
        y = np.concatenate([[*course.values, np.nan] for course in bundle])
        axes.plot(x, y, **look, zorder=1)
    alone = [(c.days[0], c.values[0]) for c in patients if len(c.days) == 1]
    if alone:
        axes.plot(*zip(*alone, strict=True), "o", markersize=2, color=look["color"], alpha=alpha, linestyle="")
    assigned = [point for course in patients for point in course.assigned]
    if assigned:
        axes.plot(*zip(*assigned, strict=True), "x", markersize=5, color=style.INK, linestyle="", zorder=4)
    unable = [day for course in patients for day in course.unable]
    if unable:
        edge = 0.02 if display.direction == "higher" else 0.98
        place = axes.get_xaxis_transform()
        axes.plot(unable, [edge] * len(unable), "x", markersize=5, color=style.INK, transform=place, zorder=4)


def _draw_mean(axes: Axes, means: list[tuple[int, float]], index: int, display: Display) -> None:
    if not means:
        return
    colour = style.colour_of(display.arms, index)
    marker: dict[str, Any] = {"marker": style.MARKERS[index % 6], "markersize": 6, "markeredgecolor": "white"}
    axes.plot(*zip(*means, strict=True), color="white", linewidth=4.4, zorder=5)
    axes.plot(*zip(*means, strict=True), color=colour, linewidth=2.4, zorder=6, label="Observed mean", **marker)


def _finish(figure: Figure, panels: list[Axes], courses: dict[str, dict[str, Course]], display: Display) -> None:
    inches, height = figure.get_size_inches()
    for axes in panels[len(display.arms) :]:
        axes.set_visible(False)
    days = [day for arm in courses.values() for c in arm.values() for day in [*c.days, *c.unable]]
    days += [float(visit.day) for visit in display.visits]
    margin = 0.03 * ((max(days) - min(days)) or 1)
    panels[0].set_xlim(min(days) - margin, max(days) + margin)
    columns = _columns(display)
    for axes in panels[::columns]:
        axes.set_ylabel(f"Value ({display.unit})" if display.unit else "Value")
    for axes in panels[max(0, len(display.arms) - columns) : len(display.arms)]:
        axes.tick_params(labelbottom=True)
    for axes, arm in zip(panels, display.arms, strict=False):
        if not any(c.values for c in courses[arm.id].values()):
            axes.text(0.5, 0.5, "no values", transform=axes.transAxes, ha="center", color=style.QUIET)
        style.watermark(axes, display, size=36 / columns)
    style.title(figure, display.label)
    figure.text(0.5, 0.27 / height, "Study day", ha="center", va="bottom")
    figure.text(0.06 / inches, 0.06 / height, _legend(courses), va="bottom", fontsize=style.SMALL, color=style.QUIET)
    style.stamp(figure, display)


def _legend(courses: dict[str, dict[str, Course]]) -> str:
    everybody = [course for arm in courses.values() for course in arm.values()]
    text = "Thin lines: patients. Thick line: observed mean at the planned visits."
    if any(course.assigned for course in everybody):
        text += " ×: value assigned because the patient was unable."
    if any(course.unable for course in everybody):
        text += " × at the edge: unable, no value."
    return text
