"""Laboratory and vital signs as ADaM data sets: small tables in and out, and the CDISC pilot's own ADLB and ADVS."""

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.errors import DeriveError
from rctflow.derive.findings.records import LAYOUT, derive_findings
from rctflow.derive.findings.settings import Findings, Measure
from rctflow.derive.settings import Window

VISITS = {
    "baseline": Window(0, 0, -14, 0, baseline=True),
    "week2": Window(1, 14, 7, 21),
    "week4": Window(2, 28, 22, 35),
}
DAYS = {"baseline": "2024-01-10", "week2": "2024-01-24", "week4": "2024-02-07"}


def subjects(*names, last="2024-02-01"):
    dates = {"RANDDT": "2024-01-10", "TRTSDT": "2024-01-10", "TRTEDT": last}
    return pd.DataFrame({"USUBJID": list(names)}).assign(**{k: pd.Timestamp(v) for k, v in dates.items()})


def lab(*rows):
    """rows: subject, visit, test, value, low, high."""
    frame = pd.DataFrame(rows, columns=["USUBJID", "VISIT", "LBTESTCD", "LBORRES", "LOW", "HIGH"])
    return frame.assign(
        ADT=pd.to_datetime(frame["VISIT"].map(DAYS)),
        DAY=np.nan,
        LBORRES_CODE="",
        SRCROW=np.arange(1, len(frame) + 1),
    )


def adlb(table, adsl=None, **changes):
    tests = {"ALT": Measure("Alanine aminotransferase", "U/L", marked_high_times=3)}
    declared = {"table": "lab", "tests": tests, "test": "LBTESTCD", "value": "LBORRES", "low": "LOW", "high": "HIGH"}
    settings = Findings(**declared | {"visits": VISITS, "study": "demo", "dataset": "adlb"} | changes)
    return derive_findings(table, subjects("A", "B") if adsl is None else adsl, settings)


def test_a_record_has_baseline_change_range_shift_and_ratio():
    rows = [
        ("A", "baseline", "ALT", 30.0, 10, 40),
        ("A", "week2", "ALT", 130.0, 10, 40),
        ("A", "week4", "ALT", 9.0, 10, 40),
    ]
    found = adlb(lab(*rows))
    assert list(found.columns) == list(LAYOUT)
    columns = ["AVISIT", "AVAL", "BASE", "CHG", "ABLFL", "ANRIND", "BNRIND", "SHIFT1", "TRTEMFL", "R2ANRHI", "CRIT2FL"]
    nan = np.nan
    expected = [
        ("baseline", 30, 30, nan, "Y", "NORMAL", "NORMAL", "", "", 0.75, "N"),
        ("week2", 130, 30, 100, "", "HIGH", "NORMAL", "NORMAL to HIGH", "Y", 3.25, "Y"),
        ("week4", 9, 30, -21, "", "LOW", "NORMAL", "NORMAL to LOW", "Y", 0.225, "N"),
    ]
    pd.testing.assert_frame_equal(found[columns], pd.DataFrame(expected, columns=columns), check_dtype=False)
    assert found["PARAM"].unique().tolist() == ["Alanine aminotransferase (U/L)"]
    assert (found["CRIT1"].iloc[0], found["CRIT1FL"].iloc[0], found["CRIT2"].iloc[0]) == ("", "", "> 3 x upper limit")


def test_baselines_are_of_each_test_and_subject():
    rows = [
        (subject, visit, test, 10.0 * n, 0, 1000)
        for n, (subject, visit, test) in enumerate(
            [(s, v, t) for s in "AB" for v in ("baseline", "week2") for t in ("ALT", "AST")], start=1
        )
    ]
    found = adlb(lab(*rows), tests={"ALT": Measure("ALT"), "AST": Measure("AST")})
    assert found.groupby(["USUBJID", "PARAMCD"])["BASE"].first().tolist() == [10, 20, 50, 60]
    assert found["ABLFL"].eq("Y").sum() == 4


def test_what_was_abnormal_on_that_side_before_is_not_treatment_emergent():
    rows = [
        ("A", "baseline", "ALT", 50.0, 10, 40),
        ("A", "week2", "ALT", 60.0, 10, 40),
        ("A", "week4", "ALT", 5.0, 10, 40),
    ]
    assert adlb(lab(*rows))["TRTEMFL"].tolist() == ["", "", "Y"]


