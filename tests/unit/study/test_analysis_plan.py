"""What of a config is locked: all but what is listed as presentation."""

import copy
from typing import Any

import pytest
from pydantic import create_model
from rctflow.nested import differences
from rctflow.study.analysis_plan import PRESENTATION, analysis_plan, bears_on, without
from rctflow.study.load import load_study
from rctflow.study.model import Endpoint, Study

from tests.tiny import tiny_config, write_config


@pytest.fixture
def study_of(tmp_path):
    def load(edit=lambda config: None):
        config = tiny_config()
        edit(config)
        return load_study(write_config(config, tmp_path / "study.yaml"))

    return load


def put(path: str, value: Any):
    """An edit that sets one key of the config."""

    def edit(config):
        *above, last = path.split(".")
        for key in above:
            config = config.setdefault(key, {})
        config[last] = value

    return edit


def changed(study_of, *edits):
    def edit(config):
        for one in edits:
            one(config)

    return [d.path for d in differences(analysis_plan(study_of()), analysis_plan(study_of(edit)))]


ANALYTIC = {
    "arms.reference": "drug",
    "arms.levels.drug.values": ["D", "d"],
    "visits.week4.window": [14, 40],
    "tables.walk.columns.SECONDS.range": [1, 50],
    "tables.walk.duplicates": {"keep": "last"},
    "subjects.covariates": {},
    "populations.itt.where": "RANDFL == 'Y' and AGE > 60",
    "analyses.ancova.confidence": 0.9,
    "endpoints.walk.unable": {"rule": "rank"},
    "endpoints.walk.primary_visit": "week4",
    "endpoints.crp.below": "sqrt2",
    "endpoints.hb.mcid": 5,
    "protocol_deviations": {"table": "subjects", "term": "ARM", "classification": "SITE"},
    "randomization": {"ratio": {"placebo": 1, "drug": 1}, "blocks": [4]},
}
PRINTED = {
    "study.title": "Another title",
    "study.description": "In other words.",
    "source.folder": "data_2",
    "arms.levels.drug.label": "The drug",
    "arms.levels.drug.colour": "#123456",
    "populations.itt.label": "Everybody",
    "populations.itt.description": "everybody",
    "tables.walk.columns.SECONDS.label": "Time",
    "endpoints.walk.label": "Walking",
    "endpoints.walk.digits": 3,
    "package.version": "7",
}


@pytest.mark.parametrize("path", ANALYTIC)
def test_what_decides_an_analysis_changes_the_plan(study_of, path):
    assert changed(study_of, put(path, ANALYTIC[path]))


@pytest.mark.parametrize("path", PRINTED)
def test_what_only_prints_does_not(study_of, path):
    assert changed(study_of, put(path, PRINTED[path])) == []


def test_a_label_that_says_how_forms_write_a_visit_is_analytic(study_of):
    assert changed(study_of, put("visits.week4.label", "Wk 4")) == ["visits.week4.values"]
    written = put("visits.week4.values", ["week4", "Week 4"])
    assert changed(study_of, written, put("visits.week4.label", "Wk 4")) == []


def test_the_order_of_analyses_and_populations_decides(study_of):
    def add(name):
        return put("analyses.other", {"model": "ancova", "populations": ["itt"], "log": True})

    second = put("endpoints.hb.analyses", ["ancova", "other", "descriptive"])
    first = put("endpoints.hb.analyses", ["other", "ancova", "descriptive"])
    assert "endpoints.hb.main" not in changed(study_of, add("other"), second)
    assert "endpoints.hb.main" in changed(study_of, add("other"), first)

    def reordered(config):
        config["populations"] = {"older": {"label": "Older", "where": "AGE >= 66"}} | config["populations"]

    assert "baseline_table" in changed(study_of, reordered)


def test_the_order_of_other_keys_does_not(study_of):
    def reversed_keys(config):
        for section in ("visits", "tables", "endpoints"):
            config[section] = dict(reversed(config[section].items()))

    assert changed(study_of, reversed_keys) == []


def test_options_left_out_are_locked_with_their_defaults(study_of):
    plan = analysis_plan(study_of())
    assert plan["endpoints"]["walk"]["analyses"]["ancova"]["options"] == {"weights": "equal", "vcov": "classical"}


def test_an_edited_instrument_file_changes_the_plan(root, tmp_path, study_of):
    file = tmp_path / "mine.yaml"
    file.write_text((root / "workflow/instruments/tug.yaml").read_text())

    def use(config):
        config["instruments"] = {"mine": {"file": str(file), "table": "walk", "items": {"T1": "SECONDS"}}}

    before = analysis_plan(study_of(use))
    file.write_text(file.read_text() + "# edited\n")
    assert [d.path.split(".")[:3] for d in differences(before, analysis_plan(study_of(use)))] == [
        ["instruments", "mine", "files"]
    ]


def test_a_key_that_nobody_listed_is_analytic(study_of):
    """A new key of any section is locked by default: here one of the study and one of an endpoint."""
    newer = create_model("Endpoint", __base__=Endpoint, margin=(float, 0.0))
    wider = create_model("Study", __base__=Study, endpoints=(dict[str, newer], ...), stopping=(str, "none"))
    config = tiny_config()
    edited = copy.deepcopy(config)
    edited["stopping"], edited["endpoints"]["walk"]["margin"] = "futility", 2.0
    plans = [analysis_plan(wider.model_validate(document)) for document in (config, edited)]
    assert [d.path for d in differences(*plans)] == ["endpoints.walk.margin", "stopping"]


def test_every_pattern_of_the_list_names_something(root, monkeypatch):
    """A misspelt or outdated entry of the list would lock what prints, or hide nothing."""
    monkeypatch.chdir(root)
    document = load_study("config/config.yaml").model_dump(mode="json")
    document["source"] |= {"folder": "."}
    for pattern in PRESENTATION:
        assert without(document, pattern.split(".")) != document, pattern


def test_settings_bear_on_an_endpoint_unless_they_are_anothers(study_of):
    study = study_of()
    for path in (
        "visits.week4.day",
        "endpoints.walk.unable",
        "tables.walk.columns",
        "tables.subjects.constant",
        "arms",
    ):
        assert bears_on(path, study, "walk"), path
    for path in ("endpoints.crp.below", "tables.blood.columns.CRP", "populations.other.where", "baseline_table"):
        assert not bears_on(path, study, "walk"), path
