"""Which summaries stand in which section of the report, and what is printed of each.

A new summary is one line in SECTIONS and one in GRIDS: a function ``(rows, settings) -> list[Grid]``; its figures
(summaries/<summary>/<figure>.svg) stand before its grids, with the words of FIGURES for those who cannot see them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from rctflow.report.adverse_events import adverse_event_grids
from rctflow.report.baseline import baseline_grid
from rctflow.report.course import (
    deviation_grids,
    disposition_grids,
    exposure_grids,
    medication_grids,
    participants_by_site_grids,
    site_grid,
)
from rctflow.report.findings import finding_grids
from rctflow.report.grids import Grid, flow_grids, population_grid, quality_grid
from rctflow.report.inline import inline_svg
from rctflow.report.settings import ReportSettings
from rctflow.results import Result, read_results

Rows = Sequence[Result]


class Section(NamedTuple):
    """A section of the page: its id, its title, the summaries in it, in the order of print."""

    id: str
    title: str
    summaries: tuple[str, ...]


BEFORE = (
    Section("participants", "Participants", ("flow", "populations", "sites", "disposition", "deviations")),
    Section("baseline", "Baseline", ("baseline",)),
    Section("treatment", "Treatment", ("exposure", "medication")),
)
"""Sections before the endpoints."""
AFTER = (
    Section("safety", "Safety", ("adverse_events", "laboratory", "vital_signs")),
    Section("data-quality", "Data quality", ("data_quality",)),
)
"""Sections behind the endpoints."""

GRIDS: dict[str, Callable[[Rows, ReportSettings], list[Grid]]] = {
    "flow": flow_grids,
    "populations": lambda rows, settings: [population_grid(rows, settings)],
    "baseline": lambda rows, settings: [baseline_grid(rows, settings)],
    "adverse_events": adverse_event_grids,
    "laboratory": finding_grids,
    "vital_signs": finding_grids,
    "sites": participants_by_site_grids,
    "disposition": disposition_grids,
    "deviations": deviation_grids,
    "exposure": exposure_grids,
    "medication": medication_grids,
    "data_quality": lambda rows, settings: [grid for grid in (quality_grid(rows), site_grid(rows)) if grid],
}
FIGURES: dict[str, str] = {
    "flow/diagram": "Flow diagram: participants from enrollment to analysis by arm; the tables below have the numbers.",
    "adverse_events/terms": "Preferred terms of adverse events: the share of each arm's patients with it, and the risk "
    "difference with its interval, sorted by the difference; the tables have the numbers.",
    "laboratory/edish": "Highest transaminase against highest bilirubin of each patient; the table has the counts.",
}
"""Figure, as <summary>/<figure> -> what it shows, in words."""


@dataclass(frozen=True)
class SummaryPart:
    """What the report shows of one summary: its rows, its figures (name -> text of the SVG file), the listing of
    patients that belongs to it (HTML fragment).
    """

    rows: Rows
    figures: Mapping[str, str] = field(default_factory=dict)
    listing: str = ""

    @classmethod
    def read(cls, results: Path, figures: Sequence[str] = (), listings: Sequence[str] = ()) -> SummaryPart:
        """The part whose rows stand in ``results``. figures: files of figures, of all summaries; listings: the same of
        listings, each named after its summary.
        """
        own = [Path(file) for file in figures if Path(file).parent == results.parent]
        listed = (Path(file) for file in listings if Path(file).stem == results.parent.name)
        text = "".join(file.read_text(encoding="utf-8") for file in listed)
        return cls(read_results(results), {file.stem: file.read_text(encoding="utf-8") for file in own}, text)


def summary_sections(
    sections: Sequence[Section], parts: Mapping[str, SummaryPart], settings: ReportSettings
) -> list[dict[str, Any]]:
    """The sections that have something to show, for the template: id, title, parts with figures and grids."""
    shown = []
    for section in sections:
        made = [_part(name, parts[name], settings) for name in section.summaries if name in parts]
        if made:
            shown.append({"id": section.id, "title": section.title, "parts": made})
    return shown


def _part(name: str, part: SummaryPart, settings: ReportSettings) -> dict[str, Any]:
    from markupsafe import Markup

    drawn = [
        Markup(inline_svg(svg, f"{name}-{figure}", FIGURES.get(f"{name}/{figure}", figure)))
        for figure, svg in part.figures.items()
    ]
    grids = GRIDS[name](part.rows, settings) if name in GRIDS else []
    return {"name": name, "figures": drawn, "grids": grids, "listing": Markup(part.listing)}
