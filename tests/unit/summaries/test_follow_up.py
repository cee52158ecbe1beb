"""Follow-up at each visit: with a value, left by then, without a value; values after the end of the study."""

import numpy as np
import pandas as pd
from rctflow.summaries.flow import summarize_flow
from rctflow.summaries.settings import Flow, SummaryPopulation, SummaryStudy
from rctflow.summaries.sources import Sources

ARMS = ("placebo", "drug")
START = pd.Timestamp("2024-01-01")
# patient: arm, end of study (day), status, reason
PATIENTS = {
    "01": ("placebo", 60, "COMPLETED", ""),
    "02": ("placebo", 10, "DISCONTINUED", "Moved"),
    "03": ("placebo", None, "", ""),
    "04": ("drug", 10, "DISCONTINUED", "Adverse event"),
    "05": ("drug", 40, "DISCONTINUED", "Moved"),
}
# week 4 (days 15 to 41): 01 and 05 came; 04 came on day 29, though the study ended for them on day 10
WEEK4 = [("01", 29), ("04", 29), ("05", 30)]


def adsl(patients=PATIENTS):
    frame = pd.DataFrame(
        [
            (who, arm, START + pd.Timedelta(days=day - 1) if day else pd.NaT, status, reason)
            for who, (arm, day, status, reason) in patients.items()
        ],
        columns=["USUBJID", "TRT01P", "EOSDT", "EOSSTT", "DCSREAS"],
    )
    return frame.assign(TRT01A=frame["TRT01P"], TRTSDT=START, RANDDT=START, RANDFL="Y", ITTFL="Y")


def records(seen, low=15.0):
    frame = pd.DataFrame(
        [(who, START + pd.Timedelta(days=day - 1)) for who, day in seen], columns=["USUBJID", "ADT"]
    ).astype({"ADT": "datetime64[us]"})
    return frame.assign(AVISIT="week4", AVISITN=1.0, AVAL=1.0, ANL01FL="Y", AWLO=low)


def follow_up(subjects, bds, small_cells=0):
    study = SummaryStudy("demo", ARMS, {"itt": SummaryPopulation("ITTFL")}, small_cells=small_cells)
    rows = summarize_flow(Sources(subjects, records={"tug": bds}), study, Flow())
    return {(row.statistic, row.group): row.value for row in rows if row.analysis == "tug" and row.visit}


def test_who_came_who_had_left_and_why_and_who_was_missed():
    found = follow_up(adsl(), records(WEEK4))
    assert {name: tuple(found[name, arm] for arm in (*ARMS, "")) for name, arm in found if arm == ""} == {
        "n": (1, 2, 3),
        "n_left": (1, 0, 1),
        "n_left:Moved": (1, 0, 1),
        "n_without_value": (1, 0, 1),
        "n_after_end": (0, 1, 1),
    }


def test_who_left_within_the_window_was_missed_and_not_gone():
    patients = PATIENTS | {"02": ("placebo", 15, "DISCONTINUED", "Moved")}
    found = follow_up(adsl(patients), records(WEEK4))
    assert (found["n_left", ""], found["n_without_value", "placebo"]) == (0, 2)


def test_without_dates_of_the_end_only_values_are_counted():
    assert {name for name, _ in follow_up(adsl().drop(columns="EOSDT"), records(WEEK4))} == {"n"}


def test_restricted_data_tell_no_parts():
    assert {name for name, _ in follow_up(adsl(), records(WEEK4), small_cells=5)} == {"n", "n_after_end"}


def test_parts_of_a_visit_add_up_in_any_trial():
    """Metamorphic: 200 random trials; the parts are those randomized, reasons are those who left."""
    chance = np.random.default_rng(7)
    for _ in range(200):
        status = chance.choice(["COMPLETED", "DISCONTINUED", ""], 12)
        patients = {
            f"{i:02d}": (
                str(chance.choice(ARMS)),
                int(chance.integers(1, 80)),
                str(one),
                str(chance.choice(["A", "B"])),
            )
            for i, one in enumerate(status)
        }
        patients = {who: (*rest, "" if rest[-1] == "COMPLETED" else why) for who, (*rest, why) in patients.items()}
        seen = [(who, int(chance.integers(15, 42))) for who in patients if chance.random() < 0.6] or [("00", 20)]
        found = follow_up(adsl(patients), records(seen))
        for arm in (*ARMS, ""):
            whole = sum(arm in ("", patient[0]) for patient in patients.values())
            assert whole == sum(found[name, arm] for name in ("n", "n_left", "n_without_value"))
            reasons = [n for (name, group), n in found.items() if name.startswith("n_left:") and group == arm]
            assert sum(reasons) == found["n_left", arm]
