"""The table of means over time: a line per arm and visit, baseline first."""

from rctflow.display import ArmLabel, Display, Label, VisitLabel
from rctflow.results import LOCF, Result
from rctflow.tables.over_time import over_time_tables

SETTINGS = Display(
    endpoint="adas",
    label="ADAS",
    unit="points",
    direction="lower",
    digits=1,
    role="primary",
    arms=(ArmLabel("placebo", "Placebo"), ArmLabel("high", "High")),
    visits=(VisitLabel("baseline", "Baseline", 0), VisitLabel("week8", "Week 8", 56)),
    baseline_visit="baseline",
    primary_visit="week8",
    main_analysis="ancova",
    main_population="itt",
    population_flag="ITTFL",
    populations=(Label("itt", "Everybody"),),
)
VALUES = {"n": 10, "mean": 20.04, "sd": 5.55, "median": 19, "min": 2, "max": 62}


def rows(visit, arm, values, method="") -> list[Result]:
    fixed = {"study": "s", "endpoint": "adas", "estimand": "", "role": "", "model": "descriptive", "contrast": ""}
    where = {"analysis": "seen", "population": "itt", "visit": visit, "group": arm, "method": method}
    return [Result(**fixed, **where, statistic=name, value=value) for name, value in values.items()]


LATER = VALUES | {"baseline_mean": 21.06, "baseline_sd": 4.0}
LATER |= {"change_mean": -1.06, "change_sd": 3.0, "change_median": -0.5, "change_min": -8, "change_max": 4}
ROWS = [row for arm in ("placebo", "high") for row in (*rows("baseline", arm, VALUES), *rows("week8", arm, LATER))]


def test_each_arm_has_its_baseline_and_its_visits():
    (table,) = over_time_tables(ROWS, SETTINGS)
    texts = [[cell.text for cell in line] for line in table.lines]
    assert texts[0] == ["Placebo", "Baseline", "10", "20.0 (5.6)", "19.0 (2.0 to 62.0)", "", "", ""]
    assert texts[1][:4] == ["Week 8", "10", "20.0 (5.6)", "19.0 (2.0 to 62.0)"]
    assert texts[1][4:] == ["21.1 (4.0)", "-1.1 (3.0)", "-0.5 (-8.0 to 4.0)"]
    assert [line[0] for line in texts] == ["Placebo", "Week 8", "High", "Week 8"]
    assert "as observed" in table.caption
    assert table.notes[0] == "Population: Everybody."


def test_values_carried_forward_are_named_so_and_other_descriptions_have_no_table():
    (table,) = over_time_tables(rows("week8", "placebo", LATER, f"quantiles; {LOCF}"), SETTINGS)
    assert LOCF in table.caption
    assert over_time_tables(rows("week8", "placebo", VALUES), SETTINGS) == []
