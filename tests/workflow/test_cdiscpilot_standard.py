"""The pilot's standard files, written from SDTM, against the ADSL and ADAE of the study, variable by variable."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

pytestmark = pytest.mark.workflow

# differ by design: names of arms and their numbers are the config's, SUBJID is USUBJID
OURS = {"STUDYID", "SUBJID", "TRT01P", "TRT01PN", "TRT01A", "TRT01AN", "TRTA", "TRTAN"}
# last dose: EX of these has no end of the last interval; the study took the end of participation
NO_LAST_DOSE = {"01-704-1233", "01-705-1018", "01-705-1031", "01-705-1303", "01-705-1377", "01-705-1382"}


def both(pilot: Path, shared: Path, name: str, keys: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """The rows of both files side by side, theirs with the suffix _STUDY; and the variables that both have."""
    here, about = pyreadstat.read_xport(pilot / f"submission/{name}.xpt", disable_datetime_conversion=True)
    there, _ = pyreadstat.read_xport(shared / f"data/cdiscpilot/adam/{name}.xpt", disable_datetime_conversion=True)
    assert max(map(len, here)) <= 8
    assert all(0 < len(label or "") <= 40 for label in about.column_labels)
    common = [column for column in here if column in there and column not in (*OURS, *keys)]
    merged = here.merge(there, on=keys, suffixes=("", "_STUDY"), validate="one_to_one")
    assert len(merged) == len(here) == len(there)
    return merged, common


def unequal(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    here, there = rows[column], rows[f"{column}_STUDY"]
    same = here.eq(there) | (here.isna() & there.isna())
    if pd.api.types.is_numeric_dtype(here):
        same |= (here - there).abs().lt(1e-6)
    return rows[~same]


def test_adsl_is_the_studys(pilot: Path, shared: Path) -> None:
    rows, common = both(pilot, shared, "adsl", ["USUBJID"])
    assert {"TRTSDT", "AGE", "BMIBL", "DURDIS", "SITEGR1", "ITTFL", "SAFFL", "EFFFL", "COMP24FL"} <= set(common)
    different = {column: unequal(rows, column) for column in common}
    assert {column for column, found in different.items() if len(found)} == {"TRTEDT", "DCREASCD"}
    assert set(different["TRTEDT"]["USUBJID"]) == NO_LAST_DOSE
    # who completed has a reason "Completed" there, and none here
    assert different["DCREASCD"]["DCREASCD_STUDY"].unique().tolist() == ["Completed"]


def test_adae_is_the_studys(pilot: Path, shared: Path) -> None:
    rows, common = both(pilot, shared, "adae", ["USUBJID", "AESEQ"])
    flags = {"TRTEMFL", "AOCCFL", "AOCCSFL", "AOCCPFL"}
    assert {"ASTDT", "ASTDTF", "AENDT", "ASTDY", "AENDY", "ADURN", "AEDECOD", "AESER", *flags} <= set(common)
    different = {column: unequal(rows, column) for column in common}
    assert {column for column, found in different.items() if len(found)} == {"ASTDT", "ASTDTF", "ASTDY"}
    # onsets of which the year alone is known: missing there, the first of the year and flagged here; before treatment
    for column in ("ASTDT", "ASTDTF", "ASTDY"):
        assert len(different[column]) == 11
        assert different[column]["TRTEMFL"].eq("N").all()
        assert different[column]["ASTDTF"].eq("M").all()
