"""Values of a column as it stands, and values below or above a limit."""

import numpy as np
import pandas as pd
import pytest
from clean_tables import adsl, clean, records_of
from rctflow.derive.errors import DeriveError
from rctflow.derive.records import derive_records

PATIENTS = adsl("USUBJID TRTSDT\nP01 2024-03-10\nP02 2024-03-10")
LAB = clean(
    """
    USUBJID  ADT         TEST   SEC  SEC_CODE
    P01      2024-03-10  TNFA   8    .
    P01      2024-03-10  IL6    3    .
    P01      2024-03-17  TNFA   0.5  <
    P02      2024-03-17  TNFA   100  >
    P02      2024-03-18  TNFA   .    .
    """
)


def derived(table: pd.DataFrame, **changes: object) -> pd.DataFrame:
    return derive_records(table, PATIENTS, records_of(**changes)).sort_values("SRCSEQ")


def test_where_takes_one_test_from_a_long_table() -> None:
    records = derived(LAB, where="TEST == 'IL6'")
    assert records[["AVAL", "SRCSEQ", "SRCVAR", "SRCDOM"]].iloc[0].to_list() == [3, 2, "SEC", "perf"]


@pytest.mark.parametrize(
    ("below", "value"), [("half", 0.25), ("sqrt2", 0.35355339059327373), ("limit", 0.5), ("missing", np.nan)]
)
def test_a_value_below_the_limit_follows_the_declared_rule_and_keeps_its_text(below: str, value: float) -> None:
    records = derived(LAB, where="TEST == 'TNFA'", below=below, above="limit")
    np.testing.assert_allclose(records["AVAL"], [8, value, 100, np.nan], rtol=1e-15)
    assert list(records["AVALC"]) == ["", "<0.5", ">100", "missing"]


def test_a_value_beyond_a_limit_without_a_rule_says_what_to_declare() -> None:
    with pytest.raises(
        DeriveError, match=r"endpoints\.tug\.below: 1 values of 'perf' are written with '<' \(first: subject P01"
    ):
        derived(LAB, where="TEST == 'TNFA'")
    with pytest.raises(DeriveError, match=r"endpoints\.tug\.above: .* one of limit, missing"):
        derived(LAB, where="TEST == 'TNFA'", below="half")


def test_a_coded_value_is_no_number() -> None:
    records = derived(clean("USUBJID ADT SEC SEC_CODE\nP01 2024-03-10 99 refused\nP01 2024-03-11 7 ."))
    np.testing.assert_array_equal(records["AVAL"], [np.nan, 7])
    assert list(records["AVALC"]) == ["refused", ""]


def test_an_unknown_column_is_named_with_a_suggestion() -> None:
    with pytest.raises(
        DeriveError, match=r"endpoints\.tug\.column: table 'perf' has no column 'SECS'\. Did you mean 'SEC'"
    ):
        derived(LAB, column="SECS")


def test_a_column_of_text_is_refused() -> None:
    with pytest.raises(DeriveError, match=r"endpoints\.tug\.column: 'TEST' of table 'perf' holds no numbers"):
        derived(LAB, column="TEST")


def test_a_where_that_nothing_meets_or_that_is_wrong_is_named() -> None:
    with pytest.raises(DeriveError, match=r"endpoints\.tug: nothing to derive from table 'perf': no row meets"):
        derived(LAB, where="TEST == 'CRP'")
    with pytest.raises(DeriveError, match=r"endpoints\.tug\.where \(table 'perf'\): .*no column 'TST'"):
        derived(LAB, where="TST == 'IL6'")


TIMES = clean("USUBJID ADT SEC LINKED\nP01 2024-03-10 12 1\nP01 2024-03-11 30 0\nP02 2024-03-11 . .")


def test_times_without_the_event_are_censored_where_they_end() -> None:
    records = derived(TIMES, event="LINKED == 1", above="limit")
    np.testing.assert_array_equal(records["AVAL"], [12, 30, np.nan])
    assert list(records["AVALC"]) == ["", ">30", "missing"]


def test_a_time_of_which_nothing_tells_whether_it_is_the_events_is_refused() -> None:
    with pytest.raises(DeriveError, match=r"endpoints\.tug\.event: 1 rows of table 'perf' have a time, .*subject P01"):
        derived(TIMES.assign(LINKED=[1.0, np.nan, np.nan]), event="LINKED == 1", above="limit")
    with pytest.raises(DeriveError, match=r"endpoints\.tug\.event \(table 'perf'\): .*LINK"):
        derived(TIMES, event="LINK == 1", above="limit")
