"""The flow diagram of CONSORT 2025 (item 22a): enrollment, allocation, follow-up and analysis, from rows alone.

One column per arm, two to four of them; every box is as high as its text, and the figure as high as its boxes. Text is
never cut: what is wider than its box is wrapped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctflow.display import ArmLabel, StudyDisplay, sentence_case
from rctflow.figures import style
from rctflow.results import Result
from rctflow.rounding import rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = 8.0  # points: 10 pixels when the figure is shown 600 pixels wide
LINE = 0.158  # inches
PAD = 0.07
GAP = 0.24
STAGE = 0.32  # the band of the stages' names at the left
BETWEEN = 0.14
TOP = 0.52


@dataclass(frozen=True)
class Line:
    """A line of a box: its text, how far it is indented, whether it is bold."""

    text: str
    indent: int = 0
    bold: bool = False


Found = dict[tuple[str, str, str, str], Result]


def draw_flow(rows: Sequence[Result], display: StudyDisplay) -> Figure:
    """The diagram of the rows of summary ``flow``."""
    found: Found = {(row.analysis, row.visit or row.population, row.statistic, row.group): row for row in rows}
    stages = [
        ("Allocation", [_allocation(found, arm) for arm in display.arms]),
        ("Follow-up", [_follow_up(found, arm, display) for arm in display.arms]),
        ("Analysis", [_analysis(found, arm, display) for arm in display.arms]),
    ]
    wide = (style.PAGE_WIDTH - STAGE - 0.06 - BETWEEN * (len(display.arms) - 1)) / len(display.arms)
    with style.house_style():
        middle = (style.PAGE_WIDTH - STAGE - 0.06) * 0.46
        top = [_wrapped(lines, middle) for lines in (_screened(found), _not_randomized(found))]
        randomized = _wrapped([Line(f"Randomized: {_n(found, 'n_randomized', '')}", bold=True)], middle)
        boxes = [(name, [_wrapped(lines, wide) for lines in columns]) for name, columns in stages]
        heights = [max(map(len, top)), len(randomized), *(max(map(len, columns)) for _, columns in boxes)]
        high = TOP + sum(_height(lines) for lines in heights) + GAP * len(heights) + 0.1
        figure = style.new_figure(high)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, style.PAGE_WIDTH)
        axes.set_ylim(-high, 0)
        axes.axis("off")
        _columns(axes, boxes, wide, *_enrollment(axes, top, randomized, middle))
        style.title(figure, "Participant flow")
        style.stamp(figure, display)
    return figure


def _height(lines: int) -> float:
    return lines * LINE + 2 * PAD


def _n(found: Found, statistic: str, group: str, place: str = "", analysis: str = "flow") -> str:
    row = found.get((analysis, place, statistic, group))
    return rounded(row.value if row else None, 0)


def _reasons(found: Found, statistic: str, group: str, place: str = "") -> Iterator[Line]:
    """A line for each reason that somebody of the group has; a dash for what is suppressed."""
    for (_, at, name, arm), row in found.items():
        if name.startswith(f"{statistic}:") and (arm, at) == (group, place) and row.value != 0:
            yield Line(f"{sentence_case(name.partition(':')[2])}: {rounded(row.value, 0)}", 2)


def _screened(found: Found) -> list[Line]:
    row = found.get(("flow", "", "n_screened", ""))
    if row is None or (row.value is None and "suppressed" not in row.note):
        return [Line("Assessed for eligibility:", bold=True), Line("not recorded in these data")]
    return [Line(f"Assessed for eligibility: {rounded(row.value, 0)}", bold=True)]


def _not_randomized(found: Found) -> list[Line]:
    if ("flow", "", "n_not_randomized", "") not in found:
        return []
    reasons = list(_reasons(found, "n_not_randomized", "")) or [Line("reasons not recorded", 2)]
    none = found["flow", "", "n_not_randomized", ""].value == 0
    return [Line(f"Not randomized: {_n(found, 'n_not_randomized', '')}", bold=True), *([] if none else reasons)]


def _allocation(found: Found, arm: ArmLabel) -> list[Line]:
    lines = [Line(arm.label, bold=True), Line(f"Allocated: {_n(found, 'n_randomized', arm.id)}")]
    if ("flow", "", "n_as_allocated", arm.id) not in found:
        return [*lines, Line("Treatment received: not recorded")]
    lines.append(Line(f"Received it: {_n(found, 'n_as_allocated', arm.id)}"))
    if _n(found, "n_other_arm", arm.id) != "0":
        lines.append(Line(f"Received another arm's: {_n(found, 'n_other_arm', arm.id)}"))
    lines.append(Line(f"Received none: {_n(found, 'n_not_treated', arm.id)}"))
    return [*lines, *_reasons(found, "n_not_treated", arm.id)]


def _follow_up(found: Found, arm: ArmLabel, display: StudyDisplay) -> list[Line]:
    lines: list[Line] = []
    for endpoint in display.endpoints:
        visits = [
            (visit.label, _n(found, "n", arm.id, visit.id, endpoint.id))
            for visit in display.visits
            if (endpoint.id, visit.id, "n", arm.id) in found
        ]
        if visits:
            lines.append(Line(f"With a value of {endpoint.label}"))
            lines += [Line(f"{label}: {n}", 2) for label, n in visits]
    if ("flow", "", "n_completed", arm.id) not in found:
        return [*lines, Line("End of study: not recorded")]
    lines.append(Line(f"Completed the study: {_n(found, 'n_completed', arm.id)}"))
    lines.append(Line(f"Left early: {_n(found, 'n_discontinued', arm.id)}"))
    lines += _reasons(found, "n_discontinued", arm.id)
    unknown = _n(found, "n_status_unknown", arm.id)
    return [*lines, *([] if unknown == "0" else [Line(f"End of study unknown: {unknown}")])]


def _analysis(found: Found, arm: ArmLabel, display: StudyDisplay) -> list[Line]:
    lines: list[Line] = []
    for population in display.populations:
        lines.append(Line(f"{population.label}: {_n(found, 'n', arm.id, population.id)}", bold=True))
        excluded = _n(found, "n_excluded", arm.id, population.id)
        if excluded != "0":
            lines.append(Line(f"Not in it: {excluded}", 1))
            lines += _reasons(found, "n_excluded", arm.id, population.id)
    return lines


def _wrapped(lines: Sequence[Line], inches: float) -> list[Line]:
    """Lines that fit a box of this width."""
    return [part for line in lines for part in _parts(line, inches - 2 * PAD - line.indent * 0.09)]


def _parts(line: Line, inches: float) -> Iterator[Line]:
    weight = "bold" if line.bold else "normal"
    words, indent = line.text.split(" "), line.indent
    text = words[0]
    for word in words[1:]:
        if style.text_width(f"{text} {word}", SIZE, weight) > inches:
            yield Line(text, indent, line.bold)
            text, indent, inches = word, line.indent + 1, inches - (0.09 if indent == line.indent else 0)
        else:
            text = f"{text} {word}"
    yield Line(text, indent, line.bold)


def _enrollment(axes: Axes, top: list[list[Line]], randomized: list[Line], middle: float) -> tuple[float, float]:
    """The boxes above the arms; returns the middle and the end of the last of them."""
    screened, left = top
    centre = STAGE + (style.PAGE_WIDTH - STAGE - 0.06) / 2
    begin = -TOP
    end = begin - _height(max(len(screened), len(left)))
    x = STAGE if left else centre - middle / 2
    _box(axes, screened, x, begin, middle, _height(len(screened)))
    if left:
        beside = style.PAGE_WIDTH - 0.06 - middle
        _box(axes, left, beside, begin, middle, _height(len(left)))
        y = begin - _height(1) / 2
        axes.annotate("", (beside, y), (x + middle, y), arrowprops=_arrow())
    last = end - GAP
    _down(axes, x + middle / 2, begin - _height(len(screened)), last)
    _box(axes, randomized, x, last, middle, _height(len(randomized)))
    _stage(axes, "Enrollment", begin, last - _height(len(randomized)))
    return x + middle / 2, last - _height(len(randomized))


def _columns(axes: Axes, boxes: list[tuple[str, list[list[Line]]]], wide: float, x: float, begin: float) -> None:
    count = len(boxes[0][1])
    lefts = [STAGE + k * (wide + BETWEEN) for k in range(count)]
    branch = begin - GAP / 2
    centres = [left + wide / 2 for left in lefts]
    axes.plot([x, x], [begin, branch], color=style.INK, linewidth=0.8)
    axes.plot([min(*centres, x), max(*centres, x)], [branch, branch], color=style.INK, linewidth=0.8)
    above = [branch] * count
    top = begin - GAP
    for name, columns in boxes:
        high = _height(max(map(len, columns)))
        for k, lines in enumerate(columns):
            _down(axes, centres[k], above[k], top)
            _box(axes, lines, lefts[k], top, wide, high)
            above[k] = top - high
        _stage(axes, name, top, top - high)
        top -= high + GAP


def _box(axes: Axes, lines: Sequence[Line], x: float, y: float, wide: float, high: float) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((x, y - high), wide, high, facecolor="white", edgecolor=style.INK, linewidth=0.8, zorder=2)
    )
    for k, line in enumerate(lines):
        axes.text(
            x + PAD + line.indent * 0.09,
            y - PAD - (k + 0.5) * LINE,
            line.text,
            fontsize=SIZE,
            fontweight="bold" if line.bold else "normal",
            va="center",
            zorder=3,
        )


def _stage(axes: Axes, name: str, top: float, bottom: float) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((0.05, bottom), STAGE - 0.11, top - bottom, facecolor="#e6eef4", edgecolor="none", zorder=1)
    )
    size = min(SIZE, SIZE * (top - bottom) / (style.text_width(name, SIZE, "bold") + 0.05))
    middle = (top + bottom) / 2
    axes.text(
        0.05 + (STAGE - 0.11) / 2, middle, name, rotation=90, ha="center", va="center", fontsize=size, fontweight="bold"
    )


def _down(axes: Axes, x: float, start: float, end: float) -> None:
    axes.annotate("", (x, end), (x, start), arrowprops=_arrow())


def _arrow() -> dict[str, object]:
    return {"arrowstyle": "-|>", "color": style.INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 8}
