"""Adverse events as dots: each term's incidence by arm, and beside it the risk difference with its interval.

Terms are sorted by the (first) risk difference. All intervals are drawn, however wide: with few patients they say how
little is known. Source: Amit, Heiberger & Lane 2008, Pharm Stat 7:20 (incidence and relative risk in two panels).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctflow.display import StudyDisplay
from rctflow.figures import style
from rctflow.figures.placing import wrapped
from rctflow.results import Result, comparison_name
from rctflow.rounding import interval, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUBSET = "emergent"
MOST = 30
LINE, SPREAD = 0.2, 0.11
TOP, AXIS, FOOT = 0.74, 0.5, 0.26
STAGGER = 0.16  # of a line: equal incidences stay apart
LABELS, INCIDENCE, GAP, DIFFERENCE = 2.0, 1.5, 0.12, 1.7  # inches

Found = dict[tuple[str, str, str], float | None]


@dataclass(frozen=True)
class Term:
    """A preferred term: percent of patients per arm, and per other arm the difference with its limits."""

    label: str
    percent: tuple[float | None, ...]
    differences: tuple[tuple[float, float, float] | None, ...]

    @property
    def key(self) -> float:
        """What terms are sorted by."""
        return next((difference[0] for difference in self.differences if difference), float("-inf"))


def draw_adverse_events(rows: Sequence[Result], display: StudyDisplay) -> Figure:
    """Incidence and risk difference of the treatment-emergent terms, of the most frequent when there are too many."""
    terms = terms_of(rows, display)
    kept = sorted(terms, key=lambda term: -max((p or 0 for p in term.percent), default=0))[:MOST]
    shown = sorted(kept, key=lambda term: (-term.key, term.label))
    several = max(len(display.arms) - 1, 1)
    line = LINE + SPREAD * (several - 1)
    with style.house_style():
        high = TOP + line * max(len(shown), 1) + AXIS + FOOT
        figure = style.new_figure(high)
        _draw(figure, shown, display, line)
        style.title(figure, "Treatment-emergent adverse events by preferred term", _numbers(rows, display))
        _foot(figure, len(terms) - len(shown), display)
        style.stamp(figure, display)
        for axes in figure.axes:
            style.watermark(axes, display, size=10)
    return figure


def terms_of(rows: Sequence[Result], display: StudyDisplay) -> list[Term]:
    """The preferred terms with at least one number that may be shown."""
    found = {(row.analysis, row.contrast or row.group, row.statistic): row.value for row in rows}
    levels = [level for level in dict.fromkeys(row.analysis for row in rows) if level.startswith(f"{SUBSET}:")]
    reference, *others = (arm.id for arm in display.arms)
    terms, system = [], ""
    for level in levels:
        if not (system and level.startswith(f"{system}/")):
            system = level
            continue
        percent = tuple(found.get((level, arm.id, "percent")) for arm in display.arms)
        contrasts = [comparison_name(arm, reference, "difference") for arm in others]
        term = Term(level.removeprefix(f"{system}/"), percent, tuple(_limits(found, level, c) for c in contrasts))
        if any(value is not None for value in percent):
            terms.append(term)
    return terms


def _limits(found: Found, level: str, contrast: str) -> tuple[float, float, float] | None:
    values = [found.get((level, contrast, name)) for name in ("estimate", "ci_low", "ci_high")]
    estimate, low, high = values
    return None if estimate is None or low is None or high is None else (estimate, low, high)


def _draw(figure: Figure, terms: Sequence[Term], display: StudyDisplay, line: float) -> None:
    wide, high = figure.get_size_inches()
    body = line * max(len(terms), 1)
    bottom = (high - TOP - body) / high
    lefts = (LABELS, LABELS + INCIDENCE + GAP)
    incidence = figure.add_axes((lefts[0] / wide, bottom, INCIDENCE / wide, body / high))
    difference = figure.add_axes((lefts[1] / wide, bottom, DIFFERENCE / wide, body / high))
    compared = f"Risk difference from {display.arms[0].label}, points"
    for axes, words in ((incidence, "Patients with the term, %"), (difference, compared)):
        axes.set_ylim(0, max(len(terms), 1))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(words, fontsize=style.SMALL)
        axes.tick_params(axis="x", labelsize=style.SMALL)
    difference.axvline(0, color=style.QUIET, linewidth=0.8, zorder=1)
    for n, term in enumerate(terms):
        middle = len(terms) - n - 0.5
        at = (high - TOP - (n + 0.5) * line) / high
        label = style.shortened(term.label, LABELS - 0.12)
        figure.text(0.06 / wide, at, label, fontsize=style.SMALL, va="center")
        incidence.axhline(middle, color="#ececec", linewidth=0.6, zorder=0)
        _dots(incidence, term, middle, display)
        _intervals(figure, difference, term, middle, (at, line), display)
    reach = max((abs(x) for term in terms for d in term.differences if d for x in d), default=1.0)
    difference.set_xlim(-1.05 * reach, 1.05 * reach)
    incidence.set_xlim(left=-2, right=1.08 * max((p or 0 for term in terms for p in term.percent), default=1.0) + 2)


def _dots(axes: Axes, term: Term, level: float, display: StudyDisplay) -> None:
    for i, percent in enumerate(term.percent):
        if percent is not None:
            marker, colour = style.MARKERS[i % len(style.MARKERS)], style.colour_of(display.arms, i)
            y = level + ((len(term.percent) - 1) / 2 - i) * STAGGER
            axes.plot([percent], [y], marker, color=colour, markersize=4, zorder=3, clip_on=False)


def _intervals(
    figure: Figure, axes: Axes, term: Term, level: float, place: tuple[float, float], display: StudyDisplay
) -> None:
    """place: height of the line in the figure, and its inches."""
    wide, high = figure.get_size_inches()
    at, line = place
    for i, difference in enumerate(term.differences):
        shift = (len(term.differences) - 1) / 2 - i
        colour = style.colour_of(display.arms, i + 1)
        y, text_at = level + shift * SPREAD / line, at + shift * SPREAD / high
        words = "not shown"
        if difference:
            centre, low, top = difference
            axes.plot([low, top], [y, y], color=colour, linewidth=1.1, zorder=2)
            axes.plot([centre], [y], style.MARKERS[(i + 1) % len(style.MARKERS)], color=colour, markersize=4, zorder=3)
            words = f"{rounded(centre, 1)} ({interval(low, top, 1)})"
        left = (LABELS + INCIDENCE + GAP + DIFFERENCE + 0.1) / wide
        figure.text(left, text_at, words, fontsize=style.SMALL, va="center")


def _numbers(rows: Sequence[Result], display: StudyDisplay) -> str:
    """``Placebo 16, MSC 14 patients at risk.``"""
    n = {row.group: row.value for row in rows if row.analysis == "population" and row.statistic == "n"}
    return f"{', '.join(f'{arm.label} {rounded(n.get(arm.id), 0)}' for arm in display.arms)} patients at risk"


def _foot(figure: Figure, left_out: int, display: StudyDisplay) -> None:
    from matplotlib.lines import Line2D

    wide, high = figure.get_size_inches()
    words = "Sorted by the risk difference; score intervals, not adjusted for the number of terms: they describe."
    if left_out:
        words += (
            f" The {MOST} most frequent terms; {left_out} further ones stand in summaries/adverse_events/results.csv."
        )
    figure.text(0.06 / wide, 0.06 / high, wrapped(words, 125), va="bottom", fontsize=style.SMALL, color=style.QUIET)
    looks = [(style.colour_of(display.arms, i), style.MARKERS[i % 6], arm.label) for i, arm in enumerate(display.arms)]
    marks = [Line2D([], [], color=colour, marker=mark, linestyle="", label=label) for colour, mark, label in looks]
    place = (LABELS / wide, 1 - (TOP - 0.02) / high)
    shape = {"loc": "lower left", "bbox_to_anchor": place, "ncols": len(marks), "handletextpad": 0.2}
    figure.legend(handles=marks, fontsize=style.SMALL, **shape)
