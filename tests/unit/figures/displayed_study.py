"""An invented study of 24 endpoints, 6 visits and 2 arms: result rows and records that look like real ones.

The means and intervals are those of invented patients, good enough to look at; no statistical model is fitted here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rctflow.display import ArmLabel, Display, Label, VisitLabel
from rctflow.figures.diagnostics import draw_diagnostics
from rctflow.plan_status import UNLOCKED, PlanStatus
from rctflow.report.settings import ReportArm, ReportEndpoint, ReportPopulation, ReportSettings, ReportVisit
from rctflow.results import Result

ARMS = (("placebo", "Placebo"), ("msc", "MSC"))
CONTRAST = "msc - placebo"
VISITS = (
    ("baseline", "Baseline", 0),
    ("week1", "1 week", 7),
    ("month1", "1 month", 30),
    ("month2", "2 months", 60),
    ("month3", "3 months", 90),
    ("month6", "6 months", 180),
)
POPULATIONS = (("itt", "Intention to treat", "ITTFL"), ("per_protocol", "Per protocol", "PPROTFL"))


@dataclass(frozen=True)
class Invented:
    """One endpoint: what it is, its scale, and the effect that is put in (per 6 months)."""

    id: str
    label: str
    unit: str = "points"
    direction: str = "higher"
    digits: int = 1
    role: str = "secondary"
    mean: float = 50.0
    sd: float = 10.0
    effect: float = 4.0
    ratio: bool = False
    unable: int = 0
    mcid: float | None = None


ENDPOINTS = (
    Invented("sf36_pcs", "SF-36 physical component summary", role="primary", mean=38, sd=8, effect=4.1, mcid=5.0),
    Invented("sf36_mcs", "SF-36 mental component summary", mean=45, effect=2.5),
    *(
        Invented(f"sf36_{s.lower()}", f"SF-36 {n}", mean=50, sd=20, effect=e, role="exploratory")
        for s, n, e in (
            ("PF", "physical functioning", 9),
            ("RP", "role physical", 12),
            ("BP", "bodily pain", 6),
            ("GH", "general health", 5),
            ("VT", "vitality", 7),
            ("SF", "social functioning", 3),
            ("RE", "role emotional", -2),
            ("MH", "mental health", 1),
        )
    ),
    Invented("eq_vas", "EQ-VAS", mean=65, sd=15, effect=5),
    Invented("eq5d_index", "EQ-5D-5L index (China, Luo 2017)", "", digits=3, mean=0.75, sd=0.15, effect=0.05),
    Invented("tug", "Timed up and go", "s", "lower", 1, mean=14, sd=4, effect=-2.2, unable=2),
    Invented("walk_time", "4-m walk time", "s", "lower", 2, mean=6, sd=1.5, effect=-0.6, unable=1),
    Invented("walk_speed", "4-m walk speed", "m/s", "higher", 2, mean=0.7, sd=0.2, effect=0.09),
    Invented("grip", "Grip strength", "kg", mean=22, sd=6, effect=1.5),
    Invented("sppb", "Short physical performance battery", mean=7.5, sd=2, effect=0.9),
    Invented("fried", "Fried frailty score", "points", "lower", 1, mean=3.2, sd=0.8, effect=-0.5),
    Invented("crp", "hsCRP", "mg/L", "lower", 2, "exploratory", 3, 1.5, -0.4, True),
    Invented("tnf", "TNF-α", "pg/mL", "lower", 2, "exploratory", 8, 3, -0.5, True),
    Invented("il6", "IL-6", "pg/mL", "lower", 2, "exploratory", 4, 2, -0.3, True),
    Invented("il17", "IL-17", "pg/mL", "lower", 2, "exploratory", 10, 4, 0.1, True),
    Invented("il10", "IL-10", "pg/mL", "higher", 2, "exploratory", 6, 2, 0.25, True),
    Invented("weight", "Body weight <script>alert('&')</script>", "kg", "higher", 1, "exploratory", 60, 9, 0.1),
)


def displays(endpoint: Invented, synthetic: bool = True) -> tuple[Display, ReportEndpoint]:
    """The settings of one endpoint for print and for the report."""
    common: dict[str, Any] = {
        name: getattr(endpoint, name) for name in ("label", "unit", "direction", "digits", "role")
    } | {"primary_visit": "month6", "main_analysis": "primary", "main_population": "itt", "outcome": "change"}
    shared = {"endpoint": endpoint.id, "baseline_visit": "baseline", "synthetic": synthetic}
    if endpoint.unable:
        common["not_measured"] = {
            "n_unable": f"counted as {2 * endpoint.mean:g} {endpoint.unit} (declared worst value)"
        }
    display = Display(
        arms=tuple(ArmLabel(*arm) for arm in ARMS),
        visits=tuple(VisitLabel(*visit) for visit in VISITS),
        population_flag="ITTFL",
        analyses=(
            Label("primary", "ANCOVA of change"),
            Label("descriptive", "Observed values"),
            Label("raw", "Unadjusted comparison"),
        ),
        populations=tuple(Label(id, label) for id, label, _ in POPULATIONS),
        mcid=endpoint.mcid,
        **common,
        **shared,
    )
    return display, ReportEndpoint(id=endpoint.id, **common)


def report_settings(synthetic: bool = True) -> ReportSettings:
    """The study as the report tells it."""
    return ReportSettings(
        study="invented",
        title="Umbilical cord stem cells <in> aging frailty & everyday life: an invented trial",
        registration="NCT00000000",
        reference="Nobody et al., Journal of Invented Results 2024;1:1",
        design="Randomized 1:1, double-blind, placebo-controlled, parallel groups; two infusions 30 days apart.",
        arms=(
            ReportArm("placebo", "Placebo", "Two infusions of saline with human albumin"),
            ReportArm("msc", "MSC", "Two infusions of umbilical cord MSCs"),
        ),
        visits=tuple(ReportVisit(id, label, day, day - 4, day + 7) for id, label, day in VISITS),
        populations=(
            ReportPopulation("itt", "Intention to treat", "everybody randomized, as randomized"),
            ReportPopulation("per_protocol", "Per protocol", "DEVIATION == 'N' and DOSES >= 2"),
            ReportPopulation("safety", "Safety", "everybody treated", "actual"),
        ),
        endpoints=tuple(displays(endpoint)[1] for endpoint in ENDPOINTS),
        command="./run",
        synthetic=synthetic,
    )


def summary(name: str, analysis: str, statistic: str, counts: tuple[float | None, ...], **more: Any) -> list[Result]:
    """Rows of the study level: one per arm, then in total."""
    fixed = dict.fromkeys(("estimand", "population", "role", "visit", "contrast"), "") | {"model": "summary"} | more
    groups = (*(arm for arm, _ in ARMS), "")[-len(counts) :]
    return [
        Result(**{"study": "invented", "endpoint": name, "analysis": analysis, "group": group} | fixed,
               statistic=statistic, value=value)
        for group, value in zip(groups, counts, strict=True)
    ]  # fmt: skip


def flow_rows() -> list[Result]:
    """Participant flow, populations, and how many have a value of the primary endpoint."""
    counts = {
        "n_randomized": (15, 15, 30), "n_treated": (15, 14, 29), "n_other_arm": (0, 1, 1), "n_completed": (13, 11, 24),
        "n_discontinued": (2, 4, 6),
        "n_discontinued:lost_to_follow_up": (1, 2, 3), "n_discontinued:withdrew": (1, 2, 3),
        "n_status_unknown": (0, 0, 0),
    }  # fmt: skip
    rows = [row for name, n in counts.items() for row in summary("flow", "flow", name, n)]
    for population, n in (("itt", (15, 15, 30)), ("per_protocol", (13, 13, 26)), ("safety", (14, 15, 29))):
        rows += summary("flow", "flow", "n", n, population=population)
    for v, (visit, _, _) in enumerate(VISITS):
        rows += summary("flow", "sf36_pcs", "n", (15 - v // 2, 15 - v, 30 - v - v // 2), visit=visit)
    return rows + summary("flow", "sf36_pcs", "n_outside_windows", (0, 2, 2))


def population_rows() -> list[Result]:
    """Three populations and how many of those randomized they have."""
    rows = []
    for population, n in (("itt", (15, 15, 30)), ("per_protocol", (13, 13, 26)), ("safety", (14, 15, 29))):
        rows += summary("populations", "populations", "n", n, population=population)
        rows += summary(
            "populations", "populations", "percent", (n[0] / 0.15, n[1] / 0.15, n[2] / 0.3), population=population
        )
    return rows


def baseline_rows() -> list[Result]:
    """A number and a text, one value missing."""
    age = {"n": (15, 14, 29), "mean": (71.2, 70.4, 70.8), "sd": (4.1, 3.9, 4.0), "median": (71, 70, 71),
           "q1": (68, 67, 68), "q3": (74, 73, 74), "min": (65, 65, 65), "max": (80, 79, 80),
           "n_missing": (0, 1, 1)}  # fmt: skip
    sex = {"n": (15, 15, 30), "n:F": (8, 7, 15), "percent:F": (53.333, 46.667, 50), "n:M": (7, 8, 15),
           "percent:M": (46.667, 53.333, 50), "n_missing": (0, 0, 0)}  # fmt: skip
    rows = [row for name, n in age.items() for row in summary("baseline", "AGE", name, n, unit="years")]
    return rows + [row for name, n in sex.items() for row in summary("baseline", "SEX", name, n)]


def second_rows() -> list[Result]:
    """One comparison that agrees to rounding, one with a small difference, one without a second path."""
    shared = {
        "study": "demo",
        "estimand": "",
        "population": "itt",
        "visit": "month6",
        "group": "",
        "contrast": "msc - placebo",
    }
    shared |= {"analysis": "main_analysis", "role": "primary", "model": "mmrm", "statistic": "largest_disagreement"}
    found = ((0.0, "ok", ""), (2.34e-6, "ok", ""), (None, "not_estimable", "cox has no second path"))
    return [
        Result(endpoint=e, value=v, status=s, note=n, **shared)
        for e, (v, s, n) in zip(("sf36_pcs", "tug", "other"), found, strict=True)
    ]


def quality_rows() -> list[Result]:
    """Ledger counts over all tables and by table, and a participant who is not randomized."""
    strangers = [
        row
        for table in ("data_quality", "sf36")
        for row in summary("data_quality", table, "note:not_randomized", (1,), note="01-<099>")
    ]
    counts = {
        "data_quality": {"n": 9, "change:unit_slip": 2, "query:out_of_window": 4, "removed:duplicate": 3},
        "sf36": {"n": 3, "removed:duplicate": 3},
        "tug": {"n": 6, "change:unit_slip": 2, "query:out_of_window": 4},
    }
    return strangers + [
        row
        for table, of in counts.items()
        for name, n in of.items()
        for row in summary("data_quality", table, name, (n,))
    ]


def patients(endpoint: Invented, per_arm: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Values (2 arms, patients, visits) with monotone dropout; NaN after it."""
    random = np.random.default_rng([seed, ENDPOINTS.index(endpoint)])
    values = np.full((2, per_arm, len(VISITS)), np.nan)
    days = np.array([day for _, _, day in VISITS])
    for arm in range(2):
        level = random.normal(endpoint.mean, endpoint.sd * 0.8, per_arm)[:, None]
        drift = endpoint.effect * arm * (1 - np.exp(-days / 60)) / (1 - np.exp(-3))
        values[arm] = level + drift + random.normal(0, endpoint.sd * 0.5, (per_arm, len(VISITS)))
        last = np.where(random.random(per_arm) < 0.15, random.integers(1, len(VISITS), per_arm), len(VISITS))
        values[arm][np.arange(len(VISITS)) >= last[:, None]] = np.nan
    if endpoint.ratio or endpoint.unit == "s":
        values = np.maximum(values, endpoint.mean * 0.1)
    return {"values": values, "days": days}


