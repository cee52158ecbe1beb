"""Subgroups in a run: which jobs they start, and that forest and report come about."""

import pytest

pytestmark = pytest.mark.workflow


def test_subgroups_of_one_endpoint_refit_that_one_alone(checkout):
    config = checkout.config()
    config["subgroups"] = {"SITE": {}, "AGE": {"cuts": [66]}}
    asked = {"use": "ancova", "subgroups": ["SITE", "AGE"]}
    config["endpoints"]["hb"]["analyses"] = {"ancova": asked, "descriptive": {"use": "descriptive"}}
    checkout.configure(config)
    started = {"fit:hb", "displays:hb", "subgroups:hb", "second", "overview", "report", "resolved_config"}
    assert checkout.plan() == started
    checkout.snakemake()
    results = checkout.folder / "results/tiny"
    rows = (results / "endpoints/hb/results.csv").read_text()
    assert "hb.ancova.itt.week8.drug-placebo.estimate:AGE=<66" in rows
    assert "interaction_p_value:SITE" in rows
    report = (results / "report.html").read_text()
    assert "within subgroups" in report
    assert 'id="table-hb-subgroups"' in report

    config["subgroups"]["AGE"]["label"] = "Age at entry"
    checkout.configure(config)
    assert checkout.plan() == {"subgroups:hb", "report", "resolved_config"}
