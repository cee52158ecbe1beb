"""SAS, SPSS and Stata files: their numbers, dates, missing values and labels as text."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from rctflow.ingest.forms import ingest_form, load_form, read_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.vs"
FRAME = pd.DataFrame(
    {
        "ID": ["01", "02", " 03"],
        "HEIGHT": [171.0, 0.1, np.nan],
        "NOTE": ["été", "", 'a, "b" =1'],
        "BORN": [dt.date(1950, 3, 4), dt.date(2020, 2, 29), None],
        "AT": [dt.datetime(2020, 1, 2, 3, 4, 5), None, dt.datetime(1969, 12, 31, 23, 59)],
        "CLOCK": [dt.time(1, 2), None, dt.time(23, 59, 59)],
        "SMOKER": [1.0, 9.0, 99.0],
    }
)
DATES = {
    "BORN": ["1950-03-04", "2020-02-29", ""],
    "AT": ["2020-01-02T03:04:05", "", "1969-12-31T23:59:00"],
    "CLOCK": ["01:02:00", "", "23:59:59"],
}


def vs(format: str, *columns: str, **options: Any) -> Ingest:
    declared = {name: Column() for name in columns or tuple(FRAME)}
    return Ingest(**{"table": "vs", "format": format, "columns": declared} | options)


def cells(path: Path, name: str, **options: Any) -> list[str]:
    format = "sav" if path.suffix == ".zsav" else path.suffix[1:]
    return load_form(path, vs(format, name, **options), where=WHERE).columns[name].to_pylist()  # type: ignore[no-any-return]


def spss(folder: Path, name: str = "vs.sav", **options: Any) -> Path:
    path = folder / name
    pyreadstat.write_sav(FRAME, path, compress=name.endswith("zsav"), **options)
    return path


def stata(folder: Path, frame: pd.DataFrame = FRAME, **options: Any) -> Path:
    path = folder / "vs.dta"
    pyreadstat.write_dta(frame, path, **options)
    return path


@pytest.mark.parametrize("name", ["vs.sav", "vs.zsav", "vs.dta"])
def test_cells_are_text_numbers_in_their_shortest_form_and_dates_iso(tmp_path: Path, name: str) -> None:
    path = stata(tmp_path) if name == "vs.dta" else spss(tmp_path, name)
    assert cells(path, "ID") == ["01", "02", " 03"]
    assert cells(path, "HEIGHT") == ["171", "0.1", ""]
    assert cells(path, "NOTE") == FRAME["NOTE"].tolist()
    assert {column: cells(path, column) for column in DATES} == DATES


def test_labels_formats_and_value_labels_are_described(tmp_path: Path) -> None:
    path = spss(tmp_path, column_labels={"SMOKER": "Smokes"}, variable_value_labels={"SMOKER": {1: "yes", 99: "?"}})
    _, described = ingest_form(path, vs("sav", "SMOKER"), where=WHERE)
    told = {"label": "Smokes", "format": "F8.2", "codes": {"1": "yes", "99": "?"}}
    assert described["variables"] == {"SMOKER": told}


def test_values_that_spss_declares_missing_are_empty_unless_the_study_names_them(tmp_path: Path) -> None:
    path = spss(tmp_path, missing_ranges={"SMOKER": [99, {"lo": 8, "hi": 9}]})
    assert cells(path, "SMOKER") == ["1", "", ""]
    assert cells(path, "SMOKER", columns={"SMOKER": Column("number", codes={"99": "refused"})}) == ["1", "", "99"]
    _, described = ingest_form(path, vs("sav", "SMOKER"), where=WHERE)
    assert described["variables"]["SMOKER"]["missing"] == ["8 to 9", "99"]


def test_extended_missing_values_of_stata_are_codes(tmp_path: Path) -> None:
    frame = FRAME.assign(SMOKER=[1, "a", "z"])
    path = stata(tmp_path, frame, missing_user_values={"SMOKER": ["a", "z"]})
    assert cells(path, "SMOKER") == ["1", ".a", ".z"]
    codes = {".a": "refused", ".z": "missing"}
    table = read_form(path, vs("dta", columns={"SMOKER": Column("number", codes=codes)}), where=WHERE)
    assert table["SMOKER_CODE"].tolist() == ["", "refused", ""]


def test_numbers_of_four_bytes_are_as_they_were_typed(tmp_path: Path) -> None:
    path = tmp_path / "vs.dta"
    pd.DataFrame({"CRP": np.array([0.1, 25.54051], np.float32)}).to_stata(path, write_index=False)
    assert cells(path, "CRP") == ["0.1", "25.54051"]


@pytest.mark.parametrize(
    ("format", "number", "text"),
    [("%tm", 734.0, "2021-03"), ("%ty", 2021.0, "2021"), ("%tq", 244.0, "2021q1"), ("%tw", 3176.0, "2021w5")],
)
def test_months_and_years_of_stata_are_partial_dates(tmp_path: Path, format: str, number: float, text: str) -> None:
    path = stata(tmp_path, pd.DataFrame({"WHEN": [number]}), variable_format={"WHEN": format})
    assert cells(path, "WHEN") == [text]


def test_sas_data_sets_read_as_pyreadstat_reads_them(shared: Path) -> None:
    path = shared / "data" / "camis" / "whas500.sas7bdat"
    other, about = pyreadstat.read_sas7bdat(path)
    form = load_form(path, vs("sas7bdat", *about.column_names), where=WHERE)
    assert len(form.rows) == 500
    for name in about.column_names:
        assert form.columns[name].to_pandas().astype(float).tolist() == other[name].tolist()


def test_a_catalog_format_of_a_sas_data_set_is_described(shared: Path) -> None:
    path = shared / "data" / "camis" / "bmt.sas7bdat"
    _, described = ingest_form(path, vs("sas7bdat", "Group", "T"), where=WHERE)
    assert described["variables"]["Group"]["format"] == "DISEASEGROUP"


@pytest.mark.parametrize("name", ["vs.sav", "vs.dta", "whas500.sas7bdat"])
def test_a_cut_file_is_one_error_with_its_remedy(tmp_path: Path, shared: Path, name: str) -> None:
    if name == "whas500.sas7bdat":
        data = (shared / "data" / "camis" / name).read_bytes()
    else:
        data = (stata(tmp_path) if name == "vs.dta" else spss(tmp_path)).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(IngestError, match=r"tables\.vs: .* cannot be read as .* Export it again"):
        load_form(path, vs(path.suffix[1:], "ID" if name != "whas500.sas7bdat" else "AGE"), where=WHERE)


def test_only_declared_columns_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="Did you mean 'HEIGHT'"):
        load_form(spss(tmp_path), vs("sav", "HEIGTH"), where=WHERE)


def test_a_file_that_is_wrong_about_its_encoding_is_read_as_windows_1252_and_said(tmp_path: Path) -> None:
    path = spss(tmp_path)
    # the file says UTF-8; the two bytes of the first letter become one of Windows-1252 and a blank
    path.write_bytes(path.read_bytes().replace("été".encode(), b"\xe9t\xe9  "))
    table, described = ingest_form(path, vs("sav", "ID", "NOTE"), where=WHERE)
    assert table["NOTE"].fillna("").tolist()[0] == "été"
    assert described["encoding"] == "WINDOWS-1252"
    assert [(one["SRCROW"], one["column"], one["rule"]) for one in described["findings"]] == [(1, "NOTE", "encoding")]
    with pytest.raises(IngestError, match=r"not in the encoding that is declared.*tables\.vs\.encoding"):
        load_form(path, vs("sav", "NOTE", encoding="UTF-8"), where=WHERE)


def test_a_format_catalog_labels_the_values_of_its_formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No catalog is at hand, and none can be written: pyreadstat's reading of one is stood in for."""

    class Catalog:
        value_labels = {"SMOKEFMT": {1.0: "yes", 9.0: "no"}, "$NOTEF": {"été": "summer"}}  # noqa: RUF012

    monkeypatch.setattr(pyreadstat, "read_sas7bcat", lambda path: (None, Catalog()))
    path = tmp_path / "vs.xpt"
    formats = {"SMOKER": "SMOKEFMT8.2", "NOTE": "$NOTEF."}
    pyreadstat.write_xport(FRAME[["SMOKER", "NOTE"]], path, file_format_version=5, variable_format=formats)
    (tmp_path / "formats.sas7bcat").touch()
    settings = vs("xpt", "SMOKER", "NOTE", columns={"SMOKER": Column(labels=True), "NOTE": Column()})
    form = load_form(path, settings, tmp_path / "formats.sas7bcat", where=WHERE)
    assert form.columns["SMOKER"].to_pylist() == ["yes", "no", "99"]
    assert form.variables["NOTE"].codes == {"été": "summer"}
    assert not form.variables["SMOKER"].listed
