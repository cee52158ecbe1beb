"""Items as rows: SDTM's QS scored by an instrument."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clean_tables import adsl, clean, records_of
from rctflow.derive.errors import DeriveError
from rctflow.derive.records import derive_records
from rctflow.derive.settings import LongItems, Unable

PATIENTS = adsl("USUBJID TRTSDT\nP01 2024-03-10\nP02 2024-03-10")
QS = clean(
    """
    USUBJID  ADT         TEST   ANSWER  ANSWER_CODE
    P01      2024-03-10  T1     10      .
    P01      2024-03-10  B      14      .
    P01      2024-03-17  T1     .       unable
    P02      2024-03-10  B      8       .
    P02      2024-03-10  OTHER  99      .
    """
)


def derived(root: Path, table: pd.DataFrame = QS, **changes: object) -> pd.DataFrame:
    instrument = str(root / "workflow/instruments/tug.yaml")
    plain = {"items": {"T2": "B"}, "long": LongItems("TEST", "ANSWER"), "score": "TUG", "column": ""}
    plain |= {"unable": Unable("missing")}
    return derive_records(table, PATIENTS, records_of(instrument=instrument, **plain | changes))


def test_one_record_per_assessment_scored_from_its_items(root: Path) -> None:
    records = derived(root)
    assert list(zip(records["USUBJID"], records["ADY"], strict=True)) == [("P01", 1), ("P01", 8), ("P02", 1)]
    np.testing.assert_array_equal(records["AVAL"], [12, np.nan, 8])
    assert list(records["AVALC"]) == ["", "unable", ""]
    assert list(records["SRCSEQ"]) == [1, 3, 4]
    assert set(records["SRCVAR"]) == {"T1,B"}


def test_the_order_of_rows_does_not_matter(root: Path) -> None:
    pd.testing.assert_frame_equal(derived(root, QS.iloc[::-1].reset_index(drop=True)), derived(root))


def test_two_rows_of_one_item_are_refused(root: Path) -> None:
    twice = pd.concat([QS, QS.iloc[:1].assign(SRCROW=9.0)], ignore_index=True)
    with pytest.raises(DeriveError, match=r"P01 has two rows of TEST 'T1' in one assessment \(rows 1, 9"):
        derived(root, twice)


def test_a_column_may_tell_two_assessments_of_a_day_apart(root: Path) -> None:
    twice = pd.concat([QS.iloc[:2], QS.iloc[:2].assign(SRCROW=[8.0, 9.0])], ignore_index=True).assign(
        VISITNUM=[3.0, 3, 4, 4], ANSWER=[10.0, 14, 20, 24]
    )
    records = derived(root, twice, long=LongItems("TEST", "ANSWER", ("VISITNUM",)))
    np.testing.assert_array_equal(records["AVAL"], [12, 22])
    assert list(records["SRCSEQ"]) == [1, 8]


def test_an_item_that_no_row_has_is_named(root: Path) -> None:
    with pytest.raises(DeriveError, match=r"has TEST 'T9'.*B, OTHER, T1"):
        derived(root, items={"T1": "T9"})