def rows(endpoint: Invented, per_arm: int = 15, seed: int = 1) -> list[Result]:
    """Every result row of one endpoint: descriptive and two analyses in two populations."""
    values = patients(endpoint, per_arm, seed)["values"]
    made: list[Result] = []
    for population, _, _ in POPULATIONS:
        used = values if population == "itt" else values[:, : per_arm - 2]
        made += _descriptive(endpoint, population, used)
        for analysis, role in (("primary", _role(endpoint)), ("raw", "sensitivity")):
            made += _compared(endpoint, population, analysis, role, used)
    return made


def _role(endpoint: Invented) -> str:
    return "primary" if endpoint.role == "primary" else endpoint.role


def _row(endpoint: Invented, population: str, analysis: str, role: str, model: str, **rest: Any) -> Result:
    filled = {"visit": "", "group": "", "contrast": "", "unit": endpoint.unit} | rest
    return Result("invented", endpoint.id, "treatment_policy", population, analysis, role, model, **filled)


def _descriptive(endpoint: Invented, population: str, values: np.ndarray) -> list[Result]:
    made = []
    for arm, (group, _) in enumerate(ARMS):
        for v, (visit, _, _) in enumerate(VISITS):
            for prefix, x in (("", values[arm, :, v]), ("change_", values[arm, :, v] - values[arm, :, 0])):
                x = x[~np.isnan(x)]
                half = 2.1 * x.std(ddof=1) / len(x) ** 0.5
                statistics = {
                    "n": len(x), "mean": x.mean(), "sd": x.std(ddof=1), "median": np.median(x), "min": x.min(),
                    "max": x.max(), "ci_low": x.mean() - half, "ci_high": x.mean() + half,
                }  # fmt: skip
                if prefix and v == 0:
                    continue
                if not prefix:
                    statistics["n_unable"] = endpoint.unable if v > 1 else 0
                made += [
                    _row(endpoint, population, "descriptive", "exploratory", "descriptive", visit=visit, group=group,
                         statistic=prefix + name, value=float(value))
                    for name, value in statistics.items()
                ]  # fmt: skip
    return made


