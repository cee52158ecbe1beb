"""Castor exports: a workbook, a zip archive or one CSV; user missings; options and checkboxes."""

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rctflow.ingest.forms import ingest_form, load_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.base"
SHEETS: dict[str, list[list[Any]]] = {
    "Study results": [
        ["Participant Id", "Site Abbreviation", "sex", "weight", "visit_date", "symptoms#cough", "free"],
        ["110001", "ABC", 1, 70.5, "04-03-2021", 1, '=HYPERLINK("x")'],
        ["110002", "ABC", 2, -98, "01-01-2997", 0, "##USER_MISSING_99##"],
        ["110003", "ABC", 3, -9.5, "", 0, "-98"],
    ],
    "Adverse events": [["Participant Id", "ae_term"], ["110001", "headache, severe"], ["110001", "nausea"]],
    "Study variable list": [
        [
            "Visit name",
            "Form name",
            "Variable name",
            "Field type",
            "Original field type",
            "Field label",
            "Optiongroup name",
        ],
        ["Baseline", "Demography", "sex", "integer", "radio", "Sex", "sex_options"],
        ["Baseline", "Demography", "weight", "numeric", "numeric", "Weight (kg)", ""],
        ["Baseline", "Demography", "visit_date", "date", "date", "Date of visit", ""],
        ["Baseline", "Demography", "symptoms", "integer", "checkbox", "Symptoms", "symptom_options"],
        ["Baseline", "Demography", "free", "string", "string", "Remarks", ""],
    ],
    "Field options": [
        ["Option group name", "Option name", "Option value"],
        ["sex_options", "Male", 1],
        ["sex_options", "Female", 2],
        ["symptom_options", "cough", 1],
    ],
}


def castor(*columns: str, **options: Any) -> Ingest:
    declared = {name: Column() for name in columns}
    return Ingest(**{"table": "base", "format": "castor", "columns": declared} | options)


def workbook(folder: Path) -> Path:
    book = openpyxl.Workbook()
    for name, rows in SHEETS.items():
        sheet = book.create_sheet(name)
        for at, row in enumerate(rows, 1):
            for place, value in enumerate(row, 1):
                cell = sheet.cell(at, place)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"
    book.remove(book.worksheets[0])
    book.save(folder / "export.xlsx")
    return folder / "export.xlsx"


def archive(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "export.zip", "w") as packed:
        for name, rows in SHEETS.items():
            lines = [";".join('"' + str(cell).replace('"', '""') + '"' for cell in row) for row in rows]
            packed.writestr(f"trial_{name.lower().replace(' ', '_')}_20210304.csv", "\n".join(lines) + "\n")
    return folder / "export.zip"


@pytest.mark.parametrize("made", [workbook, archive])
def test_the_studys_data_with_their_options(tmp_path: Path, made: Any) -> None:
    path = made(tmp_path)
    settings = castor("Participant Id", "sex", "weight", "visit_date", "symptoms#cough", "free")
    settings = castor(columns=settings.columns | {"sex": Column(labels=True)})
    form = load_form(path, settings, where=WHERE)
    assert {name: column.to_pylist() for name, column in form.columns.items()} == {
        "Participant Id": ["110001", "110002", "110003"],
        "sex": ["Male", "Female", "3"],
        "weight": ["70.5", "##USER_MISSING_98##", "-9.5"],
        "visit_date": ["04-03-2021", "##USER_MISSING_97##", ""],
        "symptoms#cough": ["1", "0", "0"],
        "free": ['=HYPERLINK("x")', "##USER_MISSING_99##", "-98"],
    }
    _, told = ingest_form(path, settings, where=WHERE)
    assert [(one["SRCROW"], one["old"]) for one in told["findings"]] == [(3, "3")]
    assert told["variables"]["symptoms#cough"]["label"] == "Symptoms: cough"


@pytest.mark.parametrize("made", [workbook, archive])
def test_another_form_is_named(tmp_path: Path, made: Any) -> None:
    path = made(tmp_path)
    form = load_form(path, castor("ae_term", form="Adverse events" if made is workbook else "adverse"), where=WHERE)
    assert form.columns["ae_term"].to_pylist() == ["headache, severe", "nausea"]
    with pytest.raises(IngestError, match=r"has no form 'Labs'\. It has: .*tables\.base\.form"):
        load_form(path, castor("ae_term", form="Labs"), where=WHERE)


def test_one_csv_takes_its_options_from_the_workbook(tmp_path: Path) -> None:
    path = tmp_path / "study.csv"
    path.write_text("Participant Id;sex;weight\n110001;1;-95\n", encoding="utf-8")
    form = load_form(path, castor("sex", "weight"), workbook(tmp_path), where=WHERE)
    assert form.variables["sex"].codes == {"1": "Male", "2": "Female"}
    assert form.columns["weight"].to_pylist() == ["##USER_MISSING_95##"]


def test_a_cut_archive_is_an_error(tmp_path: Path) -> None:
    path = archive(tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(IngestError, match="no complete zip archive"):
        load_form(path, castor("sex"), where=WHERE)
