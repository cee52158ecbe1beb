"""Estimands in the config: what is joined to them, and what keeps one from being estimated."""

import pytest
from rctflow.study.analyses import analyses_of, main_analysis
from rctflow.study.analysis_sets import selects_after_randomization
from rctflow.study.reported import report_settings
from rctflow.study.rooms import fit_settings, records_settings

from tests.tiny import loaded, problems, tiny_config


def with_estimands():
    config = tiny_config()
    config["intercurrent_events"] = {
        "stopped": {"label": "Stopped", "table": "subjects", "where": "SITE == 'B'"},
        "death": {"label": "Death", "table": "subjects", "where": "SITE == 'C'", "terminal": True},
    }
    config["populations"]["treated"] = {"label": "Treated", "where": "TRTSDT != ''", "flag": "SAFFL"}
    config["analyses"]["other"] = {"model": "ancova", "populations": ["itt"]}
    config["endpoints"]["walk"] |= {"failure": 60, "analyses": ["descriptive", "other", "ancova"]}
    config["endpoints"]["walk"]["analyses"] = {
        "descriptive": {"use": "descriptive"},
        "cross_check": {"use": "other"},
        "main": {"use": "ancova"},
        "never_stopped": {"use": "ancova"},
    }
    config["estimands"] = {
        "policy": {
            "treatments": "drug against placebo",
            "population": "everybody randomized",
            "variable": {"endpoints": ["walk"], "visit": "week8"},
            "intercurrent_events": {"stopped": "treatment_policy", "death": "composite"},
            "summary": "difference in means",
            "main_estimator": {"analysis": "main", "analysis_set": "itt"},
            "sensitivity": [{"analysis": "cross_check", "analysis_set": "itt"}],
            "supplementary": ["ideal"],
        },
        "ideal": {
            "treatments": "drug against placebo",
            "population": "everybody randomized",
            "variable": {"endpoints": ["walk"], "visit": "week8"},
            "intercurrent_events": {"stopped": "hypothetical", "death": "hypothetical"},
            "summary": "difference in means",
            "main_estimator": {"analysis": "never_stopped", "analysis_set": "itt"},
        },
    }
    return config


def test_each_analysis_has_the_estimand_and_role_that_the_section_joins_it_to(tmp_path):
    study = loaded(with_estimands(), tmp_path)
    analyses = analyses_of(study, "walk")
    assert {name: (a.estimand, a.role) for name, a in analyses.items()} == {
        "descriptive": ("treatment_policy", "exploratory"),
        "cross_check": ("policy", "sensitivity"),
        "main": ("policy", "primary"),
        "never_stopped": ("ideal", "supplementary"),
    }
    assert main_analysis(study, "walk", analyses) == "main"


def test_strategies_reach_the_records_and_their_flags_the_models(tmp_path):
    study = loaded(with_estimands(), tmp_path)
    records = records_settings(study, "walk")
    assert records.strategies["policy"] == {"stopped": "treatment_policy", "death": "composite"}
    assert records.failure == 60
    assert fit_settings(study, "walk").analysis_flags == {"ideal": "ANL01FL_IDEAL", "policy": "ANL01FL_POLICY"}
    assert records_settings(study, "crp").strategies == {}


def edited(config, path, value):
    *keys, last = path.split(".")
    for key in keys:
        config = config[int(key) if key.isdigit() else key]
    if value is None:
        del config[last]
    else:
        config[last] = value


