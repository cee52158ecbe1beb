"""The table of what one patient can do."""

from dataclasses import replace

from rctflow.report.influence import influence_grid
from rctflow.results import Result

from tests.unit.figures.displayed_study import report_settings

SETTINGS = report_settings()
WHOLE = next(endpoint for endpoint in SETTINGS.endpoints if endpoint.id == "tug")
ONE = replace(SETTINGS, endpoints=(WHOLE,))
NOTE = "most influential: 01-104; moved in standard errors of the estimate when left out"
VALUES = {
    "estimate": -1.07,
    "p_value": 0.702,
    "loo_influence": -0.7,
    "loo_estimate_min": -3.02,
    "loo_estimate_max": -0.52,
    "loo_p_value_min": 0.0004,
    "loo_p_value_max": 0.857,
}


def found(**changes):
    place = (WHOLE.id, "", WHOLE.main_population, WHOLE.main_analysis, "secondary", "mmrm", WHOLE.primary_visit, "")
    return [
        Result(
            "s", *place, "msc - placebo", name, value, unit="s", note=NOTE if name == "loo_influence" else "", **changes
        )
        for name, value in VALUES.items()
    ]


def test_a_line_has_the_estimate_its_range_and_who_moves_it_most():
    (line,) = influence_grid({WHOLE.id: found()}, ONE).lines
    assert line[0] == WHOLE.label
    assert line[1] == ["MSC − Placebo", "-1.1 s", "-3.0 to -0.5", "0.702", "<0.001 to 0.857", "01-104", "-0.70"]


def test_its_p_values_are_called_nominal():
    grid = influence_grid({WHOLE.id: found()}, ONE)
    assert "p, unadjusted" in grid.heads
    assert "every p is nominal but" in grid.notes[0]


def test_patients_without_whom_there_is_no_comparison_are_counted():
    kept, gone = (replace(found()[0], statistic=f"without:{who}:estimate") for who in ("01", "02"))
    rows = [*found(), kept, replace(gone, value=None, status="not_estimable", note="half of an arm is below the limit")]
    (line,) = influence_grid({WHOLE.id: rows}, ONE).lines
    assert line[1][2] == "-3.0 to -0.5; 1 not estimable"


def test_what_is_withheld_says_why():
    rows = [r for r in found() if not r.statistic.startswith("loo_")]
    hidden = {"value": None, "status": "not_estimable", "note": "withheld: the data are restricted"}
    rows += [replace(r, **hidden) for r in found() if r.statistic == "loo_influence"]
    (line,) = influence_grid({WHOLE.id: rows}, ONE).lines
    assert line[1] == ["MSC − Placebo", "–", "–", "–", "–", "withheld: the data are restricted", "–"]


def test_without_such_rows_there_is_no_table():
    assert influence_grid({WHOLE.id: found()[:2]}, ONE) is None
