"""What the config says of a study, in the words that are printed."""

import pytest
from rctflow.study.load import load_study
from rctflow.study.presentation import display_settings
from rctflow.study.reported import report_settings

from tests.tiny import tiny_config, write_config


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"unable": {"rule": "worst", "value": 40}}, {"n_unable": "counted as 40 s (declared worst value)"}),
        ({"unable": {"rule": "rank"}}, {"n_unable": "given the worst rank"}),
        ({"unable": {"rule": "missing"}}, {"n_unable": "left missing"}),
        (
            {"below": "half", "above": "limit"},
            {"n_below": "counted as half the limit", "n_above": "counted as the limit"},
        ),
        ({}, {}),
    ],
)
def test_what_stands_for_values_that_were_not_measured(tmp_path, declared, words):
    config = tiny_config()
    endpoint = config["endpoints"]["walk"]
    config["endpoints"]["walk"] = {k: v for k, v in endpoint.items() if k not in ("unable", "below", "above")}
    config["endpoints"]["walk"] |= {"unit": "s"} | declared
    study = load_study(write_config(config, tmp_path / "study.yaml"))
    assert display_settings(study, "walk").not_measured == words
    report = {one.id: one for one in report_settings(study, "study.yaml").endpoints}
    assert report["walk"].not_measured == words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "the comparison knows them only to be below it"),
        ({"below": "sqrt2"}, "counted as the limit divided by the square root of 2 in the comparison"),
    ],
)
def test_a_censored_comparison_takes_values_below_the_limit_in_its_own_way(tmp_path, options, words):
    config = tiny_config()
    config["endpoints"]["walk"] |= {"below": "half", "analyses": {"main": {"use": "censored"}}}
    config["analyses"]["censored"] = {"model": "censored", "populations": ["itt"], "log": True, "options": options}
    study = load_study(write_config(config, tmp_path / "study.yaml"))
    told = display_settings(study, "walk").not_measured["n_below"]
    assert told == f"counted as half the limit in what was observed; {words}"


def test_populations_are_told_in_words_and_how_they_are_counted(tmp_path):
    config = tiny_config()
    config["populations"] |= {
        "safety": {"label": "Safety", "where": "AGE >= 18", "description": "adults", "arm": "actual"},
        "older": {"label": "Older", "where": "AGE >= 66"},
    }
    study = load_study(write_config(config, tmp_path / "study.yaml"))
    told = {one.id: (one.definition, one.arm) for one in report_settings(study, "study.yaml").populations}
    assert told["safety"] == ("adults", "actual")
    assert told["older"] == ("AGE >= 66", "planned")


def test_an_endpoint_without_baseline_has_no_baseline_visit_to_show(tmp_path):
    config = tiny_config()
    shown = {}
    for baseline in (True, False):
        analyses = {"main": {"use": "main", "outcome": "value"}}
        config["endpoints"]["walk"] |= {"baseline": baseline, "analyses": analyses}
        config["analyses"]["main"] = {"model": "ancova", "populations": ["itt"]}
        study = load_study(write_config(config, tmp_path / "study.yaml"))
        shown[baseline] = [visit.id for visit in display_settings(study, "walk").visits]
    assert shown[True] == ["baseline", *shown[False]] and "baseline" not in shown[False]
