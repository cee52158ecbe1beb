"""What the config may say of contrasts, doses, pooled sites, an endpoint's own windows and items as rows."""

import copy

import pytest
from rctflow.derive.settings import Window
from rctflow.study.messages import ConfigError
from rctflow.study.rooms import fit_settings, records_settings

from tests.tiny import loaded, tiny_config


def told(config, tmp_path):
    with pytest.raises(ConfigError) as error:
        loaded(config, tmp_path)
    return str(error.value)


def first_endpoint(config):
    return next(iter(config["endpoints"]))


@pytest.fixture
def config():
    return copy.deepcopy(tiny_config())


def arms_of(config):
    reference = config["arms"]["reference"]
    return reference, next(arm for arm in config["arms"]["levels"] if arm != reference)


@pytest.mark.parametrize(
    ("contrast", "words"),
    [
        (("{arm}", "nobody"), "'nobody' is no arm"),
        (("{arm}", "{reference}"), "already"),
        (("{arm}", "{arm}"), "same arm"),
    ],
)
def test_contrasts_that_cannot_be(config, tmp_path, contrast, words):
    reference, arm = arms_of(config)
    config["arms"]["contrasts"] = [[name.format(arm=arm, reference=reference) for name in contrast]]
    assert words in told(config, tmp_path)


def test_dose_response_needs_a_dose_of_every_arm_and_a_model_that_has_it(config, tmp_path):
    name = first_endpoint(config)
    config["endpoints"][name]["analyses"] = {
        "trend": {"model": "ancova", "populations": ["itt"], "dose_response": "covariate"}
    }
    assert "needs the dose of every arm" in told(config, tmp_path)
    for dose, level in enumerate(config["arms"]["levels"].values()):
        level["dose"] = 10 * dose
    assert fit_settings(loaded(config, tmp_path), name).doses == dict(
        zip(config["arms"]["levels"], [0, 10], strict=True)
    )
    config["endpoints"][name]["analyses"]["trend"] |= {"model": "gee"}
    assert "model gee has no dose response by covariate" in told(config, tmp_path)


def test_an_endpoint_may_have_windows_of_its_own(config, tmp_path):
    name = first_endpoint(config)
    visit = next(visit for visit, plan in config["visits"].items() if not plan.get("baseline"))
    config["endpoints"][name]["windows"] = {visit: [1, 29]}
    window = records_settings(loaded(config, tmp_path), name).visits[visit]
    assert isinstance(window, Window)
    assert (window.low, window.high, window.day) == (1, 29, config["visits"][visit]["day"])
    config["endpoints"][name]["windows"] = {visit: [0, 900]}
    assert f"endpoints.{name}.windows" in told(config, tmp_path)
    config["endpoints"][name]["windows"] = {"week99": [1, 2]}
    assert "no visit of this endpoint" in told(config, tmp_path)


def test_values_are_carried_forward_only_where_an_analysis_says_so(config, tmp_path):
    name = first_endpoint(config)
    assert records_settings(loaded(config, tmp_path), name).carried == ()
    config["endpoints"][name]["analyses"] = {"locf": {"model": "ancova", "populations": ["itt"], "locf": True}}
    study = loaded(config, tmp_path)
    assert records_settings(study, name).carried == ("ANL01FL",)
    assert fit_settings(study, name).carried_flags == {"treatment_policy": "ANL02FL"}


def test_a_pool_belongs_to_strata_and_covariates(config, tmp_path):
    config["subjects"]["planned"]["pool"] = {"fewer_than": 3}
    assert "only strata and covariates" in told(config, tmp_path)


def test_a_mean_over_visits_needs_visits_after_baseline_and_no_locf(config, tmp_path):
    name = first_endpoint(config)
    after = [visit for visit, plan in config["visits"].items() if not plan.get("baseline")]
    base = next(visit for visit in config["visits"] if visit not in after)
    config["endpoints"][name].pop("visits", None)
    config["endpoints"][name] |= {"average": after, "primary_visit": ""}
    assert records_settings(loaded(config, tmp_path), name).average == tuple(after)
    config["endpoints"][name]["average"] = [base, *after]
    assert f"{base!r} is no visit after baseline" in told(config, tmp_path)
    config["endpoints"][name] |= {
        "average": after,
        "analyses": {"locf": {"model": "ancova", "populations": ["itt"], "locf": True}},
    }
    assert "leave out `locf`" in told(config, tmp_path)
