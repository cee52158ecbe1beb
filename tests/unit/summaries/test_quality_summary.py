"""Counts of what cleaning did."""

import pandas as pd
import pytest
from rctflow.summaries.quality import summarize_ledger, summarize_not_randomized
from rctflow.summaries.rows import SummaryError
from rctflow.summaries.settings import SummaryStudy

STUDY = SummaryStudy("demo", ("placebo", "msc"), {})
TUG = pd.DataFrame(
    {"rule": ["range", "range", "unit_slip", "range"], "severity": ["change", "change", "change", "query"]}
)
EMPTY = pd.DataFrame({"rule": [], "severity": []})


def test_counts_by_table_severity_and_rule():
    rows = summarize_ledger({"walk": TUG.iloc[:1], "tug": TUG, "vs": EMPTY}, STUDY)
    assert {row.result_id: row.value for row in rows} == {
        "data_quality.data_quality.all.all.all.n": 5,
        "data_quality.data_quality.all.all.all.change:range": 3,
        "data_quality.data_quality.all.all.all.change:unit_slip": 1,
        "data_quality.data_quality.all.all.all.query:range": 1,
        "data_quality.tug.all.all.all.n": 4,
        "data_quality.tug.all.all.all.change:range": 2,
        "data_quality.tug.all.all.all.change:unit_slip": 1,
        "data_quality.tug.all.all.all.query:range": 1,
        "data_quality.vs.all.all.all.n": 0,
        "data_quality.walk.all.all.all.n": 1,
        "data_quality.walk.all.all.all.change:range": 1,
    }


def test_no_table_at_all():
    assert [(row.statistic, row.value) for row in summarize_ledger({}, STUDY)] == [("n", 0)]


def test_a_file_that_is_no_ledger():
    with pytest.raises(SummaryError, match="the ledger of tug has no column rule"):
        summarize_ledger({"tug": TUG.drop(columns="rule")}, STUDY)


def test_subjects_who_are_not_randomized_are_counted_and_named():
    adsl = pd.DataFrame({"USUBJID": ["01", "02"]})
    tables = {
        "walk": pd.DataFrame({"USUBJID": ["99", "01", "99"]}),
        "tug": pd.DataFrame({"USUBJID": ["98", "02", "99", None]}),
        "vs": pd.DataFrame({"USUBJID": ["01"]}),
    }
    rows = summarize_not_randomized(tables, adsl, STUDY)
    assert {row.statistic for row in rows} == {"note:not_randomized"}
    assert [(row.analysis, row.value, row.note) for row in rows] == [
        ("data_quality", 2, "98, 99"),
        ("tug", 2, "98, 99"),
        ("walk", 1, "99"),
    ]


def test_everybody_is_randomized():
    adsl = pd.DataFrame({"USUBJID": ["01", "02"]})
    (row,) = summarize_not_randomized({"vs": adsl}, adsl, STUDY)
    assert (row.analysis, row.value, row.note) == ("data_quality", 0, "")
