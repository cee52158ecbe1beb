"""Config problems of randomization and blinding, and what a blinded study shows."""

from __future__ import annotations

import json

import pytest
from rctflow.plan.unblinding import UnblindingError
from rctflow.study.blinding import blinded_ingest, enrolment_study, shown_study, treatment_words, withheld
from rctflow.study.load import load_study
from rctflow.study.messages import ConfigError

from tests.tiny import tiny_config, write_config

SCHEME = {"blocks": [2, 4], "order": "ID"}


def loaded(tmp_path, **sections):
    return load_study(write_config(tiny_config() | sections, tmp_path / "config/tiny.yaml"))


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"blinding": {"mode": "dummy"}}, "blinding.mode: a dummy allocation is drawn from the declared scheme"),
        ({"randomization": {"blocks": [3]}}, "randomization.blocks: a block of 3 cannot hold the ratio"),
        ({"randomization": SCHEME | {"ratio": {"drgu": 1}}}, "randomization.ratio: 'drgu' is no arm"),
        (
            {"randomization": SCHEME | {"order": "NUMBER"}},
            "randomization.order: 'NUMBER' is no column of",
        ),
        ({"randomization": SCHEME | {"order": "ARM"}}, "randomization.order: 'ARM' says the arm"),
        ({"blinding": {"hide": {"wlak": ["SECONDS"]}}}, "blinding.hide.wlak: no such table. Did you mean 'walk'"),
        ({"blinding": {"hide": {"walk": ["KIT"]}}}, "blinding.hide.walk: 'KIT' is no declared column"),
        ({"blinding": {"hide": {"walk": ["ID"]}}}, "blinding.hide.walk: 'ID' says whose row this is"),
        ({"blinding": {"hide": {"subjects": ["ARM"]}}}, "blinding.hide.subjects: 'ARM' says the arm and is replaced"),
        ({"study": tiny_config()["study"] | {"id": "tiny_blinded"}}, "study.id: ends on _blinded"),
        (
            {
                "blinding": {"mode": "masked"},
                "populations": {"itt": {"label": "All", "where": "TRT01P == 'drug'", "flag": "ITTFL"}},
            },
            "populations.itt.where: names the arm 'drug'",
        ),
    ],
)
def test_problems_are_found_before_anything_runs(tmp_path, sections, words):
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, **sections)
    assert words in str(error.value)


def test_a_masked_study_knows_no_treatment(tmp_path):
    declared = loaded(tmp_path, blinding={"mode": "masked", "seed": 4}, randomization=SCHEME)
    shown = shown_study(declared)
    assert list(shown.arms.levels) == ["arm_a", "arm_b"] and shown.arms.reference == "arm_a"
    document = withheld(declared, shown.model_dump(mode="json"))
    text = json.dumps(document).lower()
    assert "drug" not in text and "placebo" not in text
    assert document["blinding"]["seed"] == "withheld while blinded"


def test_what_the_allocation_is_drawn_from_has_no_arm(tmp_path):
    declared = loaded(tmp_path, blinding={"mode": "dummy"}, randomization=SCHEME)
    tables = enrolment_study(declared).tables
    assert set(tables) == {"subjects"} and set(tables["subjects"].columns) == {"SITE"}


def test_unblinded_forms_are_read_as_ever(tmp_path):
    assert blinded_ingest(loaded(tmp_path), "subjects").blind is None


def test_texts_that_the_study_leaves_out_by_name_are_no_arms(tmp_path):
    subjects = tiny_config()["subjects"]
    subjects["planned"]["where"] = "ARM != 'Screen Failure' and SITE not in ['99'] and ARM != 'P'"
    sections = {"blinding": {"mode": "masked"}, "randomization": SCHEME, "subjects": subjects}
    blind = blinded_ingest(loaded(tmp_path, **sections), "subjects").blind
    assert blind.arms["ARM"].others == ("Screen Failure",)


def test_codes_are_no_names_of_treatments(tmp_path):
    arms = tiny_config()["arms"]
    arms["levels"]["drug"]["values"] = ["RX-9902", "1", "D"]
    assert treatment_words(loaded(tmp_path, arms=arms)) == ("Drug", "Placebo", "RX-9902")


def test_a_record_ends_blinding_and_a_broken_one_is_refused(tmp_path):
    sections = {"blinding": {"mode": "masked"}}
    record = tmp_path / "config/tiny.unblinding.json"
    assert loaded(tmp_path, **sections).folder == "results/tiny_masked"
    written = {"format": "rctflow-unblinding/1", "study": "tiny", "by": "A", "at": "2024-01-01T00:00:00Z"}
    written |= {"mode": "masked", "plan": "locked", "lock": "0" * 64, "without_lock": False}
    record.write_text(json.dumps(written))
    assert loaded(tmp_path, **sections).folder == "results/tiny"
    for broken in ("{}", "", json.dumps(written | {"study": "other"}), json.dumps(written | {"format": "x"})):
        record.write_text(broken)
        with pytest.raises(UnblindingError, match=r"unblinding\.json is "):
            loaded(tmp_path, **sections)
