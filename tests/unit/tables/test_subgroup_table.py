"""The table of subgroups: numbers and comparison per level, one p-value per factor."""

from dataclasses import replace

from rctflow.display import ArmLabel, Display, VisitLabel
from rctflow.results import Result
from rctflow.tables.subgroups import NOTE, subgroup_table

ARMS = (ArmLabel("placebo", "Placebo"), ArmLabel("drug", "Drug"))
DISPLAY = Display(
    *("walk", "Walk", "s", "lower", 1, "primary", ARMS, (VisitLabel("week8", "Week 8", 56),)),
    *("", "week8", "ancova", "itt", "ITTFL"),
)


def row(statistic, value, group="", contrast=""):
    place = ("tiny", "walk", "policy", "itt", "ancova", "primary", "ancova", "week8", group, contrast)
    return Result(*place, statistic, value, "s" if contrast else "", "ANCOVA with arm * AGE")


def level(name, values, counts):
    rows = [row(f"subgroup_n:AGE={name}", n, group=arm) for arm, n in zip(("placebo", "drug"), counts, strict=True)]
    names = ("estimate", "ci_low", "ci_high")
    return rows + [row(f"{n}:AGE={name}", v, "", "drug - placebo") for n, v in zip(names, values, strict=True)]


ROWS = [
    row("estimate", 2, "", "drug - placebo"),
    *level("<70", (3, 1, 5), (10, 11)),
    *level(">=70", (1, -1, 3), (10, 9)),
    row("interaction_p_value:AGE", 0.2),
]


def test_levels_have_numbers_and_an_interval_and_the_factor_has_the_p_value():
    table = subgroup_table(ROWS, DISPLAY, {"AGE": "Age"}, "Plan: not locked.")
    texts = [[cell.text for cell in line] for line in table.lines]
    assert texts == [
        ["Age", "", "", "", "", "0.200"],
        ["—\N{NO-BREAK SPACE}<70", "10", "11", "Drug − Placebo", "3.0 (1.0 to 5.0)", ""],
        ["—\N{NO-BREAK SPACE}>=70", "10", "9", "Drug − Placebo", "1.0 (-1.0 to 3.0)", ""],
    ]
    assert table.notes == [NOTE, "Method: ANCOVA with arm * AGE.", "Plan: not locked."]
    assert table.lines[1][4].results[0].result_id == "walk.ancova.itt.week8.drug-placebo.estimate:AGE=<70"
    assert "AGE=&lt;70" in table.to_html()


def test_what_cannot_be_estimated_says_why():
    lost = [
        replace(r, value=None, status="not_estimable", note="nobody")
        if r.statistic.endswith(":AGE=>=70") and r.contrast
        else r
        for r in ROWS
    ]
    table = subgroup_table(lost, DISPLAY, {})
    assert table.lines[2][4].text == "not estimable"
    assert "Not estimable: nobody." in table.footnotes()


def test_what_has_no_subgroups_has_no_line():
    assert subgroup_table(ROWS[:1], DISPLAY, {}).lines == []
