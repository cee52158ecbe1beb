"""Subgroups in the config: what reaches the fit, and what keeps one from being looked at."""

import pytest
from rctflow.study.dag import Dag
from rctflow.study.rooms import fit_settings, resample_settings

from tests.tiny import loaded, problems, tiny_config


def declared(**subgroups):
    config = tiny_config()
    config["subgroups"] = subgroups or {"SITE": {}, "AGE": {"cuts": [66]}}
    asked = {"use": "ancova", "subgroups": list(config["subgroups"])}
    config["endpoints"]["walk"]["analyses"] = {"ancova": asked, "descriptive": {"use": "descriptive"}}
    return config


def test_the_fit_knows_the_factors_and_the_visit(tmp_path):
    study = loaded(declared(), tmp_path)
    fit = fit_settings(study, "walk")
    assert (fit.subgroups["AGE"].cuts, fit.subgroup_visit) == ((66.0,), "week8")
    assert fit.analyses["ancova"].subgroups == ("SITE", "AGE")
    other = fit_settings(study, "crp")
    assert (other.subgroups, other.subgroup_visit) == ({}, "")


def test_the_interaction_is_code_of_the_endpoints_that_ask_for_it(tmp_path):
    dag = Dag("study.yaml", loaded(declared(), tmp_path))
    assert "rctflow.models.subgroups.ancova" in dag.model_modules("walk")
    assert not any("subgroups" in module for module in dag.model_modules("crp"))


def test_what_is_resampled_leaves_subgroups_out(tmp_path):
    config = declared()
    config["endpoints"]["walk"]["analyses"]["ancova"]["resampling"] = {"leave_one_out": True}
    resampled = resample_settings(loaded(config, tmp_path), "walk").fit
    assert (resampled.analyses["ancova"].subgroups, resampled.subgroups) == ((), {})


@pytest.mark.parametrize(
    ("subgroups", "path", "words"),
    [
        ({"SIDE": {}}, "subgroups.SIDE", "Did you mean 'SITE'"),
        ({"AGE": {}}, "subgroups.AGE", "`cuts`"),
        ({"SITE": {"cuts": [1]}}, "subgroups.SITE.cuts", "no number"),
        ({"AGE": {"cuts": [70, 66]}}, "subgroups.AGE.cuts", "ascend"),
        ({"SITE": {"cut": [70]}}, "subgroups.SITE.cut", "Did you mean 'cuts'"),
    ],
)
def test_a_factor_that_cannot_form_subgroups(tmp_path, subgroups, path, words):
    assert words in problems(declared(**subgroups), tmp_path)[path]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subgroups": ["SIDE"]}, "Did you mean 'SITE'"),
        ({"subgroups": ["SITE", "SITE"]}, "twice"),
        ({"model": "wilcoxon"}, "wilcoxon compares no subgroups; these models do: ancova, binary, mmrm, responder"),
        ({"visits": ["week4"]}, "the primary visit, week8"),
    ],
)
def test_an_analysis_that_cannot_compare_subgroups(tmp_path, changes, words):
    config = declared()
    config["endpoints"]["walk"]["analyses"]["ancova"] |= changes
    assert words in problems(config, tmp_path)["endpoints.walk.analyses.ancova.subgroups"]
