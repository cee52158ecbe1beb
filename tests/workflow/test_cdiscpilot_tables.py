"""Tables of the CDISC pilot that are not in the shared reference: every printed cell, from SDTM and from ADaM."""

from __future__ import annotations

from pathlib import Path

import pytest
from rctflow.rounding import rounded

from tests.pilot import ARMS, Rows, Values, compared, described, headed, printed, transcribed, values_of

pytestmark = pytest.mark.workflow

EFFICACY = transcribed("efficacy")


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
