"""How well the main model of an endpoint fits: the fitted correlation of the visits, residuals against a normal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING

from rctflow.display import Display, VisitLabel
from rctflow.figures import style
from rctflow.figures.rows import value_of
from rctflow.results import Found, Result, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT, BOTTOM, TOP, PANEL = 3.1, 0.62, 0.62, 1.86
CORRELATION = "correlation:"
GROUPS = 40


def read_residuals(records: str | Path, display: Display) -> list[float]:
    """The normalized residuals of the main analysis, as records.parquet has them; empty when its model has none.

    Of restricted data each is replaced by the mean of its group (``grouped``), so that none is one patient's.
    """
    from pyarrow.parquet import ParquetFile

    columns = ParquetFile(records).read(["record_set", "USUBJID", "RESIDUAL"], use_threads=False).to_pydict()
    prefix = f"{display.main_analysis}.{display.main_population}."
    rows = zip(columns["record_set"], columns["USUBJID"], columns["RESIDUAL"], strict=True)
    found = [(x, subject) for name, subject, x in rows if name.startswith(prefix) and x is not None and x == x]
    return grouped(found, display.small_cells) if display.small_cells else [value for value, _ in found]


def grouped(residuals: Sequence[tuple[float, str]], small_cells: int) -> list[float]:
    """(residual, patient) in order of size, each residual replaced by the mean of its group.

    A group has at least ``small_cells`` patients and 1/40 of all residuals; what is left over joins the last one.
    Empty when all of them together have fewer patients.
    """
    ordered, groups = sorted(residuals), list[list[tuple[float, str]]]()
    for one in ordered:
        if not groups or (len(groups[-1]) * GROUPS >= len(ordered) and _patients(groups[-1]) >= small_cells):
            groups.append([])
        groups[-1].append(one)
    if len(groups) > 1 and _patients(groups[-1]) < small_cells:
        last = groups.pop()
        groups[-1] += last
    if not groups or _patients(groups[-1]) < small_cells:
        return []
    return [sum(value for value, _ in group) / len(group) for group in groups for _ in group]


def _patients(group: Sequence[tuple[float, str]]) -> int:
    return len({subject for _, subject in group})


def draw_diagnostics(rows: Sequence[Result], residuals: Sequence[float], display: Display) -> Figure:
    """Correlation matrix and normal quantile plot of the main analysis; what the model does not have, it says."""
    with style.house_style():
        figure = style.new_figure(HEIGHT)
        found = rows_of(rows, display.main_analysis, display.main_population)
        left, right = (_panel(figure, place, name) for place, name in ((0.95, "correlation"), (4.1, "residuals")))
        _draw_correlation(left, found, display)
        _draw_quantiles(right, residuals, bool(display.small_cells))
        style.title(figure, display.label, _fit_in_words(found))
        style.stamp(figure, display)
        style.watermark(right, display, 12)
        return figure


def _panel(figure: Figure, left: float, name: str) -> Axes:
    width = style.PAGE_WIDTH
    return figure.add_axes((left / width, BOTTOM / HEIGHT, PANEL * 1.15 / width, PANEL / HEIGHT), label=name)


def _fit_in_words(found: Found) -> str:
    gradient, condition = (value_of(found, "", "", name) for name in ("gradient_norm", "condition"))
    if gradient is None or condition is None:
        return "How the main model fits"
    slope = f"{gradient:.1e}" if gradient else "below 1e-8"
    return f"How the main model fits; scaled gradient {slope}, condition of the covariance {condition:.3g}"


def _draw_correlation(axes: Axes, found: Found, display: Display) -> None:
    visits = [visit for visit in display.visits if (visit.id, "", f"{CORRELATION}{visit.id}") in found]
    axes.set_title("Fitted correlation of the visits", loc="left", fontsize=style.TEXT)
    if not visits:
        _say(axes, "The main model fits each visit\nby itself: no correlation")
        return
    values = [[value_of(found, one.id, "", f"{CORRELATION}{other.id}") or 0.0 for other in visits] for one in visits]
    axes.imshow(values, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    for i, line in enumerate(values):
        for j, value in enumerate(line):
            dark = abs(value) > 0.6
            axes.text(
                j, i, f"{value:.2f}", ha="center", va="center", fontsize=6.5, color="white" if dark else style.INK
            )
    _label_visits(axes, visits)


def _label_visits(axes: Axes, visits: Sequence[VisitLabel]) -> None:
    labels = [visit.label for visit in visits]
    axes.set_xticks(range(len(visits)), labels, rotation=30, ha="right", fontsize=style.SMALL)
    axes.set_yticks(range(len(visits)), labels, fontsize=style.SMALL)
    axes.tick_params(length=0)


def _draw_quantiles(axes: Axes, residuals: Sequence[float], in_groups: bool) -> None:
    axes.set_title("Normalized residuals", loc="left", fontsize=style.TEXT)
    if not residuals:
        _say(axes, "The main model writes no\nnormalized residuals")
        return
    ordered, n = sorted(residuals), len(residuals)
    expected = [NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)]
    ends = (min(expected[0], ordered[0]), max(expected[-1], ordered[-1]))
    axes.plot(ends, ends, color=style.QUIET, linewidth=0.8)
    points = _centres(expected, ordered) if in_groups else list(zip(expected, ordered, strict=True))
    axes.plot(*zip(*points, strict=True), "o", markersize=2.5, color=style.COLOURS[1], rasterized=len(points) > 1500)
    axes.set_xlabel("Normal quantile" + (", means of groups" if in_groups else ""))
    axes.set_ylabel("Observed")


def _centres(expected: Sequence[float], ordered: Sequence[float]) -> list[tuple[float, float]]:
    """One point for each run of equal residuals: the mean of their normal quantiles."""
    found: dict[float, list[float]] = {}
    for quantile, residual in zip(expected, ordered, strict=True):
        found.setdefault(residual, []).append(quantile)
    return [(sum(quantiles) / len(quantiles), residual) for residual, quantiles in found.items()]


def _say(axes: Axes, words: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=style.QUIET)
