"""XLSX: sheets, true dates and numbers, formulas."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import pytest
from openpyxl import Workbook
from rctflow.ingest.forms import read_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.vs"


def workbook(folder: Path, rows: Iterable[Iterable[object]], sheet: str = "VS") -> Path:
    book = Workbook()
    book.create_sheet("Notes")
    del book["Sheet"]
    page = book.create_sheet(sheet, 0)
    for row in rows:
        page.append(list(row))
    book.save(folder / "vs.xlsx")
    return folder / "vs.xlsx"


def vs(columns: dict[str, Column], **options: object) -> Ingest:
    return Ingest(table="vs", format="xlsx", columns=columns, **options)  # type: ignore[arg-type]


def test_numbers_dates_and_times_are_read_as_typed(tmp_path: Path) -> None:
    rows = [
        ["ID", "DATE", "AT", "TIME", "PULSE", "TEMP", "OK"],
        [101, dt.date(2021, 3, 4), dt.datetime(2021, 3, 4, 10, 20), dt.time(9, 5), 72, 36.6, True],
        ["102", "UNK/03/2021", "2021-03-04", "9:05", 70.0, None, "no"],
    ]
    columns = {
        "ID": Column(),
        "DATE": Column("date", format="%d/%m/%Y"),
        "AT": Column("datetime"),
        "TIME": Column("time"),
        "PULSE": Column("integer"),
        "TEMP": Column("number"),
        "OK": Column(values={"TRUE": "yes"}),
    }
    table = read_form(workbook(tmp_path, rows), vs(columns), where=WHERE)
    assert table["ID"].tolist() == ["101", "102"]
    assert table["DATE"].tolist() == ["2021-03-04", "2021-03"]
    assert table["AT"].tolist() == ["2021-03-04T10:20:00", "2021-03-04"]
    assert table["TIME"].tolist() == ["09:05:00", "09:05:00"]
    assert table["PULSE"].tolist() == [72, 70]
    assert table["TEMP"].fillna(-1).tolist() == [36.6, -1]
    assert table["OK"].tolist() == ["yes", "no"]


def test_number_cells_are_numbers_under_a_decimal_comma_too(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["TEMP"], [36.6], ["37,1"]])
    assert read_form(path, vs({"TEMP": Column("number")}, decimal=","), where=WHERE)["TEMP"].tolist() == [36.6, 37.1]


def test_sheet_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["ID"], ["a"]])
    assert read_form(path, vs({"ID": Column()}, sheet="VS"), where=WHERE)["ID"].tolist() == ["a"]
    with pytest.raises(
        IngestError, match=r"has no sheet 'Vitals'\. It has: VS, Notes\. Name one under tables\.vs\.sheet"
    ):
        read_form(path, vs({"ID": Column()}, sheet="Vitals"), where=WHERE)


def test_blank_rows_are_left_out_and_keep_their_number(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["ID", "X"], ["a", 1], [None, None], ["b", None]])
    assert read_form(path, vs({"ID": Column()}), where=WHERE)["SRCROW"].tolist() == [1, 3]


def test_an_empty_sheet_and_a_sheet_without_rows(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="no column 'ID'"):
        read_form(workbook(tmp_path, []), vs({"ID": Column()}), where=WHERE)
    with pytest.raises(IngestError, match="no data rows"):
        read_form(workbook(tmp_path, [["ID"]]), vs({"ID": Column()}), where=WHERE)


def test_a_formula_that_was_never_calculated_is_an_error_not_a_missing_value(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["ID", "BMI"], ["a", "=70/1.75^2"]])
    with pytest.raises(IngestError, match="formulas without a stored value: row 1, column BMI"):
        read_form(path, vs({"ID": Column(), "BMI": Column("number")}), where=WHERE)


def test_what_is_no_workbook(tmp_path: Path) -> None:
    (tmp_path / "vs.xlsx").write_text("ID\na\n")
    with pytest.raises(IngestError, match="is not an XLSX workbook"):
        read_form(tmp_path / "vs.xlsx", vs({"ID": Column()}), where=WHERE)


def test_a_spreadsheet_error_in_a_number_column_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["TEMP"], ["#DIV/0!"]])
    with pytest.raises(IngestError, match="row 1, column TEMP: '#DIV/0!' is not a number"):
        read_form(path, vs({"TEMP": Column("number")}), where=WHERE)
