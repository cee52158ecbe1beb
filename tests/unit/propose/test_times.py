"""Visit labels and column names as days since baseline."""

import pytest
from rctflow.propose.times import MONTH, unit_of_column, when_in_name, when_of_label


@pytest.mark.parametrize(
    ("label", "unit", "expected"),
    [
        ("Baseline", "visit", ("baseline", "baseline", 0)),
        ("Screening/Baseline", "visit", ("baseline", "baseline", 0)),
        ("BL", "visit", ("baseline", "baseline", 0)),
        ("Week 4", "visit", ("week4", "after", 28)),
        ("4 weeks", "visit", ("week4", "after", 28)),
        ("WK04", "visit", ("week4", "after", 28)),
        ("Visit 3 (Month 6)", "visit", ("month6", "after", 6 * MONTH)),
        ("M6", "visit", ("month6", "after", 6 * MONTH)),
        ("D28", "visit", ("day28", "after", 28)),
        ("12", "month", ("month12", "after", 12 * MONTH)),
        ("0", "month", ("baseline", "baseline", 0)),
        ("3", "period", ("period3", "after", 3)),
        ("Week -2", "visit", ("before_week2", "before", -14)),
        ("Screening", "visit", ("screening", "before", -1)),
        ("Unscheduled", "visit", ("unplanned", "unplanned", None)),
        ("End of treatment", "visit", ("end_of_treatment", "after", None)),
        ("whenever", "visit", None),
    ],
)
def test_labels(label: str, unit: str, expected: tuple[str, str, float | None] | None) -> None:
    when = when_of_label(label, unit)
    assert (when and (when.id, when.phase, when.days)) == expected


@pytest.mark.parametrize(
    ("header", "measure", "moment"),
    [
        ("bdi.pre", ("bdi",), "baseline"),
        ("bdi.2m", ("bdi",), "month2"),
        ("number12m", ("number",), "month12"),
        ("pacu30min_throatPain", ("throat", "pain"), "minute30"),
        ("postOp4hour_cough", ("cough",), "hour4"),
        ("pod1am_cough", ("cough",), "day1"),
        ("SF36_PCS_week12", ("sf", "36", "pcs"), "week12"),
        ("v2_sbp", ("sbp",), "visit2"),
        ("month6", (), "month6"),
    ],
)
def test_names_with_a_time(header: str, measure: tuple[str, ...], moment: str) -> None:
    found = when_in_name(header)
    assert found is not None
    assert (found[0], found[1].id) == (measure, moment)


@pytest.mark.parametrize("header", ["age", "asa325", "B9D", "d1", "e2b", "PF01", "q10", "il6", "HbA1c",
    "Preg.ended...37.wk", "ended<37 wk", "died before 6 months", "GA.at.outcome"])  # fmt: skip
def test_names_without_a_time(header: str) -> None:
    assert when_in_name(header) is None


@pytest.mark.parametrize(("header", "unit"), [("MONTH", "month"), ("fu_weeks", "week"), ("VISIT", "visit"), ("t", "t")])
def test_the_unit_of_bare_numbers(header: str, unit: str) -> None:
    assert unit_of_column(header) == unit
