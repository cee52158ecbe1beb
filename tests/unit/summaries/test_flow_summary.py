"""Participant flow."""

import pandas as pd
import pytest
from rctflow.summaries.flow import summarize_flow
from rctflow.summaries.rows import SummaryError
from rctflow.summaries.settings import Flow, SummaryPopulation, SummaryStudy
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
        if row.analysis == analysis:
            table.setdefault(row.visit or row.population or row.statistic, {})[row.group] = row.value
    return {name: tuple(of[arm] for arm in ("placebo", "msc", "")) for name, of in table.items()}


def test_flow_of_five_participants():
    rows = summarized()
    assert counts(rows) == {
        "n_randomized": (2, 3, 5),
        "n_treated": (2, 2, 4),
        "n_other_arm": (1, 0, 1),
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
    assert counts(summarized(adsl, treated="DOSEDFL"))["n_treated"] == (1, 2, 3)


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
            ("99", "month1", 1, 3.0, "Y"),
        ],
        columns=["USUBJID", "AVISIT", "AVISITN", "AVAL", "ANL01FL"],
    )
    rows = summarized(records={"tug": bds})
    assert counts(rows, "tug") == {"month1": (1, 1, 2), "month6": (1, 0, 1), "n_outside_windows": (0, 1, 1)}
    assert list(counts(rows, "tug")) == ["month1", "month6", "n_outside_windows"]


def test_a_missing_flag_is_named():
    with pytest.raises(SummaryError, match="ADSL has no column SAFFL"):
        summarized(ADSL.drop(columns="SAFFL"))
