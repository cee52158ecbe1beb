"""ADAE from the CDISC pilot's SDTM data against the pilot's own ADAE.

Where they differ on purpose: the pilot leaves an onset missing of which only the year is known (11 events, all before
the first dose); here it is imputed and flagged.
"""

import pandas as pd
import pytest

from tests.unit.pilot_events import ARMS, pilot_adae, transport


@pytest.fixture(scope="module")
def both(shared) -> pd.DataFrame:
    theirs = transport(shared, "adam/adae")
    theirs["TRTA"] = theirs["TRTA"].map(ARMS)
    adae, ledger = pilot_adae(shared)
    assert len(adae) == len(theirs) == 1191
    assert set(ledger["rule"]) == {"answer_missing"} and set(ledger["column"]) == {"AEREL"} and len(ledger) == 4
    return adae.merge(theirs, on=["USUBJID", "AESEQ"], suffixes=("", "_pilot"), validate="1:1")


@pytest.mark.parametrize(
    "name", ["TRTA", "AEDECOD", "AEBODSYS", "TRTEMFL", "AOCCFL", "AOCCSFL", "AOCCPFL", "AESER", "AESEV"]
)
def test_texts_and_flags_are_the_pilots(both, name):
    assert (both[name] == both[f"{name}_pilot"]).all()


def test_dates_days_and_durations_are_the_pilots(both):
    year_alone = both["ASTDTF"].eq("M")
    assert year_alone.sum() == 11 and (both.loc[year_alone, "TRTEMFL"] == "N").all()
    rest = both[~year_alone]
    assert (rest["ASTDTF"] == rest["ASTDTF_pilot"]).all()
    for name in ("ASTDY", "AENDY", "ADURN"):
        assert rest[name].equals(rest[f"{name}_pilot"]), name


def test_supplemental_flags_are_the_same(shared, both):
    given = transport(shared, "sdtm/suppae").query("QNAM == 'AETRTEM'")
    given = given.assign(AESEQ=given["IDVARVAL"].astype(float)).set_index(["USUBJID", "AESEQ"])["QVAL"]
    assert both.set_index(["USUBJID", "AESEQ"])["TRTEMFL"].eq(given).all() and len(given) == 1191
