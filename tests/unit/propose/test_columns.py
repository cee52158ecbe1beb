"""What a column holds."""

import pandas as pd
import pytest
from rctflow.propose.columns import look_at


def text(*cells: str) -> pd.Series:
    return pd.Series(cells, dtype="str")


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("1", "2", "NA"), "integer"),
        (("1.0", "2.0"), "integer"),
        (("1.5", "2", "-"), "number"),
        (("2021", "2022"), "integer"),
        (("2021-03-04", "2021-03"), "date"),
        (("2021-03-04T10:20", "2021-03-05T11:00"), "datetime"),
        (("10:20", "11:05"), "time"),
        (("F", "M"), "text"),
        (("", "."), "empty"),
    ],
)
def test_kinds(cells: tuple[str, ...], kind: str) -> None:
    assert look_at(text(*cells), "x").kind == kind


def test_a_date_that_can_be_read_both_ways_is_ambiguous() -> None:
    assert look_at(text("03/04/2021", "05/06/2021"), "x").ambiguous
    sure = look_at(text("03/04/2021", "25/06/2021"), "x")
    assert (sure.format, sure.ambiguous) == ("%d/%m/%Y", False)


@pytest.mark.parametrize(
    ("cells", "codes", "doubtful"),
    [
        (("1", "2", "3", "9", "9"), {"9": "missing"}, ()),
        (("1", "2", "3", "9"), {}, ("9",)),
        (("12", "40", "-9"), {"-9": "missing"}, ()),
        (("50", "88", "90", "99", "99"), {}, ()),
        (("-3", "-9", "4"), {}, ()),
        (("999", "20", "31", "999"), {"999": "missing"}, ()),
    ],
)
def test_numbers_that_stand_for_missing(
    cells: tuple[str, ...], codes: dict[str, str], doubtful: tuple[str, ...]
) -> None:
    look = look_at(text(*cells), "x")
    assert (look.codes, look.doubtful) == (codes, doubtful)


def test_words_among_numbers_and_limits() -> None:
    look = look_at(text("3.2", "UNABLE", "Pt refused", "4", "ND", "5", "6", "7", "<0.5"), "x")
    assert look.codes == {"UNABLE": "unable", "Pt refused": "refused", "ND": "missing"}
    assert (look.kind, look.censored) == ("number", True)


def test_texts_that_mean_no_value_are_named() -> None:
    assert look_at(text("1", "#N/A", "?"), "x").missing == ("#N/A", "?")
