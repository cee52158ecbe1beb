"""Participant flow."""

import numpy as np
import pandas as pd
import pytest
from rctflow.summaries.flow import summarize_flow
from rctflow.summaries.rows import SummaryError
from rctflow.summaries.settings import Flow, Reason, Screening, SummaryPopulation, SummaryStudy
from rctflow.summaries.sources import Sources

ADSL = pd.DataFrame(
    {
        "USUBJID": ["01", "02", "03", "04", "05"],
        "TRT01P": ["placebo", "placebo", "msc", "msc", "msc"],
        "TRT01A": ["placebo", "msc", "msc", "msc", None],
        "TRTSDT": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", None]),
        "RANDFL": "Y",
        "ITTFL": "Y",
        "SAFFL": ["Y", "Y", "Y", "Y", "N"],
        "EOSSTT": ["COMPLETED", "COMPLETED", "DISCONTINUED", "DISCONTINUED", None],
        "DCSREAS": ["", None, "Lost to follow-up", "", ""],
    }
)
STUDY = SummaryStudy(
    study="demo",
    arms=("placebo", "msc"),
    populations={"itt": SummaryPopulation("ITTFL"), "safety": SummaryPopulation("SAFFL", "actual")},
)


def summarized(adsl=ADSL, records=None, study=STUDY, **settings):
    return summarize_flow(Sources(adsl, records=records or {}), study, Flow(**settings))


def counts(rows, analysis="flow"):
    """statistic (or population, or visit) -> (placebo, msc, all)."""
    table = {}
    for row in rows:
        if row.analysis == analysis and not (row.statistic.startswith("n_excluded")):
            table.setdefault(row.visit or row.population or row.statistic, {})[row.group] = row.value
    return {name: tuple(of.get(arm) for arm in ("placebo", "msc", "")) for name, of in table.items()}


def test_flow_of_five_participants():
    rows = summarized()
    assert counts(rows) == {
        "n_randomized": (2, 3, 5),
        "n_treated": (2, 2, 4),
        "n_as_allocated": (1, 2, 3),
        "n_other_arm": (1, 0, 1),
        "n_not_treated": (0, 1, 1),
        "n_not_treated:reason not recorded": (0, 1, 1),
        "n_screened": (None, None, None),
        "itt": (2, 3, 5),
        "safety": (1, 3, 4),
        "n_completed": (2, 0, 2),
        "n_discontinued": (0, 2, 2),
        "n_discontinued:DISCONTINUED": (0, 1, 1),
        "n_discontinued:Lost to follow-up": (0, 1, 1),
        "n_status_unknown": (0, 1, 1),
    }
    assert {row.endpoint for row in rows} == {"flow"}
    assert len({row.result_id for row in rows}) == len(rows)


def test_columns_that_the_study_lacks_are_left_out():
    rows = summarized(ADSL.drop(columns=["EOSSTT", "DCSREAS"]))
    assert "n_completed" not in counts(rows)


def test_other_names_of_disposition():
    adsl = ADSL.rename(columns={"EOSSTT": "DSDECOD", "DCSREAS": "DSREAS"})
    rows = summarized(adsl, status="DSDECOD", reason="DSREAS")
    assert counts(rows)["n_discontinued:Lost to follow-up"] == (0, 1, 1)


def test_a_study_without_dates_of_first_dose():
    rows = summarized(ADSL.assign(TRTSDT=pd.NaT))
    treated = [row for row in rows if row.statistic == "n_treated"]
    assert {(row.value, row.status) for row in treated} == {(None, "not_estimable")}
    assert all(row.note for row in treated)


def test_a_declared_flag_of_those_treated():
    adsl = ADSL.assign(TRTSDT=pd.NaT, DOSEDFL=["Y", "N", "Y", "Y", "N"])
    found = counts(summarized(adsl, treated="DOSEDFL"))
    assert (found["n_treated"], found["n_not_treated"]) == ((1, 2, 3), (1, 1, 2))


def test_values_of_an_endpoint_per_visit():
    bds = pd.DataFrame(
        [
            ("01", "month6", 2, 5.0, "Y"),
            ("01", "month6", 2, 5.5, "Y"),
            ("01", "month1", 1, 4.0, "Y"),
            ("03", "month1", 1, 4.0, "Y"),
            ("03", "month1", 1, 4.0, ""),
            ("04", "month1", 1, None, "Y"),
            ("04", "", None, 3.0, ""),
            ("04", "", None, None, ""),
        ],
        columns=["USUBJID", "AVISIT", "AVISITN", "AVAL", "ANL01FL"],
    )
    rows = summarized(records={"tug": bds})
    assert counts(rows, "tug") == {"month1": (1, 1, 2), "month6": (1, 0, 1), "n_outside_windows": (0, 1, 1)}
    assert list(counts(rows, "tug")) == ["month1", "month6", "n_outside_windows"]


