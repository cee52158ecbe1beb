"""The two studies that come with the workflow: together they use every model, and each primary and secondary result is
looked at without each patient.
"""

import pytest
from rctflow.models.registry import known_models
from rctflow.study.analyses import analyses_of, main_analysis
from rctflow.study.estimands import OBSERVED
from rctflow.study.load import load_study
from rctflow.study.rooms import fit_settings, resample_settings

CONFIGS = ("config/config.yaml", "config/help.yaml")


@pytest.fixture(scope="module", params=CONFIGS)
def study(request, root):
    return load_study(root / request.param)


@pytest.fixture(scope="module")
def default(root):
    return load_study(root / CONFIGS[0])


def analyses_in(study):
    return [a for endpoint in study.endpoints for a in analyses_of(study, endpoint).values()]


def test_no_model_of_the_registry_is_missing_from_both(root):
    used = {analysis.model for config in CONFIGS for analysis in analyses_in(load_study(root / config))}
    assert used == set(known_models())


@pytest.mark.parametrize(
    ("model", "option", "value"),
    [
        ("ancova", "vcov", "HC3"),
        ("binary", "variance", "ge"),
        ("censored", "interval", "profile"),
        ("censored", "below", "half"),
        ("censored", "below", "sqrt2"),
        ("counts", "distribution", "poisson"),
        ("counts", "exposure", "DAYSLINK"),
        ("mmrm", "baseline", "outcome"),
        ("responder", "missing", "nonresponder"),
    ],
)
def test_an_option_stands_in_one_of_them(root, model, option, value):
    found = [a.options.get(option) for c in CONFIGS for a in analyses_in(load_study(root / c)) if a.model == model]
    assert value in found


def test_what_compares_arms_says_which_estimand_it_estimates(study):
    for endpoint in study.endpoints:
        for name, analysis in analyses_of(study, endpoint).items():
            if analysis.model not in ("descriptive", "paired_change") and analysis.estimand == OBSERVED:
                sets = fit_settings(study, endpoint).populations
                assert all(sets[population].selects for population in analysis.populations), (endpoint, name)


def test_each_primary_and_secondary_result_leaves_each_patient_out(study):
    for endpoint, plan in study.endpoints.items():
        analyses = analyses_of(study, endpoint)
        resampled = resample_settings(study, endpoint).fit.analyses
        if plan.role in ("primary", "secondary"):
            main = main_analysis(study, endpoint, analyses)
            assert resampled[main].resampling.leave_one_out, endpoint
        else:
            assert not resampled, endpoint


def test_the_ladder_of_each_primary_and_secondary_endpoint_has_all_rungs(default):
    for endpoint in (name for name, plan in default.endpoints.items() if plan.role in ("primary", "secondary")):
        analyses = analyses_of(default, endpoint)
        main = analyses[main_analysis(default, endpoint, analyses)]
        assert main.resampling.bootstrap >= 200, endpoint
        assert {"wilcoxon", "mmrm"} <= {a.model for a in analyses.values()}, endpoint
        assert any(a.resampling and a.resampling.randomization_test for a in analyses.values()), endpoint
