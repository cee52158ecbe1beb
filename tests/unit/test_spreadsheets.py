"""Texts of forms in CSV files: none is a formula, and each reads back as it was."""

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.clean.settings import Clean
from rctflow.clean.table import clean_table
from rctflow.ingest.forms import ingest_form
from rctflow.ingest.settings import Column, Ingest
from rctflow.ledger import read_ledger, write_ledger
from rctflow.results import Result, read_results, write_results
from rctflow.spreadsheets import FORMULA, guarded, guarded_term, unguarded

HOSTILE = ['=HYPERLINK("http://x")', "=1+1", "@SUM(1)", "-2+3+cmd|' /C calc'!A0", "+SUM (A1)", "\t=1", "'=1", "''@x"]
PLAIN = ["-5", "-1.2 (-3.4 to 1.0)", "<script>alert(1)</script>", 'a, "b"', "-", "'tis", "1=1", "", "- nausea", "+++"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_spreadsheet_could_run_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_numbers_for_print_and_plain_words_stay(text: str) -> None:
    assert guarded(text) == text


@given(st.text(st.sampled_from("=@+-'\t\r|!(A1 "), max_size=8))
def test_no_guarded_text_is_a_formula_and_each_reads_back(text: str) -> None:
    assert not FORMULA.match(guarded(text))
    assert unguarded(guarded(text)) == text


def test_a_form_of_hostile_texts_goes_to_its_ledger_as_text(tmp_path: Path) -> None:
    form, texts = tmp_path / "ae.csv", [*HOSTILE[:5], *PLAIN[2:4]]
    with form.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["SUBJID", "TERM"], *[["=1+1", text] for text in [*texts, texts[0]]]])
    source, _ = ingest_form(form, Ingest("ae", "csv", {"SUBJID": Column(), "TERM": Column()}), where="tables.ae")
    rules = Clean("ae", "SUBJID", types={"SUBJID": "text", "TERM": "text"})
    found = [
        {"SRCROW": i + 1, "column": "TERM", "old": text, "rule": "unlisted", "severity": "query", "message": "Odd."}
        for i, text in enumerate(texts)
    ]
    clean, ledger = clean_table(source, rules, found, where="tables.ae")
    assert clean["TERM"].tolist() == [*texts, texts[0]]
    write_ledger(ledger, tmp_path / "ae.ledger.csv", "study")
    with (tmp_path / "ae.ledger.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if FORMULA.match(cell)]
    read = read_ledger(tmp_path / "ae.ledger.csv")
    assert read["old"].tolist() == texts
    assert set(read["subject"]) == {"=1+1"}
    pd.testing.assert_frame_equal(read.drop(columns="study").astype(str), ledger.astype(str), check_dtype=False)


def test_a_name_in_a_result_row_is_no_formula_in_its_file(tmp_path: Path) -> None:
    who = ("s", "disposition", "", "itt", "reason", "secondary", "", "", "placebo", "", "n")
    row = Result(*who, value=1.0, note="=1+1")
    write_results([row], tmp_path / "results.csv")
    assert ",'=1+1" in (tmp_path / "results.csv").read_text(encoding="utf-8")
    assert read_results(tmp_path / "results.csv") == [row]


@pytest.mark.parametrize("term", [*HOSTILE, "+1+1", "-1", "\n=1"])
def test_a_term_is_text_even_where_it_could_be_a_number(term: str) -> None:
    assert guarded_term(term) == f"'{term}"
    assert guarded_term("rash -1") == "rash -1"
