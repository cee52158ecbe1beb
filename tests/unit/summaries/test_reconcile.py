"""A mismatch stops the run and names the patients."""

import pandas as pd
import pytest
from rctflow.results import Result
from rctflow.settings import as_params
from rctflow.summaries.flow import summarize_flow
from rctflow.summaries.reconcile import ReconciliationError, reconciled
from rctflow.summaries.rows import SummaryError
from rctflow.summaries.settings import Flow, FormRows, Screening, SummaryPopulation, SummaryStudy
from rctflow.summaries.settings_course import Exposure
from rctflow.summaries.sources import Sources

ADSL = pd.DataFrame(
    {
        "USUBJID": ["P1", "P2", "P3", "P4"],
        "TRT01P": ["placebo", "placebo", "msc", "msc"],
        "TRT01A": ["placebo", "placebo", "msc", None],
        "TRTSDT": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04", None]),
        "RANDFL": "Y",
        "ITTFL": "Y",
        "EOSSTT": ["COMPLETED", "COMPLETED", "DISCONTINUED", None],
        "DCSREAS": ["", "", "Moved", ""],
    }
)
STUDY = SummaryStudy("demo", ("placebo", "msc"), {"itt": SummaryPopulation("ITTFL")})
EX = pd.DataFrame({"USUBJID": ["P1", "P2", "P3", "P3"], "GIVEN": "Y"})


def run(adsl=ADSL, forms=None, **sources):
    return summarize_flow(Sources(adsl, **sources), STUDY, Flow(forms=forms or {}))


def randomized_row(arm, n):
    fixed = dict.fromkeys(("estimand", "role", "visit", "contrast"), "")
    return Result("demo", "tug", population="itt", analysis="main", model="ancova", group=arm,
                  statistic="n_randomized", value=n, **fixed)  # fmt: skip


def test_what_adds_up_passes():
    forms = {"treated": FormRows("ex", "GIVEN == 'Y'"), "completed": FormRows("ds")}
    ds = pd.DataFrame({"USUBJID": ["P2", "P1"]})
    records = {"tug": pd.DataFrame(
        {"USUBJID": ["P1"], "ANL01FL": ["Y"], "AVISIT": ["m1"], "AVISITN": [1], "AVAL": [1.0]}
    )}  # fmt: skip
    results = {"tug": [randomized_row("placebo", 2), randomized_row("msc", 2)]}
    assert run(forms=forms, tables={"ex": EX, "ds": ds}, records=records, results=results)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"TRT01P": ["placebo", "placebo", "msc", "other"]}, "randomized, to no arm of the study: P4"),
        ({"TRT01A": ["placebo", None, "msc", None]}, "treated, with no arm of the study: P2"),
        ({"RANDFL": ["Y", "Y", "N", "N"]}, "in population itt, not randomized: P3, P4"),
        ({"DCSREAS": ["", "Death", "Moved", ""]}, "completed the study, with a reason for leaving it: P2"),
        ({"USUBJID": ["P1", "P2", "P3", "P3"]}, "more than one row in ADSL: P3"),
    ],
)
def test_adsl_that_contradicts_itself(changed, told):
    with pytest.raises(ReconciliationError, match=told):
        run(ADSL.assign(**changed))


def test_a_completer_may_have_completion_as_the_reason():
    assert run(ADSL.assign(DCSREAS=["Completed", "", "Moved", ""]))


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["P1", "P2"], "treated in ADSL, not in form ex: P3"),
        (["P1", "P2", "P3", "P4"], "treated in form ex, not in ADSL: P4"),
        (["P1", "P2", "P3", "X9"], "treated in form ex, not in ADSL: X9"),
    ],
)
def test_a_form_that_counts_others_than_adsl(ids, told):
    ex = pd.DataFrame({"USUBJID": ids, "GIVEN": "Y"})
    with pytest.raises(ReconciliationError, match=told):
        run(forms={"treated": FormRows("ex", "GIVEN == 'Y'")}, tables={"ex": ex})


def test_a_randomized_patient_who_was_not_screened():
    """306 screened would not be 254 randomized and 52 others."""
    screened = Screening("dm", where="KIND == 'subject'")
    dm = pd.DataFrame({"USUBJID": ["P1", "P2", "P3", "P4", "P9"], "KIND": ["subject"] * 3 + ["staff", "subject"]})
    with pytest.raises(ReconciliationError, match="randomized, not in form dm of those screened: P4"):
        summarize_flow(Sources(ADSL, tables={"dm": dm}), STUDY, Flow(screened=screened))
    rows = summarize_flow(Sources(ADSL, tables={"dm": dm}), STUDY, Flow(screened=Screening("dm")))
    assert [row.value for row in rows[:2]] == [5, 1]


def test_what_is_agreed_before_anything_is_modelled():
    params = {"study": as_params(STUDY), "flow": as_params(Flow(forms={"treated": FormRows("ex")})), "exposure": {}}
    assert reconciled(params, Sources(ADSL, tables={"ex": EX})) == "ADSL within itself\nADSL and ex: who is treated\n"
    with pytest.raises(ReconciliationError, match="treated in ADSL, not in form ex: P3"):
        reconciled(params, Sources(ADSL, tables={"ex": EX[:2]}))


def test_dosing_that_ends_before_it_starts_ends_the_run_before_anything_is_modelled():
    days = {"DAT": pd.to_datetime(["2024-01-02"] * 4), "END": pd.to_datetime(["2024-01-02"] * 2 + ["2024-01-01"] * 2)}
    doses = {"exposure": as_params(Exposure("ex", "DAT", end="END"))}
    with pytest.raises(SummaryError, match="dosing ends before it starts in form ex: P3"):
        reconciled(
            {"study": as_params(STUDY), "flow": as_params(Flow())} | doses,
            Sources(ADSL, tables={"ex": EX.assign(**days)}),
        )


def test_an_analysed_patient_whom_adsl_does_not_know():
    records = {"tug": pd.DataFrame({"USUBJID": ["P1", "Z1"], "ANL01FL": ["Y", "Y"]})}
    with pytest.raises(ReconciliationError, match="analysed in tug, not in ADSL: Z1"):
        run(records=records)


def test_a_table_that_counts_others_than_adsl():
    with pytest.raises(ReconciliationError, match="tug has 3 randomized to msc, ADSL 2: P3, P4"):
        run(results={"tug": [randomized_row("placebo", 2), randomized_row("msc", 3)]})


def test_all_mismatches_are_told_at_once_and_long_lists_are_cut():
    many = pd.concat([ADSL] * 10, ignore_index=True)
    many["USUBJID"] = [f"P{i:02d}" for i in range(40)]
    with pytest.raises(ReconciliationError) as raised:
        run(many.assign(TRT01P="other", RANDFL="Y", DCSREAS="Death"))
    assert "and 20 more" in str(raised.value)
    assert str(raised.value).count("\n- ") == 2


def test_a_form_of_something_that_adsl_does_not_tell():
    with pytest.raises(SummaryError, match=r"forms\.completed: ADSL does not tell who is completed"):
        run(ADSL.drop(columns=["EOSSTT"]), forms={"completed": FormRows("ex")}, tables={"ex": EX})
