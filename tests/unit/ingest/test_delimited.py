"""CSV and TSV: what sites' spreadsheets export, and what cannot be read."""

from pathlib import Path

import pytest
from rctflow.ingest.forms import ingest_form, read_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.tug"
COLUMNS = {"SUBJID": Column(required=True), "TUG1": Column("number")}


def tug(**options: object) -> Ingest:
    return Ingest(**{"table": "tug", "format": "csv", "columns": COLUMNS} | options)  # type: ignore[arg-type]


def form(folder: Path, data: str | bytes, name: str = "tug.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def fault(folder: Path, data: str | bytes, **options: object) -> str:
    with pytest.raises(IngestError) as caught:
        read_form(form(folder, data), tug(**options), where=WHERE)
    assert str(caught.value).startswith(WHERE)
    return str(caught.value)


def test_reads_declared_columns_and_numbers_the_rows(tmp_path: Path) -> None:
    table, described = ingest_form(form(tmp_path, "SUBJID,NOTE,TUG1\n01-101,x,12.5\n01-102,y,\n"), tug(), where=WHERE)
    assert table["SUBJID"].tolist() == ["01-101", "01-102"]
    assert table["TUG1"].fillna(-1).tolist() == [12.5, -1]
    assert table["SRCROW"].tolist() == [1, 2]
    assert described["columns"] == ["SUBJID", "TUG1"]
    assert described["ignored"] == ["NOTE"]
    assert (described["file"], described["rows"], described["bytes"]) == ("tug.csv", 2, 41)
    # sha256sum of the same bytes
    assert described["sha256"] == "66582bf9aa8cb7adb2fcfdd54f94efacbf75a1fbb842d8b2aa3134104d5bb2c3"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_finds_the_delimiter_in_the_header(tmp_path: Path, delimiter: str) -> None:
    data = "SUBJID,NOTE,TUG1\n01-101,x,12.5\n".replace(",", delimiter)
    assert read_form(form(tmp_path, data), tug(), where=WHERE)["TUG1"].tolist() == [12.5]


def test_tsv_is_split_at_tabs_alone(tmp_path: Path) -> None:
    path = form(tmp_path, "SUBJID\tTUG1\n01,101\t12.5\n", "tug.tsv")
    assert read_form(path, tug(format="tsv"), where=WHERE)["SUBJID"].tolist() == ["01,101"]


def test_quotes_line_breaks_and_a_byte_order_mark(tmp_path: Path) -> None:
    data = '\ufeffSUBJID,"NOTE, free",TUG1\r\n"01-101","said ""ouch"",\r\nsat down",12.5\r\n'
    columns = COLUMNS | {"NOTE": Column(column="NOTE, free")}
    table = read_form(form(tmp_path, data), tug(columns=columns, encoding="utf-8"), where=WHERE)
    assert table["NOTE"].tolist() == ['said "ouch",\r\nsat down']


def test_blank_rows_are_left_out_and_keep_their_number(tmp_path: Path) -> None:
    table = read_form(form(tmp_path, "SUBJID,TUG1\n01,1\n,\n , \n02,2\n,\n"), tug(), where=WHERE)
    assert table["SRCROW"].tolist() == [1, 4]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "gb18030"])
def test_reads_the_declared_encoding(tmp_path: Path, encoding: str) -> None:
    name = "张" if encoding == "gb18030" else "Müller"
    data = f"SUBJID,TUG1\n{name},1\n".encode(encoding)
    assert read_form(form(tmp_path, data), tug(encoding=encoding), where=WHERE)["SUBJID"].tolist() == [name]


def test_another_encoding_is_named_with_byte_row_and_readings(tmp_path: Path) -> None:
    message = fault(tmp_path, "SUBJID,TUG1\n01,1\nMüller,2\n".encode("cp1252"))
    assert "byte 0xFC in line 3 (row 2)" in message
    assert "cp1252: SUBJID" not in message
    assert "Müller,2" in message
    assert "tables.tug.encoding" in message


