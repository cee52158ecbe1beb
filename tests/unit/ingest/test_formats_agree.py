"""The forms of the default study read alike from every format that can be written here."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from rctflow.ingest.forms import read_form
from rctflow.ingest.settings import Format
from rctflow.simulate.trial import simulate_forms
from rctflow.study.form_model import Simulate
from rctflow.study.form_settings import ingest_settings
from rctflow.study.load import load_study
from rctflow.study.model import Study

ROOT = Path(__file__).resolve().parents[3]


def as_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")


def as_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False)


def as_transport(frame: pd.DataFrame, path: Path) -> None:
    pyreadstat.write_xport(frame, path, table_name="FORM")


def as_spss(frame: pd.DataFrame, path: Path) -> None:
    pyreadstat.write_sav(frame, path)


def as_stata(frame: pd.DataFrame, path: Path) -> None:
    pyreadstat.write_dta(frame, path)


def as_dataset_json(frame: pd.DataFrame, path: Path) -> None:
    columns = [{"itemOID": f"IT.{name}", "name": name, "label": name, "dataType": "string"} for name in frame]
    about = {"datasetJSONVersion": "1.1.0", "name": "FORM", "label": "", "records": len(frame), "columns": columns}
    path.write_text(json.dumps(about | {"rows": frame.to_numpy().tolist()}), encoding="utf-8")


WRITERS: dict[Format, Callable[[pd.DataFrame, Path], None]] = {
    "parquet": as_parquet,
    "xpt": as_transport,
    "sav": as_spss,
    "dta": as_stata,
    "dataset_json": as_dataset_json,
}


@cache
def study() -> Study:
    return load_study(ROOT / "config" / "config.yaml")


@cache
def forms() -> dict[str, pd.DataFrame]:
    source = study().source
    assert isinstance(source, Simulate)
    made, _, _ = simulate_forms(source.settings, source.seed)
    return {name: frame.astype("str").fillna("") for name, frame in made.items()}


@pytest.mark.parametrize("format", WRITERS)
def test_a_form_is_the_same_table_whatever_its_format(tmp_path: Path, format: Format) -> None:
    compared = 0
    for name, frame in forms().items():
        settings = ingest_settings(study(), name)
        as_csv(frame, tmp_path / f"{name}.csv")
        WRITERS[format](frame, tmp_path / f"{name}.{format}")
        plain = read_form(tmp_path / f"{name}.csv", settings, where=name)
        other = read_form(tmp_path / f"{name}.{format}", replace(settings, format=format), where=name)
        pd.testing.assert_frame_equal(other, plain)
        compared += plain.size
    assert compared > 10_000
