"""Families of hypotheses: result rows in, adjusted rows out."""

import pytest
from rctflow.hypotheses import Family, Hypothesis
from rctflow.inference.multiplicity.families import MultiplicityError, adjust_families
from rctflow.inference.multiplicity.settings import Multiplicity
from rctflow.results import SUPPRESSED, Result, write_results


def p_row(endpoint, value, **changes):
    fields = {
        "study": "tiny",
        "endpoint": endpoint,
        "estimand": "policy",
        "population": "itt",
        "analysis": "ancova",
        "role": "secondary",
        "model": "ancova",
        "visit": "week8",
        "group": "",
        "contrast": "drug - placebo",
        "statistic": "p_value",
        "value": value,
        "method": "ANCOVA",
    }
    return Result(**fields | changes)


def settings(procedure, endpoints, **family):
    hypotheses = tuple(Hypothesis(e, e, "ancova", "itt", "week8", "drug") for e in endpoints)
    return Multiplicity("tiny", ("main",), {"main": Family(procedure, hypotheses, **family)}, "placebo")


def adjusted(values, procedure="holm", **family):
    rows = {name: [row] for name, row in values.items()}
    found = adjust_families(rows, settings(procedure, values, **family))
    return {(row.endpoint, row.statistic.removesuffix(":main")): row for row in found}


def test_p_adjusted_p_decision_order_and_weight(tmp_path):
    found = adjusted({"walk": p_row("walk", 0.03), "crp": p_row("crp", 0.01), "hb": p_row("hb", 0.5)})
    for endpoint, expected in {"walk": (0.03, 0.06, 0, 2), "crp": (0.01, 0.03, 1, 1), "hb": (0.5, 0.5, 0, 3)}.items():
        values = [found[endpoint, name].value for name in ("p_value", "p_adjusted", "rejected", "order")]
        assert values == pytest.approx(list(expected))
        assert found[endpoint, "weight"].value == pytest.approx(1 / 3)
    assert "whatever the dependence" in found["walk", "p_adjusted"].method
    assert "level 0.05, two-sided; 3 hypotheses" in found["walk", "rejected"].method
    alone = adjusted({"walk": p_row("walk", 0.03)})
    assert alone["walk", "rejected"].method.endswith("; 1 hypothesis")
    assert found["walk", "p_adjusted"].estimand == "policy"
    write_results(found.values(), tmp_path / "results.csv")


def test_a_randomization_test_is_tested_instead_of_the_model():
    rows = {"walk": [p_row("walk", 0.03), p_row("walk", 0.2, statistic="randomization_p_value", method="drawn")]}
    tested = Hypothesis("walk", "walk", "ancova", "itt", "week8", "drug", "randomization_p_value")
    found = adjust_families(rows, Multiplicity("tiny", ("main",), {"main": Family("holm", (tested,))}, "placebo"))
    values = {row.statistic: (row.value, row.method.partition(";")[0]) for row in found}
    assert values["p_value:main"] == (0.2, "drawn")
    assert values["p_adjusted:main"][0] == 0.2
    assert tested.by_randomization and not Hypothesis("walk").by_randomization


def test_a_ratio_is_found_as_well():
    found = adjusted({"crp": p_row("crp", 0.01, contrast="drug / placebo")})
    assert found["crp", "rejected"].value == 1


def test_a_graph_hands_its_level_on():
    graph = {"weights": {"walk": 1.0}, "transitions": {"walk": {"crp": 1.0}}}
    found = adjusted({"walk": p_row("walk", 0.02), "crp": p_row("crp", 0.01)}, "graphical", **graph)
    assert [found[e, "p_adjusted"].value for e in ("walk", "crp")] == [0.02, 0.02]
    shut = adjusted({"walk": p_row("walk", 0.2), "crp": p_row("crp", 0.01)}, "graphical", **graph)
    assert [shut[e, "rejected"].value for e in ("walk", "crp")] == [0, 0]


def test_what_was_not_estimable_counts_as_one_and_is_never_rejected(tmp_path):
    lost = p_row("walk", None, status="not_estimable", note="too few")
    found = adjusted({"walk": lost, "crp": p_row("crp", 0.03)})
    assert (found["walk", "p_adjusted"].value, found["walk", "p_adjusted"].status) == (None, "not_estimable")
    assert (found["walk", "rejected"].value, found["crp", "p_adjusted"].value) == (0, 0.06)
    assert "too few" in found["walk", "rejected"].note
    assert "counted as 1" in found["crp", "p_adjusted"].note
    write_results(found.values(), tmp_path / "results.csv")


def test_a_fall_back_is_told():
    found = adjusted({"walk": p_row("walk", 0.01, status="fallback", note="Toeplitz")})
    assert (found["walk", "p_adjusted"].status, found["walk", "p_adjusted"].note) == ("fallback", "Toeplitz")


def test_a_suppressed_p_value_hides_the_decisions_of_its_family():
    hidden = p_row("walk", None, status="not_estimable", note=SUPPRESSED)
    found = adjusted({"walk": hidden, "crp": p_row("crp", 0.001)})
    assert {row.value for row in found.values()} == {None}
    assert "cannot be decided" in found["crp", "rejected"].note


def test_a_p_value_without_a_row_is_an_error_that_names_what_is_there():
    with pytest.raises(MultiplicityError, match=r"no p_value of drug against placebo by ancova.itt.week8, but score_p"):
        adjusted({"walk": p_row("walk", 0.01, statistic="score_p")})