def _compared(endpoint: Invented, population: str, analysis: str, role: str, values: np.ndarray) -> list[Result]:
    change = np.log(values[:, :, 1:] / values[:, :, :1]) if endpoint.ratio else values[:, :, 1:] - values[:, :, :1]
    shown = np.exp if endpoint.ratio else (lambda x: x)
    contrast = CONTRAST.replace(" - ", " / ") if endpoint.ratio else CONTRAST
    unit = "ratio" if endpoint.ratio else endpoint.unit
    method = "ANCOVA of change: baseline, strata; OLS" + ("; natural logarithm" if endpoint.ratio else "")

    def row(**rest: Any) -> Result:
        filled = {"unit": unit, "method": method} | rest
        return _row(endpoint, population, analysis, role, "ancova", **filled)

    made = [row(group=g, statistic="n_randomized", value=float(values.shape[1]), unit="") for g, _ in ARMS]
    for v, (visit, _, _) in enumerate(VISITS[1:]):
        state: dict[str, Any] = {}
        if endpoint.id == "tug" and visit == "month2":
            state = {"status": "fallback", "note": "stratum dropped: one patient in a stratum"}
        if endpoint.id == "il17" and visit == "month6":
            reason = "13 of 15 values are below the limit of quantification"
            state = {"status": "not_estimable", "note": reason}
        groups = [change[arm, :, v][~np.isnan(change[arm, :, v])] for arm in range(2)]
        missing = state.get("status") == "not_estimable"
        for (group, _), x in zip(ARMS, groups, strict=True):
            se = x.std(ddof=1) / len(x) ** 0.5
            numbers = {"lsmean": shown(x.mean()), "se": se, "df": len(x) - 1.0}
            numbers |= {"ci_low": shown(x.mean() - 2.1 * se), "ci_high": shown(x.mean() + 2.1 * se)}
            made.append(row(visit=visit, group=group, statistic="n", value=float(len(x)), unit="", **state))
            made += [row(visit=visit, group=group, statistic=k, value=None if missing else float(y), **state)
                     for k, y in numbers.items()]  # fmt: skip
        difference = groups[1].mean() - groups[0].mean()
        se = sum(x.var(ddof=1) / len(x) for x in groups) ** 0.5
        t = difference / se
        numbers = {
            "estimate": shown(difference),
            "se": se,
            "df": 25.0,
            "t": t,
            "p_value": 2 / (1 + np.exp(1.8 * abs(t))),
        }
        numbers |= {"ci_low": shown(difference - 2.1 * se), "ci_high": shown(difference + 2.1 * se)}
        made += [row(visit=visit, contrast=contrast, statistic=k, value=None if missing else float(y), **state)
                 for k, y in numbers.items()]  # fmt: skip
    return made