def test_records_long_after_the_last_dose_are_not_under_treatment():
    rows = [("A", visit, "ALT", 50.0, 10, 40) for visit in DAYS]
    late = adlb(lab(*rows), subjects("A", last="2024-01-25"), days_after_last_dose=7)
    assert late["ONTRTFL"].tolist() == ["", "Y", ""]
    assert adlb(lab(*rows), subjects("A", last="2024-01-25"))["ONTRTFL"].tolist() == ["", "Y", "Y"]


def test_a_value_on_the_limit_is_normal_and_one_limit_is_enough():
    rows = [
        ("A", "baseline", "ALT", 0.1 + 0.2, 0.0, 0.3),
        ("A", "week2", "ALT", 50.0, np.nan, 40),
        ("A", "week4", "ALT", 50.0, np.nan, np.nan),
    ]
    assert adlb(lab(*rows))["ANRIND"].tolist() == ["NORMAL", "HIGH", ""]


def test_declared_limits_serve_where_the_form_has_none():
    rows = [("A", "baseline", "ALT", 50.0, np.nan, np.nan), ("A", "week2", "ALT", 50.0, np.nan, 60.0)]
    found = adlb(lab(*rows), tests={"ALT": Measure("ALT", low=10, high=40, marked_above=45)})
    assert found["ANRIND"].tolist() == ["HIGH", "NORMAL"]
    assert found["CRIT2FL"].tolist() == ["Y", "Y"]


def test_a_form_with_one_column_per_test():
    table = lab(("A", "baseline", "", 1.0, 0, 0), ("A", "week2", "", 1.0, 0, 0)).drop(columns=["LBTESTCD", "LBORRES"])
    table = table.assign(SYSBP=[120.0, 150.0], P=[70.0, np.nan])
    tests = {"SYSBP": Measure("Systolic", "mmHg", high=140), "PULSE": Measure("Pulse", "/min", column="P")}
    found = adlb(table, tests=tests, test="", value="", low="", high="")
    assert found["PARAMCD"].tolist() == ["PULSE", "PULSE", "SYSBP", "SYSBP"]
    assert found["ANRIND"].tolist() == ["", "", "NORMAL", "HIGH"]
    assert found["AVALC"].tolist() == ["", "missing", "", ""]
    assert found["SRCVAR"].tolist() == ["P", "P", "SYSBP", "SYSBP"]


def test_a_limit_of_detection_needs_a_rule():
    table = lab(("A", "baseline", "ALT", 5.0, 10, 40)).assign(LBORRES_CODE="<")
    with pytest.raises(DeriveError, match="Declare `below`"):
        adlb(table)
    found = adlb(table, below="half")
    assert (found["AVAL"].tolist(), found["AVALC"].tolist()) == ([2.5], ["<5"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tests": {"AST": Measure("AST")}}, "tests.AST: no row"),
        ({"value": "LBSTRESN"}, "no column 'LBSTRESN'"),
        ({"value": "VISIT"}, "holds no numbers"),
    ],
)
def test_what_does_not_fit_is_said(changes, words):
    with pytest.raises(DeriveError, match=words):
        adlb(lab(("A", "baseline", "ALT", 5.0, 10, 40)), **changes)


def test_strangers_and_undeclared_tests_are_noted():
    rows = [
        ("A", "baseline", "ALT", 5.0, 1, 9),
        ("A", "baseline", "GGT", 5.0, 1, 9),
        ("Z", "baseline", "ALT", 5.0, 1, 9),
    ]
    log = StringIO()
    settings = Findings("lab", {"ALT": Measure("ALT")}, "LBTESTCD", "LBORRES", "LOW", "HIGH", visits=VISITS)
    found = derive_findings(lab(*rows), subjects("A"), settings, log=log)
    assert found["USUBJID"].tolist() == ["A"]
    assert "nobody declared: GGT" in log.getvalue()
    assert "1 subjects of lab are not randomized" in log.getvalue()


def test_the_order_of_rows_changes_nothing():
    rows = [(s, v, "ALT", float(n), 2, 4) for n, (s, v) in enumerate([(s, v) for s in "AB" for v in DAYS])]
    table = lab(*rows)
    shuffled = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(adlb(table), adlb(shuffled))
