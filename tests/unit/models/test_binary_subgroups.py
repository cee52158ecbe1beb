"""Subgroups of yes or no: risk differences from one logistic model, against statsmodels and separate levels."""

from dataclasses import replace

import numpy as np
import pytest
from rctflow.models.settings import Subgroup
from scipy import stats

from tests.fit_cases import fitted, records, settings, subjects

ARMS = ("placebo", "low", "high")


def binary(arms=ARMS, factor="SEX", small_cells=0, cuts=(), **changes):
    declared = {"model": "binary", "outcome": "value", "baseline": False, "options": {"methods": ["standardized"]}}
    fit = settings(arms, **declared | changes)
    analysis = replace(fit.analyses["primary"], subgroups=(factor,))
    return replace(
        fit,
        analyses={"primary": analysis},
        subgroups={factor: Subgroup(cuts)},
        subgroup_visit="month6",
        small_cells=small_cells,
    )


def trial(seed, n=240):
    rng = np.random.default_rng(seed)
    adsl = subjects(
        [ARMS[i % 3] for i in range(n)],
        SITE=rng.choice(["A", "B"], n),
        SEX=rng.choice(["F", "M"], n, p=[0.6, 0.4]),
        AGE=rng.normal(70, 8, n).round(),
    )
    linear = -0.4 + adsl["TRT01P"].map({"placebo": 0, "low": 0.4, "high": 0.9}) + 0.05 * (adsl["AGE"] - 70)
    linear += 0.5 * adsl["SITE"].eq("B") - 0.8 * (adsl["SEX"].eq("M") & adsl["TRT01P"].eq("high"))
    event = (rng.random(n) < 1 / (1 + np.exp(-linear))).astype(float)
    return adsl, records(adsl, None, month6=event.tolist())


def numbers(rows):
    return {(r.contrast or r.group, r.statistic): r.value for r in rows if ":" in r.statistic}


def logistic(adsl, bds):
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    data = adsl.merge(bds[["USUBJID", "AVAL"]], on="USUBJID")
    formula = "AVAL ~ C(TRT01P, Treatment('placebo')) * C(SEX) + C(SITE) + AGE"
    return data, smf.glm(formula, data, family=sm.families.Binomial()).fit(tol=1e-14)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_differences_are_the_predictions_of_statsmodels_averaged_in_each_level(seed):
    adsl, bds = trial(seed)
    found = numbers(fitted(adsl, bds, binary(strata=("SITE",), covariates=("AGE",))))
    data, fit = logistic(adsl, bds)
    for level, inside in data.groupby("SEX"):
        for arm in ("low", "high"):
            one, zero = (fit.predict(inside.assign(TRT01P=name)) for name in (arm, "placebo"))
            key = f"{arm} - placebo"
            assert found[key, f"estimate:SEX={level}"] == pytest.approx(100 * (one - zero).mean(), abs=1e-7)
            assert found[arm, f"subgroup_n:SEX={level}"] == (inside["TRT01P"] == arm).sum()


def test_variance_and_test_are_those_of_the_influence_function():
    adsl, bds = trial(4, n=3000)
    found = numbers(fitted(adsl, bds, binary(strata=("SITE",), covariates=("AGE",))))
    data, fit = logistic(adsl, bds)
    differences, variances = [], []
    for level, inside in data.groupby("SEX"):
        influence = {}
        for arm in ARMS:
            predicted = fit.predict(inside.assign(TRT01P=arm))
            of_arm = inside["TRT01P"].eq(arm)
            influence[arm] = of_arm * (inside["AVAL"] - predicted) / of_arm.mean() + predicted
        contrast = np.column_stack([influence[arm] - influence["placebo"] for arm in ("low", "high")])
        covariance = np.cov(contrast, rowvar=False) / len(inside)
        differences.append(contrast.mean(axis=0))
        variances.append(covariance)
        for place, arm in enumerate(("low", "high")):
            se = 100 * np.sqrt(covariance[place, place])
            assert found[f"{arm} - placebo", f"se:SEX={level}"] == pytest.approx(se, rel=0.01)
    d = differences[1] - differences[0]
    chi2 = d @ np.linalg.solve(variances[0] + variances[1], d)
    assert found["", "interaction_chi2:SEX"] == pytest.approx(chi2, rel=0.02)
    assert found["", "interaction_df:SEX"] == 2
    p = stats.chi2.sf(found["", "interaction_chi2:SEX"], 2)
    assert found["", "interaction_p_value:SEX"] == pytest.approx(p, rel=1e-10)


def test_without_covariates_each_level_is_its_own_two_proportions():
    """Difference of proportions; variance p (1 - p) / (n - 1) of each arm, as in the robust variance."""
    adsl, bds = trial(5)
    found = numbers(fitted(adsl, bds, binary()))
    data = adsl.merge(bds[["USUBJID", "AVAL"]], on="USUBJID")
    for level, inside in data.groupby("SEX"):
        of = {arm: inside.loc[inside["TRT01P"].eq(arm), "AVAL"] for arm in ARMS}
        key = ("high - placebo", f"estimate:SEX={level}")
        assert found[key] == pytest.approx(100 * (of["high"].mean() - of["placebo"].mean()), abs=1e-8)
        se = found["high - placebo", f"se:SEX={level}"]
        low, high = (found["high - placebo", f"{end}:SEX={level}"] for end in ("ci_low", "ci_high"))
        assert [low, high] == pytest.approx(found[key] + np.array([-1, 1]) * stats.norm.ppf(0.975) * se)
        wald = 100 * np.sqrt(sum(of[arm].var(ddof=0) / len(of[arm]) for arm in ("high", "placebo")))
        assert se == pytest.approx(wald, rel=0.03)


def test_swapped_arms_turn_the_differences_and_leave_the_test():
    adsl, bds = trial(6)
    adsl = adsl[adsl["TRT01P"].ne("low")]
    bds = bds[bds["USUBJID"].isin(adsl["USUBJID"])]
    one = numbers(fitted(adsl, bds, binary(("placebo", "high"))))
    other = numbers(fitted(adsl, bds, binary(("high", "placebo"))))
    estimate = "estimate:SEX=F"
    assert one["high - placebo", estimate] == pytest.approx(-other["placebo - high", estimate])
    assert one["", "interaction_chi2:SEX"] == pytest.approx(other["", "interaction_chi2:SEX"], rel=1e-8)


def test_a_level_without_events_in_an_arm_says_so_and_the_others_go_on():
    adsl, bds = trial(7)
    nobody = adsl.loc[adsl["SEX"].eq("M") & adsl["TRT01P"].eq("high"), "USUBJID"]
    bds.loc[bds["USUBJID"].isin(nobody), "AVAL"] = 0.0
    rows = {(r.contrast or r.group, r.statistic): r for r in fitted(adsl, bds, binary()) if ":" in r.statistic}
    lost = rows["high - placebo", "estimate:SEX=M"]
    why = "nobody of high has the event in this subgroup"
    assert (lost.value, lost.status, lost.note) == (None, "not_estimable", why)
    assert rows["low - placebo", "estimate:SEX=M"].status == "ok"
    assert rows["", "interaction_df:SEX"].value == 1


def test_cuts_and_few_patients():
    adsl, bds = trial(8)
    found = numbers(fitted(adsl, bds, binary(factor="AGE", cuts=(70,))))
    assert found["high", "subgroup_n:AGE=>=70"] == (adsl["TRT01P"].eq("high") & adsl["AGE"].ge(70)).sum()
    hidden = [r for r in fitted(adsl, bds, binary(small_cells=60)) if ":" in r.statistic]
    assert {r.value for r in hidden} == {None}
