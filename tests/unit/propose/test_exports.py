"""Exports of data capture systems: each form is proposed as a table of its own."""

import csv
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
from rctflow.propose.forms import look_at_folder
from rctflow.propose.proposal import propose
from rctflow.propose.rehearsal import rehearse
from rctflow.propose.writing import config_text
from rctflow.study.load import load_study

HEAD = ["Variable / Field Name", "Form Name", "Field Type", "Field Label", "Choices, Calculations, OR Slider Labels"]
FIELDS = [
    ["record_id", "enrolment", "text", "Record ID", ""],
    ["treatment", "enrolment", "radio", "Treatment", "1, Drug | 2, Placebo"],
    ["age", "enrolment", "text", "Age (years)", ""],
    ["visit_date", "vital_signs", "text", "Date of visit", ""],
    ["sbp", "vital_signs", "text", "Systolic blood pressure", ""],
    ["term", "adverse_event", "text", "Term", ""],
]
COLUMNS = [
    *("record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "treatment", "age"),
    *("enrolment_complete", "visit_date", "sbp", "vital_signs_complete", "term", "adverse_event_complete"),
]


def write(path: Path, rows: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def redcap(folder: Path) -> None:
    write(folder / "trial_DataDictionary.csv", [HEAD, *FIELDS])
    rows: list[list[Any]] = [COLUMNS]
    for i in range(1, 21):
        rows.append([i, "baseline_arm_1", "", "", 1 + i % 2, 50 + i, 2, "2021-03-01", 120 + i, 2, "", ""])
        rows.append([i, "week_4_arm_1", "", "", "", "", "", "2021-03-29", 115 + 3 * i % 7, 2, "", ""])
        if i % 5 == 0:
            rows.append([i, "week_4_arm_1", "adverse_event", 1, "", "", "", "", "", "", "headache", 2])
    write(folder / "trial_DATA.csv", rows)


def test_each_instrument_of_a_redcap_export_is_a_form(tmp_path: Path) -> None:
    redcap(tmp_path)
    forms, faults = look_at_folder(tmp_path)
    assert faults == []
    assert [(form.id, form.source["form"], len(form.cells)) for form in forms] == [
        ("enrolment", "enrolment", 20),
        ("vital_signs", "vital_signs", 40),
        ("adverse_event", "adverse_event", 4),
    ]
    assert forms[1].headers == ["record_id", "redcap_event_name", "redcap_repeat_instance", "visit_date", "sbp"]
    assert forms[1].labels["sbp"] == "Systolic blood pressure"


def test_a_config_for_a_redcap_export_fits_its_data(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    redcap(tmp_path / "data")
    text = config_text(propose(*look_at_folder(tmp_path / "data")), "small", str(tmp_path / "data"))
    assert "format: redcap\n    form: vital_signs\n    dictionary: trial_DataDictionary.csv" in text
    (tmp_path / "small.yaml").write_text(text, encoding="utf-8")
    rehearsal = rehearse(load_study(tmp_path / "small.yaml"), "small.yaml")
    assert rehearsal.problems == []
    assert rehearsal.adsl is not None
    assert len(rehearsal.adsl) == 20


def test_a_redcap_export_without_its_dictionary_is_named(tmp_path: Path) -> None:
    redcap(tmp_path)
    (tmp_path / "trial_DataDictionary.csv").unlink()
    write(tmp_path / "other.csv", [["id", "x"], [1, 2]])
    forms, faults = look_at_folder(tmp_path)
    assert [form.id for form in forms] == ["other"]
    assert "trial_DATA.csv is a REDCap export, and no data dictionary stands beside it" in faults[0]


def test_the_forms_of_castor_and_secutrial_exports(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name, rows in {
        "Study results": [["Participant Id", "sex"], ["1", 1], ["2", 2]],
        "Adverse events": [["Participant Id", "term"], ["1", "headache"]],
        "Study variable list": [
            ["Variable name", "Field type", "Field label", "Optiongroup name"],
            ["sex", "", "Sex", "s"],
        ],
        "Field options": [["Option group name", "Option name", "Option value"], ["s", "Male", 1]],
    }.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(tmp_path / "castor.xlsx")
    with zipfile.ZipFile(tmp_path / "secutrial.zip", "w") as packed:
        packed.writestr("ExportOptions.html", "<b>UTF-8</b>")
        packed.writestr("outcome.xls", '"mnpaid"\t"follow_up"\t""\n"A-1"\t"1"\t""\n')
        packed.writestr("atoutcome.xls", '"mnpaid"\t"follow_up"\n"A-1"\t"1"\n')
        packed.writestr("cn.xls", '"mnppid"\t"mnpaid"\n"1"\t"A-1"\n')
        packed.writestr("cl.xls", '"column"\t"code"\t"value"\n"x.follow_up"\t"1"\t"death"\n')
    forms, faults = look_at_folder(tmp_path)
    assert faults == []
    assert [(form.source["file"], form.source["form"], len(form.cells)) for form in forms] == [
        ("castor.xlsx", "Study results", 2),
        ("castor.xlsx", "Adverse events", 1),
        ("secutrial.zip", "outcome", 1),
    ]
    assert forms[0].labels == {"sex": "Sex"}
