"""The synthetic twin: forms of the declared shape, made from the config alone."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from rctflow.study.load import load_study
from rctflow.study.twin import twin_files

from tests.tiny import tiny_config, write_config

HELP = Path("config/help.yaml")


def twin(config: dict[str, Any], folder: Path) -> dict[str, str]:
    file = write_config(config, folder / "tiny.yaml")
    return twin_files(load_study(file), file)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_no_raw_form_is_read(tmp_path):
    config = tiny_config()
    config["source"]["folder"] = str(tmp_path / "there_is_no_such_folder")
    files = twin(config, tmp_path)
    assert set(files) == {
        "config/tiny_twin.yaml",
        *("twin/README.md", "twin/subjects.csv", "twin/walk.csv", "twin/blood.csv"),
    }


def test_forms_have_the_declared_columns_and_values(tmp_path):
    files = twin(tiny_config(), tmp_path)
    subjects, walk = rows(files["twin/subjects.csv"]), rows(files["twin/walk.csv"])
    assert len(subjects) == 60
    assert [sum(row["ARM"] == arm for row in subjects) for arm in "PD"] == [30, 30]
    assert {row["VISIT"] for row in walk} == {"baseline", "week4", "week8"}
    assert all(1 <= float(row["SECONDS"]) <= 60 for row in walk)
    assert {row["ID"] for row in walk} == {row["ID"] for row in subjects}


def test_the_twin_says_what_it_is(tmp_path):
    files = twin(tiny_config(), tmp_path)
    config = yaml.safe_load(files["config/tiny_twin.yaml"])
    assert config["study"] == {"id": "tiny_twin", "title": "A tiny trial (synthetic twin)", "data": "synthetic"}
    assert config["source"] == {"kind": "files", "folder": "twin"}
    assert "No row of the true data was" in files["twin/README.md"]


def test_one_form_does_not_depend_on_the_columns_of_another(tmp_path):
    config = tiny_config()
    before = twin(config, tmp_path)
    config["tables"]["walk"]["columns"]["WALK2"] = {"type": "number"}
    after = twin(config, tmp_path)
    assert before["twin/blood.csv"] == after["twin/blood.csv"]
    assert before["twin/walk.csv"] != after["twin/walk.csv"]


def test_declared_margins_are_drawn(tmp_path):
    config = tiny_config()
    margins = {"subjects": {"AGE": {"mean": 70, "sd": 2}, "SITE": {"A": 0.9, "B": 0.1}}}
    config["package"] = {"twin": {"patients": 400, "seed": 2, "margins": margins}}
    subjects = rows(twin(config, tmp_path)["twin/subjects.csv"])
    ages = [float(row["AGE"]) for row in subjects]
    assert sum(ages) / 400 == pytest.approx(70, abs=4 * 2 / 400**0.5)
    assert sum(row["SITE"] == "A" for row in subjects) / 400 == pytest.approx(0.9, abs=4 * 0.015)


def test_answers_are_those_that_the_instrument_allows_as_the_form_writes_them(root):
    study = load_study(root / HELP)
    interviews = rows(twin_files(study, root / HELP)["twin/interviews.csv"])
    assert {row["B4A"] for row in interviews} == {"0", "1"}  # written 0 and 1, scored 2 and 1
    assert {row["B3A"] for row in interviews} == {"1", "2", "3"}
    assert {row["B9A"] for row in interviews} == set("123456")
    assert {row["TIME"] for row in interviews} == {"0", "6", "12", "18", "24"}


def test_the_twin_of_a_simulated_study_is_its_simulator_with_another_seed(root):
    file = root / "config/config.yaml"
    files = twin_files(load_study(file), file)
    assert set(files) == {"config/frailty_twin.yaml", "twin/README.md"}
    made = yaml.safe_load(files["config/frailty_twin.yaml"])
    assert made["source"]["seed"] == 1 != yaml.safe_load(file.read_text())["source"]["seed"]
