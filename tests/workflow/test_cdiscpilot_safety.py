"""The CDISC pilot's laboratory, vital signs, weight and medication tables by config alone, from SDTM and from ADaM,
against the cells that were published.
"""

from __future__ import annotations

import json

import pytest
from rctflow.rounding import rounded

from tests.pilot import ARMS, REFERENCE, Rows, percent, printed
from tests.pilot_safety import LEVELS, TESTS, Found, of_results

pytestmark = pytest.mark.workflow

SAFETY = json.loads((REFERENCE / "safety.json").read_text(encoding="utf-8"))["tables"]


@pytest.fixture(scope="module", params=["pilot", "from_adam"])
def found(request: pytest.FixtureRequest) -> Found:
    return of_results(request.getfixturevalue(request.param))


def agrees(number: str, ours: Rows) -> None:
    """Every transcribed cell, but for the listed exceptions, which must be what is told of them."""
    table = SAFETY[number]
    theirs = [list(row) for row in table["rows"][1:]]
    for told in table["exceptions"]:
        place = next(i for i, row in enumerate(theirs) if row[0] == told["row"] and told.get("shift", row[1]) == row[1])
        assert theirs[place][told["column"]] == told["published"]
        theirs[place][told["column"]] = told["ours"]
    assert printed(ours) == printed(theirs)


@pytest.mark.parametrize(("number", "kind"), [("14-6.02", "extreme"), ("14-6.03", "previous")])
def test_normal_and_abnormal_values_and_changes(number, kind, found):
    rows = []
    for name, *_ in SAFETY[number]["rows"][1:]:
        analysis = f"{TESTS[name]}:{kind}"
        cells = [
            percent(found(analysis, arm, f"n:{level}"), found(analysis, arm, "n")) for arm in ARMS for level in LEVELS
        ]
        rows.append([name, *cells, rounded(found(analysis, "", "p_value"), 3)])
    agrees(number, rows)


def test_14_6_01_laboratory_values_by_visit(found):
    rows = []
    for name, week, *_ in SAFETY["14-6.01"]["rows"][1:]:
        visit = {"Bsln": "baseline", "End": "end_of_treatment"}.get(week, week.replace("Wk ", "week"))
        cells = []
        for arm in ARMS:

            def of(statistic: str, digits: int, arm: str = arm, visit: str = visit, name: str = name) -> str:
                return rounded(found(TESTS[name], arm, statistic, visit), digits)

            n = found(TESTS[name], arm, "n", visit) + (found(TESTS[name], arm, "n_missing", visit) or 0)
            cells += [f"{n:g}", of("mean", 1), of("sd", 2)]
            cells += ["", ""] if visit == "baseline" else [of("change_mean", 1), of("change_sd", 2)]
        rows.append([name, week, *cells])
    agrees("14-6.01", rows)


def shift_cells(found: Found, analysis: str, to: str, visit: str = "") -> list[str]:
    """The table leaves out whoever came to lie below the threshold range."""
    cells = []
    for arm in ARMS:
        for before in ("NORMAL", "HIGH"):
            low = found(analysis, arm, f"n:{before} to LOW", visit) or 0
            n = (found(analysis, arm, f"n_from:{before}", visit) or 0) - low
            cells.append(
                f"{n:g}" if to == "n" else percent(found(analysis, arm, f"n:{before} to {to}", visit) or 0, n or 1)
            )
    return cells


def test_shifts_by_threshold_ranges(found):
    by_visit = [
        [
            name,
            week,
            to,
            *shift_cells(found, f"{TESTS[name]}:threshold", to if to == "n" else to.upper(), f"week{week}"),
        ]
        for name, week, to, *_ in SAFETY["14-6.04"]["rows"][1:]
    ]
    agrees("14-6.04", by_visit)
    rows = []
    for name, to, *_, p in SAFETY["14-6.05"]["rows"][1:]:
        analysis = f"{TESTS[name]}:threshold"
        cells = shift_cells(found, analysis, to if to == "n" else to.upper())
        rows.append([name, to, *cells, rounded(found(analysis, "", "p_value"), 3) if p else ""])
    agrees("14-6.05", rows)


def test_14_6_06_shifts_by_hys_law(found):
    rows = []
    for name, to, *_ in SAFETY["14-6.06"]["rows"][1:]:
        analysis = "liver:hys_law" if name.startswith("Total") else "liver:transaminase"
        p = rounded(found(analysis, "", "p_value"), 3) if to == "n" else ""
        rows.append([name, to, *shift_cells(found, analysis, {"0": "NORMAL", "1": "HIGH"}.get(to, "n")), p])
    agrees("14-6.06", rows)


ARM_OF = {"Placebo": "placebo", "Xan.Low": "low", "Xan.High": "high"}
TIMES = {"Baseline": "baseline", "Week 24": "week24", "End of Trt.": "end_of_treatment"}
PRINTED = {"mean": 1, "sd": 2, "median": 1, "min": 1, "max": 1}


@pytest.mark.parametrize(
    ("number", "test", "labels"),
    [("14-7.01", "SYSBP_LYING", 2), ("14-7.02", "SYSBP_LYING", 2), ("14-7.03", "WEIGHT", 1)],
)
def test_vital_signs_and_weight(number, test, labels, found):
    """The n of table 14-7.02 counts whoever has a baseline and was seen, with a value or without."""
    rows = []
    for row in SAFETY[number]["rows"][1:]:
        arm, visit = ARM_OF[row[labels]], TIMES[row[labels + 1]]
        prefix = "change_" if number == "14-7.02" or "change" in row[0] else ""
        n = found(test, arm, f"{prefix}n", visit)
        n += (found(test, arm, f"{prefix}n_missing", visit) or 0) if number == "14-7.02" else 0
        cells = [rounded(found(test, arm, prefix + name, visit), digits) for name, digits in PRINTED.items()]
        rows.append([*row[: labels + 2], f"{n:g}", *cells])
    agrees(number, rows)


def test_14_7_04_medication(pilot):
    found, rows, within = of_results(pilot), [], ""
    for name, *_ in SAFETY["14-7.04"]["rows"][1:]:
        term = name.removeprefix("- ")
        within = within if term != name else name
        analysis = "recorded" if term == name else f"recorded/{within}"
        rows.append(
            [name, *(percent(found(analysis, arm, f"n_with:{term}"), found(analysis, arm, "n")) for arm in ARMS)]
        )
    agrees("14-7.04", rows)
