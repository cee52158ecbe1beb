"""The graph of a graphical testing procedure as it was declared, and which of its hypotheses were rejected.

Circles are hypotheses with their share of the level; an arrow says which part of its share a rejected hypothesis hands
on (Bretz et al. 2009). Filled circles, and the word in them, are rejected hypotheses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rctflow.display import Display
from rctflow.figures import style
from rctflow.figures.placing import wrapped
from rctflow.hypotheses import Family
from rctflow.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RADIUS = 0.48  # inches
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}  # words stand on it, so that no arrow crosses them
HEIGHT = 4.6
BENT = 0.16  # of their length: arcs, so that the two arrows between a pair part
CLEAR = 0.95  # inches that an arc keeps from the straight line when another circle stands there
Place = tuple[float, float]


def draw_testing_graph(name: str, family: Family, adjusted: Sequence[Result], displays: Sequence[Display]) -> Figure:
    """The graph of one family.

    adjusted: the rows of summaries/multiplicity/results.csv. displays: of every endpoint.
    """
    labels = {display.endpoint: display for display in displays}
    first = labels[family.hypotheses[0].endpoint]
    decisions = {
        h.name: bool(row.value)
        for h in family.hypotheses
        for row in adjusted
        if row.statistic == f"rejected:{name}" and h.compares(row, first.arms[0].id) and row.value is not None
    }
    places = places_of(family)
    with style.house_style():
        figure = style.new_figure(HEIGHT)
        wide = figure.get_figwidth()
        axes = figure.add_axes((0, 0.3 / HEIGHT, 1, 1 - 0.75 / HEIGHT))
        axes.set_xlim(-wide / 2, wide / 2)
        axes.set_ylim(-(HEIGHT - 0.75) / 2, (HEIGHT - 0.75) / 2)
        axes.axis("off")
        for source, row in family.transitions.items():
            for target, share in row.items():
                if share:
                    _arrow(axes, places[source], places[target], share, bend(source, target, places))
        for hypothesis in family.hypotheses:
            label = hypothesis.id if hypothesis.id != hypothesis.endpoint else labels[hypothesis.endpoint].label
            share = family.weights.get(hypothesis.name, 0.0)
            _circle(axes, places[hypothesis.name], label, share, decisions.get(hypothesis.name))
        caption = family.label or name.replace("_", " ").capitalize()
        style.title(figure, caption, f"Shares of the level {family.alpha:g} at the start, and what is handed on")
        note = "Filled: rejected at its adjusted p-value. Circles: share of the level; arrows: part of it handed on."
        figure.text(0.06 / wide, 0.06 / HEIGHT, note, va="bottom", fontsize=style.SMALL, color=style.QUIET)
        style.stamp(figure, first)
        style.watermark(axes, first, size=18)
    return figure


def places_of(family: Family) -> Mapping[str, Place]:
    """Where each hypothesis stands, in inches from the middle: those with a share at the start above, the others below;
    on a circle when all have one.
    """
    names = [hypothesis.name for hypothesis in family.hypotheses]
    rows = [[n for n in names if bool(family.weights.get(n)) is first] for first in (True, False)]
    if not all(rows) or max(map(len, rows)) > 5:
        radius, turn = 1.35, 2 * math.pi / len(names)
        spread = 1.75  # the page is wider than high
        return {n: (spread * radius * math.sin(i * turn), radius * math.cos(i * turn)) for i, n in enumerate(names)}
    found: dict[str, Place] = {}
    for level, row in zip((1.25, -0.75), rows, strict=True):
        step = 6.2 / len(row)
        found |= {n: ((i - (len(row) - 1) / 2) * step, level) for i, n in enumerate(row)}
    return found


def _circle(axes: Axes, place: Place, label: str, share: float, rejected: bool | None) -> None:
    from matplotlib.patches import Circle

    fill = "#d9e8f3" if rejected else "white"
    axes.add_patch(
        Circle(place, RADIUS, facecolor=fill, edgecolor=style.INK, linewidth=1.4 if rejected else 0.8, zorder=3)
    )
    words = wrapped(label, 13)
    size = style.SMALL * min(1, 3 / (words.count("\n") + 1))
    widest = max(style.text_width(line, size) for line in words.split("\n"))
    size *= min(1, 1.75 * RADIUS / widest)
    decided = {True: "rejected", False: "not rejected", None: "not estimable"}[rejected]
    axes.text(*place, words, ha="center", va="center", fontsize=size, zorder=4)
    below = f"{share:.3g} · {decided}"
    axes.text(
        place[0], place[1] - RADIUS - 0.04, below, ha="center", va="top", fontsize=style.SMALL, bbox=BEHIND, zorder=5
    )


def bend(source: str, target: str, places: Mapping[str, Place]) -> float:
    """How far the control point of an arc lies beside its middle, as a share of its length."""
    (x0, y0), (x1, y1) = places[source], places[target]
    length = math.hypot(x1 - x0, y1 - y0)
    for name, (x, y) in places.items():
        along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length
        beside = abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length
        if name not in (source, target) and 0 < along < length and beside < RADIUS:
            return 2 * CLEAR / length
    return BENT


def _arrow(axes: Axes, source: Place, target: Place, share: float, bent: float) -> None:
    from matplotlib.patches import FancyArrowPatch

    (x0, y0), (x1, y1) = source, target
    arrow = FancyArrowPatch(
        source,
        target,
        connectionstyle=f"arc3,rad={bent}",
        arrowstyle="-|>",
        mutation_scale=9,
        shrinkA=RADIUS * 72,
        shrinkB=RADIUS * 72,
        color=style.QUIET,
        linewidth=0.9,
        zorder=1,
    )
    axes.add_patch(arrow)
    # arc3 is a quadratic curve, its control point lies so far beside the middle; the label stands on it, nearer to the
    # source, where fewer arrows cross
    t = 0.42
    cx, cy = (x0 + x1) / 2 + bent * (y1 - y0), (y0 + y1) / 2 - bent * (x1 - x0)
    x, y = ((1 - t) ** 2 * a + 2 * t * (1 - t) * c + t**2 * b for a, c, b in ((x0, cx, x1), (y0, cy, y1)))
    axes.text(x, y, f"{share:.3g}", ha="center", va="center", fontsize=style.SMALL, bbox=BEHIND, zorder=2)
