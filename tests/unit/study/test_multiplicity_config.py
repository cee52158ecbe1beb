"""Families of hypotheses in the config: defaults spelled out, and every problem with its path."""

import pytest
from rctflow.study.blinding import shown_study
from rctflow.study.dag import Dag
from rctflow.study.load import load_study
from rctflow.study.messages import ConfigError
from rctflow.study.multiplicity import confirmatory, endpoints_by_randomization, endpoints_tested, families_of
from rctflow.study.presentation import display_settings

from tests.tiny import loaded, problems, tiny_config, write_config


def declared(**family):
    config = tiny_config()
    config["multiplicity"] = {
        "families": {"main": {"procedure": "holm", "hypotheses": [{"endpoint": "walk"}, {"endpoint": "crp"}]} | family}
    }
    return config


def test_a_hypothesis_is_the_main_analysis_at_the_primary_visit_unless_it_says_otherwise(tmp_path):
    config = declared(hypotheses=[{"endpoint": "walk"}, {"endpoint": "walk", "id": "early", "visit": "week4"}])
    study = loaded(config, tmp_path)
    late, early = families_of(study)["main"].hypotheses
    assert (late.id, late.analysis, late.population, late.visit, late.arm) == ("walk", "ancova", "itt", "week8", "drug")
    assert (early.id, early.visit) == ("early", "week4")
    assert endpoints_tested(study) == ["walk"]


def drawn(**resampling):
    config = declared(hypotheses=[{"endpoint": "walk", "statistic": "randomization_p_value"}, {"endpoint": "crp"}])
    config["randomization"] = {"method": "simple"}
    config["analyses"]["ancova"]["resampling"] = {"randomization_test": 99} | resampling
    return config


def test_a_randomization_test_is_tested_where_it_is_declared(tmp_path):
    study = loaded(drawn(), tmp_path)
    assert endpoints_by_randomization(study) == ["walk"]
    files = Dag("study.yaml", study).families.tested_results()
    assert [file.split("endpoints/")[1] for file in files] == [
        "walk/results.csv",
        "crp/results.csv",
        "walk/resampling.csv",
    ]


def test_a_randomization_test_that_is_not_declared_is_refused(tmp_path):
    path = "multiplicity.families.main.hypotheses[0].statistic"
    config = drawn(randomization_test=0, leave_one_out=True)
    assert "ancova of walk declares no randomization test; add `resampling" in problems(config, tmp_path)[path]
    config = declared(hypotheses=[{"endpoint": "walk", "statistic": "p_valu"}, {"endpoint": "crp"}])
    assert "'p_valu' is no p-value. Did you mean 'p_value'" in problems(config, tmp_path)[path]


def test_the_model_and_the_randomization_test_of_one_comparison_are_not_both_in_a_family(tmp_path):
    config = drawn()
    config["multiplicity"]["families"]["main"]["hypotheses"].append({"endpoint": "walk", "id": "model"})
    found = problems(config, tmp_path)
    assert "model tests the same comparison as another" in found["multiplicity.families.main.hypotheses"]


def test_displays_know_which_p_values_are_confirmatory(tmp_path):
    study = loaded(declared(), tmp_path)
    assert [h.endpoint for h in display_settings(study, "crp").tested] == ["crp"]
    assert display_settings(study, "hb").tested == ()


def test_without_a_confirmatory_family_the_primary_test_is_the_test(tmp_path):
    study = loaded(declared(procedure="benjamini_hochberg"), tmp_path)
    assert confirmatory(study, "walk") is None
    assert display_settings(study, "walk").tested is None


