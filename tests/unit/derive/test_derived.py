"""Columns of ADSL that are computed from others."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.derive.derived import derive_derived, parse_range
from rctflow.derive.errors import DeriveError
from rctflow.derive.settings import Category, Derived
from rctflow.errors import RctflowError

ADSL = pd.DataFrame(
    {
        "USUBJID": ["1", "2", "3"],
        "WEIGHT": [80.0, 50.0, None],
        "HEIGHT": [200.0, 160.0, 170.0],
        "ONSET": pd.to_datetime(["2020-01-01", "2019-01-01", None]),
        "RANDDT": pd.to_datetime(["2021-01-01", "2020-01-01", "2020-01-01"]),
        "AGE": [64.9, 65.0, 80.0],
        "SEX": ["F", "M", None],
    }
)


def derived(**entries):
    return derive_derived(ADSL, entries)


def test_body_mass_index():
    found = derived(BMI=Derived(bmi=("WEIGHT", "HEIGHT"), digits=1))["BMI"]
    assert list(found[:2]) == [20.0, 19.5]
    assert found.isna().tolist() == [False, False, True]


@pytest.mark.parametrize(("unit", "of_366_days"), [("days", 366), ("weeks", 52.3), ("months", 12.0), ("years", 1.0)])
def test_durations(unit, of_366_days):
    found = derived(D=Derived(duration=("ONSET", "RANDDT"), unit=unit, digits=1))["D"]
    assert found[0] == of_366_days
    assert pd.isna(found[2])


def test_a_duration_may_count_its_first_day():
    found = derived(D=Derived(duration=("ONSET", "RANDDT"), both_days=True))["D"]
    assert list(found[:2]) == [367, 366]


def test_classes_of_a_number_say_themselves_which_ends_they_hold():
    found = derived(G=Derived(of="AGE", ranges=("<65 y", "65-<80 y", ">=80 y")))["G"]
    assert list(found) == ["<65 y", "65-<80 y", ">=80 y"]


@pytest.mark.parametrize(
    ("ranges", "told"),
    [(("<65", ">80"), "65 lies in no class"), (("<=65", "65-80"), "65 lies in several classes")],
)
def test_a_value_in_no_class_or_in_two_is_an_error(ranges, told):
    with pytest.raises(DeriveError, match=f"subjects.derived.G: {told}"):
        derived(G=Derived(of="AGE", ranges=ranges))


def test_cases_take_the_first_that_is_true_and_leave_the_others_missing():
    cases = (Category("woman", "SEX == 'F'"), Category("heavy", "WEIGHT > 60"), Category("man", "SEX == 'M'"))
    found = derived(G=Derived(cases=cases))["G"]
    assert found[:2].tolist() == ["woman", "man"]
    assert pd.isna(found[2])


def test_a_column_may_be_derived_from_a_derived_one():
    entries = {"A": Derived(of="BMI", ranges=("<20", ">=20")), "BMI": Derived(bmi=("WEIGHT", "HEIGHT"))}
    assert derive_derived(ADSL, entries)["A"].tolist()[:2] == [">=20", "<20"]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (Derived(bmi=("WEIHGT", "HEIGHT")), "has no column 'WEIHGT'"),
        (Derived(bmi=("SEX", "HEIGHT")), "SEX is no number"),
        (Derived(duration=("AGE", "RANDDT")), "AGE holds no dates"),
        (Derived(of="G", ranges=("<1",)), "has no column 'G'"),
    ],
)
def test_what_cannot_be_computed_is_named(entry, told):
    with pytest.raises(DeriveError, match=told):
        derived(G=entry)


@pytest.mark.parametrize("text", ["old", "65", "65-", "<", "-", "5<6"])
def test_texts_that_are_no_range(text):
    with pytest.raises(RctflowError, match="is no range"):
        parse_range(text)


@given(st.floats(-1e6, 1e6))
def test_a_partition_holds_every_number_once(value):
    values = pd.Series([value])
    held = [bool(parse_range(text).holds(values)[0]) for text in ("<-5", "-5-<0.5", "0.5 to 12", ">12 months")]
    assert sum(held) == 1