WRONG = {
    "no strategy for an event": (
        "estimands.policy.intercurrent_events.stopped",
        None,
        ("estimands.policy.intercurrent_events", "no strategy for 'stopped'"),
    ),
    "a strategy for an event that is not declared": (
        "estimands.policy.intercurrent_events.stoped",
        "hypothetical",
        ("estimands.policy.intercurrent_events.stoped", "Did you mean 'stopped'?"),
    ),
    "principal stratum": (
        "estimands.policy.intercurrent_events.stopped",
        "principal_stratum",
        ("estimands.policy.intercurrent_events.stopped", "not estimable here"),
    ),
    "treatment policy after death": (
        "estimands.policy.intercurrent_events.death",
        "treatment_policy",
        ("estimands.policy.intercurrent_events.death", "nothing can be measured after a terminal event"),
    ),
    "composite without a failure value": (
        "endpoints.walk.failure",
        None,
        ("endpoints.walk.failure", "declare the value that stands for a failure"),
    ),
    "a visit that the endpoint does not have": (
        "estimands.policy.variable.visit",
        "week9",
        ("estimands.policy.variable.visit", "no visit after baseline of walk"),
    ),
    "the baseline visit": (
        "estimands.policy.variable.visit",
        "baseline",
        ("estimands.policy.variable.visit", "no visit after baseline of walk"),
    ),
    "an analysis that the endpoint does not have": (
        "estimands.policy.main_estimator.analysis",
        "mian",
        ("estimands.policy.main_estimator.analysis", "Did you mean 'main'?"),
    ),
    "an analysis set that the analysis is not run in": (
        "estimands.policy.main_estimator.analysis_set",
        "treated",
        ("estimands.policy.main_estimator.analysis_set", "is not run in 'treated'"),
    ),
    "an unknown supplementary estimand": (
        "estimands.policy.supplementary",
        ["idal"],
        ("estimands.policy.supplementary", "Did you mean 'ideal'?"),
    ),
    "two estimands that judge one endpoint": (
        "estimands.policy.supplementary",
        [],
        ("estimands.ideal", "endpoint walk is judged by policy already"),
    ),
    "an analysis that names its estimand itself": (
        "endpoints.walk.analyses.main",
        {"use": "ancova", "estimand": "ideal"},
        ("endpoints.walk.analyses.main.estimand", "name it under `estimands`"),
    ),
    "an analysis that two estimands name": (
        "estimands.ideal.main_estimator.analysis",
        "main",
        ("estimands.ideal", "analysis 'main' of walk is named by estimand policy already"),
    ),
    "an analysis that one estimand names twice": (
        "estimands.policy.sensitivity",
        [{"analysis": "main", "analysis_set": "itt"}],
        ("estimands.policy", "analysis 'main' of walk is named here already"),
    ),
    "a main estimator that compares no arms": (
        "estimands.policy.main_estimator.analysis",
        "descriptive",
        ("estimands.policy.main_estimator.analysis", "is descriptive, which compares no arms"),
    ),
    "another visit than the endpoint is judged at": (
        "estimands.policy.variable.visit",
        "week4",
        ("estimands.policy.variable.visit", "judged at 'week8', not at 'week4'"),
    ),
    "estimands that supplement each other": (
        "estimands.ideal.supplementary",
        ["policy"],
        ("estimands.policy", "endpoint walk is judged by none"),
    ),
    "an unknown strategy": (
        "estimands.policy.intercurrent_events.stopped",
        "hypotetical",
        ("estimands.policy.intercurrent_events.stopped", "hypothetical"),
    ),
    "an analysis that leaves out the visit": (
        "endpoints.walk.analyses.main",
        {"use": "ancova", "visits": ["week4"]},
        ("estimands.policy.main_estimator.analysis", "leaves out week8"),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_estimated_as_declared_is_a_config_error(case, tmp_path):
    path, value, (place, words) = WRONG[case]
    config = with_estimands()
    edited(config, path, value)
    assert words in problems(config, tmp_path)[place]


@pytest.mark.parametrize("name", ["none", "treatment_policy"])
def test_names_that_result_rows_use_are_no_estimand(name, tmp_path):
    config = with_estimands()
    config["estimands"][name] = config["estimands"].pop("ideal")
    config["estimands"]["policy"]["supplementary"] = [name]
    assert "choose another id" in problems(config, tmp_path)[f"estimands.{name}"]


def test_a_set_that_selects_after_randomization_cannot_serve_an_estimand_unless_it_is_justified(tmp_path):
    config = with_estimands()
    config["analyses"]["ancova"]["populations"] = ["treated"]
    for estimand in config["estimands"].values():
        estimand["main_estimator"]["analysis_set"] = "treated"
    found = problems(config, tmp_path)
    assert "selects patients by TRTSDT, after randomization" in found["estimands.policy.main_estimator.analysis_set"]
    config["populations"]["treated"]["justification"] = "blinded until the first dose"
    assert loaded(config, tmp_path)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("TRTSDT != ''", "TRTSDT"),
        ("TRTEDT != '' and SITE == 'A'", "TRTEDT"),
        ("SAFFL == 'Y' and SITE == 'A'", "TRTSDT"),
        ("RANDFL == 'Y' and SITE == 'A'", ""),
    ],
)
def test_a_set_says_by_what_it_selects_after_randomization(where, words, tmp_path):
    config = with_estimands()
    config["subjects"]["last_dose"] = config["subjects"]["first_dose"]
    config["populations"]["some"] = {"label": "Some", "where": where}
    config["analyses"]["other"]["populations"] = ["itt", "some"]
    study = loaded(config, tmp_path)
    assert selects_after_randomization(study, "some") == words
    assert fit_settings(study, "walk").populations["some"].selects == words
    assert len(report_settings(study, "study.yaml").without_estimand) == bool(words)
