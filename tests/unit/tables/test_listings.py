"""Listings of adverse events: everything of ADAE, harmless in a spreadsheet, escaped on the page."""

import csv
import io

import pandas as pd
from rctflow.tables.listings import Listing, adverse_event_listing, serious, serious_event_table

SETTINGS = Listing(arms={"msc": "MSC"}, synthetic=True)
WORDS = ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", 'a, "b"', "<script>alert(1)</script>", "line\nbreak"]


def adae() -> pd.DataFrame:
    n = len(WORDS)
    table = pd.DataFrame(
        {
            "USUBJID": [f"P{i}" for i in range(n)],
            "TRTA": "msc",
            "AESEQ": [float(i + 1) for i in range(n)],
            "AETERM": WORDS,
            "AEDECOD": WORDS,
            "AEBODSYS": "Gut",
            "ASTDT": pd.Timestamp("2024-03-01"),
            "ASTDTF": "D",
            "ASTDY": -3.0,
            "AENDT": [pd.NaT, *[pd.Timestamp("2024-03-04")] * (n - 1)],
            "AESER": ["Y"] * (n - 1) + ["N"],
            "OTHER": "not listed",
        }
    )
    return table.astype(dict.fromkeys(("USUBJID", "AETERM", "AEDECOD"), "str"))


def test_the_file_has_a_line_for_each_event_and_nothing_in_it_runs():
    lines = list(csv.DictReader(io.StringIO(adverse_event_listing(adae(), SETTINGS))))
    assert len(lines) == len(WORDS)
    assert [line["As written"].removeprefix("'") for line in lines] == WORDS
    for line in lines:
        assert line["Start day"] == "-3" and line["Arm received"] == "MSC" and line["data"] == "SYNTHETIC"
        texts = {head: cell for head, cell in line.items() if head != "Start day"}
        assert not [cell for cell in texts.values() if cell.startswith(("=", "+", "-", "@"))]
    assert [line["End"] for line in lines][:2] == ["", "2024-03-04"] and lines[0]["Start imputed"] == "D"


def test_the_page_lists_serious_events_and_escapes_their_words():
    html = serious_event_table(serious(adae()), SETTINGS).to_html()
    assert "<script>" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "line" not in html  # that event is not serious
    assert html.count("<tr>") == len(WORDS) and "SYNTHETIC DATA" in html


def test_without_a_serious_event_the_page_says_so():
    table = serious_event_table(serious(adae().assign(AESER="N")), SETTINGS)
    assert table.lines == [] and "No serious adverse event was recorded." in table.to_html()


def test_no_event_at_all_is_a_file_with_a_head():
    text = adverse_event_listing(adae().iloc[:0], Listing())
    assert text.startswith("data,Patient,Arm received,") and text.count("\n") == 1
