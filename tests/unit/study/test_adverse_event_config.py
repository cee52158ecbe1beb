"""Adverse events in the config: what reaches the rooms, and what keeps them from being derived or counted."""

import pytest
from rctflow.study.analysis_plan import bears_on
from rctflow.study.blinding import shown_study
from rctflow.study.dag import Dag
from rctflow.study.reported import report_settings
from rctflow.study.summaries import summary_settings

from tests.tiny import loaded, problems, tiny_config, with_adverse_events

DOSES = {"table": "subjects", "start": "START"}


def declared(tmp_path, **changes):
    """The tiny study with adverse events; changes: of the section."""
    config = with_adverse_events(tiny_config(), tmp_path)
    config["populations"]["safety"] = {"label": "Safety", "where": "ITTFL == 'Y'", "flag": "SAFFL", "arm": "actual"}
    config["adverse_events"] |= changes
    return config


def test_the_rooms_get_the_population_as_treated_and_what_adae_answers(tmp_path):
    emergent = {"days_after_last_dose": 30}
    study = loaded(declared(tmp_path, doses=DOSES, emergent=emergent, reaction_hours=24), tmp_path)
    params = Dag("study.yaml", study).adverse_events.settings()
    assert (params["population"], params["subjects"]) == ("SAFFL", "subjects")
    summary = summary_settings(study, "adverse_events")
    assert (summary.population, summary.days_after_last_dose) == ("safety", 30)
    assert summary.answered == ("serious", "withdrawal", "severe", "reaction")


def test_fits_wait_for_adae_and_a_restricted_report_has_no_listing(tmp_path):
    config = declared(tmp_path)
    dag = Dag("study.yaml", loaded(config, tmp_path))
    assert [file.rpartition("/")[2] for file in dag.adverse_events.files()] == ["adae.parquet", "adae.ledger.csv"]
    assert [file.rpartition("/")[2] for file in dag.adverse_events.shown_listings()] == ["adverse_events.html"]
    assert any("listings/" in file for file in dag.declared_results())
    config["study"]["data"] = "real"
    config["package"] = {"data": "restricted", "access": "ask"}
    assert Dag("study.yaml", loaded(config, tmp_path)).adverse_events.shown_listings() == []


def test_a_study_without_the_section_makes_nothing_of_it(tmp_path):
    dag = Dag("study.yaml", loaded(tiny_config(), tmp_path))
    assert dag.adverse_events.files() == dag.adverse_events.listings() == dag.adverse_events.tables() == []
    assert "adverse_events" not in dag.summaries


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"table": "aes"}, "adverse_events.table", "no such table. Did you mean 'ae'"),
        ({"term": "TREM"}, "adverse_events.column", "'TREM' is no column of table ae"),
        ({"start": "BEGN"}, "adverse_events.start", "Did you mean 'BEGIN'"),
        ({"end": "TERM"}, "adverse_events.end", "'TERM' is no date"),
        ({"keep": ["HOSPITAL"]}, "adverse_events.keep.HOSPITAL", "is no column"),
        ({"serious": {"column": "SER", "counts": ["Y"]}}, "adverse_events.serious.column", "'SER' is no column"),
        ({"grade": {"column": "TERM"}}, "adverse_events.grade", "list them from mild to worst"),
        ({"reaction_hours": 24}, "adverse_events.reaction_hours", "declare `doses`"),
        ({"emergent": {"days_after_last_dose": 30}}, "adverse_events.emergent", "declare `doses`"),
        ({"doses": DOSES | {"start_time": "TIME"}}, "adverse_events.doses.start_time", "'TIME' is no column"),
        ({"checks": {"ends_before": "stop"}}, "adverse_events.checks.ends_before", "Did you mean 'ends_before_start'"),
        ({"checks": {"start_missing": "warn"}}, "adverse_events.checks.start_missing", "stop"),
        ({"where": "TREM == 'x'"}, "adverse_events.where", "'TREM' is not a column"),
        ({"population": "safty"}, "adverse_events.population", "Did you mean 'safety'"),
        ({"subjects": "dm"}, "adverse_events.subjects", "no such table"),
    ],
)
def test_problems_are_told_with_their_place(tmp_path, changes, path, words):
    found = problems(declared(tmp_path, **changes), tmp_path)
    assert words in found[path], found


def test_an_onset_known_in_part_may_not_be_lost(tmp_path):
    config = declared(tmp_path)
    config["tables"]["ae"]["columns"]["BEGIN"] = {"type": "date"}
    assert "write `partial: first`" in problems(config, tmp_path)["tables.ae.columns.BEGIN.partial"]


def test_problems_of_the_summary(tmp_path):
    config = declared(tmp_path)
    config["summaries"]["adverse_events"] = {"population": "itts", "sort_arm": "drugs", "confidence": 95}
    found = problems(config, tmp_path)
    assert {path.rpartition(".")[2] for path in found} == {"population", "sort_arm", "confidence"}
    config = tiny_config() | {"summaries": {"adverse_events": {}}}
    assert "declare `adverse_events`" in problems(config, tmp_path)["summaries.adverse_events"]


def test_an_expression_that_names_patients_is_refused_in_a_restricted_study(tmp_path):
    config = declared(tmp_path, where="ID != 'S01'")
    config["study"]["data"] = "real"
    config["package"] = {"data": "restricted", "access": "ask"}
    assert "names patients" in problems(config, tmp_path)["adverse_events.where"]


def test_the_section_bears_on_no_endpoint_and_footnotes_say_what_was_used(tmp_path):
    study = loaded(declared(tmp_path), tmp_path)
    assert not bears_on("adverse_events.grade.column", study, "walk")
    printed = report_settings(study, "study.yaml").adverse_events
    assert printed.notes[-2:] == ("Coded with MedDRA version 27.0.", "Graded by CTCAE version 5.0.")
    config = declared(tmp_path)
    config["summaries"]["adverse_events"] = {}
    printed = report_settings(loaded(config, tmp_path), "study.yaml").adverse_events
    assert printed.notes[-2:] == ("The MedDRA version is not declared.", "The CTCAE version is not declared.")
    assert printed.labels["severe"] == "Grade 3 or worse"


def test_a_masked_study_sorts_by_no_arm(tmp_path):
    config = declared(tmp_path)
    config["summaries"]["adverse_events"]["sort_arm"] = "drug"
    config["blinding"] = {"mode": "masked", "seed": 1}
    shown = shown_study(loaded(config, tmp_path))
    assert shown.summaries.adverse_events.sort_arm == ""
    assert "drug" not in str(summary_settings(shown, "adverse_events"))
