"""SAS transport files: what is read, beside pyreadstat's reading, and what is cut or damaged."""

import datetime as dt
import struct
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from rctflow.ingest.forms import ingest_form, load_form, read_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.dm"
DM = pd.DataFrame(
    {
        "USUBJID": ["01-101", "01-102", "01-103"],
        "AGE": [63.0, 0.1, float("nan")],
        "RACE": ["WHITE", "  leading", ""],
        "BRTHDT": [dt.date(1950, 3, 4), dt.date(2020, 2, 29), None],
    }
)


def dm(*columns: str, **options: object) -> Ingest:
    declared = {name: Column() for name in columns or tuple(DM)}
    return Ingest(**{"table": "dm", "format": "xpt", "columns": declared} | options)  # type: ignore[arg-type]


def written(folder: Path, frame: pd.DataFrame = DM, version: int = 5, **options: object) -> Path:
    path = folder / "dm.xpt"
    pyreadstat.write_xport(frame, path, file_format_version=version, table_name="DM", **options)  # type: ignore[arg-type]
    return path


def fault(path: Path, settings: Ingest | None = None) -> str:
    with pytest.raises(IngestError) as caught:
        read_form(path, settings or dm(), where=WHERE)
    assert str(caught.value).startswith(WHERE)
    assert path.name in str(caught.value)
    return str(caught.value)


def cells(path: Path, name: str, **options: object) -> list[str]:
    return load_form(path, dm(name, **options), where=WHERE).columns[name].to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("version", [5, 8])
def test_cells_are_text_numbers_in_their_shortest_form_and_dates_iso(tmp_path: Path, version: int) -> None:
    path = written(tmp_path, version=version)
    assert cells(path, "AGE") == ["63", "0.1", ""]
    assert cells(path, "BRTHDT") == ["1950-03-04", "2020-02-29", ""]
    assert cells(path, "RACE") == ["WHITE", "  leading", ""]


def test_labels_and_formats_are_described(tmp_path: Path) -> None:
    path = written(tmp_path, file_label="Demographics", column_labels={"AGE": "Age (years)"})
    _, described = ingest_form(path, dm("AGE", "BRTHDT"), where=WHERE)
    assert described["label"] == "Demographics"
    assert described["variables"] == {"AGE": {"label": "Age (years)"}, "BRTHDT": {"format": "DATE."}}


def test_version_8_has_long_names_and_labels(tmp_path: Path) -> None:
    label = "The age of the patient at the date of informed consent, in completed years"
    path = written(tmp_path, DM.rename(columns={"AGE": "AGE_AT_CONSENT"}), 8, column_labels={"AGE_AT_CONSENT": label})
    _, described = ingest_form(path, dm("AGE_AT_CONSENT"), where=WHERE)
    assert described["variables"]["AGE_AT_CONSENT"]["label"] == label


def test_special_missing_values_are_codes(tmp_path: Path) -> None:
    path = written(tmp_path)
    data = bytearray(path.read_bytes())
    at = data.find(struct.pack(">Q", 0x423F000000000000))  # 63 as IBM number
    data[at : at + 8] = b"B" + bytes(7)
    path.write_bytes(data)
    assert cells(path, "AGE") == [".B", "0.1", ""]
    column = Column("number", codes={".B": "refused"})
    table = read_form(path, dm(columns={"AGE": column}), where=WHERE)
    assert table["AGE"].isna().tolist() == [True, False, True]
    assert table["AGE_CODE"].tolist() == ["refused", "", ""]
    assert "'.B' is not a number" in fault(path, dm(columns={"AGE": Column("number")}))


@pytest.mark.parametrize("name", ["dm", "ae", "sv", "ta", "lb"])
def test_the_pilot_reads_as_pyreadstat_reads_it(shared: Path, name: str) -> None:
    path = shared / "data" / "cdiscpilot" / "sdtm" / f"{name}.xpt"
    other, about = pyreadstat.read_xport(path)
    form = load_form(path, dm(*about.column_names), where=WHERE)
    assert form.header == about.column_names
    assert {name: v.label for name, v in form.variables.items()} == about.column_names_to_labels
    for column in about.column_names:
        text = form.columns[column].to_pandas()
        if other[column].dtype == "float64":
            assert pd.to_numeric(text.replace("", None)).astype(float).equals(other[column])
        else:
            assert text.tolist() == other[column].str.rstrip().tolist()


