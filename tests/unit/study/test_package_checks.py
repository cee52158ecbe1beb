"""Errors of the section ``package``."""

import pytest
from rctflow.study.load import load_study
from rctflow.study.messages import ConfigError

from tests.tiny import tiny_config, write_config


def refused(package, tmp_path, **changed) -> str:
    config = tiny_config() | {"package": package}
    for path, value in changed.items():
        config["populations"]["itt"][path] = value
    with pytest.raises(ConfigError) as told:
        load_study(write_config(config, tmp_path / "study.yaml"))
    return str(told.value)


def test_a_column_that_is_not_there(tmp_path):
    told = refused({"deidentify": {"drop": {"subjects": ["SITTE"]}}}, tmp_path)
    assert "package.deidentify.drop.subjects.SITTE" in told and "SITE" in told


def test_the_identifier_is_replaced_and_not_dropped(tmp_path):
    assert "`deidentify.subjects` replaces it" in refused({"deidentify": {"drop": {"subjects": ["ID"]}}}, tmp_path)


def test_margins_of_no_table(tmp_path):
    assert "package.twin.margins.subject" in refused({"twin": {"margins": {"subject": {"AGE": {"mean": 1}}}}}, tmp_path)


def test_restricted_data_are_not_deidentified(tmp_path):
    assert "do not leave at all" in refused({"data": "restricted", "deidentify": {}}, tmp_path)


def test_a_config_that_names_a_patient(tmp_path):
    told = refused({"data": "restricted"}, tmp_path, where="RANDFL == 'Y' and not USUBJID == '3'")
    assert "populations.itt.where" in told and "names patients (USUBJID)" in told
    told = refused({"data": "restricted"}, tmp_path, where="USUBJID in ['3', '4']")
    assert "names patients" in told
