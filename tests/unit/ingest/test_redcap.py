"""REDCap exports: the rows of one instrument, raw or labelled, with repeating events and instruments and checkboxes."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from rctflow.ingest.forms import ingest_form, load_form
from rctflow.ingest.raw import IngestError, RawForm
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.vs"
HEAD = (
    "Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"
    '"Choices, Calculations, OR Slider Labels",Field Note,Text Validation Type OR Show Slider Number'
)
DICTIONARY = f"""{HEAD}
record_id,enrolment,,text,Record ID,,,
sex,enrolment,,radio,<b>Sex</b> at birth,"1, Male | 2, Female",,
race,enrolment,,checkbox,Race,"1, White | 2, Black, African | -9, Not told",,
note,enrolment,,notes,Note,,,
intro,vital_signs,,descriptive,Please rest,,,
date,vital_signs,,text,Date,,,date_dmy
sbp,vital_signs,,text,Systolic,,,number
fit,vital_signs,,yesno,Fit?,,,
date2,adverse_event,,text,Date,,,date_dmy
term,adverse_event,,text,Term,,,
"""
RAW = [
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,sex,race___1,race___2,race____9,note,"
    "enrolment_complete,date,sbp,fit,vital_signs_complete,date2,term,adverse_event_complete",
    "1,baseline_arm_1,,,1,1,0,0,ok,2,2021-03-04,120,1,2,,,",
    "1,baseline_arm_1,adverse_event,1,,,,,,,,,,,2021-03-09,headache,2",
    "1,baseline_arm_1,adverse_event,2,,,,,,,,,,,,,0",
    "1,week_4_arm_1,,,,,,,,,2021-04-01,118.5,0,2,,,",
    '2,baseline_arm_1,,,2,0,0,1,"a, ""b""",2,,,,0,,,',
]
LABELS = [
    "Record ID,Event Name,Repeat Instrument,Repeat Instance,Sex at birth,"
    'Race (choice=White),"Race (choice=Black, African)",'
    "Race (choice=Not told),Note,Complete?,Date,Systolic,Fit?,Complete?,Date,Term,Complete?",
    "1,Baseline,,,Male,Checked,Unchecked,Unchecked,ok,Complete,2021-03-04,120,Yes,Complete,,,",
    "1,Baseline,Adverse Event,1,,,,,,,,,,,2021-03-09,headache,Complete",
    "1,Baseline,Adverse Event,2,,,,,,,,,,,,,Incomplete",
    "1,Week 4,,,,,,,,,2021-04-01,118.5,No,Complete,,,",
    '2,Baseline,,,Female,Unchecked,Unchecked,Checked,"a, ""b""",Complete,,,,Incomplete,,,',
]


def redcap(form: str, *columns: str, **options: Any) -> Ingest:
    declared = {name: Column() for name in ("record_id", *columns)}
    return Ingest(**{"table": "vs", "format": "redcap", "columns": declared, "form": form} | options)


