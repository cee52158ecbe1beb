"""Resampling of an endpoint's analyses: statistics under other allocations, tests, and leaving one patient out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rctflow.inference.refits import refitted
from rctflow.inference.resample import resample_endpoint
from rctflow.inference.settings import Resample
from rctflow.inference.statistics import comparisons
from rctflow.models.endpoint import fit_endpoint
from rctflow.models.mmrm import fit_mmrm
from rctflow.models.select import select_data
from rctflow.models.settings import Resampling
from rctflow.randomization import Scheme, draw_many

from tests.fit_cases import records, row, settings, subjects

VISITS = ("week4", "week8", "week12")
BLOCKS = Scheme(blocks=(4,), sequence="in_turn")


def trial(arms=("placebo", "msc"), n=24, seed=5, lost=4):
    """Permuted blocks, a baseline effect, correlated visits, some values missing."""
    chance = np.random.default_rng(seed)
    block = [arm for arm in arms for _ in range((len(arms) and 4 // len(arms)) or 1)]
    allocated = np.concatenate([chance.permutation(block) for _ in range(n // len(block))])
    adsl = subjects(list(allocated), RANDSEQ=np.arange(1.0, len(allocated) + 1))
    base = chance.normal(40, 6, len(allocated))
    level = chance.normal(0, 3, len(allocated))
    values = {}
    for number, visit in enumerate(VISITS):
        column = 0.7 * base + level + chance.normal(0, 3, len(allocated)) + number + 1.5 * (allocated == arms[-1])
        column[chance.choice(len(allocated), lost, replace=False)] = np.nan
        values[visit] = column
    return adsl, records(adsl, base, **values)


def of(model, resampling, arms=("placebo", "msc"), **more):
    return settings(arms=arms, visits=VISITS, model=model, resampling=resampling, **more)


def resampled(adsl, bds, fit, scheme=BLOCKS):
    return resample_endpoint(bds, adsl, Resample(fit, "week12", scheme))


def allocated_again(adsl, arms, n=12):
    return draw_many(BLOCKS, arms, [""] * len(adsl), adsl["RANDSEQ"], n, np.random.default_rng(2))


@pytest.mark.parametrize("arms", [("placebo", "msc"), ("placebo", "low", "mid", "high")])
def test_ancova_in_closed_form_equals_the_model_run_under_each_allocation(arms):
    adsl, bds = trial(arms)
    fit = of("ancova", None, arms)
    analysis, patients = fit.analyses["primary"], pd.Index(adsl["USUBJID"])
    drawn = allocated_again(adsl, arms)
    data = select_data(bds, adsl, analysis, "itt", fit)
    fast = {(c.visit, c.contrast): c for c in comparisons(data, analysis, fit, patients, drawn)}
    slow = {(c.visit, c.contrast): c for c in refitted(data, analysis, fit, patients, drawn)}
    assert fast.keys() == slow.keys()
    for key, comparison in slow.items():
        assert fast[key].observed == pytest.approx(comparison.observed, rel=1e-9)
        np.testing.assert_allclose(fast[key].statistics, comparison.statistics, rtol=1e-8)


@pytest.mark.parametrize("more", [{"options": {"vcov": "HC3"}}, {"model": "censored"}])
def test_a_model_without_a_closed_form_is_run_again_under_each_allocation(more):
    adsl, bds = trial()
    fit = of(**{"model": "ancova", "resampling": None} | more)
    analysis, patients = fit.analyses["primary"], pd.Index(adsl["USUBJID"])
    drawn = allocated_again(adsl, fit.arms, 3)
    data = select_data(bds, adsl, analysis, "itt", fit)
    for found in comparisons(data, analysis, fit, patients, drawn):
        swapped = adsl.assign(TRT01P=np.array(fit.arms)[drawn[1]])
        other = row(fit_endpoint(bds, swapped, fit)[0], found.contrast, "t", found.visit)
        assert found.statistics[1] == pytest.approx(other.value, rel=1e-9)
        written = row(fit_endpoint(bds, adsl, fit)[0], found.contrast, "t", found.visit)
        assert found.observed == pytest.approx(written.value, rel=1e-9)


def test_the_mmrm_under_another_allocation_is_the_mmrm_of_those_arms():
    adsl, bds = trial()
    fit = of("mmrm", None)
    analysis, patients = fit.analyses["primary"], pd.Index(adsl["USUBJID"])
    drawn = allocated_again(adsl, fit.arms, 5)
    data = select_data(bds, adsl, analysis, "itt", fit)
    found = {c.visit: c for c in comparisons(data, analysis, fit, patients, drawn)}
    assert set(found) == {*VISITS, "average"}
    for number, allocation in enumerate(drawn):
        arm_of = dict(zip(patients, np.array(fit.arms)[allocation], strict=True))
        rows = bds[(bds["ANL01FL"] == "Y") & bds["CHG"].notna()]
        rows = rows.assign(ARM=rows["USUBJID"].map(arm_of))
        again = fit_mmrm(
            rows,
            "CHG ~ ARM * AVISIT + BASE * AVISIT",
            "USUBJID",
            "AVISIT",
            df="residual",
            levels={"ARM": fit.arms, "AVISIT": VISITS},
        )
        expected = again.contrasts("ARM", by="AVISIT").set_index("AVISIT")["t"]
        for visit in VISITS:
            assert found[visit].statistics[number] == pytest.approx(expected[visit], rel=1e-6)
        assert found["average"].statistics[number] == pytest.approx(again.contrasts("ARM")["t"].iloc[0], rel=1e-6)


def test_the_rows_of_a_test_and_its_interval():
    adsl, bds = trial()
    rows = resampled(adsl, bds, of("ancova", Resampling(randomization_test=199)))
    p = row(rows, "msc - placebo", "randomization_p_value", "week12")
    assert 0 < p.value < 1
    assert (p.value * 200) == pytest.approx(round(p.value * 200))
    assert "declared scheme" in p.method
    assert row(rows, "msc - placebo", "randomization_draws", "week12").value == 199
    low, high = (row(rows, "msc - placebo", f"randomization_ci_{end}", "week12").value for end in ("low", "high"))
    fitted, _ = fit_endpoint(bds, adsl, of("ancova", None))
    assert low < row(fitted, "msc - placebo", "estimate", "week12").value < high


def test_few_patients_are_enumerated_and_the_seed_then_changes_nothing():
    adsl, bds = trial(n=8, lost=0)
    fit = [of("ancova", Resampling(randomization_test=50, seed=seed)) for seed in (1, 2)]
    first, second = (resampled(adsl, bds, one) for one in fit)
    assert first == second
    assert row(first, "msc - placebo", "randomization_draws", "week4").value == 36  # (4 choose 2) per block of two
    assert "enumerated" in row(first, "msc - placebo", "randomization_p_value", "week4").method


def test_the_p_value_does_not_depend_on_row_order_units_or_a_constant():
    adsl, bds = trial()
    fit = of("ancova", Resampling(randomization_test=99))
    plain = row(resampled(adsl, bds, fit), "msc - placebo", "randomization_p_value", "week8").value
    moved = bds.assign(AVAL=2 * bds["AVAL"] + 3, BASE=2 * bds["BASE"] + 3, CHG=2 * bds["CHG"])
    for other in (bds.sample(frac=1, random_state=1), moved):
        shuffled = adsl.sample(frac=1, random_state=1)
        assert row(resampled(shuffled, other, fit), "msc - placebo", "randomization_p_value", "week8").value == plain


def test_an_mmrm_has_no_interval_and_says_why():
    adsl, bds = trial()
    rows = resampled(adsl, bds, of("mmrm", Resampling(randomization_test=20)))
    assert "constant additive shift" in row(rows, "msc - placebo", "randomization_p_value", "week12").note
    assert not [r for r in rows if "ci_low" in r.statistic]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scheme": None}, "no randomization scheme is declared"),
        ({"order": np.nan}, "order of randomization is unknown"),
        ({"arms": ["placebo"] * 4}, "cannot have given the observed allocation"),
    ],
)
def test_what_keeps_patients_from_being_allocated_again_is_told(change, words):
    adsl, bds = trial()
    if "order" in change:
        adsl = adsl.assign(RANDSEQ=change["order"])
    if "arms" in change:
        adsl = adsl.assign(TRT01P=[*change["arms"], *adsl["TRT01P"][4:]])
    rows = resampled(adsl, bds, of("ancova", Resampling(randomization_test=20)), change.get("scheme", BLOCKS))
    assert {r.status for r in rows} == {"not_estimable"}
    assert words in rows[0].note


@pytest.mark.parametrize("model", ["ancova", "mmrm"])
def test_leaving_a_patient_out_equals_the_analysis_of_everybody_else(model):
    adsl, bds = trial(n=16)
    fit = of(model, Resampling(leave_one_out=True))
    rows = resampled(adsl, bds, fit)
    estimates = {}
    for patient in adsl["USUBJID"]:
        others, _ = fit_endpoint(bds[bds["USUBJID"] != patient], adsl[adsl["USUBJID"] != patient], of(model, None))
        for name in ("estimate", "ci_low", "ci_high", "p_value"):
            expected = row(others, "msc - placebo", name, "week12").value
            assert row(rows, "msc - placebo", f"without:{patient}:{name}", "week12").value == pytest.approx(
                expected, rel=1e-9
            )
            if name == "estimate":
                estimates[patient] = expected
    assert row(rows, "msc - placebo", "loo_estimate_min", "week12").value == pytest.approx(min(estimates.values()))
    whole, _ = fit_endpoint(bds, adsl, of(model, None))
    full = row(whole, "msc - placebo", "estimate", "week12").value
    most = max(estimates, key=lambda patient: abs(estimates[patient] - full))
    influence = row(rows, "msc - placebo", "loo_influence", "week12")
    assert f"most influential: {most}" in influence.note
    expected = (estimates[most] - full) / row(whole, "msc - placebo", "se", "week12").value
    assert influence.value == pytest.approx(expected, rel=1e-9)
    method = row(whole, "msc - placebo", "estimate", "week12").method
    assert influence.method == f"{method}; without each patient in turn"
    assert row(rows, "msc - placebo", f"without:{most}:p_value", "week12").method == f"{method}; without one patient"


def test_without_the_last_patient_of_an_arm_nothing_can_be_compared_and_it_is_said():
    adsl, bds = trial(n=8, lost=0)
    lonely = bds[
        ~((bds["USUBJID"].isin(adsl.loc[adsl["TRT01P"] == "msc", "USUBJID"][1:])) & (bds["AVISIT"] != "baseline"))
    ]
    (only,) = lonely.merge(adsl[adsl["TRT01P"] == "msc"], on="USUBJID").query("AVISIT == 'week12'")["USUBJID"]
    rows = resampled(adsl, lonely, of("ancova", Resampling(leave_one_out=True)))
    assert row(rows, "msc - placebo", f"without:{only}:estimate", "week12").status == "not_estimable"


def test_analyses_as_treated_cannot_be_allocated_again():
    adsl, bds = trial()
    fit = of("ancova", Resampling(randomization_test=20))
    treated = replace(fit, populations={"itt": replace(fit.populations["itt"], arm="actual")})
    assert "as treated" in resampled(adsl, bds, treated)[0].note


def test_leaving_one_out_of_a_method_without_standard_error_measures_by_its_interval():
    adsl, bds = trial()
    bds = bds.assign(AVAL=bds["AVAL"].gt(30).where(bds["AVAL"].notna()).astype("float64"), BASE=0.0)
    options = {"methods": ["miettinen_nurminen"]}
    fit = of("binary", Resampling(leave_one_out=True), outcome="value", options=options)
    found = [one for one in resampled(adsl, bds, fit) if one.statistic == "loo_influence"]
    assert [one.status for one in found] == ["ok"]
    assert abs(found[0].value) < 3


def test_what_cannot_be_resampled_is_a_row_with_the_reason():
    adsl, bds = trial()
    equal = bds.assign(AVAL=bds["AVAL"].where(bds["AVAL"].isna(), 7.0), BASE=7.0, CHG=0.0)
    fit = of("ancova", Resampling(randomization_test=99, bootstrap=20, leave_one_out=True))
    found = resampled(adsl, equal, fit)
    assert {"randomization_p_value", "bootstrap_se", "loo_influence"} <= {one.statistic for one in found}
    assert all(one.status == "not_estimable" and one.note for one in found)


@pytest.mark.parametrize("model", ["ancova", "mmrm", "wilcoxon"])
def test_a_declared_comparison_of_other_arms_is_resampled_too(model):
    arms = ("placebo", "low", "mid", "high")
    adsl, bds = trial(arms, n=32)
    fit = of(model, Resampling(randomization_test=19, bootstrap=20, leave_one_out=True), arms)
    both = resampled(adsl, bds, replace(fit, contrasts=(("high", "low"),)))
    turned = resampled(adsl, bds, replace(fit, reference="low"))
    contrast = {"wilcoxon": "high vs low"}.get(model, "high - low")
    found, expected = (
        {one.statistic: one.value for one in rows if (one.contrast, one.visit) == (contrast, "week12")}
        for rows in (both, turned)
    )
    assert {"randomization_p_value", "bootstrap_se", "bootstrap_ci_low", "loo_influence"} <= set(found)
    assert found == pytest.approx(expected, rel=1e-6)


def test_the_benchmark_runs_on_its_own_trial():
    from rctflow.commands.bench_resampling import _settings, _trial

    adsl, bds = _trial()
    fit = of("ancova", Resampling(leave_one_out=True))
    assert select_data(bds, adsl, fit.analyses["primary"], "itt", _settings(fit.analyses["primary"])).records.size
