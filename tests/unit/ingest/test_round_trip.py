"""Any table of text, numbers and dates survives its way through CSV, TSV and XLSX."""

import csv
import datetime as dt
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from rctflow.ingest.forms import read_form
from rctflow.ingest.settings import Column, Ingest

COLUMNS = {"ID": Column(), "NOTE": Column(), "N": Column("integer"), "X": Column("number"), "DT": Column("date")}
# what an XLSX file can hold: no control characters; a carriage return is normalized by XML
characters = st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\n\t")
notes = st.text(characters, max_size=12).map(str.strip).filter(lambda text: text not in ("NA", "N/A", "NaN", "."))


def fifteen_digits(number: float) -> float:
    """What a spreadsheet shows and openpyxl writes exactly."""
    return float(f"{number:.15g}")


records = st.lists(
    st.tuples(
        notes,
        st.none() | st.integers(-(10**9), 10**9),
        st.none() | st.floats(-1e300, 1e300).map(fifteen_digits),
        st.none() | st.dates(min_value=dt.date(1900, 3, 1)),
    ),
    min_size=1,
    max_size=8,
)


def as_text(value: object) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, dt.date) else str(value)


def write(path: Path, rows: list[list[object]], format: str, encoding: str) -> None:
    if format == "xlsx":
        book = Workbook()
        for i, row in enumerate([list(COLUMNS), *rows], start=1):
            for j, value in enumerate(row, start=1):
                cell = book.active.cell(i, j, value)
                if isinstance(value, str):
                    # a text such as "=1" is meant as text, not as a formula
                    cell.data_type = "s"
        book.save(path)
    else:
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, delimiter="\t" if format == "tsv" else ",")
            writer.writerow(COLUMNS)
            writer.writerows([[as_text(value) for value in row] for row in rows])


@pytest.mark.parametrize(
    ("format", "encoding"),
    [("csv", "utf-8"), ("csv", "utf-8-sig"), ("tsv", "utf-16"), ("csv", "gb18030"), ("xlsx", "")],
)
@settings(max_examples=60, deadline=None)
@given(records)
def test_typed_round_trip(format: str, encoding: str, rows: list[tuple[object, ...]]) -> None:
    numbered = [[f"s{i}", *row] for i, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"form.{format}")
        write(path, numbered, format, encoding)
        form = Ingest(table="t", format=format, columns=COLUMNS, encoding=encoding or "utf-8-sig")  # type: ignore[arg-type]
        table = read_form(path, form, where="config.yaml: tables.t")
    expected = pd.DataFrame(numbered, columns=list(COLUMNS), dtype=object)
    assert table["SRCROW"].tolist() == list(range(1, len(rows) + 1))
    assert table["ID"].tolist() == expected["ID"].tolist()
    assert table["NOTE"].fillna("").tolist() == expected["NOTE"].tolist()
    assert table["DT"].fillna("").tolist() == [as_text(day) for day in expected["DT"]]
    for name in ("N", "X"):
        pd.testing.assert_series_equal(table[name], expected[name].astype("float64"), check_exact=True)
