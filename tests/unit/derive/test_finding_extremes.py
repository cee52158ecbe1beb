"""Threshold ranges, changes between visits and the most extreme result: small tables in, small tables out."""

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.findings.records import derive_findings, stacked
from rctflow.derive.findings.settings import Findings, Measure, MostExtreme, PreviousVisit, Threshold
from rctflow.derive.settings import Window

VISITS = {
    "baseline": Window(0, 0, -14, 0, baseline=True),
    "week2": Window(1, 14, 7, 21),
    "week4": Window(2, 28, 22, 35),
    "week6": Window(3, 42, 36, 49),
}
FIRST = pd.Timestamp("2024-01-10")
ADSL = pd.DataFrame({"USUBJID": ["A", "B"], "TRTSDT": FIRST, "RANDDT": FIRST})


def form(rows):
    """rows: (subject, visit, day, value, low, high)."""
    table = pd.DataFrame(rows, columns=["USUBJID", "VISIT", "DAYS", "VALUE", "LOW", "HIGH"])
    dates = FIRST + pd.to_timedelta(table["DAYS"], unit="D")
    return table.assign(ADT=dates, DAY=np.nan, TEST="ALT", SRCROW=range(1, len(table) + 1))


def derived(rows, **more):
    settings = Findings(
        "lab",
        {"ALT": Measure("ALT", "U/L")},
        "TEST",
        "VALUE",
        "LOW",
        "HIGH",
        windowing="nominal",
        visits=VISITS,
        **{"threshold": Threshold(0.5, 1.5), "previous": PreviousVisit(0.5)} | more,
    )
    return derive_findings(form(rows), ADSL, settings).set_index("AVISIT")


COURSE = [
    ("A", "baseline", 0, 20.0, 10, 40),
    ("A", "week2", 14, 61.0, 10, 40),
    ("A", "week4", 28, 4.0, 10, 40),
    ("A", "week6", 42, 90.0, 10, 40),
]


def test_thresholds_are_multiples_of_the_limits():
    found = derived([*COURSE[:3], ("A", "week6", 42, 60.0, 10, 40)])
    assert found[["A1LO", "A1HI"]].drop_duplicates().to_numpy().tolist() == [[5, 60]]
    assert found["A1IND"].to_dict() == {"baseline": "NORMAL", "week2": "HIGH", "week4": "LOW", "week6": "NORMAL"}
    assert set(found["B1IND"]) == {"NORMAL"}


def test_one_end_alone_decides_and_without_a_limit_nothing_is_told():
    one = derived([(*row[:4], np.nan, row[5]) for row in COURSE])
    assert one["A1IND"].to_dict() == {"baseline": "NORMAL", "week2": "HIGH", "week4": "NORMAL", "week6": "HIGH"}
    none = derived([(*row[:4], np.nan, np.nan) for row in COURSE])
    assert set(none["A1IND"]) == {""} == set(none["PVIND"]) == set(none["ANL02FL"])


def test_a_change_is_from_the_visit_before_in_shares_of_the_range():
    found = derived(COURSE)
    assert found["PREVAL"].tolist() == pytest.approx([np.nan, 20, 61, 4], nan_ok=True)
    assert found["R2CHGPV"].tolist() == pytest.approx([np.nan, 41 / 15, -57 / 15, 86 / 15], nan_ok=True)
    assert found["PVIND"].tolist() == ["", "HIGH", "LOW", "HIGH"]


def test_a_visit_without_a_value_has_no_change_and_its_follower_neither():
    found = derived([*COURSE[:2], ("A", "week4", 28, np.nan, 10, 40), COURSE[3]])
    assert found["PVIND"].to_dict() == {"baseline": "", "week2": "HIGH", "week4": "", "week6": ""}


def test_exactly_the_share_is_no_significant_change_and_rounding_comes_before_judging():
    rows = [("A", "baseline", 0, 20.0, 10, 40), ("A", "week2", 14, 35.0, 10, 40), ("A", "week4", 28, 50.6, 10, 40)]
    assert derived(rows)["PVIND"].tolist() == ["", "NORMAL", "HIGH"]
    rounded = derived(rows, previous=PreviousVisit(0.5, digits=1))  # 1.04 is 1.0
    assert rounded["PVIND"].tolist() == ["", "NORMAL", "NORMAL"]


def test_the_range_begins_at_zero_without_a_lower_limit():
    found = derived([(*row[:4], np.nan, 40) for row in COURSE])
    assert found["R2CHGPV"].tolist() == pytest.approx([np.nan, 41 / 20, -57 / 20, 86 / 20], nan_ok=True)


def test_the_most_extreme_value_and_change_until_a_visit():
    found = derived(COURSE)
    assert found.index[found["ANL02FL"].eq("Y")].tolist() == ["week6"]
    assert found.index[found["ANL03FL"].eq("Y")].tolist() == ["week6"]
    until = derived(COURSE, extreme=MostExtreme("week4"))
    assert until.index[until["ANL02FL"].eq("Y")].tolist() == ["week2"]  # 1 above 60; week 4 is 1 below 5: the first
    assert until.index[until["ANL03FL"].eq("Y")].tolist() == ["week4"]


def test_the_two_rules_differ_with_one_limit_alone():
    rows = [
        (*row[:4], np.nan, 40) for row in [COURSE[0], ("A", "week2", 14, 3.0, 0, 0), ("A", "week4", 28, 50.0, 0, 0)]
    ]
    beyond, distance = (derived(rows, extreme=MostExtreme(rule=rule)) for rule in ("beyond", "distance"))
    assert beyond.index[beyond["ANL02FL"].eq("Y")].tolist() == ["week4"]
    assert distance.index[distance["ANL02FL"].eq("Y")].tolist() == ["week2"]


def test_unplanned_results_are_neither_previous_nor_extreme():
    rows = [*COURSE[:2], ("A", "", 20, 999.0, 10, 40), COURSE[2]]
    found = derived(rows)
    assert found.loc["week4", "PREVAL"] == 61
    assert found.loc["", "ANL02FL"] == "" == found.loc["", "PVIND"]


def test_the_baseline_may_be_that_of_the_visit_alone():
    rows = [
        COURSE[0],
        ("A", "", 0, 30.0, 10, 40),
        ("B", "", 0, 33.0, 10, 40),
        ("B", "week2", 14, 34.0, 10, 40),
        COURSE[1],
    ]
    last, visit = (
        derived(rows, baseline=baseline).loc["week2"].set_index("USUBJID")["BASE"] for baseline in ("last", "visit")
    )
    assert last["B"] == 33
    assert (visit["A"], np.isnan(visit["B"])) == (20, True)


def test_tables_below_one_another_keep_their_names():
    one, two = form(COURSE[:2]), form(COURSE[2:])
    settings = Findings("lab", {"ALT": Measure("ALT")}, "TEST", "VALUE", windowing="nominal", visits=VISITS)
    found = derive_findings(stacked({"lab": one, "more": two}), ADSL, settings)
    assert found["SRCDOM"].tolist() == ["lab", "lab", "more", "more"]
    assert found["BASE"].tolist() == [20.0] * 4
