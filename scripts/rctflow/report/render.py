"""The report: one page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rctflow.display import stamps_of
from rctflow.plan_status import UNLOCKED, PlanStatus
from rctflow.report.endpoint import EndpointPart, drawings, profile_figure, stamped
from rctflow.report.grids import second_grid, troubles
from rctflow.report.influence import influence_grid
from rctflow.report.inline import inline_svg
from rctflow.report.sentences import headline, not_measured
from rctflow.report.settings import ReportEndpoint, ReportSettings
from rctflow.report.summaries import AFTER, BEFORE, SummaryPart, summary_sections
from rctflow.results import Result, read_results

if TYPE_CHECKING:
    import jinja2

HERE = Path(__file__).parent
ROLES = ("primary", "secondary", "exploratory")
GRAPH = "multiplicity_"


@dataclass(frozen=True)
class FamiliesPart:
    """What the report shows of families of hypotheses: rows, tables (HTML fragment), graphs (SVG text by family)."""

    rows: Sequence[Result] = ()
    tables: str = ""
    graphs: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, files: Sequence[str]) -> FamiliesPart:
        """The part in the files of rule multiplicity; empty without files."""
        if not files:
            return cls()
        paths = {Path(file).name: Path(file) for file in files}
        texts = {name: path.read_text(encoding="utf-8") for name, path in paths.items() if path.suffix != ".csv"}
        graphs = {n.removeprefix(GRAPH).removesuffix(".svg"): text for n, text in texts.items() if n.endswith(".svg")}
        return cls(read_results(paths["results.csv"]), texts["multiplicity.html"], graphs)


@dataclass(frozen=True)
class StudyPart:
    """What the report shows of the whole study: the summaries by name, rows of the second computation, forest (SVG
    text), overview (HTML fragment), families of hypotheses.
    """

    summaries: Mapping[str, SummaryPart]
    second: Sequence[Result]
    forest: str
    overview: str
    families: FamiliesPart = FamiliesPart()


def render_report(
    settings: ReportSettings,
    study: StudyPart,
    endpoints: Mapping[str, EndpointPart],
    software: Mapping[str, str],
    plan: PlanStatus = UNLOCKED,
) -> str:
    """The page as HTML text. endpoints: by id, one for each of ``settings.endpoints``. software: name -> version.
    plan: the status of the analysis plan.

    Everything that comes from data or config is escaped; figures and tables must come from this program's own rooms.
    Raises KeyError when an endpoint is missing.
    """
    from markupsafe import Markup

    adjusted = study.families.rows
    sections = [_section(endpoint, endpoints[endpoint.id], settings, adjusted) for endpoint in settings.endpoints]
    primary = next((section for section in sections if section["endpoint"].role == "primary"), None)
    words = f"Forest plot: the arms compared for each of {len(sections)} endpoints; the table above has the numbers."
    page = _template().render(
        s=settings,
        stamps=stamps_of(settings.synthetic, settings.blinded),
        plan=plan,
        css=Markup((HERE / "report.css").read_text(encoding="utf-8")),
        sections=sections,
        roles=_by_role(sections),
        primary=primary,
        headline=primary["headline"] if primary else [],
        headline_figure=profile_figure(primary["endpoint"], primary["part"], settings, "primary") if primary else "",
        before=summary_sections(BEFORE, study.summaries, settings),
        after=summary_sections(AFTER, study.summaries, settings),
        second=second_grid(study.second, settings),
        influence=influence_grid({name: part.rows for name, part in endpoints.items()}, settings),
        forest=Markup(inline_svg(study.forest, "forest", words)),
        overview=Markup(study.overview),
        families=_families(study.families, settings),
        troubles=[trouble for section in sections for trouble in section["troubles"]],
        methods=_methods(sections),
        not_measured=[
            (section["endpoint"], section["not_measured"]) for section in sections if section["not_measured"]
        ],
        software=sorted(software.items()),
    )
    return page.rstrip() + "\n"


def _template() -> jinja2.Template:
    import jinja2

    loader = jinja2.FileSystemLoader(HERE)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html.j2")


def _section(
    endpoint: ReportEndpoint,
    part: EndpointPart,
    settings: ReportSettings,
    adjusted: Sequence[Result],
) -> dict[str, Any]:
    from markupsafe import Markup

    labels = {visit.id: visit.label for visit in settings.visits}
    return {
        "endpoint": endpoint,
        "headline": headline(part.rows, endpoint, settings, adjusted),
        "part": part,
        **drawings(endpoint, part, settings),
        "subgroup_table": Markup(part.subgroup_table),
        "table": Markup(part.table),
        "rows": part.rows,
        "not_measured": not_measured(part.rows, endpoint, settings),
        "troubles": [
            {"row": row, "label": endpoint.label, "visit": labels.get(row.visit, row.visit)}
            for row in troubles(row for row in part.rows if row.model != "descriptive")
        ],
    }


def _families(part: FamiliesPart, settings: ReportSettings) -> dict[str, Any] | None:
    """The tables and graphs of the families of hypotheses; None in a study that declares none."""
    from markupsafe import Markup

    if not settings.families:
        return None
    graphs = []
    for name, svg in part.graphs.items():
        words = f"Graph of the family {settings.families[name].label or name}: its hypotheses, the share of the level "
        words += f"that each has, and what a rejected one hands on; the table has the decisions.{stamped(settings)}"
        graphs.append(Markup(inline_svg(svg, f"family-{name}", words)))
    confirmatory = [name for name in settings.family_order if settings.families[name].confirmatory]
    levels = sum(settings.families[name].alpha for name in confirmatory)
    return {"tables": Markup(part.tables), "graphs": graphs, "confirmatory": len(confirmatory), "levels": levels}


def _first(primary: dict[str, Any] | None, settings: ReportSettings) -> Any:
    """The figure beside the primary result."""
    return profile_figure(primary["endpoint"], primary["part"], settings, "primary") if primary else ""


def _by_role(sections: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Sections by role, primary first."""
    roles = dict.fromkeys([*ROLES, *(section["endpoint"].role for section in sections)])
    grouped = [(role, [s for s in sections if s["endpoint"].role == role]) for role in roles]
    return [(role, chosen) for role, chosen in grouped if chosen]


def _methods(sections: Sequence[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Each method of a comparison or LS mean, and the endpoints that it was used for."""
    used: dict[str, dict[str, None]] = {}
    for section in sections:
        for row in section["rows"]:
            if row.statistic in ("estimate", "lsmean") and row.method:
                used.setdefault(row.method, {})[section["endpoint"].label] = None
    return [(method, list(labels)) for method, labels in used.items()]