def read(folder: Path, lines: list[str], settings: Ingest, *, has_dictionary: bool = True) -> RawForm:
    (folder / "export.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "dictionary.csv").write_text(DICTIONARY, encoding="utf-8")
    return load_form(
        folder / "export.csv", settings, folder / "dictionary.csv" if has_dictionary else None, where=WHERE
    )


def cells(form: RawForm) -> dict[str, list[str]]:
    return {name: column.to_pylist() for name, column in form.columns.items()}


@pytest.mark.parametrize("lines", [RAW, LABELS])
def test_an_instrument_is_its_rows_alike_from_a_raw_and_a_labelled_export(tmp_path: Path, lines: list[str]) -> None:
    columns = ("sex", "race___1", "race____9", "note", "enrolment_complete")
    form = read(tmp_path, lines, redcap("enrolment", *columns))
    assert cells(form) == {
        "record_id": ["1", "2"],
        "sex": ["1", "2"],
        "race___1": ["1", "0"],
        "race____9": ["0", "1"],
        "note": ["ok", 'a, "b"'],
        "enrolment_complete": ["2", "2"],
    }
    assert form.rows == [1, 5]


@pytest.mark.parametrize("lines", [RAW, LABELS])
def test_visits_are_rows_and_two_fields_of_one_label_are_told_apart(tmp_path: Path, lines: list[str]) -> None:
    form = read(tmp_path, lines, redcap("vital_signs", "redcap_event_name", "date", "sbp", "fit"))
    assert cells(form)["date"] == ["2021-03-04", "2021-04-01"]
    assert cells(form)["sbp"] == ["120", "118.5"]
    assert cells(form)["fit"] == ["1", "0"]
    assert form.rows == [1, 4]


@pytest.mark.parametrize("lines", [RAW, LABELS])
def test_every_repetition_of_an_instrument_is_a_row_empty_ones_too(tmp_path: Path, lines: list[str]) -> None:
    form = read(tmp_path, lines, redcap("adverse_event", "redcap_repeat_instance", "date2", "term"))
    assert cells(form)["redcap_repeat_instance"] == ["1", "2"]
    assert cells(form)["date2"] == ["2021-03-09", ""]
    assert form.rows == [2, 3]


def test_labels_stand_for_codes_where_the_study_says_so(tmp_path: Path) -> None:
    settings = redcap("enrolment", columns={"sex": Column(labels=True), "race___1": Column(labels=True)})
    assert cells(read(tmp_path, RAW, settings)) == {"sex": ["Male", "Female"], "race___1": ["Checked", "Unchecked"]}


def test_events_choose_rows(tmp_path: Path) -> None:
    assert read(tmp_path, RAW, redcap("vital_signs", "sbp", events=("week_4_arm_1",))).rows == [4]
    with pytest.raises(IngestError, match="has no event week_5_arm_1"):
        read(tmp_path, RAW, redcap("vital_signs", "sbp", events=("week_5_arm_1",)))


def test_a_raw_export_needs_no_dictionary(tmp_path: Path) -> None:
    form = read(tmp_path, RAW, redcap("vital_signs", "sbp", "vital_signs_complete"), has_dictionary=False)
    assert form.rows == [1, 4]


def test_rows_of_several_instruments_are_no_form(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"repeating instruments \(adverse_event\).*tables\.vs\.form"):
        read(tmp_path, RAW, redcap("", "sex"))
    with pytest.raises(IngestError, match="no instrument 'vitals'"):
        read(tmp_path, RAW, redcap("vitals", "sbp"))


def test_a_label_that_an_export_has_fewer_times_than_the_dictionary_names_no_field(tmp_path: Path) -> None:
    records = [row[:10] + row[14:] for row in csv.reader(io.StringIO("\n".join(LABELS)))]  # without vital signs
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(records)
    with pytest.raises(IngestError, match="no column 'date2'"):
        read(tmp_path, text.getvalue().splitlines(), redcap("adverse_event", "date2", "term"))


def test_what_no_choice_has_is_found(tmp_path: Path) -> None:
    lines = [line.replace("2,baseline_arm_1,,,2", "2,baseline_arm_1,,,3") for line in RAW]
    read(tmp_path, lines, redcap("enrolment", "sex"))
    path, dictionary = tmp_path / "export.csv", tmp_path / "dictionary.csv"
    _, told = ingest_form(path, redcap("enrolment", "sex", "note"), dictionary=dictionary, where=WHERE)
    assert [(one["SRCROW"], one["column"], one["old"]) for one in told["findings"]] == [(5, "sex", "3")]
    assert told["variables"]["sex"]["label"] == "Sex at birth"


def test_a_file_that_is_no_dictionary_is_an_error(tmp_path: Path) -> None:
    read(tmp_path, RAW, redcap("enrolment", "sex"))
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(IngestError, match=r"tables\.vs\.dictionary: other\.csv is no data dictionary"):
        load_form(tmp_path / "export.csv", redcap("enrolment", "sex"), other, where=WHERE)
