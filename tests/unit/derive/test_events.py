"""The study day of each intercurrent event in ADSL."""

from dataclasses import replace

import pytest
from clean_tables import adsl, clean
from rctflow.derive.errors import DeriveError
from rctflow.derive.events import derive_events
from rctflow.derive.settings import Event, Source, Subjects

PATIENTS = adsl("USUBJID TRTSDT RANDDT\nP01 2024-03-01 2024-02-28\nP02 2024-03-01 2024-02-28\nP03 . 2024-03-02")
ICE = clean(
    """
    USUBJID  ADT         TERM
    P01      2024-04-10  Rescue
    P01      2024-03-21  Rescue
    P03      2024-03-12  Death
    P09      2024-03-12  Death
    """
)
SETTINGS = Subjects(
    study="trial",
    table="rand",
    planned=Source("rand", "ARM"),
    arms={"A": "a"},
    arm_order=("a",),
    events={
        "rescue": Event("ice", "TERM == 'Rescue'", "Rescue treatment"),
        "death": Event("ice", "TERM == 'Death'", "Death", terminal=True),
    },
    complete=("ice",),
)


def test_the_first_occurrence_counts_in_study_days_from_first_dose_or_randomization():
    found = derive_events(PATIENTS, {"ice": ICE}, SETTINGS).set_index("USUBJID")
    assert found["ICEDY_RESCUE"].to_dict() == pytest.approx(
        {"P01": 21, "P02": float("nan"), "P03": float("nan")}, nan_ok=True
    )
    assert found.loc["P03", "ICEDY_DEATH"] == 11
    assert list(found.columns)[-2:] == ["ICEDY_DEATH", "ICEDY_RESCUE"]


def test_a_row_that_is_no_declared_event_is_refused_with_its_place():
    ice = ICE.assign(TERM=["Rescue", "Moved away", "Death", "Death"])
    with pytest.raises(
        DeriveError, match=r"row 2 of table 'ice' \(subject P01\) is none of the declared events \(death, rescue\)"
    ):
        derive_events(PATIENTS, {"ice": ice}, SETTINGS)
    assert "ICEDY_DEATH" in derive_events(PATIENTS, {"ice": ice}, replace(SETTINGS, complete=()))


def test_an_event_without_a_date_is_refused_with_the_patient():
    ice = clean("USUBJID ADT TERM\nP01 . Rescue")
    with pytest.raises(
        DeriveError, match=r"intercurrent_events.rescue: subject P01 \(row 1 of table 'ice'\) has no date"
    ):
        derive_events(PATIENTS, {"ice": ice}, SETTINGS)


def test_a_study_with_days_instead_of_dates_counts_from_them():
    ice = clean("USUBJID DAY TERM\nP01 20 Rescue")
    nobody_dated = adsl("USUBJID\nP01\nP02")
    assert derive_events(nobody_dated, {"ice": ice}, SETTINGS)["ICEDY_RESCUE"].max() == 21
