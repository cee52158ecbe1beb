"""The table of a family of hypotheses, and the marks of p-values that a family tests."""

from rctflow.display import ArmLabel, Display, VisitLabel
from rctflow.hypotheses import Family, Hypothesis
from rctflow.inference.multiplicity.families import adjust_families
from rctflow.inference.multiplicity.settings import Multiplicity
from rctflow.results import Result
from rctflow.tables.families import CONFIRMATORY, EXPLORATORY, UNADJUSTED, family_table
from rctflow.tables.notes import MARKED, nominal_words
from rctflow.tables.rows import p_cell

WALK = Hypothesis("walk", "walk", "ancova", "itt", "week8", "drug")
CRP = Hypothesis("crp", "crp", "other", "itt", "week8", "drug")


def row(endpoint, statistic, value, analysis="ancova", visit="week8"):
    place = ("tiny", endpoint, "policy", "itt", analysis, "secondary", "ancova", visit, "", "drug - placebo")
    return Result(*place, statistic, value, unit="s", method="ANCOVA")


def display(endpoint, **changes):
    arms = (ArmLabel("placebo", "Placebo"), ArmLabel("drug", "Drug"))
    fields = {
        "endpoint": endpoint,
        "label": endpoint.upper(),
        "unit": "s",
        "direction": "lower",
        "digits": 1,
        "role": "secondary",
        "arms": arms,
        "visits": (VisitLabel("week8", "Week 8", 56),),
        "baseline_visit": "",
        "primary_visit": "week8",
        "main_analysis": "ancova",
        "main_population": "itt",
        "population_flag": "ITTFL",
    }
    return Display(**fields | changes)


def table(procedure, **family):
    rows = {
        "walk": [row("walk", name, value) for name, value in zip(NAMES, (-2, -3, -1, 0.0301), strict=True)],
        "crp": [row("crp", name, value, "other") for name, value in zip(NAMES, (1, 0, 2, 0.02), strict=True)],
    }
    declared = Family(procedure, (WALK, CRP), **family)
    adjusted = adjust_families(rows, Multiplicity("tiny", ("main",), {"main": declared}, "placebo"))
    return family_table("main", declared, rows, adjusted, [display("walk"), display("crp")], "Plan: not locked.")


NAMES = ("estimate", "ci_low", "ci_high", "p_value")


def test_adjusted_p_values_stand_beside_unadjusted_estimates():
    made = table("holm", label="Main")
    assert [cell.text for cell in made.lines[0]] == [
        *("WALK", "Drug − Placebo", "-2.0 (-3.0 to -1.0) s"),
        *("0.030", "0.040", "2", "0.500", "rejected"),
    ]
    assert made.lines[1][0].text == "CRP, other, itt"
    assert made.heads[2] == "Estimate (95% CI, unadjusted)"
    assert made.heads[-1] == "Decision at 0.05"
    assert {CONFIRMATORY, UNADJUSTED, "Plan: not locked."} < set(made.notes)
    assert made.lines[0][4].results[0].statistic == "p_adjusted:main"


def test_an_exploratory_family_says_so_and_has_no_shares():
    made = table("benjamini_hochberg", alpha=0.01)
    assert EXPLORATORY in made.notes
    assert "Share" not in made.heads
    assert [line[-1].text for line in made.lines] == ["not rejected", "not rejected"]
    assert made.caption == "Main at Week 8"


def test_a_p_value_is_marked_when_a_confirmatory_family_tests_it():
    tested = display("walk", tested=(WALK,), role="primary")
    assert p_cell(row("walk", "p_value", 0.03), tested).text == "0.030 (confirmatory)"
    assert p_cell(row("walk", "p_value", 0.03, visit="week4"), tested).text == "0.030"
    assert p_cell(row("walk", "p_value", 0.03, analysis="other"), tested).text == "0.030"
    assert MARKED in nominal_words(tested)
    assert MARKED not in nominal_words(display("walk", tested=()))
