"""The bootstrap: the BCa interval against scipy's, draws within arms, and what the rows say."""

import re

import numpy as np
import pytest
from rctflow.inference.bootstrap import ENOUGH, _copier, _drawn, _mmrm_estimator, _rows, bca_interval, normal_interval
from rctflow.inference.effects import effects_at
from rctflow.inference.resample import resample_endpoint
from rctflow.inference.settings import Resample
from rctflow.models.endpoint import fit_endpoint
from rctflow.models.select import select_data
from rctflow.models.settings import Resampling

from tests.fit_cases import records, row, settings, subjects


def trial(n=40, seed=4):
    chance = np.random.default_rng(seed)
    arms = np.array(["placebo", "msc"] * (n // 2))
    adsl = subjects(list(arms))
    base = chance.normal(40, 6, n)
    return adsl, records(adsl, base, month6=base + chance.exponential(4, n) + 2 * (arms == "msc"))


def of(model="ancova", **resampling):
    return settings(model=model, resampling=Resampling(**resampling) if resampling else None)


def rows_of(adsl, bds, fit):
    return resample_endpoint(bds, adsl, Resample(fit, "month6"))


def test_the_bca_interval_equals_scipys():
    from scipy.stats import bootstrap

    sample = np.random.default_rng(1).exponential(3, 25)
    found = bootstrap((sample,), np.mean, n_resamples=1999, method="BCa", rng=np.random.default_rng(2))
    others = np.array([np.delete(sample, i).mean() for i in range(25)])
    ours = bca_interval(sample.mean(), found.bootstrap_distribution, others, 0.95)
    assert ours == pytest.approx(tuple(found.confidence_interval), rel=1e-9)


def test_draws_keep_the_size_of_each_arm_and_the_first_ones_stay():
    arms = np.array(["a", "b", "a", "b", "b"])
    draws = _drawn(arms, 20, seed=3)
    assert {tuple(np.sort(arms[drawn])) for drawn in draws} == {("a", "a", "b", "b", "b")}
    assert all((one == two).all() for one, two in zip(draws[:5], _drawn(arms, 5, seed=3), strict=True))


def test_everybody_drawn_once_gives_the_observed_estimate():
    adsl, bds = trial()
    fit = of()
    data = select_data(bds, adsl, fit.analyses["primary"], "itt", fit)
    again = _copier(data, adsl["USUBJID"].to_numpy(dtype=object))(np.arange(len(adsl)))
    assert len(again.records) == len(data.records)
    assert again.subjects.index.is_unique
    np.testing.assert_allclose(np.sort(again.records["AVAL"]), np.sort(data.records["AVAL"]))


@pytest.mark.parametrize("model", ["ancova", "mmrm"])
def test_the_interval_is_near_the_models_own_and_moves_with_the_data(model):
    adsl, bds = trial()
    rows = rows_of(adsl, bds, of(model, bootstrap=200))
    low, high = (row(rows, "msc - placebo", f"bootstrap_ci_{end}").value for end in ("low", "high"))
    fitted, _ = fit_endpoint(bds, adsl, of(model))
    estimate, se = (row(fitted, "msc - placebo", name).value for name in ("estimate", "se"))
    assert low < estimate < high
    assert row(rows, "msc - placebo", "bootstrap_se").value == pytest.approx(se, rel=0.25)
    scaled = bds.assign(AVAL=3 * bds["AVAL"], BASE=3 * bds["BASE"], CHG=3 * bds["CHG"])
    again = rows_of(adsl.sample(frac=1, random_state=2), scaled, of(model, bootstrap=200))
    assert row(again, "msc - placebo", "bootstrap_ci_low").value == pytest.approx(3 * low, rel=1e-6)


def test_one_visit_of_an_mmrm_is_the_ancova_in_every_draw():
    adsl, bds = trial()
    ancova, mmrm = (rows_of(adsl, bds, of(model, bootstrap=50)) for model in ("ancova", "mmrm"))
    for name in ("bootstrap_se", "bootstrap_ci_low", "bootstrap_ci_high"):
        assert row(mmrm, "msc - placebo", name).value == pytest.approx(
            row(ancova, "msc - placebo", name).value, rel=1e-6
        )


def test_few_draws_give_a_normal_interval_and_it_is_said():
    adsl, bds = trial()
    rows = rows_of(adsl, bds, of(bootstrap=200))
    fitted, _ = fit_endpoint(bds, adsl, of())
    low, high, se = (row(rows, "msc - placebo", f"bootstrap_{name}") for name in ("ci_low", "ci_high", "se"))
    estimate = row(fitted, "msc - placebo", "estimate").value
    assert (low.value, high.value) == pytest.approx((estimate - 1.959964 * se.value, estimate + 1.959964 * se.value))
    assert "normal interval (BCa needs 1000 draws)" in low.method
    assert normal_interval(1.0, np.full(9, 2.0), 0.95) is None


def test_a_normal_interval_of_a_win_probability_ends_at_certainty():
    adsl, bds = trial(n=16)
    better = bds["AVISIT"].eq("month6") & bds["USUBJID"].isin(adsl.loc[adsl["TRT01P"].eq("msc"), "USUBJID"].iloc[1:])
    far = bds.assign(CHG=bds["CHG"] + 15 * better)
    rows = rows_of(adsl, far, of("wilcoxon", bootstrap=100))
    assert row(rows, "msc vs placebo", "bootstrap_ci_high").value == 1
    assert 0.5 < row(rows, "msc vs placebo", "bootstrap_ci_low").value < 1


def test_many_draws_give_a_bca_interval():
    estimates, others = np.random.default_rng(5).exponential(2, ENOUGH), np.arange(8.0) ** 2
    shared = {"visit": "month6", "contrast": "msc - placebo", "note": ""}
    _, _, low, high = _rows(2.0, estimates, others, 0.95, "points", dict(shared))
    assert (low.value, high.value) == bca_interval(2.0, estimates, others, 0.95)
    assert "BCa interval 95 %" in low.method
    _, _, low, high = _rows(2.0, estimates[1:], others, 0.95, "points", dict(shared))
    assert (low.value, high.value) == normal_interval(2.0, estimates[1:], 0.95)


def test_draws_left_out_are_counted_by_reason():
    """Half of the reference arm lies below the limit, so that draws with one more have no ratio."""
    adsl, bds = trial(n=24)
    low = bds["AVISIT"].eq("month6") & bds["USUBJID"].isin(adsl.loc[adsl["TRT01P"].eq("placebo"), "USUBJID"].iloc[:6])
    limited = bds.assign(AVALC=np.where(low, "<20", ""), AVAL=np.where(low, 10, bds["AVAL"]))
    rows = rows_of(adsl, limited, of("censored", bootstrap=40))
    note = row(rows, "msc - placebo", "bootstrap_draws").note
    found = re.search(
        r"(\d+) draws left out \((\d+) such as: \d+ values of placebo are below the limit, more than 50 %", note
    )
    assert found, note
    assert found[1] == found[2]
    assert row(rows, "msc - placebo", "bootstrap_ci_low").status == "not_estimable"


def test_small_arms_are_called_unreliable():
    few, many = (rows_of(*trial(n), of(bootstrap=40)) for n in (30, 40))
    assert "unreliable: 15 patients" in row(few, "msc - placebo", "bootstrap_ci_low").note
    assert "unreliable" not in row(many, "msc - placebo", "bootstrap_ci_low").note


def test_draws_on_one_side_give_no_interval_and_it_is_said():
    assert bca_interval(10.0, np.arange(5.0), np.arange(4.0), 0.95) is None


@pytest.mark.parametrize("options", [{}, {"baseline": "outcome"}])
def test_a_redrawn_mmrm_is_the_model_of_the_copied_patients(options):
    """The engine's quick path against the whole model, run on the same drawn patients."""
    chance = np.random.default_rng(8)
    adsl, _ = trial(30)
    base = chance.normal(40, 6, 30)
    level = base + chance.normal(0, 3, 30)
    month1, month3, month6 = (np.where(chance.random(30) < 0.1, np.nan, level + chance.normal(0, 3, 30)) for _ in "abc")
    bds = records(adsl, base, month1=month1, month3=month3, month6=month6)
    fit = settings(model="mmrm", options=options, visits=("month1", "month3", "month6"))
    analysis = fit.analyses["primary"]
    data = select_data(bds, adsl, analysis, "itt", fit)
    patients = np.array(sorted(data.records["USUBJID"].unique()), dtype=object)
    arms = data.subjects.loc[patients, "ARM"].to_numpy()
    quick = _mmrm_estimator(data, analysis, fit, "month6", patients)
    copied = _copier(data, patients)
    for drawn in _drawn(arms, 5, seed=1):
        whole = effects_at(copied(drawn), analysis, fit, "month6")
        assert quick(drawn).estimates == pytest.approx(
            {name: effect.values["estimate"] for name, effect in whole.items()}, rel=1e-5
        )
