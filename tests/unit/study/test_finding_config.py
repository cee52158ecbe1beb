"""Findings in the config: what reaches the rooms, and what keeps them from being derived."""

import pytest
from rctflow.study.dag import Dag
from rctflow.study.load import load_study

from tests.tiny import problems, tiny_config, write_config


def declared(**changes):
    config = tiny_config()
    table = next(name for name, plan in config["tables"].items() if "visit" in plan)
    columns = config["tables"][table]["columns"]
    column = next(name for name, plan in columns.items() if plan and plan.get("type") == "number")
    config["findings"] = {
        "advs": {"table": table, "tests": {"X": {"label": "X", "unit": "s", "column": column}}} | changes
    }
    config["summaries"] = config.get("summaries", {}) | {"vital_signs": {"dataset": "advs"}}
    return config


def test_the_rooms_get_visits_and_units(tmp_path):
    study = load_study(write_config(declared(), tmp_path / "study.yaml"))
    dag = Dag("study.yaml", study)
    assert dag.findings("advs")["visits"].keys() == study.visits.keys()
    settings = dag.summaries.params("vital_signs")["settings"]
    assert (settings["tests"], settings["units"]) == (["X"], {"X": "s"})
    assert f"{dag.results}/adam/advs.parquet" in dag.declared_results()
    assert dag.summaries.liver() == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"table": "nowhere"}, "findings.advs.table"),
        ({"tests": {}}, "findings.advs.tests"),
        ({"test": "VISIT"}, "findings.advs"),
        ({"low": "NONE"}, "findings.advs.low"),
        ({"where": "NONE == 1"}, "findings.advs.where"),
        ({"tests": {"X": {"label": "X", "column": "NONE"}}}, "findings.advs.tests.X.column"),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(changes, place, tmp_path):
    assert place in problems(declared(**changes), tmp_path)


def test_limits_are_in_order_and_multiples_have_a_limit(tmp_path):
    config = declared()
    config["findings"]["advs"]["tests"]["X"] |= {"low": 9, "high": 3, "marked_high_times": 2, "marked_low_times": 0.5}
    found = problems(config, tmp_path)
    assert "findings.advs.tests.X.low" in found
    config["findings"]["advs"]["tests"]["X"] |= {"low": 1, "high": None}
    assert "findings.advs.tests.X.marked_high_times" in problems(config, tmp_path)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"dataset": "adlb"}, "summaries.vital_signs.dataset"),
        ({"tests": ["Y"]}, "summaries.vital_signs.tests"),
        ({"visits": ["never"]}, "summaries.vital_signs.visits"),
        ({"population": "nobody"}, "summaries.vital_signs.population"),
        ({"liver": {}}, "summaries.vital_signs.liver"),
    ],
)
def test_a_summary_names_what_is_declared(changes, place, tmp_path):
    config = declared()
    config["summaries"]["vital_signs"] |= changes
    assert place in problems(config, tmp_path)


def test_a_data_set_does_not_take_the_name_of_another(tmp_path):
    config = declared()
    config["findings"]["adsl"] = config["findings"]["advs"]
    assert "findings.adsl" in problems(config, tmp_path)


def summary_problems(tmp_path, finding=None, **summary):
    config = declared(**finding or {})
    config["summaries"]["vital_signs"] |= summary
    return problems(config, tmp_path)


def test_categories_need_what_they_count_and_ends_need_visits(tmp_path):
    found = summary_problems(tmp_path, categories=["threshold"], ends={"end": {"visits": ["never"]}})
    assert "summaries.vital_signs.categories" in found
    assert "summaries.vital_signs.ends.end.visits" in found
    assert "summaries.vital_signs.ends.last" in summary_problems(tmp_path, ends={"last": {"visits": []}})


def test_further_tables_have_the_same_columns_and_the_last_visit_is_planned(tmp_path):
    other = next(name for name, plan in tiny_config()["tables"].items() if "visit" not in plan)
    found = summary_problems(tmp_path, {"more_tables": [other, "nowhere"], "extreme": {"until": "never"}})
    assert "findings.advs.more_tables" in found
    assert "findings.advs.extreme.until" in found