def records(endpoint: Invented, per_arm: int = 15, seed: int = 1) -> dict[str, list[Any]]:
    """The analysis records as columns: one entry per patient and visit, arm included."""
    made = patients(endpoint, per_arm, seed)
    columns: dict[str, list[Any]] = {name: [] for name in ("USUBJID", "ARM", "AVISIT", "ADY", "AVAL", "AVALC", "DTYPE")}
    random = np.random.default_rng(seed)
    for arm, (group, _) in enumerate(ARMS):
        for patient in range(per_arm):
            for v, (visit, _, day) in enumerate(VISITS):
                value = made["values"][arm, patient, v]
                if np.isnan(value):
                    continue
                unable = patient < endpoint.unable and v > 1
                entry = (
                    f"{group}-{patient:03d}", group, visit, float(day + (random.integers(-4, 5) if v else 0)),
                    endpoint.mean * 2 if unable else float(value),
                    "unable" if unable else "", "WORST" if unable else "",
                )  # fmt: skip
                for name, item in zip(columns, entry, strict=True):
                    columns[name].append(item)
    return columns


def rendered_report(
    per_arm: int = 15,
    synthetic: bool = True,
    endpoints: tuple[Invented, ...] = ENDPOINTS,
    plan: PlanStatus = UNLOCKED,
) -> str:
    """Everything drawn, printed and put on one page, as the workflow's rules do it."""
    from tempfile import TemporaryDirectory

    from rctflow.figures.forest import draw_forest
    from rctflow.figures.ladder import draw_ladder
    from rctflow.figures.profile import draw_profile
    from rctflow.figures.style import save_svg
    from rctflow.figures.trajectories import draw_trajectories
    from rctflow.report.endpoint import EndpointPart
    from rctflow.report.render import StudyPart, render_report
    from rctflow.report.summaries import SummaryPart
    from rctflow.tables.endpoint import endpoint_table
    from rctflow.tables.ladder import ladder_table
    from rctflow.tables.overview import overview_table

    with TemporaryDirectory() as folder:

        def svg(figure: Any) -> str:
            save_svg(figure, Path(folder) / "figure.svg")
            return (Path(folder) / "figure.svg").read_text(encoding="utf-8")

        by_endpoint, parts = {endpoint.id: rows(endpoint, per_arm) for endpoint in endpoints}, {}
        for endpoint in endpoints:
            display, _ = displays(endpoint, synthetic)
            mine = by_endpoint[endpoint.id]
            others = ladder_table(mine, display)
            parts[endpoint.id] = EndpointPart(
                rows=mine,
                profile=svg(draw_profile(mine, display)),
                trajectories=svg(draw_trajectories(records(endpoint, per_arm), mine, display)),
                diagnostics=svg(draw_diagnostics(mine, [], display)),
                table=endpoint_table(mine, display).to_html() + (others.to_html() if others else ""),
                ladder=svg(draw_ladder(mine, display)),
            )
        study = StudyPart(
            {
                "flow": SummaryPart(flow_rows()),
                "populations": SummaryPart(population_rows()),
                "baseline": SummaryPart(baseline_rows()),
                "data_quality": SummaryPart(quality_rows()),
            },
            second_rows(),
            svg(draw_forest(by_endpoint, [displays(endpoint, synthetic)[0] for endpoint in endpoints])),
            overview_table(by_endpoint, [displays(endpoint, synthetic)[0] for endpoint in endpoints]).to_html(),
        )
    settings = replace(report_settings(synthetic), endpoints=tuple(displays(endpoint)[1] for endpoint in endpoints))
    return render_report(settings, study, parts, {"python": "3.11", "numpy": "2.4.0"}, plan)
