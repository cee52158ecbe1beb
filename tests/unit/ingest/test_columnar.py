"""Parquet and Dataset-JSON forms."""

import datetime as dt
import json
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rctflow.ingest.forms import ingest_form, load_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.vs"


def vs(format: str, *columns: str, **options: Any) -> Ingest:
    return Ingest(**{"table": "vs", "format": format, "columns": {name: Column() for name in columns}} | options)


def parquet(folder: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), folder / "vs.parquet")
    return folder / "vs.parquet"


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, None], pa.int32()), ["1", ""]),
        (pa.array([2.5, float("nan"), 3.0]), ["2.5", "", "3"]),
        (pa.array([0.1, None], pa.float32()), ["0.1", ""]),
        (pa.array([True, None]), ["TRUE", ""]),
        (pa.array([" a ", None]), [" a", ""]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
        (pa.array([dt.date(2021, 3, 4), None]), ["2021-03-04", ""]),
        (pa.array([dt.datetime(2021, 3, 4), None]), ["2021-03-04", ""]),
        (
            pa.array([dt.datetime(2021, 3, 4), dt.datetime(2021, 3, 4, 10, 20)]),
            ["2021-03-04T00:00:00", "2021-03-04T10:20:00"],
        ),
        (pa.array([dt.datetime(2021, 3, 4, 10, 20, 30, 500_000)]), ["2021-03-04T10:20:30.5"]),
        (pa.array([dt.datetime(2021, 7, 4, 10)], pa.timestamp("us", "Europe/Berlin")), ["2021-07-04T12:00:00"]),
        (pa.array([Decimal("1.50"), Decimal("100"), None]), ["1.5", "100", ""]),
        (pa.nulls(1), [""]),
    ],
)
def test_parquet_columns_are_text(tmp_path: Path, values: pa.Array, texts: list[str]) -> None:
    form = load_form(parquet(tmp_path, X=values), vs("parquet", "X"), where=WHERE)
    assert form.columns["X"].to_pylist() == texts


def test_parquet_of_lists_is_no_form(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="column X holds list"):
        load_form(parquet(tmp_path, X=[[1]]), vs("parquet", "X"), where=WHERE)


def test_a_cut_parquet_file_is_an_error(tmp_path: Path) -> None:
    path = parquet(tmp_path, X=[1, 2])
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(IngestError, match="cannot be read as Parquet"):
        load_form(path, vs("parquet", "X"), where=WHERE)


VS = {
    "datasetJSONVersion": "1.1.0",
    "itemGroupOID": "IG.VS",
    "records": 2,
    "name": "VS",
    "label": "Vital Signs",
    "columns": [
        {"itemOID": "IT.USUBJID", "name": "USUBJID", "label": "Subject", "dataType": "string"},
        {"itemOID": "IT.VSSTRESN", "name": "VSSTRESN", "label": "Result", "dataType": "float", "displayFormat": "8.2"},
        {"itemOID": "IT.VSDTC", "name": "VSDTC", "label": "Date", "dataType": "date"},
    ],
}
ROWS: list[list[Any]] = [["01-101", 120.0, "2021-03"], ["01-102", None, None]]


def written(folder: Path, kind: str, about: dict[str, Any] = VS, rows: list[list[Any]] = ROWS) -> Path:
    path = folder / f"vs.{kind}"
    lines = "\n".join(json.dumps(line) for line in [about, *rows])
    whole = json.dumps(about | {"rows": rows}, indent=1)
    path.write_bytes({"json": whole.encode(), "ndjson": lines.encode(), "dsjc": zlib.compress(lines.encode())}[kind])
    return path


@pytest.mark.parametrize("kind", ["json", "ndjson", "dsjc"])
def test_dataset_json_in_its_three_forms(tmp_path: Path, kind: str) -> None:
    settings = vs("dataset_json", "USUBJID", "VSSTRESN", "VSDTC")
    form = load_form(written(tmp_path, kind), settings, where=WHERE)
    assert {name: column.to_pylist() for name, column in form.columns.items()} == {
        "USUBJID": ["01-101", "01-102"],
        "VSSTRESN": ["120", ""],
        "VSDTC": ["2021-03", ""],
    }
    _, described = ingest_form(form.path, settings, where=WHERE)
    assert described["label"] == "Vital Signs"
    assert described["variables"]["VSSTRESN"] == {"label": "Result", "format": "8.2"}


@pytest.mark.parametrize(
    ("about", "rows", "words"),
    [
        (VS, ROWS[:1], "has 1 rows, but tells 2"),
        (VS, [ROWS[0], ROWS[1][:2]], "row 2 has not the 3 cells"),
        (VS | {"datasetJSONVersion": "2.0"}, ROWS, "Dataset-JSON 2.0"),
        ({"clinicalData": {}}, [], "version 1.0"),
    ],
)
def test_a_dataset_json_that_contradicts_itself(
    tmp_path: Path, about: dict[str, Any], rows: list[list[Any]], words: str
) -> None:
    with pytest.raises(IngestError, match=words):
        load_form(written(tmp_path, "ndjson", about, rows), vs("dataset_json", "USUBJID"), where=WHERE)


@pytest.mark.parametrize("kind", ["json", "ndjson", "dsjc"])
def test_a_cut_dataset_json_is_an_error(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(IngestError, match=r"cut or damaged|it was cut"):
        load_form(path, vs("dataset_json", "USUBJID"), where=WHERE)