@pytest.mark.parametrize(
    ("family", "path", "words"),
    [
        ({"procedure": "hom"}, "multiplicity.families.main.procedure", "Did you mean 'holm'"),
        ({"hypotheses": [{"endpoint": "walk"}, {"endpoint": "crb"}]}, ".hypotheses[1].endpoint", "Did you mean 'crp'"),
        (
            {"hypotheses": [{"endpoint": "walk", "analysis": "ancov"}]},
            ".hypotheses[0].analysis",
            "Did you mean 'ancova'",
        ),
        ({"hypotheses": [{"endpoint": "walk", "analysis": "descriptive"}]}, ".hypotheses[0].analysis", "tests nothing"),
        ({"hypotheses": [{"endpoint": "walk", "visit": "week5"}]}, ".hypotheses[0].visit", "Did you mean"),
        ({"hypotheses": [{"endpoint": "walk", "arm": "drog"}]}, ".hypotheses[0].arm", "Did you mean 'drug'"),
        ({"hypotheses": [{"endpoint": "walk", "population": "pp"}]}, ".hypotheses[0].population", "One of: itt"),
        ({"hypotheses": []}, ".hypotheses", "at least one"),
        ({"hypotheses": [{"endpoint": "walk"}, {"endpoint": "walk"}]}, ".hypotheses", "an `id` of its own"),
        ({"hypotheses": [{"endpoint": "walk"}, {"endpoint": "walk", "id": "b"}]}, ".hypotheses", "the same comparison"),
        ({"hypotheses": [{"endpoint": "crp"}]}, "multiplicity.families", "primary endpoint walk"),
        ({"alpha": 0}, ".alpha", "no level"),
        ({"weights": {"walk": 1}}, ".weights", "holm has none"),
        ({"procedure": "graphical"}, ".weights", "needs the share"),
        ({"procedure": "graphical", "weights": {"walk": 0.7, "crp": 0.4}}, ".weights", "sum to 1.1"),
        ({"procedure": "graphical", "weights": {"wolk": 0.7}}, ".weights.wolk", "Did you mean 'walk'"),
        ({"procedure": "graphical", "weights": {"walk": -0.7}}, ".weights.walk", "no share"),
        (
            {"procedure": "graphical", "weights": {"walk": 1}, "transitions": {"walk": {"walk": 1}}},
            ".transitions.walk.walk",
            "to itself",
        ),
        (
            {"procedure": "graphical", "weights": {"walk": 1}, "transitions": {"walk": {"crp": 0.7, "walk": 0.7}}},
            ".transitions.walk",
            "sum to 1.4",
        ),
        (
            {"procedure": "graphical", "weights": {"walk": 1}, "transitions": {"hb": {"crp": 1}}},
            ".transitions.hb",
            "no such hypothesis",
        ),
    ],
)
def test_what_cannot_be_tested_is_a_problem_of_the_config(tmp_path, family, path, words):
    found = problems(declared(**family), tmp_path)
    key = path if path.startswith("multiplicity") else f"multiplicity.families.main{path}"
    assert key in found, found
    assert words in found[key]


def test_a_p_value_is_claimed_by_one_family_alone(tmp_path):
    config = declared()
    config["multiplicity"]["families"]["again"] = {"procedure": "hommel", "hypotheses": [{"endpoint": "crp"}]}
    assert "in family main already" in problems(config, tmp_path)["multiplicity.families.again.hypotheses"]
    config["multiplicity"]["families"]["again"]["procedure"] = "benjamini_hochberg"
    loaded(config, tmp_path)


def test_an_exploratory_endpoint_is_in_no_confirmatory_family(tmp_path):
    config = declared()
    config["endpoints"]["crp"]["role"] = "exploratory"
    assert "primary or secondary" in problems(config, tmp_path)["multiplicity.families.main.hypotheses[1].endpoint"]


def test_with_three_arms_a_hypothesis_names_its_arm(tmp_path):
    config = declared()
    config["arms"]["levels"]["high"] = {"label": "High dose", "values": ["H"]}
    found = problems(config, tmp_path)
    assert "drug, high" in found["multiplicity.families.main.hypotheses[0]"]
    config["multiplicity"]["families"]["main"]["hypotheses"] = [
        {"endpoint": "walk", "id": arm, "arm": arm} for arm in ("drug", "high")
    ]
    assert [h.arm for h in families_of(loaded(config, tmp_path))["main"].hypotheses] == ["drug", "high"]


def test_masked_arms_are_not_told_by_a_family(tmp_path):
    config = declared(hypotheses=[{"endpoint": "walk", "arm": "drug"}])
    config["multiplicity"]["families"]["other"] = {
        "procedure": "benjamini_hochberg",
        "hypotheses": [{"endpoint": "crp"}],
    }
    config["blinding"] = {"mode": "masked"}
    shown = shown_study(loaded(config, tmp_path))
    assert list(families_of(shown)) == ["other"]
    assert families_of(shown)["other"].hypotheses[0].arm == "arm_b"


def test_a_trend_over_the_doses_names_no_arm_and_needs_an_analysis_that_tests_it(tmp_path):
    config = tiny_config()
    name = next(iter(config["endpoints"]))
    for dose, level in enumerate(config["arms"]["levels"].values()):
        level["dose"] = dose
    config["endpoints"][name] |= {
        "role": "primary",
        "analyses": {"trend": {"model": "ancova", "populations": ["itt"], "dose_response": "covariate"}},
    }
    hypothesis = {"endpoint": name, "statistic": "dose_response_p_value"}
    config["multiplicity"] = {"families": {"one": {"procedure": "holm", "hypotheses": [hypothesis]}}}
    write_config(config, tmp_path / "study.yaml")
    (resolved,) = families_of(load_study(tmp_path / "study.yaml"))["one"].hypotheses
    assert (resolved.analysis, resolved.arm, resolved.over_doses) == ("trend", "", True)
    hypothesis["arm"] = next(arm for arm in config["arms"]["levels"] if arm != config["arms"]["reference"])
    write_config(config, tmp_path / "study.yaml")
    with pytest.raises(ConfigError, match="leave the arm out"):
        load_study(tmp_path / "study.yaml")
    del hypothesis["arm"]
    config["endpoints"][name]["analyses"]["trend"].pop("dose_response")
    write_config(config, tmp_path / "study.yaml")
    with pytest.raises(ConfigError, match="tests no trend"):
        load_study(tmp_path / "study.yaml")
