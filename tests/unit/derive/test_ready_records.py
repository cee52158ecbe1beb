"""Records of a ready-made ADaM data set."""

import numpy as np
import pandas as pd
import pytest
from clean_tables import adsl, clean, records_of
from rctflow.derive.errors import DeriveError
from rctflow.derive.records import LAYOUT, derive_records

PATIENTS = adsl("USUBJID TRTSDT\nP01 2024-03-10\nP02 2024-03-10")
BDS = clean(
    """
    USUBJID  VISIT     ADT         ADY  AVAL  BASE  CHG  ABLFL  ANL01FL  DTYPE  SRCROW
    P01      baseline  2024-03-10  1    10    10    .    Y      Y        .      1
    P01      week1     2024-03-18  9    8     10    -2   .      Y        .      2
    P01      week1     2024-03-20  11   7     10    -3   .      .        .      3
    P01      month1    2024-03-18  9    8     10    -2   .      Y        LOCF   4
    P02      baseline  2024-03-10  1    20    20    .    Y      Y        .      5
    P02      .         2024-05-30  82   21    20    1    .      Y        .      6
    """
)


def taken(table: pd.DataFrame = BDS, **changes: object) -> pd.DataFrame:
    settings = records_of(ready=True, column="AVAL", carried=("ANL01FL",), **changes)
    return derive_records(table, PATIENTS, settings, where="c.yaml: endpoints.tug").sort_values("SRCSEQ")


def test_values_baselines_and_changes_stand_as_they_are() -> None:
    records = taken(BDS.assign(CHG=BDS["CHG"] * 100))
    np.testing.assert_array_equal(records["CHG"], [np.nan, -200, -300, -200, np.nan, 100])
    np.testing.assert_array_equal(records["BASE"], [10, 10, 10, 10, 20, 20])
    assert list(records["AVISIT"]) == ["baseline", "week1", "week1", "month1", "baseline", ""]
    assert list(records["ABLFL"]) == ["Y", "", "", "", "Y", ""]
    assert list(records.columns) == [*LAYOUT, "ANL02FL"]


def test_values_that_the_data_set_carries_forward_count_only_where_an_analysis_asks() -> None:
    records = taken()
    assert list(records["ANL01FL"]) == ["Y", "Y", "", "", "Y", "Y"]
    assert list(records["ANL02FL"]) == ["Y", "Y", "", "Y", "Y", "Y"]


def test_the_distance_to_the_target_is_from_the_plan() -> None:
    records = taken()
    np.testing.assert_array_equal(records["AWTARGET"], [1, 8, 8, 31, 1, np.nan])
    np.testing.assert_array_equal(records["AWTDIFF"], [0, 1, 3, 22, 0, np.nan])


def test_a_column_that_analyses_read_must_be_there() -> None:
    with pytest.raises(DeriveError, match="has no column 'CHG'"):
        taken(BDS.drop(columns="CHG"))
    without = taken(BDS.drop(columns=["BASE", "CHG", "ABLFL"]), baseline=False)
    assert without["BASE"].isna().all()


def test_strategies_have_no_values_carried_forward_here() -> None:
    settings = records_of(ready=True, column="AVAL", carried=("ANL01FL_PRIMARY",))
    with pytest.raises(DeriveError, match="know no estimand"):
        derive_records(BDS, PATIENTS, settings)
