"""Three arms: comparisons between other arms than the reference, dose response, and tables of counts."""

from dataclasses import replace

from rctflow.display import ArmLabel
from rctflow.results import LOCF, Result
from rctflow.tables.categories import category_tables
from rctflow.tables.endpoint import endpoint_table
from test_tables import SETTINGS, arm, comparison, row

THREE = replace(SETTINGS, arms=(ArmLabel("placebo", "Placebo"), ArmLabel("low", "Low"), ArmLabel("high", "High")))
ROWS = [
    *(line for who, n in (("placebo", 13), ("low", 14), ("high", 12)) for line in arm(who, n, 1.0, 0.1, 1.9)),
    *comparison(-1.0, -2.0, 0.0, 0.05, who="low - placebo"),
    *comparison(-2.0, -3.0, -1.0, 0.01, who="high - placebo"),
    *comparison(-0.5, -2.0, 1.0, 0.4, who="high - low"),
    *(
        row(f"dose_response_{name}", value, who="", unit=unit)
        for name, value, unit in (
            ("estimate", -0.0118, "s per unit of dose"),
            ("ci_low", -0.0317, "s per unit of dose"),
            ("ci_high", 0.0081, "s per unit of dose"),
            ("p_value", 0.2447, ""),
        )
    ),
]


def lines(table, visit="6 months (primary)"):
    """The texts of the lines of a visit."""
    texts, here = [], False
    for line in table.lines:
        cells = [cell.text for cell in line]
        if len(line) == len(table.heads):
            here, cells = cells[0] == visit, cells[1:]
        if here:
            texts.append(cells)
    return texts


def test_other_comparisons_and_the_dose_response_stand_below_the_arms():
    table = endpoint_table(ROWS, THREE)
    assert [cells[0] for cells in lines(table)] == [
        "Placebo",
        "Low",
        "High",
        "High − Low",
        "Dose response, per unit of dose",
    ]
    assert [cells[-2:] for cells in lines(table)] == [
        ["reference", ""],
        ["-1.0 (-2.0 to 0.0)", "0.050"],
        ["-2.0 (-3.0 to -1.0)", "0.010"],
        ["-0.5 (-2.0 to 1.0)", "0.400"],
        ["-0.012 (-0.032 to 0.008)", "0.245"],
    ]
    span = {line[0].text: line[0].span for line in table.lines if len(line) == len(table.heads)}
    assert span["6 months (primary)"] == 5


def test_a_description_of_values_carried_forward_is_no_observed_one():
    observed = [row(name, value, who="high", analysis="observed") for name, value in (("n", 9), ("mean", 2), ("sd", 1))]
    carried = [replace(one, analysis="zz_locf", value=99, method=f"summary, {LOCF}") for one in observed]
    for rows in ([*observed, *carried], [*carried, *observed]):
        assert lines(endpoint_table([*ROWS, *rows], THREE))[2][1:3] == ["9", "2.0 (1.0)"]


def count(statistic, value, who="", visit="month6") -> Result:
    return replace(row(statistic, value, who=who, visit=visit, analysis="counts"), model="cmh", method="CMH")


def test_counts_by_value_with_the_test_of_all_arms():
    rows = [count("n", n, who) for who, n in (("placebo", 10), ("low", 8), ("high", 0))]
    rows += [
        count(f"{name}:4", value, who)
        for who, n, p in (("placebo", 3, 30), ("low", 1, 12.5))
        for name, value in (("n", n), ("percent", p))
    ]
    rows += [count("p_value", 0.6180)]
    (table,) = category_tables([*ROWS, *rows], THREE)
    assert lines(table, "6 months") == [["n", "10", "8", "0", "0.618"], ["4", "3 (30%)", "1 (13%)", "–", ""]]
    assert table.heads[-1] == "Nominal p"
    assert "Method: CMH." in table.notes


def test_no_table_of_counts_without_such_an_analysis():
    assert category_tables(ROWS, THREE) == []
