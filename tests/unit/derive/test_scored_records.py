"""Records whose value is the score of an instrument."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clean_tables import adsl, clean, records_of
from rctflow.derive.errors import DeriveError
from rctflow.derive.records import derive_records
from rctflow.derive.settings import Unable

PATIENTS = adsl("USUBJID TRTSDT HAND\nP01 2024-03-10 1\nP02 2024-03-10 2").assign(HAND=["L", "R"])
TUG = clean(
    """
    USUBJID  ADT         TUG1  TUG1_CODE  T2   T2_CODE
    P01      2024-03-10  10    .          12   .
    P01      2024-03-17  .     unable     .    unable
    P02      2024-03-10  .     refused    8    .
    """
)
GRIP = clean("USUBJID ADT L1 R1\nP01 2024-03-10 20 30\nP02 2024-03-10 20 30")


def derived(root: Path, table: pd.DataFrame, name: str, **changes: object) -> pd.DataFrame:
    instrument = str(root / f"workflow/instruments/{name}.yaml")
    settings = records_of(instrument=instrument, column="", **changes)
    return derive_records(table, PATIENTS, settings, where="c.yaml: endpoints.tug").sort_values("SRCSEQ")


def test_a_score_from_renamed_items_with_codes_and_an_absent_optional_item(root: Path) -> None:
    records = derived(root, TUG, "tug", score="TUG", items={"T1": "TUG1"}, unable=Unable("worst", 60))
    np.testing.assert_array_equal(records["AVAL"], [11, 60, 8])
    assert list(records["AVALC"]) == ["", "unable", ""]
    assert list(records["DTYPE"]) == ["", "WORST", ""]
    assert set(records["SRCVAR"]) == {"TUG1,T2"}


def test_an_option_of_the_instrument(root: Path) -> None:
    records = derived(
        root, TUG, "tug", score="TUG", items={"T1": "TUG1"}, options={"trials": "best"}, unable=Unable("missing")
    )
    np.testing.assert_array_equal(records["AVAL"], [10, np.nan, 8])


def test_a_covariate_comes_from_adsl(root: Path) -> None:
    records = derived(
        root,
        GRIP,
        "grip",
        score="GRIP",
        items={"dominant": "HAND"},
        options={"rule": "dominant_max"},
        direction="higher",
    )
    np.testing.assert_array_equal(records["AVAL"], [20, 30])
    assert set(records["SRCVAR"]) == {"L1,R1"}


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (
            {"T1": "TUG9"},
            r"c\.yaml: endpoints\.tug\.items\.T1: table 'perf' has no column 'TUG9'\. Did you mean 'TUG1'",
        ),
        ({"T1": "TUG1", "T4": "T2"}, r"c\.yaml: endpoints\.tug\.items: tug has no item 'T4'\. It has: T1, T2, T3"),
        ({}, r"c\.yaml: endpoints\.tug: tug: items without a column: T1"),
    ],
    ids=["unknown column", "unknown item", "required item absent"],
)
def test_items_that_do_not_fit_are_named(root: Path, items: dict[str, str], said: str) -> None:
    with pytest.raises(DeriveError, match=said):
        derived(root, TUG, "tug", score="TUG", items=items, unable=Unable("missing"))


def test_a_score_that_the_instrument_made_of_a_test_that_could_not_be_done_says_so(root: Path) -> None:
    table = clean(
        """
        USUBJID  ADT         SIDE_S  SEMI_S  SEMI_S_CODE  TANDEM_S  TANDEM_S_CODE  G1  CHAIR_S  CHAIR_S_CODE
        P01      2024-03-10  10      10      .            10        .              4   10       .
        P01      2024-03-17  10      10      .            10        .              4   .        unable
        P02      2024-03-10  10      .       unable       .         unable         4   .        refused
        """
    )
    options = {"course": "4m"}
    records = derived(root, table, "sppb", score="SPPB", items={"GAIT1_S": "G1"}, options=options, direction="higher")
    np.testing.assert_array_equal(records["AVAL"], [12, 8, np.nan])
    assert list(records["AVALC"]) == ["", "unable in part", "refused"]
