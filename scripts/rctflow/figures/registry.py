"""The figures of summaries, by summary: figure -> ``module:function`` that draws it from the summary's rows.

The function is ``(rows: Sequence[Result], display: StudyDisplay) -> Figure``; the file is
summaries/<summary>/<figure>.svg.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from rctflow.display import StudyDisplay
from rctflow.results import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUMMARY_FIGURES: dict[str, dict[str, str]] = {
    "flow": {"diagram": "rctflow.figures.flow:draw_flow"},
    "adverse_events": {"terms": "rctflow.figures.adverse_events:draw_adverse_events"},
}


def drawn(summary: str, figure: str, rows: Sequence[Result], display: StudyDisplay) -> Figure:
    """One figure of a summary."""
    module, _, function = SUMMARY_FIGURES[summary][figure].partition(":")
    figure_made: Figure = getattr(import_module(module), function)(rows, display)
    return figure_made
