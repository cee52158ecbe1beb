"""Adverse events through the workflow: what is listed and shown, and what ends the run before anything is written."""

import csv
import re

import pytest

from tests.tiny import tiny_config, with_adverse_events

pytestmark = pytest.mark.workflow


@pytest.fixture
def study(fresh):
    fresh.configure(with_adverse_events(tiny_config(), fresh.folder / "data"))
    return fresh


def respelled(study, old, new):
    form = study.folder / "data/ae.csv"
    assert old in form.read_text()
    form.write_text(form.read_text().replace(old, new))


def test_events_are_counted_listed_and_shown_and_their_words_stay_data(study):
    respelled(study, "Zebra bite,Zebra bite", '"=HYPERLINK(""http://x"")","<script>alert(1)</script>"')
    study.snakemake()
    results = study.folder / "results/tiny"
    lines = list(csv.DictReader((results / "listings/adverse_events.csv").open(encoding="utf-8")))
    assert len(lines) == 9
    assert [line["As written"] for line in lines if line["Serious"] == "Y"] == ['\'=HYPERLINK("http://x")']
    assert [line["Patient"] for line in lines if line["Treatment-emergent"] == "N"] == ["S08"]
    page = (results / "report.html").read_text()
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Coded with MedDRA version 27.0." in page and "Graded by CTCAE version 5.0." in page
    assert re.search(r'<tr><th scope="row">Serious</th><td>0/6 \(≤ 45\.9%\)</td><td>1/6 \(16\.7%\) \[1\]</td>', page)
    section = page[page.index('<section id="safety"') : page.index('<section id="data-quality"')]
    assert "Serious adverse events" in section and ">S11</th>" in section
    text = (results / "summaries/adverse_events/results.csv").read_text()
    assert not re.search(r'(^|,)"?[=@]', text, re.MULTILINE)
    respelled(study, ",none\nS03", ",stopped\nS03")
    assert study.plan() == {
        *("form:ae", "adverse_events", "listing_adverse_events", "summary_adverse_events", "summary_data_quality"),
        *("summary_figure:adverse_events", "incidence", "query_list", "report"),
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("S03,1,", "S99,1,", ["not in table 'subjects'", "S99 (row 3 of table 'ae')"]),
        ("none\nS03", "nothing\nS03", ["undeclared value 'nothing'", "S02 (row 2 of table 'ae')"]),
    ],
)
def test_what_cannot_be_true_ends_the_run_before_anything_is_written(study, old, new, words):
    respelled(study, old, new)
    told = study.run()
    assert told.returncode != 0
    errors = [line for line in told.stderr.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1 and "config/tiny.yaml: adverse_events" in errors[0]
    assert all(word in errors[0] for word in words)
    results = study.folder / "results/tiny"
    written = ("adam", "endpoints", "summaries", "listings", "figures", "tables/*.csv", "*.html")
    assert [file for name in written for file in results.glob(name)] == []
