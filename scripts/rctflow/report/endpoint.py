"""What the report shows of one endpoint, and the words for those who do not see its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rctflow.display import stamps_of
from rctflow.ladder import has_steps, rungs_of
from rctflow.report.inline import inline_svg
from rctflow.report.settings import ReportEndpoint, ReportSettings
from rctflow.results import Result, read_results

ALWAYS = ("profile.svg", "trajectories.svg", "diagnostics.svg", "ladder.svg", "table.html")


@dataclass(frozen=True)
class EndpointPart:
    """What the report shows of one endpoint: its rows, its figures (text of SVG files), its tables (HTML fragment)."""

    rows: Sequence[Result]
    profile: str
    trajectories: str
    diagnostics: str
    table: str
    ladder: str = ""
    subgroups: str = ""
    subgroup_table: str = ""
    left_out: str = ""

    @classmethod
    def read(cls, folder: Path, resampling: Sequence[str] = (), some: Sequence[str] = ()) -> EndpointPart:
        """The part whose files stand in ``endpoints/<endpoint>``.

        resampling: files with rows of resampling, of all endpoints; some: figures and tables that some endpoints have,
        of all.
        """
        files = [folder / "results.csv", *(Path(file) for file in resampling if Path(file).parent == folder)]
        own = [folder / name for name in ALWAYS]
        own += [Path(file) for file in some if Path(file).parent == folder]
        found = {path.name: path.read_text(encoding="utf-8") for path in own}
        return cls(
            rows=[row for file in files for row in read_results(file)],
            profile=found["profile.svg"],
            trajectories=found["trajectories.svg"],
            diagnostics=found["diagnostics.svg"],
            ladder=found["ladder.svg"],
            table=found["table.html"],
            subgroups=found.get("subgroups.svg", ""),
            subgroup_table=found.get("subgroups.html", ""),
            left_out=found.get("leave_one_out.svg", ""),
        )


def drawings(endpoint: ReportEndpoint, part: EndpointPart, settings: ReportSettings) -> dict[str, Any]:
    """The figures of an endpoint by their names in the template; "" for what it does not have."""
    main = endpoint.main_analysis, endpoint.main_population
    steps = has_steps(rungs_of(part.rows, main, (), endpoint.primary_visit))
    fitted = any(row.analysis == main[0] and row.statistic.startswith("correlation:") for row in part.rows)
    figures = {
        "trajectories": (part.trajectories, _drawn(endpoint, part, settings)),
        "diagnostics": (
            part.diagnostics if fitted else "",
            "correlation of the visits and residuals of the main model",
        ),
        "ladder": (
            part.ladder if steps else "",
            "estimates and intervals of every analysis and method, the main one first; the table above has the numbers",
        ),
        "subgroups": (part.subgroups, "the arms compared within subgroups, and the test of each interaction"),
        "left_out": (
            part.left_out,
            "the comparison of the arms without each patient in turn, beside that of everybody",
        ),
    }
    made = {
        name: _figure(svg, f"{endpoint.id}-{name}", f"{endpoint.label}: {words}.", settings)
        for name, (svg, words) in figures.items()
    }
    return made | {"profile": profile_figure(endpoint, part, settings, endpoint.id)}


def profile_figure(endpoint: ReportEndpoint, part: EndpointPart, settings: ReportSettings, name: str) -> Any:
    """The arms over time. name: of the figure on the page."""
    arms = " and ".join(arm.label for arm in settings.arms)
    timed = "Kaplan-Meier curves with intervals and numbers at risk"
    what = timed if _is_timed(endpoint, part) else "means with intervals"
    words = f"{endpoint.label} over time: {what} of {arms}; the table has the numbers."
    return _figure(part.profile, f"{name}-profile", words, settings)


def stamped(settings: ReportSettings) -> str:
    """What the words of every figure say of its data."""
    return "".join(f" {stamp.capitalize()}." for stamp in stamps_of(settings.synthetic, settings.blinded))


def _figure(svg: str, name: str, words: str, settings: ReportSettings) -> Any:
    from markupsafe import Markup

    return Markup(inline_svg(svg, name, words + stamped(settings))) if svg else ""


def _is_timed(endpoint: ReportEndpoint, part: EndpointPart) -> bool:
    """Whether the main analysis compares times to an event."""
    return any(row.analysis == endpoint.main_analysis and row.model == "time_to_event" for row in part.rows)


def _drawn(endpoint: ReportEndpoint, part: EndpointPart, settings: ReportSettings) -> str:
    """What the figure of the patients shows."""
    if _is_timed(endpoint, part):
        return "no patient is drawn" if settings.small_cells else "each patient's follow-up to event or censoring"
    drawn = "the spread of the values by arm and visit" if settings.small_cells else "the course of each patient by arm"
    return f"{drawn}, with the observed mean"
