"""What becomes of patients who could not perform a test."""

import numpy as np
import pandas as pd
import pytest
from clean_tables import adsl, clean, records_of
from rctflow.derive.errors import DeriveError
from rctflow.derive.records import derive_records
from rctflow.derive.settings import Unable

PATIENTS = adsl("USUBJID TRTSDT\nP01 2024-03-10\nP02 2024-03-10\nP03 2024-03-10\nP04 2024-03-10")
TUG = clean(
    """
    USUBJID  ADT         SEC   SEC_CODE
    P01      2024-03-10  9     .
    P02      2024-03-10  12    .
    P03      2024-03-10  .     unable
    P04      2024-03-10  .     refused
    P01      2024-03-17  12    .
    P02      2024-03-17  12    .
    P03      2024-03-17  .     unable
    P04      2024-03-17  .     unable
    """
)


def derived(rule: Unable | None, **changes: object) -> pd.DataFrame:
    return derive_records(TUG, PATIENTS, records_of(unable=rule, **changes)).sort_values("SRCSEQ")


def test_an_undeclared_unable_says_what_to_declare() -> None:
    with pytest.raises(
        DeriveError, match=r"endpoints\.tug\.unable: 3 records of 'perf' are 'unable' \(first: subject P03"
    ):
        derived(None)


def test_the_worst_value_needs_a_value() -> None:
    with pytest.raises(DeriveError, match=r"endpoints\.tug\.unable\.value"):
        derived(Unable("worst"))


def test_worst_gives_the_declared_value_and_keeps_the_word() -> None:
    records = derived(Unable("worst", 60))
    np.testing.assert_array_equal(records["AVAL"], [9, 12, 60, np.nan, 12, 12, 60, 60])
    assert list(records["AVALC"]) == ["", "", "unable", "refused", "", "", "unable", "unable"]
    assert list(records["DTYPE"]) == ["", "", "WORST", "", "", "", "WORST", "WORST"]
    np.testing.assert_array_equal(records["CHG"], [np.nan] * 4 + [3, 0, 0, np.nan])


def test_missing_stays_missing_and_keeps_the_word() -> None:
    records = derived(Unable("missing"))
    np.testing.assert_array_equal(records["AVAL"], [9, 12, np.nan, np.nan, 12, 12, np.nan, np.nan])
    assert list(records["AVALC"])[2] == "unable"
    assert (records["DTYPE"] == "").all()
    assert (records["ANL01FL"] == "Y").all()


def test_those_unable_share_the_highest_mid_rank_where_lower_is_better() -> None:
    records = derived(Unable("rank"))
    np.testing.assert_array_equal(records["AVAL"], [1, 2, 3, np.nan, 1.5, 1.5, 3.5, 3.5])
    assert list(records["AVALC"]) == ["9", "12", "unable", "refused", "12", "12", "unable", "unable"]
    assert list(records["DTYPE"]) == ["RANK", "RANK", "RANK", "", "RANK", "RANK", "RANK", "RANK"]
    np.testing.assert_array_equal(records["CHG"], [np.nan] * 4 + [0.5, -0.5, 0.5, np.nan])


def test_those_unable_share_the_lowest_mid_rank_where_higher_is_better() -> None:
    records = derived(Unable("rank"), direction="higher")
    np.testing.assert_array_equal(records["AVAL"], [2, 3, 1, np.nan, 3.5, 3.5, 1.5, 1.5])


def test_records_that_no_analysis_uses_have_no_rank_and_keep_their_value_as_text() -> None:
    table = clean("USUBJID ADT SEC\nP01 2024-03-10 9.5\nP01 2024-03-12 8.25\nP02 2024-03-10 9")
    records = derive_records(table, PATIENTS, records_of(unable=Unable("rank")))
    np.testing.assert_array_equal(records["AVAL"], [2, np.nan, 1])
    assert list(records["AVALC"]) == ["9.5", "8.25", "9"]
    assert list(records["DTYPE"]) == ["RANK", "", "RANK"]


def test_a_baseline_from_before_its_window_is_ranked_among_the_baselines() -> None:
    table = clean("USUBJID ADT SEC\nP01 2024-01-01 9\nP02 2024-03-10 8\nP03 2024-03-10 7\nP01 2024-03-17 5")
    records = derive_records(table, PATIENTS, records_of(unable=Unable("rank"))).sort_values("SRCSEQ")
    assert list(records["AVAL"]) == [3, 2, 1, 1]


def test_an_average_with_an_unable_record_is_unable_under_rank() -> None:
    table = clean(
        "USUBJID ADT SEC SEC_CODE\nP01 2024-03-17 9 .\nP01 2024-03-17 . unable\nP02 2024-03-17 99 .\nP03 2024-03-17 8 ."
    )
    records = derive_records(table, PATIENTS, records_of(unable=Unable("rank"), tie="mean"))
    average = records[records["ANL01FL"] == "Y"].set_index("USUBJID")
    assert average["AVAL"].to_dict() == {"P01": 3, "P02": 2, "P03": 1}
    assert average["AVALC"]["P01"] == "unable"


def test_without_anybody_unable_no_rule_is_needed() -> None:
    table = clean("USUBJID ADT SEC SEC_CODE\nP01 2024-03-10 9 .\nP02 2024-03-10 . refused")
    assert list(derive_records(table, PATIENTS, records_of())["AVALC"]) == ["", "refused"]
