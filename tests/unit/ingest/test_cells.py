"""Cells of one column: numbers, codes, censoring, dates, and the message for those that do not fit."""

from pathlib import Path

import pytest
from rctflow.ingest.forms import read_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.tug"


def read(folder: Path, cells: list[str], column: Column, **options: object) -> list[list[object]]:
    """The columns X and, when there is one, X_CODE of a form with these cells; missing as None."""
    path = folder / "form.csv"
    path.write_text("".join(f"{i};{cell}\n" for i, cell in enumerate(["X", *cells])), encoding="utf-8")
    settings = Ingest(table="tug", format="csv", columns={"X": column}, delimiter=";", **options)  # type: ignore[arg-type]
    table = read_form(path, settings, where=WHERE)
    names = [name for name in ("X", "X_CODE") if name in table]
    return [table[name].astype(object).where(table[name].notna(), None).tolist() for name in names]


def fault(folder: Path, cells: list[str], column: Column, **options: object) -> str:
    with pytest.raises(IngestError) as caught:
        read(folder, cells, column, **options)
    return str(caught.value)


def test_numbers_as_people_write_them(tmp_path: Path) -> None:
    cells = ["3", "-0.5", "+2.", ".25", "1e3", " 7 ", "", "NA", "."]
    assert read(tmp_path, cells, Column("number")) == [[3, -0.5, 2, 0.25, 1000, 7, None, None, None]]


def test_decimal_comma(tmp_path: Path) -> None:
    assert read(tmp_path, ["3,5", "-1", ""], Column("number"), decimal=",") == [[3.5, -1, None]]
    assert "write the number with it" in fault(tmp_path, ["3.5"], Column("number"), decimal=",")
    assert "declare tables.tug.decimal: ','" in fault(tmp_path, ["3,5"], Column("number"))


@pytest.mark.parametrize("cell", ["1,234.5", "12 s", "0x10", "inf", "1e999", "1_000", "--1", "١"])
def test_what_is_no_number_is_an_error(tmp_path: Path, cell: str) -> None:
    assert f"row 1, column X: '{cell}' is not a number" in fault(tmp_path, [cell], Column("number"))


def test_integer_is_a_whole_number(tmp_path: Path) -> None:
    assert read(tmp_path, ["3", "4.0"], Column("integer")) == [[3, 4]]
    message = fault(tmp_path, ["3", "4.5"], Column("integer"))
    assert "row 2, column X: '4.5' is not a whole number" in message
    assert "tables.tug.columns.X.type: number" in message


def test_codes_match_whatever_the_case_and_survive_beside_the_value(tmp_path: Path) -> None:
    codes = {"unable": "unable", "Pt refused": "refused", "ND": "missing"}
    cells = ["12.5", "UNABLE", "pt refused", "nd", ""]
    assert read(tmp_path, cells, Column("number", codes=codes)) == [
        [12.5, None, None, None, None],
        ["", "unable", "refused", "", ""],
    ]


def test_undeclared_code_is_an_error_that_says_where_to_declare_it(tmp_path: Path) -> None:
    message = fault(tmp_path, ["12.5", "cannot do"], Column("number", codes={"unable": "unable"}))
    assert "row 2, column X: 'cannot do' is not a number" in message
    assert "under tables.tug.columns.X.codes" in message


def test_numeric_missing_codes(tmp_path: Path) -> None:
    assert read(tmp_path, ["80", "999"], Column("integer", codes={"999": "missing"})) == [[80, None], ["", ""]]


def test_a_code_of_a_date(tmp_path: Path) -> None:
    assert read(tmp_path, ["2021-03-04", "ongoing"], Column("date", codes={"ongoing": "ongoing"})) == [
        ["2021-03-04", None],
        ["", "ongoing"],
    ]


def test_censored_values_keep_limit_and_sign(tmp_path: Path) -> None:
    cells = ["<0.5", "> 100", "≤2", "3", ""]
    assert read(tmp_path, cells, Column("number", censored=True)) == [[0.5, 100, 2, 3, None], ["<", ">", "<", "", ""]]
    assert read(tmp_path, ["<0,5"], Column("number", censored=True), decimal=",") == [[0.5], ["<"]]
    assert "declare tables.tug.columns.X.censored: true" in fault(tmp_path, ["<0.5"], Column("number"))
    assert "is not a number" in fault(tmp_path, ["<low"], Column("number", censored=True))


def test_values_map_text_to_the_study_before_anything_else(tmp_path: Path) -> None:
    assert read(tmp_path, ["m", "F", "x"], Column(values={"M": "male", "F": "female"})) == [["male", "female", "x"]]
    # HELP writes a blank for day 0, and 0/1 where the standard form writes 2/1
    assert read(tmp_path, ["", "30"], Column("integer", values={"": "0"})) == [[0, 30]]
    assert read(tmp_path, ["0", "1"], Column("integer", values={"0": "2"})) == [[2, 1]]
    assert read(tmp_path, ["no", "NA"], Column(values={"no": "NA"})) == [["NA", None]]
    assert read(tmp_path, ["half", "1,5"], Column("number", values={"half": "0.5"}), decimal=",") == [[0.5, 1.5]]


def test_missing_texts_are_exact(tmp_path: Path) -> None:
    assert read(tmp_path, ["NA", "Na", "unk"], Column(), missing=("", "NA", "unk")) == [[None, "Na", None]]


def test_required_cells(tmp_path: Path) -> None:
    message = fault(tmp_path, ["a", "", "NA"], Column(required=True))
    assert "2 cells" in message
    assert "row 2, column X: '' is empty, but a value is required" in message
    assert read(tmp_path, ["", "unable"], Column("number", values={"": "0"}, codes={"unable": "unable"}, required=True))


def test_all_bad_cells_are_counted_and_ten_are_shown(tmp_path: Path) -> None:
    message = fault(tmp_path, ["bad"] * 37, Column("number"))
    assert "37 cells of form.csv cannot be read" in message
    assert "row 10," in message
    assert "row 11," not in message
    assert "and 27 more" in message
    assert message.count("under tables.tug.columns.X.codes") == 1
