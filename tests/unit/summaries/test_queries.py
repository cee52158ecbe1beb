"""The workbook of queries."""

import zipfile

import openpyxl
import pandas as pd
import pytest
from rctflow.summaries.queries import findings, write_queries
from rctflow.summaries.rows import SummaryError

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "\t=1"]
ADSL = pd.DataFrame({"USUBJID": ["P1", "P2"], "SITE": ["01", "A/B:*[?]"]})
COLUMNS = ["study", "table", "SRCROW", "subject", "column", "old", "new", "rule", "severity", "message"]


def ledger(*rows):
    return pd.DataFrame([("s", "tug", *row) for row in rows], columns=COLUMNS)


LEDGERS = {
    "tug": ledger(
        ("10", "P1", "A", "x", "x", "range", "change", "first"),
        ("9", "P1", "A", "=1+1", None, "jump", "query", "<b>second</b>"),
        ("1", "P2", "A", "a\x01b", "", "jump", "query", "third"),
        ("2", "X7", "A", "", "", "jump", "query", "stranger"),
    )
}


def book(tmp_path, ledgers=LEDGERS, site="SITE"):
    path = tmp_path / "queries.xlsx"
    write_queries(findings(ledgers, ADSL, site), "Findings of demo (SYNTHETIC DATA)", path)
    return openpyxl.load_workbook(path), path


def test_a_sheet_per_site_with_its_own_patients_alone(tmp_path):
    found, _ = book(tmp_path)
    assert found.sheetnames == ["Overview", "Site 01", "Site A-B-----", "no site"]
    patients = {
        name: {row[0] for row in found[name].iter_rows(min_row=2, values_only=True)} for name in found.sheetnames
    }
    assert [patients[name] for name in found.sheetnames[1:]] == [{"P1"}, {"P2"}, {"X7"}]
    assert [row[6:8] for row in found["Site 01"].iter_rows(min_row=2, values_only=True)] == [
        ("jump", "query"),
        ("range", "change"),
    ]


def test_the_overview_counts_findings_by_site_and_patient(tmp_path):
    rows = list(book(tmp_path)[0]["Overview"].iter_rows(values_only=True))
    assert rows[0][0] == "Findings of demo (SYNTHETIC DATA)"
    assert rows[1][:5] == ("Site", "Patient", "change", "query", "all")
    assert rows[2][:5] == ("01", "P1", 1, 1, 2)


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_is_a_formula(tmp_path, text):
    rows = ledger(("1", "P1", text, text, text, "jump", "query", text))
    found, path = book(tmp_path, {"tug": rows})
    cells = [cell for sheet in found for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "f" not in {cell.data_type for cell in cells}
    assert [cell.value for cell in cells].count(text) == 4
    assert all(cell.quotePrefix for cell in cells if cell.value == text)
    sheets = [name for name in zipfile.ZipFile(path).namelist() if "worksheets/sheet" in name]
    assert all(b"<f>" not in zipfile.ZipFile(path).read(name) for name in sheets)


def test_one_list_when_no_site_is_declared(tmp_path):
    assert book(tmp_path, site="")[0].sheetnames == ["Overview", "all"]


def test_no_finding_at_all(tmp_path):
    assert book(tmp_path, {"tug": LEDGERS["tug"].iloc[:0]})[0].sheetnames == ["Overview"]


def test_the_same_ledgers_give_the_same_bytes(tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    turned = {"tug": LEDGERS["tug"].iloc[::-1]}
    assert book(first)[1].read_bytes() == book(second, turned)[1].read_bytes()


def test_a_file_that_is_no_ledger():
    with pytest.raises(SummaryError, match="the ledger of tug has no column rule"):
        findings({"tug": LEDGERS["tug"].drop(columns="rule")}, ADSL, "SITE")


def test_queries_of_all_patients_stand_before_what_was_only_changed():
    rows = ledger(
        ("1", "P1", "A", "x", "y", "range", "change", "noted"),
        ("2", "P2", "A", "x", "", "jump", "query", "asked"),
    )
    assert findings({"tug": rows}, ADSL, "")["subject"].tolist() == ["P2", "P1"]
