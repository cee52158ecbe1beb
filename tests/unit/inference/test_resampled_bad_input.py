"""Data that determine little or nothing, resampled: numbers, rows with a reason or a typed error; never NaN."""

import math
from dataclasses import replace

import numpy as np
import pytest
from rctflow.inference.resample import resample_endpoint
from rctflow.inference.settings import Resample
from rctflow.models.contract import FitDataError
from rctflow.models.registry import MODELS, compared_as
from rctflow.models.settings import Resampling
from rctflow.randomization import Scheme
from rctflow.results import write_results

from tests.bad_cases import CASES, TYPED, WITHIN, applies, spoilt
from tests.fit_cases import fitted, row

PAIRS = Scheme(blocks=(2,), sequence="in_turn")
EVERYTHING = Resampling(randomization_test=3, bootstrap=3, leave_one_out=True, enumerate_up_to=1)
COMPARING = [model for model in MODELS if model not in WITHIN]
FEW = 4
"""Patients of each site: that they are few changes nothing of what is asked here but the time that it takes."""


def few_of(name, model, resampling=EVERYTHING, **changes):
    """A spoilt trial of a few patients of each site, and the settings to resample it."""
    case = spoilt(name, model, resampling=resampling, **changes)
    first = case.adsl["USUBJID"].isin([f"S{start + k:03d}" for start in (1, 21) for k in range(FEW)])
    adsl = case.adsl[first].assign(RANDSEQ=np.arange(1.0, first.sum() + 1))
    bds = case.bds[case.bds["USUBJID"].isin(adsl["USUBJID"])]
    return bds, adsl, Resample(case.fit, case.fit.visits[-1], PAIRS)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "model"), [(n, m) for n in CASES for m in COMPARING if applies(n, m)])
def test_every_row_has_a_finite_value_or_a_reason(name, model, tmp_path):
    given = few_of(name, model)
    if (name, model) in TYPED:
        with pytest.raises(FitDataError, match=r"S001 has (the value )?2"):
            resample_endpoint(*given)
        return
    rows = resample_endpoint(*given)
    write_results(rows, tmp_path / "results.csv")  # refuses a NaN that says ok, and a missing value without a reason
    assert all(one.value is None or math.isfinite(one.value) for one in rows)
    contrast = compared_as(given[2].fit.analyses["primary"], "msc", "placebo")
    made = {one.statistic.replace("_log", "") for one in rows if one.visit == "month6" and one.contrast == contrast}
    assert made >= {"randomization_p_value", "bootstrap_se", "loo_influence"}


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("all values equal after baseline", {}, "the residual variance is zero"),
        ("no value in the reference arm", {}, "no subject of placebo can be analysed at month6"),
        ("all values equal", {"options": {"vcov": "HC3"}}, "the residual variance is zero"),
    ],
)
def test_an_ancova_that_has_no_t_has_no_randomization_test_for_the_same_reason(name, changes, words):
    rows = resample_endpoint(*few_of(name, "ancova", Resampling(randomization_test=3), **changes))
    p = row(rows, "msc - placebo", "randomization_p_value")
    assert (p.status, p.value) == ("not_estimable", None)
    assert words in p.note


def test_proportional_odds_without_a_patient_next_to_one_of_the_reference_arm():
    case = spoilt("one patient in the reference arm", "proportional_odds", resampling=Resampling(leave_one_out=True))
    rows = resample_endpoint(case.bds, case.adsl, Resample(case.fit, "month6"))
    left_out = [one for one in rows if one.statistic.endswith(":estimate")]
    assert len(left_out) == 21
    assert {one.status for one in left_out} == {"ok", "not_estimable"}
    told = {one.note for one in left_out if one.value is None}
    assert "the comparison cannot be made without this patient: no subject of placebo can be analysed at month6" in told
    assert all(note.partition("without this patient: ")[2] for note in told)


def test_a_fall_back_without_one_patient_is_told_in_its_rows():
    bds, adsl, settings = few_of("no event in an arm", "binary", Resampling(leave_one_out=True))
    rows = [one for one in resample_endpoint(bds, adsl, settings) if one.statistic.endswith(":estimate")]
    assert {one.status for one in rows} == {"fallback"}
    assert all("the stratified difference instead of the standardized one" in one.note for one in rows)


@pytest.mark.parametrize("what", [{"leave_one_out": True}, {"bootstrap": 20}])
def test_patients_who_are_counted_without_a_value_are_resampled_too(what):
    options = {"at_least": 1.0, "missing": "nonresponder", "methods": ["miettinen_nurminen"]}
    case = spoilt("a stratum with one arm", "responder", options=options, resampling=Resampling(**what))
    lost = case.bds["USUBJID"].isin(case.adsl["USUBJID"][::4]) & case.bds["AVISIT"].ne("baseline")
    bds = case.bds[~lost]
    rows = resample_endpoint(bds, case.adsl, Resample(case.fit, "month6"))
    members = case.adsl[case.adsl["ITTFL"].eq("Y")]
    if "leave_one_out" in what:
        names = {one.statistic.split(":")[1] for one in rows if one.statistic.startswith("without:")}
        assert names == set(members["USUBJID"])
        return
    low, high = (row(rows, "msc - placebo", f"bootstrap_ci_{end}").value for end in ("low", "high"))
    plain = replace(case.fit, analyses={"primary": replace(case.fit.analyses["primary"], resampling=None)})
    assert low < row(fitted(case.adsl, bds, plain), "msc - placebo", "estimate").value < high
