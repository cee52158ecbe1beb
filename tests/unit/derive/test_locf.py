"""Last observation carried forward."""

import numpy as np
import pandas as pd
from clean_tables import adsl, clean, records_of
from rctflow.derive.records import derive_records

PATIENTS = adsl("USUBJID TRTSDT\nP01 2024-03-10\nP02 2024-03-10\nP03 2024-03-10\nP04 2024-03-10")
TABLE = clean(
    """
    USUBJID  ADT         SEC  SRCROW
    P01      2024-03-10  10   1
    P01      2024-03-17  9    2
    P02      2024-03-10  20   3
    P02      2024-04-09  18   4
    P03      2024-03-10  30   5
    P04      2024-03-10  40   6
    P04      2024-03-14  33   7
    P04      2024-03-18  35   8
    """
)


def derived(table: pd.DataFrame = TABLE, **changes: object) -> pd.DataFrame:
    return derive_records(table, PATIENTS, records_of(carried=("ANL01FL",), **changes))


def test_the_analysed_record_of_the_last_visit_is_carried_and_no_baseline() -> None:
    made = derived().query("DTYPE == 'LOCF'").set_index("USUBJID")
    assert list(made.index) == ["P01", "P04"]
    assert list(made["AVISIT"]) == ["month1", "month1"]
    assert list(made["AVAL"]) == [9, 35]  # of P04 the record nearest to the target of week 1, not the first
    assert list(made["SRCSEQ"]) == [2, 8]
    assert list(made["CHG"]) == [-1, -5]
    assert list(made["ADY"]) == [8, 9]
    assert list(made["AWTARGET"]) == [31, 31]
    assert list(made["AWTDIFF"]) == [23, 22]
    assert set(made["ANL01FL"]) == {""}
    assert set(made["ABLFL"]) == {""}


def test_the_flag_of_carried_analyses_is_on_what_was_observed_and_what_was_carried() -> None:
    records = derived()
    observed = records["DTYPE"] == ""
    pd.testing.assert_series_equal(
        records.loc[observed, "ANL02FL"], records.loc[observed, "ANL01FL"], check_names=False
    )
    counted = records[records["ANL02FL"] == "Y"]
    assert not counted.duplicated(["USUBJID", "AVISIT"]).any()
    assert counted.groupby("AVISIT").size().to_dict() == {"baseline": 4, "week1": 2, "month1": 3}


def test_nothing_is_carried_unless_an_analysis_asks() -> None:
    records = derive_records(TABLE, PATIENTS, records_of())
    assert "ANL02FL" not in records
    assert set(records["DTYPE"]) == {""}


def test_a_visit_without_a_value_gives_way_to_the_value_carried() -> None:
    unable = clean(
        """
        USUBJID  ADT         SEC  SEC_CODE  SRCROW
        P01      2024-03-10  10   .         1
        P01      2024-03-17  9    .         2
        P01      2024-04-09  .    refused   3
        """
    )
    month1 = derived(unable).query("AVISIT == 'month1'").sort_values("DTYPE")
    assert list(month1["ANL01FL"]) == ["Y", ""]
    assert list(month1["ANL02FL"]) == ["", "Y"]
    np.testing.assert_array_equal(month1["AVAL"], [np.nan, 9])