def test_text_that_is_no_utf8_is_read_as_windows_1252_and_said(shared: Path) -> None:
    path = shared / "data" / "cdiscpilot" / "sdtm" / "ts.xpt"
    form = load_form(path, dm("TSVAL"), where=WHERE)
    _, described = ingest_form(path, dm("TSVAL"), where=WHERE)
    assert "Patients with Probable Mild to Moderate Alzheimer’s Disease" in form.columns["TSVAL"].to_pylist()
    assert described["encoding"] == "windows-1252"
    assert "is not utf-8 text: row" in fault(path, dm("TSVAL", encoding="utf-8"))


def cut_record(data: bytes) -> bytes:
    return data[:-80]


def cut_byte(data: bytes) -> bytes:
    return data[:-1]


def as_text(data: bytes) -> bytes:
    return data.replace(b"HEADER RECORD*******LIBRARY HEADER", b"HEADER RECORD*******LIBRARY\r\nHEADER")


def cut_header(data: bytes) -> bytes:
    return data[:720]


def damaged_type(data: bytes) -> bytes:
    return data[:640] + b"\0\7" + data[642:]


def no_count(data: bytes) -> bytes:
    return data.replace(b"NAMESTR HEADER RECORD!!!!!!!0000000004", b"NAMESTR HEADER RECORD!!!!!!!00000x0004")


def no_observations(data: bytes) -> bytes:
    return data.replace(b"OBS     HEADER", b"XXX     HEADER")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut_record, "in the middle of observation"),
        (cut_byte, "no whole number of records"),
        (as_text, "transfer as text"),
        (cut_header, "descriptors of variables are cut"),
        (damaged_type, "descriptor of variable 1"),
        (no_count, "header record at byte 560 is damaged"),
        (no_observations, "header record OBS is missing"),
        (lambda data: b"**COMPRESSED** **COMPRESSED**" + data, "CPORT"),
        (lambda data: b"USUBJID,AGE\n1,2\n", "no SAS transport file"),
    ],
)
def test_a_cut_or_damaged_file_is_one_error_with_its_remedy(
    tmp_path: Path, damage: Callable[[bytes], bytes], words: str
) -> None:
    long = pd.concat([DM] * 20, ignore_index=True)
    path = written(tmp_path, long)
    path.write_bytes(damage(path.read_bytes()))
    message = fault(path)
    assert words in message
    assert "again" in message or "Write it" in message


def test_version_8_tells_how_many_observations_there_are(tmp_path: Path) -> None:
    # one observation is one record: a cut between two of them shows nowhere else
    frame = pd.DataFrame({"USUBJID": ["x" * 80, "y" * 80, "z" * 80]})
    path = written(tmp_path, frame, 8)
    path.write_bytes(path.read_bytes()[:-80])
    assert "after 2 of the 3 observations" in fault(path, dm("USUBJID"))


def test_short_observations_leave_no_rows_of_filling(tmp_path: Path) -> None:
    path = written(tmp_path, pd.DataFrame({"USUBJID": ["a1", "b2", "c3"]}))
    assert cells(path, "USUBJID") == ["a1", "b2", "c3"]


def two_members(folder: Path) -> Path:
    first = written(folder).read_bytes()
    pyreadstat.write_xport(DM.iloc[:1], folder / "ae.xpt", file_format_version=5, table_name="AE")
    path = folder / "both.xpt"
    path.write_bytes(first + (folder / "ae.xpt").read_bytes()[240:])
    return path


def test_one_of_several_members_is_named(tmp_path: Path) -> None:
    path = two_members(tmp_path)
    assert "has 2 members: DM, AE" in fault(path)
    assert "no member 'EX'" in fault(path, dm(member="EX"))
    assert cells(path, "USUBJID", member="ae") == ["01-101"]
    assert cells(path, "USUBJID", member="DM") == DM["USUBJID"].tolist()


def test_an_empty_member_is_an_error(tmp_path: Path) -> None:
    assert "no data rows" in fault(written(tmp_path, DM.iloc[:0]))


def test_two_variables_of_one_name_are_an_error_when_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"RACE    ", b"AGE     "))
    assert "more than one column named AGE" in fault(path, dm("AGE"))
    assert cells(path, "USUBJID") == DM["USUBJID"].tolist()


def test_a_letter_cut_at_the_end_of_a_field_is_no_windows_1252(tmp_path: Path) -> None:
    path = written(tmp_path, pd.DataFrame({"SITE": ["Zürich", "Genève", "Bern"]}))
    data = path.read_bytes()
    path.write_bytes(data.replace("Genève".encode(), "Genèè".encode()[:6] + b"\xc3"))
    message = fault(path, dm("SITE"))
    assert "row 2, column SITE" in message
    assert "tables.dm.encoding" in message
