"""The models wilcoxon and proportional_odds: their rows, what they refuse, symmetries, and resampling around them."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rctflow.inference.refits import refitted
from rctflow.inference.resample import resample_endpoint
from rctflow.inference.settings import Resample
from rctflow.inference.statistics import comparisons
from rctflow.models.contract import OptionError
from rctflow.models.rank.rank_sum import RankSum
from rctflow.models.rank.samples import Samples, Stratum
from rctflow.models.select import select_data
from rctflow.models.settings import Resampling
from rctflow.randomization import Scheme

from tests.fit_cases import fitted, records, row, settings, subjects, values

WIN, ODDS, SHIFT = "msc vs placebo", "msc / placebo", "hodges_lehmann_"


def ordinal_trial(seed=1, n=28, effect=1.0):
    """A scale of 0 to 12, two strata, two visits."""
    rng = np.random.default_rng(seed)
    adsl = subjects(["placebo", "msc"] * (n // 2), SITE=rng.choice(["01", "02"], n))
    base = rng.integers(3, 10, n).astype(float)
    later = np.clip(base + rng.integers(-2, 3, n) + effect * adsl["TRT01P"].eq("msc"), 0, 12).to_numpy()
    return adsl, records(adsl, base, month6=later)


def by_name(rows):
    return {(r.group or r.contrast, r.statistic): (r.value, r.status) for r in rows}


def test_wilcoxon_writes_the_rank_sum_of_the_change():
    adsl, bds = ordinal_trial()
    found = fitted(adsl, bds, settings(model="wilcoxon", strata=("SITE",)))
    change = bds[bds["AVISIT"].eq("month6")].set_index("USUBJID")["CHG"]
    strata = []
    for site in ("01", "02"):
        here = adsl[adsl["SITE"].eq(site)].set_index("USUBJID")["TRT01P"]
        strata.append(Stratum(*(change[here[here.eq(arm)].index].to_numpy() for arm in ("msc", "placebo"))))
    by_hand = RankSum.of(Samples(tuple(strata)))
    told = values(found, WIN)
    assert told["z"] == pytest.approx(by_hand.z)
    assert told["p_value"] == pytest.approx(by_hand.exact_p())
    assert row(found, WIN, "estimate").unit == "win probability"
    assert row(found, WIN, "p_value").method.startswith("Van Elteren test within SITE (2 strata)")
    assert "exact" in row(found, WIN, "p_value").method
    assert row(found, WIN, SHIFT + "estimate").unit == "points"
    assert values(found, "msc")["n"] == 14
    assert values(found, "msc")["median"] == change[adsl.loc[adsl["TRT01P"].eq("msc"), "USUBJID"]].median()


def test_without_strata_and_beyond_the_declared_size_it_is_the_normal_law():
    adsl, bds = ordinal_trial()
    loose = settings(model="wilcoxon", strata=("SITE",))
    for continuity in (True, False):
        options = {"exact_up_to": 10, "continuity": continuity}
        rows = fitted(adsl, bds, settings(model="wilcoxon", options=options))
        told = values(rows, WIN)
        assert ("with continuity" in row(rows, WIN, "p_value").method) == continuity
        assert "Moses" in row(rows, WIN, SHIFT + "ci_low").method
        if not continuity:
            assert told["p_value"] == pytest.approx(math.erfc(abs(told["z"]) / math.sqrt(2)))
            assert (told["ci_low"] > 0.5 or told["ci_high"] < 0.5) == (told["p_value"] < 0.05)
    assert values(rows, WIN)["z"] != values(fitted(adsl, bds, loose), WIN)["z"]


def test_where_lower_is_better_the_win_is_turned_and_the_shift_is_not():
    adsl, bds = ordinal_trial()
    higher = settings(model="wilcoxon")
    up, down = (values(fitted(adsl, bds, replace(higher, direction=d)), WIN) for d in ("higher", "lower"))
    assert down["estimate"] == pytest.approx(1 - up["estimate"])
    assert (down["ci_low"], down["ci_high"]) == pytest.approx((1 - up["ci_high"], 1 - up["ci_low"]))
    assert down["z"] == -up["z"]
    assert [down[SHIFT + end] for end in ("estimate", "ci_low", "ci_high")] == [
        up[SHIFT + end] for end in ("estimate", "ci_low", "ci_high")
    ]


@pytest.mark.parametrize(("model", "contrast"), [("wilcoxon", WIN), ("proportional_odds", ODDS)])
def test_swapping_the_arms_turns_the_comparison(model, contrast):
    adsl, bds = ordinal_trial(2)
    swapped = adsl.assign(TRT01P=adsl["TRT01P"].map({"msc": "placebo", "placebo": "msc"}))
    fit = settings(model=model, outcome="value")
    one, two = values(fitted(adsl, bds, fit), contrast), values(fitted(swapped, bds, fit), contrast)
    assert two["z"] == pytest.approx(-one["z"], abs=1e-7)
    assert two["p_value"] == pytest.approx(one["p_value"], abs=1e-8)
    turned = (lambda x: 1 - x) if model == "wilcoxon" else (lambda x: 1 / x)
    assert [two["estimate"], two["ci_low"], two["ci_high"]] == pytest.approx(
        [turned(one["estimate"]), turned(one["ci_high"]), turned(one["ci_low"])], rel=1e-6
    )


@pytest.mark.parametrize("model", ["wilcoxon", "proportional_odds"])
def test_monotone_transforms_of_the_values_change_nothing(model):
    adsl, bds = ordinal_trial(3)
    bent = bds.assign(AVAL=np.exp(bds["AVAL"] / 3))
    fit = settings(model=model, outcome="value", strata=("SITE",))
    one, two = by_name(fitted(adsl, bds, fit)), by_name(fitted(adsl, bent, fit))
    on_the_scale = {"median", "q1", "q3", *(SHIFT + end for end in ("estimate", "ci_low", "ci_high"))}
    for key in one.keys() - {key for key in one if key[1] in on_the_scale}:
        assert two[key] == one[key], key


@pytest.mark.parametrize("model", ["wilcoxon", "proportional_odds"])
def test_permuting_rows_and_renaming_arms_change_nothing(model):
    adsl, bds = ordinal_trial(4)
    fit = settings(model=model, strata=("SITE",))
    expected = by_name(fitted(adsl, bds, fit))
    assert by_name(fitted(adsl.sample(frac=1, random_state=1), bds.sample(frac=1, random_state=2), fit)) == expected
    names = {"placebo": "zero", "msc": "alpha"}
    renamed = adsl.assign(TRT01P=adsl["TRT01P"].map(names))
    other = by_name(fitted(renamed, bds, settings(arms=("zero", "alpha"), model=model, strata=("SITE",))))

    def new(who):
        return who.replace("placebo", "zero").replace("msc", "alpha")

    assert other == {(new(who), statistic): told for (who, statistic), told in expected.items()}


def test_adding_to_an_arm_moves_the_shift():
    adsl, bds = ordinal_trial(5)
    msc = bds["USUBJID"].isin(adsl.loc[adsl["TRT01P"].eq("msc"), "USUBJID"]) & bds["AVISIT"].eq("month6")
    fit = settings(model="wilcoxon", strata=("SITE",), outcome="value")
    before = values(fitted(adsl, bds, fit), WIN)
    after = values(fitted(adsl, bds.assign(AVAL=bds["AVAL"] + 7 * msc), fit), WIN)
    for end in ("estimate", "ci_low", "ci_high"):
        assert after[SHIFT + end] == pytest.approx(before[SHIFT + end] + 7)


def test_three_arms_are_compared_pair_by_pair_and_jointly():
    rng = np.random.default_rng(6)
    adsl = subjects(["placebo", "low", "high"] * 8)
    bds = records(adsl, rng.integers(2, 9, 24).astype(float), month6=rng.integers(2, 9, 24).astype(float))
    arms = ("placebo", "low", "high")
    ranks = fitted(adsl, bds, settings(arms=arms, model="wilcoxon"))
    pair = adsl[adsl["TRT01P"].ne("low")]
    alone = fitted(
        pair, bds[bds["USUBJID"].isin(pair["USUBJID"])], settings(arms=("placebo", "high"), model="wilcoxon")
    )
    assert values(ranks, "high vs placebo") == values(alone, "high vs placebo")
    odds = fitted(adsl, bds, settings(arms=arms, model="proportional_odds"))
    assert {r.contrast for r in odds if r.contrast} == {"low / placebo", "high / placebo"}
    assert values(odds, "")["proportionality_df"] % 2 == 0


def told(rows, contrast, statistic="estimate"):
    found = row(rows, contrast, statistic)
    return found.value, found.status, found.note


@pytest.mark.parametrize(("model", "contrast"), [("wilcoxon", WIN), ("proportional_odds", ODDS)])
def test_bad_data_are_named_and_never_nan(model, contrast):
    adsl, bds = ordinal_trial()
    equal = bds.assign(AVAL=4.0, BASE=4.0, CHG=0.0)
    value, status, note = told(fitted(adsl, equal, settings(model=model)), contrast)
    assert (value, status) == (None, "not_estimable")
    assert "all values are equal" in note
    placebo = adsl.loc[adsl["TRT01P"].eq("placebo"), "USUBJID"]
    alone = bds[bds["USUBJID"].isin(placebo) | bds["AVISIT"].eq("baseline")]
    for rows in (fitted(adsl, alone, settings(model=model)), fitted(adsl, bds.iloc[:0], settings(model=model))):
        value, status, note = told(rows, contrast)
        assert (value, status) == (None, "not_estimable")
        assert "can be analysed" in note


def test_a_stratum_with_one_arm_is_left_out_and_named():
    adsl, bds = ordinal_trial()
    adsl = adsl.assign(SITE=["03" if i in (0, 2, 4) else site for i, site in enumerate(adsl["SITE"])])
    rows = fitted(adsl, bds, settings(model="wilcoxon", strata=("SITE",)))
    _, status, note = told(rows, WIN)
    assert (status, note) == ("fallback", "3 patients left out: nobody of the other arm in their stratum")
    confounded = fitted(adsl.assign(SITE=adsl["TRT01P"]), bds, settings(model="wilcoxon", strata=("SITE",)))
    assert told(confounded, WIN) == (None, "not_estimable", "no stratum has patients of both arms")


def test_odds_that_do_not_overlap_are_separated():
    adsl, bds = ordinal_trial()
    msc = bds["USUBJID"].isin(adsl.loc[adsl["TRT01P"].eq("msc"), "USUBJID"])
    far = bds.assign(AVAL=bds["AVAL"] + 20 * msc)
    value, status, note = told(fitted(adsl, far, settings(model="proportional_odds", outcome="value")), ODDS)
    assert (value, status) == (None, "not_estimable")
    assert "separation" in note
    win = fitted(adsl, far, settings(model="wilcoxon", outcome="value"))
    assert told(win, WIN)[:2] == (1.0, "ok")
    assert values(win, WIN)["ci_high"] == 1


def test_too_few_patients_leave_a_limit_open():
    adsl = subjects(["placebo", "msc"] * 2)
    bds = records(adsl, np.zeros(4), month6=np.array([1.0, 2.0, 3.0, 4.0]))
    rows = fitted(adsl, bds, settings(model="wilcoxon"))
    value, status, note = told(rows, WIN, SHIFT + "ci_low")
    assert (value, status) == (None, "not_estimable")
    assert "no shift on this side is rejected at 0.05" in note


@pytest.mark.parametrize("wrong", [{"log": True}, {"covariates": ("AGE",)}])
def test_what_ranks_cannot_take_is_refused(wrong):
    adsl, bds = ordinal_trial()
    with pytest.raises(OptionError, match="leave"):
        fitted(adsl.assign(AGE=70.0), bds, settings(model="wilcoxon", **wrong))


@given(st.integers(0, 10_000), st.sampled_from(["wilcoxon", "proportional_odds"]), st.booleans())
@hypothesis_settings(max_examples=25, deadline=None)
def test_small_trials_of_all_kinds_give_rows_without_nan(seed, model, change):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 12))
    adsl = subjects(list(rng.choice(["placebo", "msc"], n)), SITE=rng.choice(["01", "02", "03"], n))
    value = np.where(rng.random(n) < 0.2, np.nan, rng.integers(0, int(rng.integers(1, 5)), n))
    bds = records(adsl, rng.integers(0, 4, n).astype(float), month6=value)
    for found in fitted(adsl, bds, settings(model=model, strata=("SITE",), outcome="change" if change else "value")):
        assert (found.value is None) == (found.status not in ("ok", "fallback"))
        assert found.value is None or math.isfinite(found.value)
        assert found.value is not None or found.note


@pytest.mark.parametrize(("model", "contrast"), [("wilcoxon", WIN), ("proportional_odds", ODDS)])
def test_the_randomization_test_and_leave_one_out_wrap_them(model, contrast):
    adsl, bds = ordinal_trial(8, n=16)
    adsl = adsl.assign(RANDSEQ=np.arange(1.0, 17.0))
    wanted = Resampling(randomization_test=60, enumerate_up_to=0, leave_one_out=True, bootstrap=60)
    fit = settings(model=model, resampling=wanted)
    rows = resample_endpoint(bds, adsl, Resample(fit, "month6", Scheme(blocks=(4,), sequence="in_turn")))
    assert {r.contrast for r in rows} == {contrast}
    told = values(rows, contrast)
    assert 1 / 61 <= told["randomization_p_value"] <= 1
    assert math.isfinite(told["loo_influence"])
    assert row(rows, contrast, "bootstrap_ci_low").unit == row(fitted(adsl, bds, fit), contrast, "estimate").unit
    assert told["loo_estimate_min"] <= values(fitted(adsl, bds, fit), contrast)["estimate"] <= told["loo_estimate_max"]


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_the_rank_sum_in_closed_form_equals_the_model_run_under_each_allocation(direction):
    adsl, bds = ordinal_trial(3, n=20)
    adsl = adsl.assign(RANDSEQ=np.arange(1.0, 21.0), SITE=["a"] * 2 + ["b"] * 7 + ["c"] * 11)
    fit = replace(settings(model="wilcoxon", strata=("SITE",)), direction=direction)
    analysis, patients = fit.analyses["primary"], pd.Index(adsl["USUBJID"])
    drawn = np.random.default_rng(4).integers(0, 2, (25, 20)).astype(np.int8)
    data = select_data(bds, adsl, analysis, "itt", fit)
    (fast,) = comparisons(data, analysis, fit, patients, drawn)
    (slow,) = refitted(data, analysis, fit, patients, drawn)
    assert (fast.visit, fast.contrast) == (slow.visit, slow.contrast)
    assert fast.observed == pytest.approx(slow.observed, rel=1e-12)
    np.testing.assert_allclose(fast.statistics, slow.statistics, rtol=1e-10)


def test_over_all_allocations_of_one_block_the_randomization_test_is_the_exact_test():
    rng = np.random.default_rng(9)
    adsl = subjects(list(rng.permutation(["placebo", "msc"] * 4)), RANDSEQ=np.arange(1.0, 9.0))
    bds = records(adsl, np.zeros(8), month6=rng.integers(0, 5, 8).astype(float))
    fit = settings(model="wilcoxon", resampling=Resampling(randomization_test=10))
    rows = resample_endpoint(bds, adsl, Resample(fit, "month6", Scheme(blocks=(8,), sequence="in_turn")))
    exact = values(fitted(adsl, bds, fit), WIN)["p_value"]
    assert values(rows, WIN)["randomization_p_value"] == pytest.approx(exact, abs=1e-12)


def test_the_record_set_holds_who_was_analysed():
    adsl, bds = ordinal_trial()
    from rctflow.models.endpoint import fit_endpoint

    _, trace = fit_endpoint(bds, adsl, settings(model="wilcoxon"))
    assert trace["USUBJID"].nunique() == 28
    assert isinstance(trace, pd.DataFrame)
