"""Which record is the baseline, and which one stands for a visit."""

import numpy as np
import pandas as pd
import pytest
from clean_tables import VISITS, adsl, clean, records_of
from rctflow.derive.records import derive_records

DOSED = adsl("USUBJID TRTSDT\nP01 2024-03-10")


def derived(text: str, **changes: object) -> pd.DataFrame:
    return derive_records(clean(text), DOSED, records_of(**changes)).sort_values("SRCSEQ", kind="stable")


def flagged(text: str, flag: str, **changes: object) -> list[float]:
    """Source rows that bear the flag."""
    records = derived(text, **changes)
    return list(records.loc[records[flag] == "Y", "SRCSEQ"])


def test_baseline_is_the_last_value_on_or_before_the_day_of_first_dose() -> None:
    assert flagged("USUBJID ADT SEC\nP01 2024-03-01 9\nP01 2024-03-08 8\nP01 2024-03-17 7", "ABLFL") == [2]


def test_an_assessment_on_the_day_of_first_dose_counts_as_before_it() -> None:
    assert flagged("USUBJID ADT SEC\nP01 2024-03-08 8\nP01 2024-03-10 7\nP01 2024-03-11 6", "ABLFL") == [2]


def test_baseline_skips_records_without_a_value() -> None:
    assert flagged("USUBJID ADT SEC\nP01 2024-03-08 8\nP01 2024-03-10 .", "ABLFL") == [1]


def test_baseline_is_found_by_day_and_not_by_the_name_of_the_visit() -> None:
    text = "USUBJID VISIT ADT SEC\nP01 baseline 2024-03-08 8\nP01 week1 2024-03-09 7\nP01 month1 2024-04-09 6"
    assert flagged(text, "ABLFL", windowing="nominal") == [2]


def test_a_subject_without_a_value_before_treatment_has_no_baseline() -> None:
    records = derived("USUBJID ADT SEC\nP01 2024-03-11 8\nP01 2024-03-17 7")
    assert (records["ABLFL"] == "").all()
    assert records["BASE"].isna().all()


def test_baseline_of_a_subject_who_was_never_dosed_is_on_or_before_randomization() -> None:
    table = clean("USUBJID ADT SEC\nP01 2024-03-08 8\nP01 2024-03-10 7\nP01 2024-03-11 6")
    records = derive_records(table, adsl("USUBJID RANDDT\nP01 2024-03-10"), records_of())
    assert list(records.loc[records["ABLFL"] == "Y", "AVAL"]) == [7]


def test_without_days_the_record_of_the_baseline_visit_is_the_baseline() -> None:
    table = clean("USUBJID VISIT DAY SEC\nP01 baseline . 8\nP01 month1 31 7\nP01 week1 . 6")
    records = derive_records(table, adsl("USUBJID\nP01"), records_of(windowing="nominal"))
    assert list(records["ABLFL"]) == ["Y", "", ""]
    np.testing.assert_array_equal(records["CHG"], [np.nan, -2, -1])


def test_two_records_of_one_day_before_treatment_follow_the_tie_rule() -> None:
    text = "USUBJID ADT SEC\nP01 2024-03-08 8\nP01 2024-03-08 6"
    assert flagged(text, "ABLFL", tie="earlier") == [1]
    assert flagged(text, "ABLFL", tie="later") == [2]
    averaged = derived(text, tie="mean")
    assert list(averaged["AVAL"]) == [8, 6, 7]
    assert list(averaged["ABLFL"]) == ["", "", "Y"]
    assert list(averaged["ANL01FL"]) == ["", "", "Y"]
    assert list(averaged["BASE"]) == [7, 7, 7]


def test_the_record_closest_to_the_target_stands_for_the_visit() -> None:
    text = "USUBJID ADT SEC\nP01 2024-03-13 9\nP01 2024-03-18 8\nP01 2024-03-20 7"
    assert flagged(text, "ANL01FL") == [2]


def test_equally_close_records_follow_the_tie_rule() -> None:
    text = "USUBJID ADT SEC\nP01 2024-03-15 9\nP01 2024-03-19 6\nP01 2024-03-22 1"
    assert flagged(text, "ANL01FL", tie="earlier") == [1]
    assert flagged(text, "ANL01FL", tie="later") == [2]


def test_the_mean_of_equally_close_records_is_a_new_row_and_its_sources_stay() -> None:
    records = derived(
        "USUBJID ADT SEC\nP01 2024-03-10 5\nP01 2024-03-15 9\nP01 2024-03-19 6\nP01 2024-03-22 1", tie="mean"
    )
    assert list(records["AVAL"]) == [5, 9, 6, 1, 7.5]
    assert list(records["ANL01FL"]) == ["Y", "", "", "", "Y"]
    assert list(records["DTYPE"]) == ["", "", "", "", "AVERAGE"]
    average = records.iloc[-1]
    assert average[["AVISIT", "AWTDIFF", "CHG"]].to_list() == ["week1", 2, 2.5]
    assert average[["ADT", "ADY", "SRCSEQ"]].isna().all()


def test_the_mean_of_two_records_of_one_day_keeps_the_day() -> None:
    average = derived("USUBJID ADT SEC\nP01 2024-03-15 9\nP01 2024-03-15 6", tie="mean").iloc[-1]
    assert (average["AVAL"], average["ADY"], average["ADT"]) == (7.5, 6, pd.Timestamp("2024-03-15"))


@pytest.mark.parametrize("tie", ["earlier", "later", "mean"])
def test_a_record_without_a_value_never_beats_one_with_a_value(tie: str) -> None:
    text = "USUBJID ADT SEC\nP01 2024-03-17 .\nP01 2024-03-22 7\nP01 2024-04-09 ."
    records = derived(text, tie=tie)
    assert list(records["ANL01FL"]) == ["", "Y", "Y"]
    assert list(records["AVISIT"]) == ["week1", "week1", "month1"]


def test_no_record_after_first_dose_stands_for_the_baseline_visit() -> None:
    wide = VISITS | {"baseline": VISITS["baseline"].__class__(0, 0, -28, 2, baseline=True)}
    text = "USUBJID ADT SEC\nP01 2024-03-12 8\nP01 2024-03-17 7"
    assert flagged(text, "ANL01FL", visits=wide) == [2]
    assert flagged(text, "ANL01FL", visits=wide, baseline=False) == [1, 2]


def test_the_baseline_record_is_the_analysed_one_of_its_visit() -> None:
    early = VISITS | {"baseline": VISITS["baseline"].__class__(0, -14, -28, 0, baseline=True)}
    text = "USUBJID ADT SEC\nP01 2024-02-25 8\nP01 2024-03-09 7"
    assert flagged(text, "ABLFL", visits=early) == [2]
    assert flagged(text, "ANL01FL", visits=early) == [2]


def test_a_baseline_from_before_the_baseline_window_is_used_but_lies_in_no_visit() -> None:
    records = derived("USUBJID ADT SEC\nP01 2024-01-01 8\nP01 2024-03-17 7")
    assert list(records["ABLFL"]) == ["Y", ""]
    assert list(records["AVISIT"]) == ["", "week1"]
    assert list(records["ANL01FL"]) == ["", "Y"]
    assert records["CHG"].iloc[1] == -1


def test_an_average_at_a_nominal_visit_is_not_a_second_baseline() -> None:
    text = "USUBJID VISIT ADT SEC\nP01 week1 2024-03-09 8\nP01 week1 2024-03-25 6"
    records = derived(text, windowing="nominal", tie="mean")
    assert list(records["AWTDIFF"]) == [8, 8, 8]
    assert (records["ABLFL"] == "Y").sum() == 1
