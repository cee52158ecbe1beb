"""An outcome that is the mean over visits."""

import numpy as np
import pandas as pd
from clean_tables import adsl, clean, records_of
from rctflow.derive.records import derive_records

PATIENTS = adsl("USUBJID TRTSDT\nP01 2024-03-10\nP02 2024-03-10\nP03 2024-03-10")
TABLE = clean(
    """
    USUBJID  ADT         SEC  SRCROW
    P01      2024-03-10  10   1
    P01      2024-03-16  6    2
    P01      2024-03-17  8    3
    P01      2024-04-09  4    4
    P02      2024-03-10  20   5
    P02      2024-04-09  15   6
    P03      2024-03-10  30   7
    """
)


def derived() -> pd.DataFrame:
    return derive_records(TABLE, PATIENTS, records_of(average=("week1", "month1")))


def test_the_mean_of_the_analysed_record_of_each_visit_stands_at_the_last() -> None:
    made = derived().query("DTYPE == 'AVERAGE'").set_index("USUBJID")
    assert list(made.index) == ["P01", "P02"]
    np.testing.assert_array_equal(made["AVAL"], [6, 15])
    np.testing.assert_array_equal(made["BASE"], [10, 20])
    np.testing.assert_array_equal(made["CHG"], [-4, -5])
    assert set(made["AVISIT"]) == {"month1"}
    assert set(made["AWTARGET"]) == {31}
    assert made[["ADY", "ADT", "SRCSEQ", "AWTDIFF"]].isna().all(axis=None)


def test_it_alone_is_analysed_and_says_what_it_is_made_of() -> None:
    records = derived()
    analysed = records[(records["ANL01FL"] == "Y") & (records["ABLFL"] != "Y")]
    assert set(analysed["DTYPE"]) == {"AVERAGE"}
    assert sorted(records.loc[records["ANL03FL"] == "Y", "SRCSEQ"]) == [3, 4, 6]
    assert (records["ABLFL"] == "Y").sum() == 3


def test_other_outcomes_have_no_such_flag() -> None:
    assert "ANL03FL" not in derive_records(TABLE, PATIENTS, records_of())
