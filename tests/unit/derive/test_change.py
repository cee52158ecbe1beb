import numpy as np
from clean_tables import VISITS, adsl, clean, frame, records_of
from rctflow.derive.change import derive_change
from rctflow.derive.records import derive_records


def test_change_stands_on_rows_after_treatment_only() -> None:
    records = frame(
        """
        USUBJID  AVISIT    ADY  AVAL  ABLFL
        P01      baseline  -7   40    .
        P01      baseline  1    50    Y
        P01      week1     8    55    .
        P01      .         60   45    .
        P01      month1    31   .     .
        P02      week1     8    70    .
        """
    )
    changed = derive_change(records, VISITS)
    np.testing.assert_array_equal(changed["BASE"], [50, 50, 50, 50, 50, np.nan])
    np.testing.assert_array_equal(changed["CHG"], [np.nan, np.nan, 5, -5, np.nan, np.nan])
    np.testing.assert_array_equal(changed["PCHG"], [np.nan, np.nan, 10, -10, np.nan, np.nan])


def test_a_percentage_of_0_is_missing() -> None:
    records = frame("USUBJID AVISIT ADY AVAL ABLFL\nP01 baseline 1 0 Y\nP01 week1 8 5 .")
    changed = derive_change(records, VISITS)
    assert changed["CHG"].iloc[1] == 5
    assert changed["PCHG"].isna().all()


def test_an_outcome_without_baseline_has_no_change() -> None:
    table = clean("USUBJID ADT SEC\nP01 2024-03-10 5\nP01 2024-03-17 6")
    records = derive_records(table, adsl("USUBJID TRTSDT\nP01 2024-03-10"), records_of(baseline=False))
    assert list(records["ANL01FL"]) == ["Y", "Y"]
    assert (records["ABLFL"] == "").all()
    assert records[["BASE", "CHG", "PCHG"]].isna().all(axis=None)
