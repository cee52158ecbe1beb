"""Disposition, sites and exposure in the config: what fits the study and what does not."""

import pytest
from rctflow.study.dag import Dag
from rctflow.study.summaries import summary_settings

from tests.tiny import loaded, problems, tiny_config

PHASE = {"id": "week4", "label": "week 4", "completed": "AGE > 60"}


def declared(**summaries):
    return tiny_config() | {"summaries": summaries}


def test_what_is_left_to_the_study_is_filled_in(tmp_path):
    study = loaded(declared(sites={"site": "SITE"}, exposure={"adsl": {"duration": "AGE"}}), tmp_path)
    assert summary_settings(study, "sites").populations == ("itt",)
    assert summary_settings(study, "exposure").population == "itt"
    dag = Dag("study.yaml", study)
    assert dag.summaries.tables("exposure") == []
    assert f"{dag.results}/summaries/sites/results.csv" in dag.declared_results()


@pytest.mark.parametrize(
    ("summaries", "place"),
    [
        ({"sites": {"site": "CENTRE"}}, "summaries.sites"),
        ({"sites": {"site": "SITE", "pooled": "POOL"}}, "summaries.sites"),
        ({"sites": {"site": "SITE", "populations": ["all"]}}, "summaries.sites.populations"),
        ({"exposure": {}}, "summaries.exposure"),
        ({"exposure": {"table": "walk"}}, "summaries.exposure"),
        ({"exposure": {"table": "walk", "start": "DATE", "adsl": {"duration": "AGE"}}}, "summaries.exposure"),
        ({"exposure": {"adsl": {"duration": "DAYS"}}}, "summaries.exposure.adsl"),
        (
            {"exposure": {"adsl": {"duration": "AGE"}, "further_populations": ["all"]}},
            "summaries.exposure.further_populations",
        ),
        ({"disposition": {"tested_reasons": ["Death"]}}, "summaries.disposition.tested_reasons"),
        ({"disposition": {"phases": [PHASE, PHASE]}}, "summaries.disposition.phases"),
        ({"disposition": {"phases": [PHASE | {"id": "Week 4"}]}}, "summaries.disposition.phases"),
        (
            {"disposition": {"phases": [PHASE | {"completed": "AGES > 60"}]}},
            "summaries.disposition.phases.week4.completed",
        ),
        ({"disposition": {"phases": [PHASE | {"reason": "WHY"}]}}, "summaries.disposition.phases.week4.reason"),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(summaries, place, tmp_path):
    assert place in problems(declared(**summaries), tmp_path)


def test_counts_of_nested_groups_are_not_made_of_restricted_data(tmp_path):
    summaries = {
        "sites": {"site": "SITE"},
        "disposition": {"phases": [PHASE], "test": "fisher", "tested_reasons": ["Death"]},
        "exposure": {"adsl": {"duration": "AGE"}, "further_populations": ["itt"]},
    }
    config = declared(**summaries) | {"package": {"data": "restricted"}}
    config["study"]["data"] = "real"
    told = [
        *("summaries.sites", "summaries.disposition.phases", "summaries.disposition.tested_reasons"),
        "summaries.exposure.further_populations",
    ]
    assert set(told) <= set(problems(config, tmp_path))