def test_a_missing_flag_is_named():
    with pytest.raises(SummaryError, match="ADSL has no column SAFFL"):
        summarized(ADSL.drop(columns="SAFFL"))


def test_who_was_screened_and_not_randomized_and_why():
    screened = pd.DataFrame(
        {"USUBJID": ["01", "02", "03", "04", "05", "s1", "s2", "s2"], "WHY": [None] * 5 + ["too old", "", ""]}
    )
    sources = Sources(ADSL, tables={"dm": screened})
    rows = summarize_flow(sources, STUDY, Flow(screened=Screening("dm", reason="WHY")))
    found = {row.statistic: row.value for row in rows if row.analysis == "flow" and not row.group}
    assert (found["n_screened"], found["n_not_randomized"]) == (7, 2)
    assert (found["n_not_randomized:too old"], found["n_not_randomized:reason not recorded"]) == (1, 1)


def test_screening_that_was_not_collected_is_said_and_not_invented():
    (row,) = [row for row in summarized() if row.statistic == "n_screened"]
    assert (row.value, row.status) == (None, "not_estimable")
    assert "nobody who was assessed" in row.note


def test_exclusions_have_their_first_reason_and_add_up():
    adsl = ADSL.assign(AGE=[50, 90, 50, 91, 60], SAFFL=["Y", "N", "Y", "N", "N"])
    exclusions = {"safety": (Reason("too old", "AGE > 80"), Reason("left", "EOSSTT == 'DISCONTINUED'"))}
    rows = summarized(adsl, exclusions=exclusions)
    found = {(row.statistic, row.group): row.value for row in rows if row.population == "safety"}
    assert found["n_excluded", ""] + found["n", ""] == len(adsl)
    assert [found[f"n_excluded:{why}", ""] for why in ("too old", "reason not recorded")] == [2, 1]
    assert ("n_excluded:left", "") not in found


def test_parts_add_up_to_the_whole_in_any_trial():
    """Metamorphic: 300 random trials; every decomposition sums, arms sum to the total, row order does not matter."""
    chance = np.random.default_rng(1)
    for _ in range(300):
        adsl = invented(chance)
        rows = summarized(adsl)
        found = {(row.population, row.statistic, row.group): row.value for row in rows if row.analysis == "flow"}
        for group in ("placebo", "msc", ""):
            whole = found["", "n_randomized", group]
            assert whole == found["", "n_treated", group] + found["", "n_not_treated", group]
            assert found["", "n_treated", group] == (
                found["", "n_as_allocated", group] + found["", "n_other_arm", group]
            )
            ends = ("n_completed", "n_discontinued", "n_status_unknown")
            assert whole == sum(found["", end, group] for end in ends)
            assert whole == found["itt", "n", group] + found["itt", "n_excluded", group]
        for (population, statistic, group), value in found.items():
            if not group and value is not None:
                assert value == sum(found[population, statistic, arm] for arm in ("placebo", "msc"))
        again = summarized(adsl.sample(frac=1, random_state=1))
        assert [row.value for row in again] == [row.value for row in rows]


def invented(chance, n=12):
    arms = chance.choice(["placebo", "msc"], n)
    treated = chance.random(n) < 0.8
    actual = np.where(chance.random(n) < 0.9, arms, "msc")
    status = chance.choice(["COMPLETED", "DISCONTINUED", ""], n)
    return pd.DataFrame(
        {
            "USUBJID": [f"{i:02d}" for i in range(n)],
            "TRT01P": arms,
            "TRT01A": np.where(treated, actual, None),
            "TRTSDT": pd.to_datetime(np.where(treated, "2024-01-02", None)),
            "RANDFL": "Y",
            "ITTFL": chance.choice(["Y", "N"], n),
            "SAFFL": np.where(treated, "Y", "N"),
            "EOSSTT": status,
            "DCSREAS": np.where(status == "DISCONTINUED", chance.choice(["Death", "", "Moved"], n), ""),
        }
    )
