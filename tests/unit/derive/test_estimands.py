"""What each strategy for intercurrent events (ICH E9(R1)) does to the records: which enter, and with which value."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from clean_tables import VISITS, adsl, clean, records_of
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rctflow.derive.records import derive_records
from rctflow.derive.settings import Window

PLAN = {**VISITS, "month3": Window(3, 90, 76, 104)}
# P01 is rescued on day 20 (study day 21), after week 1; P02 dies on day 50 and has no later record; P03 has no event.
PATIENTS = adsl("USUBJID TRTSDT ICEDY_DEATH ICEDY_RESCUE\nP01 2024-03-01 . 21\nP02 2024-03-01 51 .\nP03 2024-03-01 . .")
TABLE = clean(
    """
    USUBJID  ADT         SEC
    P01      2024-03-01  20
    P01      2024-03-08  18
    P01      2024-03-31  12
    P01      2024-05-30  11
    P02      2024-03-01  25
    P02      2024-03-31  27
    P03      2024-03-01  14
    P03      2024-05-30  10
    """
)


def entering(strategies, patients=PATIENTS, table=TABLE, failure=60.0):
    """(subject, visit) -> value, of the records after baseline that count under the strategies."""
    settings = replace(records_of(visits=PLAN), strategies={"asked": strategies}, failure=failure)
    bds = derive_records(table, patients, settings)
    used = bds[(bds["ANL01FL_ASKED"] == "Y") & bds["AVAL"].notna() & (bds["AVISIT"] != "baseline")]
    return {
        (who, visit): value for who, visit, value in zip(used["USUBJID"], used["AVISIT"], used["AVAL"], strict=True)
    }


OBSERVED = {
    ("P01", "week1"): 18,
    ("P01", "month1"): 12,
    ("P01", "month3"): 11,
    ("P02", "month1"): 27,
    ("P03", "month3"): 10,
}


def test_treatment_policy_keeps_what_came_after_the_event():
    assert entering({"rescue": "treatment_policy", "death": "treatment_policy"}) == OBSERVED


def test_hypothetical_takes_what_came_after_the_event_as_missing():
    kept = {key: OBSERVED[key] for key in [("P01", "week1"), ("P02", "month1"), ("P03", "month3")]}
    assert entering({"rescue": "hypothetical", "death": "hypothetical"}) == kept


def test_composite_writes_the_failure_value_at_every_planned_visit_from_the_event_on():
    expected = OBSERVED | {("P01", "month1"): 60, ("P01", "month3"): 60, ("P02", "month3"): 60}
    assert entering({"rescue": "composite", "death": "composite"}) == expected


def test_while_on_treatment_repeats_the_last_value_before_the_event():
    expected = OBSERVED | {("P01", "month1"): 18, ("P01", "month3"): 18, ("P02", "month3"): 27}
    assert entering({"rescue": "while_on_treatment", "death": "while_on_treatment"}) == expected


def test_while_on_treatment_starts_from_the_baseline_when_nothing_was_measured_in_between():
    early = PATIENTS.assign(ICEDY_RESCUE=[3.0, np.nan, np.nan])
    expected = OBSERVED | {("P01", visit): 20 for visit in ("week1", "month1", "month3")}
    assert entering({"rescue": "while_on_treatment", "death": "treatment_policy"}, early) == expected


def test_events_may_have_different_strategies():
    expected = {key: OBSERVED[key] for key in [("P01", "week1"), ("P02", "month1"), ("P03", "month3")]}
    assert entering({"rescue": "hypothetical", "death": "composite"}) == expected | {("P02", "month3"): 60}


def test_of_two_events_the_earlier_decides():
    both = PATIENTS.assign(ICEDY_DEATH=[70.0, 51.0, np.nan])  # P01: rescue on day 20, death on day 69
    entered = entering({"rescue": "hypothetical", "death": "composite"}, both)
    assert not {key for key in entered if key[0] == "P01"} - {("P01", "week1")}
    assert entering({"rescue": "treatment_policy", "death": "composite"}, both)["P01", "month3"] == 60


def test_a_value_of_the_day_of_the_event_was_measured_before_it():
    same_day = PATIENTS.assign(ICEDY_RESCUE=[31.0, np.nan, np.nan])  # the day of the month 1 visit
    entered = entering({"rescue": "hypothetical", "death": "treatment_policy"}, same_day)
    assert ("P01", "month1") in entered
    assert ("P01", "month3") not in entered


def test_a_late_visit_before_the_event_is_kept_though_its_target_day_is_later():
    late = clean("USUBJID ADT SEC\nP01 2024-03-01 20\nP01 2024-03-21 12")  # day 20: in the window of month 1
    after = PATIENTS.assign(ICEDY_RESCUE=[25.0, np.nan, np.nan])
    assert entering({"rescue": "composite", "death": "treatment_policy"}, after, late)["P01", "month1"] == 12


def test_a_patient_without_any_record_after_baseline_still_fails():
    silent = clean("USUBJID ADT SEC\nP01 2024-03-01 20\nP03 2024-03-01 14")
    entered = entering({"rescue": "treatment_policy", "death": "composite"}, table=silent)
    assert entered == {("P02", "month3"): 60}


def test_made_rows_say_what_they_are_and_count_for_their_estimand_alone():
    strategies = {"a": {"rescue": "composite", "death": "composite"}, "b": {"rescue": "hypothetical"}}
    bds = derive_records(TABLE, PATIENTS, replace(records_of(visits=PLAN), strategies=strategies, failure=60.0))
    made = bds[bds["DTYPE"] == "COMPOSITE"]
    assert set(made["ANL01FL_A"]) == {"Y"}
    assert set(made["ANL01FL_B"]) == {""} == set(made["ANL01FL"])
    assert set(made["SRCVAR"]) == {"rescue", "death"}
    death = made[made["USUBJID"] == "P02"].iloc[0]
    assert (death["BASE"], death["CHG"], death["PCHG"], death["AWTARGET"]) == (25, 35, 140, 91)
    observed = bds[bds["DTYPE"] == ""].drop(columns=["ANL01FL_A", "ANL01FL_B"]).reset_index(drop=True)
    plain = derive_records(TABLE, PATIENTS, records_of(visits=PLAN))
    pd.testing.assert_frame_equal(observed, plain)


@hypothesis_settings(deadline=None)
@given(
    days=st.lists(st.one_of(st.none(), st.integers(2, 120)), min_size=3, max_size=3),
    strategy=st.sampled_from(["hypothetical", "composite", "while_on_treatment"]),
)
def test_no_value_measured_after_an_event_ever_enters(days, strategy):
    patients = PATIENTS.assign(ICEDY_RESCUE=np.array(days, dtype=float), ICEDY_DEATH=np.nan)
    settings = replace(records_of(visits=PLAN), strategies={"asked": {"rescue": strategy}}, failure=60.0)
    bds = derive_records(TABLE, patients, settings)
    day = bds["USUBJID"].map(dict(zip(patients["USUBJID"], days, strict=True))).astype(float)
    measured = bds["DTYPE"].eq("") & bds["ABLFL"].ne("Y")
    assert not (measured & bds["ANL01FL_ASKED"].eq("Y") & (bds["ADY"] > day)).any()
    untouched = measured & bds["ANL01FL"].eq("Y") & ~(bds["ADY"] > day)
    assert bds.loc[untouched, "ANL01FL_ASKED"].eq("Y").all()
    assert not bds[bds["ANL01FL_ASKED"].eq("Y")].duplicated(["USUBJID", "AVISIT"]).any()


@pytest.mark.parametrize("strategy", ["composite", "while_on_treatment"])
def test_row_order_of_the_table_changes_nothing(strategy):
    settings = replace(records_of(visits=PLAN), strategies={"a": {"rescue": strategy, "death": strategy}}, failure=60.0)
    shuffled = TABLE.sample(frac=1, random_state=3).reset_index(drop=True)
    pd.testing.assert_frame_equal(
        derive_records(TABLE, PATIENTS, settings), derive_records(shuffled, PATIENTS.iloc[::-1], settings)
    )