def test_utf16_is_recognized(tmp_path: Path) -> None:
    assert "utf-16: SUBJID,TUG1" in fault(tmp_path, "SUBJID,TUG1\n01,1\n".encode("utf-16"))
    assert "encoding: utf-16" in fault(tmp_path, "SUBJID,TUG1\n01,1\n".encode("utf-16-le"))


def test_utf8_under_a_one_byte_encoding_is_an_error_not_garbage(tmp_path: Path) -> None:
    assert "is UTF-8 text, but cp1252 is declared" in fault(tmp_path, "SUBJID,TUG1\nMüller,1\n", encoding="cp1252")


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    assert "'utf-9' is not an encoding" in fault(tmp_path, "SUBJID,TUG1\n01,1\n", encoding="utf-9")


def test_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    form(tmp_path, "x")
    with pytest.raises(IngestError, match=r"there is no file .*tug_\.csv\. Did you mean tug\.csv\?"):
        read_form(tmp_path / "tug_.csv", tug(), where=WHERE)
    with pytest.raises(IngestError, match=r"folder .*raw does not exist either"):
        read_form(tmp_path / "raw" / "tug.csv", tug(), where=WHERE)
    with pytest.raises(IngestError, match="Declare its path"):
        read_form(None, tug(), where=WHERE)


def test_empty_file_and_empty_table(tmp_path: Path) -> None:
    assert "not even a header" in fault(tmp_path, "")
    assert "no data rows" in fault(tmp_path, "SUBJID,TUG1\n")
    assert "no data rows" in fault(tmp_path, "SUBJID,TUG1\n,\n")


def test_renamed_column_gets_the_nearest_name(tmp_path: Path) -> None:
    message = fault(tmp_path, "subjid,TUG_1\n01,1\n")
    assert "no column 'SUBJID'. Did you mean 'subjid'?" in message
    assert "no column 'TUG1'. Did you mean 'TUG_1'?" in message


def test_wrong_delimiter_is_suspected(tmp_path: Path) -> None:
    assert "is `delimiter` right?" in fault(tmp_path, "SUBJID;TUG1\n01;1\n", delimiter=",")


def test_a_name_twice_matters_only_when_it_is_read(tmp_path: Path) -> None:
    assert "more than one column named TUG1" in fault(tmp_path, "SUBJID,TUG1,TUG1\n01,1,2\n")
    table = read_form(form(tmp_path, "SUBJID,TUG1,NOTE,NOTE\n01,1,2,3\n"), tug(), where=WHERE)
    assert table["TUG1"].tolist() == [1.0]


def test_ragged_rows_are_listed(tmp_path: Path) -> None:
    message = fault(tmp_path, "SUBJID,TUG1\n01,12,5\n02,1\n03\n")
    assert "the header has 2 columns, but" in message
    assert "row 1 has 3 cells" in message
    assert "row 3 has 1 cells" in message
    assert "row 2" not in message


def test_an_open_quotation_mark_does_not_swallow_the_rest_of_the_file(tmp_path: Path) -> None:
    columns = COLUMNS | {"TUG1": Column()}
    assert "opens in row 2 and never closes" in fault(tmp_path, 'SUBJID,TUG1\n01,1\n02,"2\n03,3\n', columns=columns)
    assert "opens in row 2 and never closes" in fault(tmp_path, 'SUBJID,TUG1\n01,1\n"02,2\n03,3\n')


def test_a_quotation_mark_inside_a_text_is_text(tmp_path: Path) -> None:
    columns = COLUMNS | {"TUG1": Column()}
    table = read_form(form(tmp_path, 'SUBJID,TUG1\n01,5" tall\n02,x\n'), tug(columns=columns), where=WHERE)
    assert table["TUG1"].tolist() == ['5" tall', "x"]


def test_long_cells_with_line_breaks_are_read_whole(tmp_path: Path) -> None:
    note = "fell\n" * 300_000
    columns = COLUMNS | {"TUG1": Column()}
    table = read_form(form(tmp_path, f'SUBJID,TUG1\n01,"{note}"\n02,x\n'), tug(columns=columns), where=WHERE)
    assert table["TUG1"].str.len().tolist() == [len(note) - 1, 1]
