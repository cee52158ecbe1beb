"""Forms in the config: keys that belong to another format, and dictionaries that are files of the study."""

from pathlib import Path
from typing import Any

import pytest
from rctflow.ingest.settings import Ingest
from rctflow.settings import as_params, settings_from
from rctflow.study.dag import Dag
from rctflow.study.files import missing_forms, table_format
from rctflow.study.form_model import Table
from rctflow.study.form_settings import ingest_settings
from rctflow.study.load import load_study
from rctflow.study.messages import ConfigError

from tests.tiny import tiny_config, write_config


def declared(**changes: Any) -> tuple[dict[str, Any], str]:
    config = tiny_config()
    name = next(iter(config["tables"]))
    config["tables"][name] |= changes
    return config, name


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"member": "DM"}, "member"),
        ({"form": "vital_signs"}, "form"),
        ({"file": "dm.xpt", "sheet": "DM"}, "sheet"),
        ({"file": "x.csv", "format": "castor", "events": ["a"]}, "events"),
        ({"file": "x.parquet", "delimiter": ";"}, "delimiter"),
        ({"file": "x.zip", "format": "secutrial"}, "form"),
        ({"labels": True}, "labels"),
        ({"file": "dm.xpt", "unlisted": "error"}, "unlisted"),
    ],
)
def test_a_key_of_another_format_is_an_error(tmp_path: Path, changes: dict[str, Any], key: str) -> None:
    config, name = declared(**changes)
    with pytest.raises(ConfigError) as caught:
        load_study(write_config(config, tmp_path / "study.yaml"))
    assert f"tables.{name}.{key}" in dict(caught.value.problems)


@pytest.mark.parametrize(
    ("file", "format"),
    [("a.XPT", "xpt"), ("a.zsav", "sav"), ("a.ndjson", "dataset_json"), ("a.sas7bdat", "sas7bdat"), ("a", "csv")],
)
def test_the_format_is_the_ending(file: str, format: str) -> None:
    assert table_format(Table(file=file, subject="ID", columns={"ID": None})) == format


def test_a_dictionary_is_an_input_of_its_form_and_missing_when_it_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "dm.xpt").touch()
    config, name = declared(file="dm.xpt", dictionary="define.xml")
    config["source"] = {"kind": "files", "folder": str(tmp_path)}
    config["study"]["data"] = "real"
    study = load_study(write_config(config, tmp_path / "study.yaml"))
    dag = Dag("study.yaml", study)
    assert dag.dictionary_file(name) == f"{tmp_path}/define.xml"
    assert {f"{tmp_path}/dm.xpt", f"{tmp_path}/define.xml"} <= dag.raw_files()
    assert f"tables.{name}.dictionary" in dict(missing_forms(study))
    (tmp_path / "define.xml").touch()
    assert f"tables.{name}.dictionary" not in dict(missing_forms(study))


def test_how_a_form_is_read_reaches_the_room_whole(tmp_path: Path) -> None:
    config, name = declared(
        file="x.csv",
        format="redcap",
        form="vitals",
        events=["a", "b"],
        dictionary="d.csv",
        labels=True,
        unlisted="error",
    )
    column = next(iter(config["tables"][name]["columns"]))
    config["tables"][name]["columns"][column] = {"labels": False}
    settings = ingest_settings(load_study(write_config(config, tmp_path / "study.yaml")), name)
    assert (settings.format, settings.form, settings.events, settings.unlisted) == (
        "redcap",
        "vitals",
        ("a", "b"),
        "error",
    )
    assert {header: one.labels for header, one in settings.columns.items()} == {
        header: header != column for header in settings.columns
    }
    assert settings_from(Ingest, as_params(settings)) == settings


def test_limits_of_a_long_form_are_columns_of_numbers(tmp_path: Path) -> None:
    config, name = declared(long={"test": "A", "value": "B", "limits": ["NOWHERE"]})
    with pytest.raises(ConfigError) as caught:
        load_study(write_config(config, tmp_path / "study.yaml"))
    assert f"tables.{name}.long.limits" in dict(caught.value.problems)
