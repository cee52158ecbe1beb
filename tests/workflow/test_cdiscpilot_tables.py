"""Tables of the CDISC pilot that are not in the shared reference: every printed cell, from SDTM and from ADaM."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from rctflow.rounding import rounded

from tests.pilot import (
    ARMS,
    LABELS,
    Rows,
    Values,
    compared,
    described,
    event_lines,
    headed,
    printed,
    transcribed,
    values_of,
)

pytestmark = pytest.mark.workflow

EFFICACY, PARTICIPANTS = transcribed("efficacy"), transcribed("participants")


@pytest.fixture(scope="session", params=["pilot", "from_adam"])
def either(request: pytest.FixtureRequest) -> Values:
    """Result rows of both ways, one after the other."""
    results: Path = request.getfixturevalue(request.param)
    return values_of(results)


# number -> endpoint, the analyses that describe and compare, population, visit; "change" when it has that block
COMPARED = {
    "14-3.01": ("adas_cog", "descriptive_locf", "ancova_locf", "efficacy", "week24", "change"),
    "14-3.02": ("cibic", "descriptive_locf", "anova_locf", "efficacy", "week24", "value"),
    "14-3.03": ("adas_cog", "descriptive_locf", "ancova_locf", "efficacy", "week8", "change"),
    "14-3.04": ("cibic", "descriptive_locf", "anova_locf", "efficacy", "week8", "value"),
    "14-3.05": ("adas_cog", "descriptive_locf", "ancova_locf", "efficacy", "week16", "change"),
    "14-3.06": ("cibic", "descriptive_locf", "anova_locf", "efficacy", "week16", "value"),
    "14-3.07": ("adas_cog", "descriptive_completers", "completers", "completers", "week24", "change"),
    "14-3.08": ("adas_cog", "descriptive_locf", "by_sex", "efficacy_male", "week24", "change"),
    "14-3.09": ("adas_cog", "descriptive_locf", "by_sex", "efficacy_female", "week24", "change"),
    "14-3.12": ("npi_x", "descriptive", "ancova_mean", "efficacy", "week12", "mean"),
}
BLOCKS = {"value": 1, "mean": 2, "change": 3}
TIES = {  # half way between two printed values; published rounded to even: (table, row, arm) -> unrounded, ours, theirs
    ("14-3.12", "Mean of Weeks 4-24", "low"): (3.25, "3.3 (0;49)", "3.2 (0;49)"),
}


@pytest.mark.parametrize("number", COMPARED)
def test_description_and_comparison_of_the_arms(number, either, published):
    endpoint, describing, comparing, population, visit, outcome = COMPARED[number]

    def blocks(labels: list[str]) -> Rows:
        told = [("baseline", ""), (visit, ""), (visit, "change_")][outcome == "value" :][: BLOCKS[outcome]]
        rows: Rows = []
        for label, (at, prefix) in zip(labels, told, strict=True):
            rows += described(
                lambda arm, name, at=at, prefix=prefix: either(
                    endpoint, describing, population, at, arm, prefix + name
                ),
                label,
            )
        return rows

    theirs = EFFICACY.get(number) or published["tables"][number]["rows"]
    labels = [row[0] for row in theirs[1:] if not any(row[1:])]
    tests = compared(lambda who, name: either(endpoint, comparing, population, visit, who, name))
    ours = [headed(either, population), *blocks(labels), *tests]
    for (table, label, arm), (unrounded, here, there) in TIES.items():
        if table == number:
            assert either(endpoint, describing, population, visit, arm, "median") == unrounded
            place = next(place for place, row in enumerate(ours) if row[0] == label) + 3
            cells = ours[place]
            assert [cell for cell in cells if cell == here] == [here]
            ours[place] = [there if cell == here else cell for cell in cells]
    assert printed(ours) == printed(theirs)


def test_14_3_10_means_over_time(either):
    def cells(analysis: str, visit: str, arm: str) -> list[str]:
        def number(name: str, digits: int) -> str:
            found = either("adas_cog", analysis, "efficacy", visit, arm, name)
            return rounded(found, digits)

        spread = {"mean": 1, "sd": 2, "median": 1, "min": 0, "max": 0}
        found = [number("n", 0), *(number(name, digits) for name, digits in spread.items())]
        if visit == "baseline":
            return [*found, *[""] * 7]
        found += [number("baseline_mean", 1), number("baseline_sd", 2)]
        return [*found, *(number(f"change_{name}", digits) for name, digits in spread.items())]

    weeks = (8, 16, 24)
    rows = []
    for arm, label in zip(ARMS, ("Placebo", "Xan.Low", "Xan.High"), strict=True):
        rows.append([label, "Baseline", *cells("descriptive", "baseline", arm)])
        rows += [["", f"Week {week} (Windowed)", *cells("descriptive", f"week{week}", arm)] for week in weeks]
        rows += [["", f"Week {week} LOCF", *cells("descriptive_locf", f"week{week}", arm)] for week in weeks]
    assert printed(rows) == printed(EFFICACY["14-3.10"][1:])


REASONS = {  # as printed -> as ADSL has it
    "Adverse Event": "AdverseEvent",
    "Death": "Death",
    "Lack of Efficacy[2]": "LackofEfficacy",
    "Lost to Follow-up": "LosttoFollow-up",
    "Subject decided to withdraw": "WithdrewConsent",
    "Physician decided to withdraw subject": "PhysicianDecision",
    "Protocol criteria not met": "I/ENotMet",
    "Protocol violation": "ProtocolViolation",
    "Sponsor decision": "SponsorDecision",
}


def test_14_1_02_end_of_study(either):
    def of(part: str, arm: str, statistic: str) -> float:
        return either("disposition", f"week24:{part}", "itt", "all", arm or "all", statistic)

    def line(part: str, label: str, level: str, p: str = "") -> list[str]:
        cells = []
        for arm in (*ARMS, ""):
            n, share = (of(part, arm, f"{name}:{level}") or 0 for name in ("n", "percent"))
            cells.append(f"{n:g} ({rounded(share, 0)}%)")
        tested = of(part, "", p) if p else None
        return [label, *cells, "" if tested is None else "<.0001" if tested < 0.0001 else rounded(tested, 4)]

    header = ["", *(f"{LABELS[arm]} (N={of('status', arm, 'n'):g})" for arm in (*ARMS, "")), "p-value [1]"]
    rows = [
        header,
        line("status", "Completed Week 24", "Completedweek24", "p_value"),
        line("status", "Early Termination (prior to Week 24)", "Leftbeforetheendofweek24"),
        line("status", "Missing", "Endofstudyunknown"),
        *(line("reason", label, level, f"p_value:{level}") for label, level in REASONS.items()),
        line("reason", "Missing", "Reasonnotrecorded"),
    ]
    assert printed(rows) == printed([row for row in PARTICIPANTS["14-1.02"] if any(row[1:])])


def test_14_1_03_subjects_by_site(pilot, either):
    columns = [(population, arm) for arm in (*ARMS, "all") for population in ("itt", "efficacy", "completers")]
    (_, heads, *published) = PARTICIPANTS["14-1.03"]
    assert heads[2:] == ["ITT", "Eff", "Com"] * 4
    ours = []
    rows = pd.read_csv(pilot / "summaries/sites/results.csv", keep_default_na=False)
    for analysis in rows["analysis"][rows["analysis"].str.contains("/")].unique():
        pool, site = analysis.removeprefix("pool:").split("/")
        numbers = [either("sites", analysis, population, "all", arm, "n") for population, arm in columns]
        ours.append([pool, site, *(f"{n:g}" for n in numbers)])
    totals = [either("flow", "flow", population, "all", arm, "n") for population, arm in columns]
    ours.append(["TOTAL", "", *(f"{n:g}" for n in totals)])
    assert ours == published
    small = [row for row in ours if row[0] == "900"]
    pooled = [either("sites", "pool:900", population, "all", arm, "n") for population, arm in columns]
    assert pooled == [sum(int(row[place]) for row in small) for place in range(2, 14)]


def test_14_4_01_planned_exposure(either):
    rows = []
    measures = {
        "average_daily_dose": "Average daily dose (mg)",
        "cumulative_dose": "Cumulative dose at end of study [2]",
    }
    for measure, label in measures.items():
        for name, digits in {"n": 0, "mean": 1, "sd": 2, "median": 1, "min": 1, "max": 1}.items():
            cells = [
                rounded(either("exposure", measure, population, "all", arm, name), digits)
                for population in ("completers", "safety")
                for arm in ARMS
            ]
            rows.append([label if name == "n" else "", name, *cells])
    theirs = [[head, name.lower(), *cells] for head, name, *cells in PARTICIPANTS["14-4.01"][2:]]
    assert printed(rows) == printed(theirs)


def test_14_5_02_serious_adverse_events(pilot, either):
    rows = pd.read_csv(pilot / "summaries/adverse_events/results.csv", keep_default_na=False)
    levels = [level for level in rows["analysis"].unique() if level.partition(":")[0] == "serious"]
    ours = event_lines(either, levels)
    (_, _, first, *theirs) = PARTICIPANTS["14-5.02"]
    assert first[0] == "ANY BODY SYSTEM"
    assert printed(ours) == printed([["serious", *first[1:]], *theirs])


@pytest.mark.parametrize("summary", ["populations", "baseline", "disposition", "sites", "exposure", "flow"])
def test_from_sdtm_and_from_adam_the_same_participants(pilot, from_adam, summary):
    """Every row but what ADaM does not hold: screening, why somebody is not in efficacy, single doses."""
    told = ["value", "unit", "method", "status", "note"]
    files = [folder / f"summaries/{summary}/results.csv" for folder in (pilot, from_adam)]
    sdtm, adam = (pd.read_csv(file, dtype=str, keep_default_na=False).set_index("result_id")[told] for file in files)
    both = sdtm.index.intersection(adam.index).difference(["flow.flow.all.all.all.n_screened"])
    pd.testing.assert_frame_equal(sdtm.loc[both], adam.loc[both])
    alone = pd.Series(sdtm.index.symmetric_difference(adam.index))
    assert alone.str.contains(r"^exposure\.doses|n_not_randomized$|efficacy\..*n_excluded:").all()
