"""ANCOVA: against SAS and R, against statsmodels and a slow path, and the symmetries that it must have."""

import itertools
import json

import numpy as np
import pandas as pd
import patsy
import pytest
import statsmodels.formula.api as smf
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rctflow.models.contract import OptionError
from rctflow.models.endpoint import fit_endpoint
from rctflow.models.settings import PopulationFlag
from rctflow.rounding import p_value, rounded
from scipy import stats

from tests.fit_cases import fitted, random_trial, records, row, settings, subjects, values, with_analysis

ARMS = ("placebo", "low", "high")
FULL = {"arms": ARMS, "strata": ("SITE", "SEX"), "covariates": ("AGE",)}


@pytest.fixture(scope="module")
def reference(root):
    folder = root / "tests/reference/models"
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in ("ttest", "ancova")}


def test_without_covariates_it_is_the_t_test_of_sas(reference):
    case = reference["ttest"]["two_sample"]
    adsl = subjects(["treatment"] * 16 + ["placebo"] * 16)
    bds = records(adsl, None, month6=np.array(case["treatment"] + case["placebo"], float))
    plain = settings(arms=("treatment", "placebo"), outcome="value", baseline=False)
    found = values(fitted(adsl, bds, plain), "placebo - treatment")
    expected = case["student"]
    assert found["df"] == expected["df"]
    assert found["t"] == pytest.approx(expected["t"], abs=5e-5)
    assert found["p_value"] == pytest.approx(expected["p"], abs=5e-5)
    assert [found["estimate"], found["ci_low"], found["ci_high"]] == pytest.approx(
        [expected["diff"], *expected["ci95"]], abs=5e-5
    )


def test_on_the_log_scale_it_is_the_lognormal_t_test_of_sas(reference):
    case = reference["ttest"]["two_sample"]
    adsl = subjects(["treatment"] * 16 + ["placebo"] * 16)
    bds = records(adsl, None, month6=np.array(case["treatment"] + case["placebo"], float))
    ratios = settings(arms=("treatment", "placebo"), outcome="value", baseline=False, log=True)
    rows = fitted(adsl, bds, ratios)
    found, expected = values(rows, "placebo / treatment"), case["lognormal"]
    assert [found["df"], found["t"], found["p_value"]] == pytest.approx(
        [expected["df"], expected["t"], expected["p"]], abs=5e-5
    )
    assert [found["estimate"], found["ci_low"], found["ci_high"]] == pytest.approx(
        [expected["gmr"], *expected["ci95"]], abs=5e-5
    )
    assert "se" not in found
    assert found["se_log"] == pytest.approx(np.log(found["estimate"]) / found["t"])
    assert row(rows, "placebo / treatment", "estimate").unit == "ratio"
    assert values(rows, "placebo")["lsmean"] == pytest.approx(stats.gmean(case["placebo"]))
    assert row(rows, "placebo", "lsmean").unit == "points"


def test_the_ratio_to_baseline_of_one_arm_is_the_paired_lognormal_t_test_of_sas(reference):
    case = reference["ttest"]["paired"]
    adsl = subjects(["placebo"] * 12)
    bds = records(adsl, np.array(case["before"], float), month6=np.array(case["after"], float))
    rows = fitted(adsl, bds, settings(baseline=False, log=True))
    found, expected = values(rows, "placebo"), case["lognormal"]
    assert found["df"] == expected["df"]
    low, high = expected["ci95"]
    inverted = [1 / found["lsmean"], 1 / found["ci_high"], 1 / found["ci_low"]]
    assert inverted == pytest.approx([expected["gmr"], low, high], abs=5e-5)
    assert row(rows, "placebo", "lsmean").unit == "ratio"


def test_lsmeans_of_the_drug_trial_are_those_of_sas(shared, reference):
    data = pd.read_csv(shared / "data/camis/drug_trial.csv")
    adsl = subjects(data["drug"].tolist())
    bds = records(adsl, data["pre"].to_numpy(float), month6=data["post"].to_numpy(float))
    rows = fitted(adsl, bds, settings(arms=("A", "C", "E"), outcome="value"))
    case = reference["ancova"]["drug_trial"]
    for arm in ("A", "C", "E"):
        found = values(rows, arm)
        assert found["lsmean"] == pytest.approx(case["lsmeans"][arm], abs=5e-7)
        assert found["se"] == pytest.approx(case["lsmean_se"][arm], abs=5e-6)
        assert found["df"] == case["residual_df"]
    found, expected = values(rows, "C - A"), case["C - A"]
    assert [found["estimate"], found["se"], found["t"]] == pytest.approx(
        [expected["estimate"], expected["se"], expected["t"]], abs=5e-3
    )
    assert found["p_value"] == pytest.approx(expected["p"], abs=5e-5)


@pytest.fixture(scope="module")
def cdisc_pilot(shared):
    data = pd.read_sas(shared / "data/cdiscpilot/adam/adqsadas.xpt", encoding="latin-1")
    data = data[data["PARAMCD"].eq("ACTOT") & data["EFFFL"].eq("Y")]
    arms = {"Placebo": "placebo", "Xanomeline Low Dose": "low", "Xanomeline High Dose": "high"}
    adsl = data.drop_duplicates("USUBJID").assign(RANDFL="Y")
    adsl = adsl.assign(TRT01P=adsl["TRTP"].map(arms))[["USUBJID", "RANDFL", "EFFFL", "TRT01P", "SITEGR1"]]
    used = data.assign(AVISIT=data["AVISIT"].where(data["ABLFL"].ne("Y"), "baseline"))
    used = used.assign(AVALC="", SRCDOM="qs", SRCVAR="QSSTRESN", SRCSEQ=used["QSSEQ"])
    return adsl, used


@pytest.mark.parametrize("reference_arm", ["placebo", "low"])
def test_cdisc_pilot_primary_analysis(cdisc_pilot, reference, reference_arm):
    adsl, bds = cdisc_pilot
    arms = (reference_arm, *(arm for arm in ARMS if arm != reference_arm))
    efficacy = {"efficacy": PopulationFlag("EFFFL")}
    fit = settings(arms=arms, visits=("Week 24",), populations=efficacy, strata=("SITEGR1",))
    rows = fitted(adsl, bds, fit)
    case = reference["ancova"]["cdisc_pilot_week24"]
    assert {arm: values(rows, arm, "Week 24")["n"] for arm in ARMS} == case["n"]
    contrasts = [f"{arm} - {reference_arm}" for arm in arms[1:] if f"{arm} - {reference_arm}" in case]
    assert contrasts
    for contrast in contrasts:
        found, expected = values(rows, contrast, "Week 24"), case[contrast]
        printed = {name: rounded(found[name], 2 if name == "se" else 1) for name in expected if name != "p_value"}
        assert printed | {"p_value": p_value(found["p_value"])} == expected


def test_cdisc_pilot_description(cdisc_pilot, reference):
    adsl, bds = cdisc_pilot
    efficacy = {"efficacy": PopulationFlag("EFFFL")}
    rows = fitted(adsl, bds, settings(arms=ARMS, visits=("Week 24",), populations=efficacy, model="descriptive"))
    case = reference["ancova"]["cdisc_pilot_week24"]
    for statistic, digits in (("mean", 1), ("sd", 2), ("median", 1)):
        found = {arm: rounded(values(rows, arm, "Week 24")[f"change_{statistic}"], digits) for arm in ARMS}
        assert found == case[f"change_{statistic}"]


@pytest.mark.parametrize("seed", range(4))
def test_hc3_is_that_of_statsmodels(seed):
    adsl, bds = random_trial(seed)
    rows = fitted(adsl, bds, settings(**FULL, options={"vcov": "HC3"}))
    data = bds[bds["AVISIT"].eq("month6") & bds["AVAL"].notna()].merge(adsl, on="USUBJID")
    formula = "CHG ~ C(TRT01P, Treatment('placebo')) + BASE + SITE + SEX + AGE"
    fit = smf.ols(formula, data).fit(cov_type="HC3", use_t=True)
    for arm in ("low", "high"):
        name, found = f"C(TRT01P, Treatment('placebo'))[T.{arm}]", values(rows, f"{arm} - placebo")
        expected = [fit.params[name], fit.bse[name], fit.df_resid, fit.pvalues[name], *fit.conf_int().loc[name]]
        names = ("estimate", "se", "df", "p_value", "ci_low", "ci_high")
        assert [found[of] for of in names] == pytest.approx(expected, rel=1e-8)
    assert "HC3" in row(rows, "low - placebo", "estimate").method


def test_hc3_ignores_who_alone_is_in_a_stratum_and_refuses_who_alone_is_in_an_arm():
    adsl, bds = random_trial(1)
    lone = adsl.assign(SITE=adsl["SITE"].mask(adsl["USUBJID"].eq("S001"), "Z"))
    plan = settings(**FULL | {"strata": ("SITE",)}, options={"vcov": "HC3"})
    without = values(fitted(adsl[1:], bds[bds["USUBJID"].ne("S001")], plan), "high - placebo")
    found = values(fitted(lone, bds, plan), "high - placebo")
    assert found == pytest.approx(without, rel=1e-9)
    few = adsl["TRT01P"].ne("high") | adsl["USUBJID"].eq(adsl.loc[adsl["TRT01P"].eq("high"), "USUBJID"].iloc[0])
    rows = fitted(adsl[few], bds[bds["USUBJID"].isin(adsl.loc[few, "USUBJID"])], plan)
    alone = row(rows, "high - placebo", "estimate")
    assert (alone.status, "one subject alone" in alone.note) == ("not_estimable", True)


@pytest.mark.parametrize("weights", ["equal", "proportional"])
@pytest.mark.parametrize("seed", range(4))
def test_equals_statsmodels_on_the_reference_grid(weights, seed):
    adsl, bds = random_trial(seed)
    rows = fitted(adsl, bds, settings(**FULL, options={"weights": weights}))
    data = bds[bds["ANL01FL"].eq("Y")].merge(adsl, on="USUBJID")
    model = smf.ols("CHG ~ C(TRT01P, Treatment('placebo')) + BASE + C(SITE) + C(SEX) + AGE", data).fit()
    means = {"BASE": data["BASE"].mean(), "AGE": data["AGE"].mean()}
    for arm in ARMS:
        frequencies = {c: data[c].value_counts(normalize=True) for c in ("SITE", "SEX")}
        cells = [
            ({"TRT01P": arm, "SITE": site, "SEX": sex} | means, frequencies["SITE"][site] * frequencies["SEX"][sex])
            for site, sex in itertools.product("ABC", "FM")
        ]
        design = np.asarray(patsy.dmatrix(model.model.data.model_spec, pd.DataFrame([cell for cell, _ in cells])))
        weight = np.array([1 / 6 if weights == "equal" else share for _, share in cells])
        expected = model.t_test(weight @ design)
        _equal(values(rows, arm), expected, "lsmean")
    for arm in ("low", "high"):
        expected = model.t_test(f"C(TRT01P, Treatment('placebo'))[T.{arm}] = 0")
        _equal(values(rows, f"{arm} - placebo"), expected, "estimate")


@pytest.mark.parametrize("outcome", ["change", "value"])
def test_log_scale_equals_statsmodels(outcome):
    adsl, bds = random_trial()
    bds = bds.assign(AVAL=bds["AVAL"].abs() + 1, BASE=bds["BASE"].abs() + 1)
    rows = _rows(adsl, bds, log=True, outcome=outcome)
    data = bds[bds["ANL01FL"].eq("Y")].merge(adsl, on="USUBJID").assign(y=lambda d: np.log(d["AVAL"]))
    if outcome == "change":
        data = data.assign(y=np.log(data["AVAL"] / data["BASE"]))
    model = smf.ols("y ~ C(TRT01P, Treatment('placebo')) + np.log(BASE) + C(SITE) + C(SEX) + AGE", data).fit()
    expected = model.t_test("C(TRT01P, Treatment('placebo'))[T.high] = 0")
    found = values(rows, "high / placebo")
    low, high = expected.conf_int()[0]
    assert np.log([found["estimate"], found["ci_low"], found["ci_high"]]) == pytest.approx(
        [float(expected.effect[0]), low, high], rel=1e-8
    )
    assert found["se_log"] == pytest.approx(float(np.squeeze(expected.sd)), rel=1e-9)


def _equal(found, expected, name):
    low, high = expected.conf_int()[0]
    assert found[name] == pytest.approx(float(expected.effect[0]), rel=1e-9)
    assert found["se"] == pytest.approx(float(np.squeeze(expected.sd)), rel=1e-9)
    assert [found["ci_low"], found["ci_high"]] == pytest.approx([low, high], rel=1e-8)
    if name == "estimate":
        assert found["p_value"] == pytest.approx(float(expected.pvalue), rel=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_normal_equations_by_hand(seed):
    """Independent path: every cell mean as unknown, Gauss elimination, the full quadratic form, scipy.stats.t."""
    adsl, bds = random_trial(seed, n=24)
    rows = fitted(adsl, bds, settings(arms=ARMS, strata=("SEX",)))
    data = bds[bds["ANL01FL"].eq("Y")].merge(adsl, on="USUBJID")
    columns = [[1.0] * len(data), *([float(a == arm) for a in data["TRT01P"]] for arm in ("low", "high"))]
    columns += [data["BASE"].tolist(), [float(s == "M") for s in data["SEX"]]]
    cross = [[sum(a * b for a, b in zip(x, y, strict=True)) for y in columns] for x in columns]
    inverse = np.linalg.inv(np.array(cross))
    y = data["CHG"].to_numpy()
    beta = inverse @ np.array([sum(a * b for a, b in zip(x, y, strict=True)) for x in columns])
    residual = y - np.array(columns).T @ beta
    df = len(y) - 5
    for position, arm in ((1, "low"), (2, "high")):
        found = values(rows, f"{arm} - placebo")
        se = np.sqrt(residual @ residual / df * inverse[position, position])
        assert [found["estimate"], found["se"], found["df"]] == pytest.approx([beta[position], se, df], rel=1e-8)
        assert found["p_value"] == pytest.approx(2 * stats.t.sf(abs(beta[position] / se), df), rel=1e-8)
        assert found["ci_high"] == pytest.approx(beta[position] + stats.t.ppf(0.975, df) * se, rel=1e-8)


def _rows(adsl, bds, **changes):
    return fitted(adsl, bds, settings(**FULL | changes))


def test_swapping_two_arms_turns_the_sign():
    adsl, bds = random_trial(n=30, arms=("placebo", "msc"))
    forward = values(_rows(adsl, bds, arms=("placebo", "msc")), "msc - placebo")
    backward = values(_rows(adsl, bds, arms=("msc", "placebo")), "placebo - msc")
    assert backward["estimate"] == pytest.approx(-forward["estimate"], rel=1e-10)
    assert [backward["ci_low"], backward["ci_high"]] == pytest.approx([-forward["ci_high"], -forward["ci_low"]])
    for same in ("se", "df", "p_value"):
        assert backward[same] == pytest.approx(forward[same], rel=1e-10)


def test_swapping_two_arms_inverts_a_ratio():
    adsl, bds = random_trial(n=30, arms=("placebo", "msc"))
    bds = bds.assign(AVAL=bds["AVAL"].abs() + 1, BASE=bds["BASE"].abs() + 1)
    forward = values(_rows(adsl, bds, arms=("placebo", "msc"), log=True), "msc / placebo")
    backward = values(_rows(adsl, bds, arms=("msc", "placebo"), log=True), "placebo / msc")
    assert backward["estimate"] == pytest.approx(1 / forward["estimate"], rel=1e-10)
    assert backward["se_log"] == pytest.approx(forward["se_log"], rel=1e-10)


@given(constant=st.floats(-1e3, 1e3), scale=st.floats(1e-3, 1e3), seed=st.integers(0, 20))
@hypothesis_settings(max_examples=25, deadline=None)
def test_units_do_not_matter(constant, scale, seed):
    adsl, bds = random_trial(seed, n=30)
    one = _rows(adsl, bds)
    moved = bds.assign(AVAL=scale * bds["AVAL"] + constant, BASE=scale * bds["BASE"] + constant, CHG=scale * bds["CHG"])
    other = _rows(adsl, moved)
    for before, after in zip(one, other, strict=True):
        factor = scale if before.statistic in ("lsmean", "estimate", "se", "ci_low", "ci_high") else 1
        assert after.value == pytest.approx(factor * before.value, rel=1e-6, abs=1e-9 * factor)


def test_a_constant_added_to_the_outcome_moves_only_the_lsmeans():
    adsl, bds = random_trial()
    one, other = _rows(adsl, bds, outcome="value"), _rows(adsl, bds.assign(AVAL=bds["AVAL"] + 7), outcome="value")
    for before, after in zip(one, other, strict=True):
        moved = before.group and before.statistic in ("lsmean", "ci_low", "ci_high")
        assert after.value == pytest.approx(before.value + (7 if moved else 0), rel=1e-9)


def test_change_and_value_have_the_same_difference_when_baseline_is_a_covariate():
    adsl, bds = random_trial()
    change, value = _rows(adsl, bds, outcome="change"), _rows(adsl, bds, outcome="value")
    assert values(change, "low - placebo") == pytest.approx(values(value, "low - placebo"), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_row_order_does_not_matter(seed):
    adsl, bds = random_trial()
    shuffled = bds.sample(frac=1, random_state=seed), adsl.sample(frac=1, random_state=seed + 9)
    first, second = fit_endpoint(bds, adsl, settings(**FULL)), fit_endpoint(*shuffled, settings(**FULL))
    assert first[0] == second[0]
    pd.testing.assert_frame_equal(first[1], second[1])


def test_names_of_arms_do_not_matter():
    adsl, bds = random_trial()
    renamed = adsl.replace({"TRT01P": {"placebo": "z", "low": "y", "high": "x"}})
    one, other = _rows(adsl, bds), _rows(renamed, bds, arms=("z", "y", "x"))
    assert [r.value for r in other] == pytest.approx([r.value for r in one], rel=1e-10)


def test_levels_of_a_stratum_may_have_any_name_and_any_type():
    adsl, bds = random_trial()
    coded = adsl.assign(SITE=adsl["SITE"].map({"A": 30.0, "B": 1.0, "C": 2.0}))
    assert [r.value for r in _rows(coded, bds)] == pytest.approx([r.value for r in _rows(adsl, bds)], rel=1e-9)


def test_confidence_level():
    adsl, bds = random_trial()
    found = values(_rows(adsl, bds, confidence=0.9), "low - placebo")
    half = stats.t.ppf(0.95, found["df"]) * found["se"]
    assert found["ci_high"] - found["estimate"] == pytest.approx(half, rel=1e-9)


SMALL = subjects(["placebo"] * 4 + ["msc"] * 4, SEX=list("FFMMFFMM"))
BASE = np.array([40.0, 42, 38, 45, 41, 39, 44, 40])
VALUE = np.array([41.0, 45, 38, 44, 47, 44, 50, 43])


def test_a_stratum_with_one_level_left_is_dropped_and_noted():
    value = np.where(SMALL["SEX"].eq("M"), np.nan, VALUE)
    rows = fitted(SMALL, records(SMALL, BASE, month6=value), settings(strata=("SEX",), baseline=False))
    found = row(rows, "msc - placebo", "estimate")
    assert found.status == "fallback"
    assert found.note == "SEX dropped: it has one value only"
    assert found.value == pytest.approx(3.5)
    assert "terms: arm;" in found.method


def test_a_constant_baseline_is_dropped_and_noted():
    rows = fitted(SMALL, records(SMALL, np.full(8, 0.1), month6=VALUE), settings())
    found = row(rows, "msc - placebo", "estimate")
    assert (found.status, found.note) == ("fallback", "baseline dropped: it has one value only")
    assert found.value == pytest.approx(VALUE[4:].mean() - VALUE[:4].mean())


def test_a_covariate_that_repeats_another_is_dropped_by_name():
    adsl = SMALL.assign(AGE=3 * BASE + 7, AREA=SMALL["SEX"].map({"F": "north", "M": "south"}))
    fit = settings(strata=("SEX",), covariates=("AGE", "AREA"))
    found = row(fitted(adsl, records(adsl, BASE, month6=VALUE), fit), "msc - placebo", "estimate")
    assert found.status == "fallback"
    assert found.note == (
        "AGE dropped: it is determined by the terms before it; AREA dropped: it is determined by the terms before it"
    )
    plain = fitted(SMALL, records(SMALL, BASE, month6=VALUE), settings(strata=("SEX",)))
    assert found.value == pytest.approx(row(plain, "msc - placebo", "estimate").value, rel=1e-9)


def test_a_factor_in_part_determined_names_its_level_and_keeps_the_difference():
    adsl = SMALL.assign(SITE=list("ABCCABCC"))
    fit = settings(strata=("SEX", "SITE"), baseline=False)
    rows = fitted(adsl, records(adsl, BASE, month6=VALUE), fit)
    found = row(rows, "msc - placebo", "estimate")
    assert (found.status, found.note) == ("fallback", "SITE=C is determined by the terms before it")
    assert found.value == pytest.approx((VALUE - BASE)[4:].mean() - (VALUE - BASE)[:4].mean())
    lsmean = row(rows, "msc", "lsmean")
    assert (lsmean.status, lsmean.value) == ("not_estimable", None)
    assert lsmean.note.startswith("confounded with")


def test_a_stratum_that_is_the_arm_makes_the_difference_not_estimable():
    adsl = SMALL.assign(SITE=["A"] * 4 + ["B"] * 4)
    rows = fitted(adsl, records(adsl, BASE, month6=VALUE), settings(strata=("SITE",)))
    found = row(rows, "msc - placebo", "p_value")
    assert (found.value, found.status, found.note) == (None, "not_estimable", "confounded with SITE")


def test_too_few_values():
    value = np.array([41, np.nan, np.nan, np.nan, 47, np.nan, 50, np.nan])
    rows = fitted(SMALL, records(SMALL, BASE, month6=value), settings())
    found = row(rows, "msc - placebo", "estimate")
    assert (found.value, found.status) == (None, "not_estimable")
    assert found.note == "3 values for 3 parameters leave no residual degree of freedom"
    assert values(rows, "msc")["n"] == 2


def test_an_arm_with_nobody_leaves_the_others_whole():
    adsl, bds = random_trial()
    low = adsl.loc[adsl["TRT01P"].eq("low"), "USUBJID"]
    without = bds[~(bds["USUBJID"].isin(low) & bds["AVISIT"].eq("month6"))]
    rows = _rows(adsl, without)
    absent = row(rows, "low - placebo", "estimate")
    assert (absent.value, absent.status) == (None, "not_estimable")
    assert absent.note == "no subject of low can be analysed at month6"
    two = fitted(adsl, without, settings(**FULL | {"arms": ("placebo", "high", "low")}))
    present = row(rows, "high - placebo", "estimate")
    assert present.status == "ok"
    assert present.value == pytest.approx(row(two, "high - placebo", "estimate").value, rel=1e-12)


def test_nobody_in_the_reference_arm_leaves_lsmeans():
    value = np.where(SMALL["TRT01P"].eq("placebo"), np.nan, VALUE)
    rows = fitted(SMALL, records(SMALL, BASE, month6=value), settings())
    assert row(rows, "msc - placebo", "estimate").note == "no subject of placebo can be analysed at month6"
    assert row(rows, "msc", "lsmean").value == pytest.approx((VALUE - BASE)[4:].mean())


@pytest.mark.parametrize("value", [BASE + 2, 3 * BASE + 1e6])
def test_no_residual_variance(value):
    found = row(fitted(SMALL, records(SMALL, BASE, month6=value), settings()), "msc - placebo", "estimate")
    assert (found.value, found.status) == (None, "not_estimable")
    assert found.note.startswith("the residual variance is zero")


def test_a_visit_with_nobody_leaves_the_other_visit():
    bds = records(SMALL, BASE, month3=np.full(8, np.nan), month6=VALUE)
    rows = fitted(SMALL, bds, settings(visits=("month3", "month6")))
    assert row(rows, "msc - placebo", "estimate", "month3").status == "not_estimable"
    assert row(rows, "msc", "n", "month3").value == 0
    assert row(rows, "msc - placebo", "estimate", "month6").status == "ok"


def test_missing_covariates_and_baselines_are_counted():
    adsl = SMALL.assign(AGE=[70, None, 80, 75, 71, 77, 69, 82])
    base = BASE.copy()
    base[4] = np.nan
    rows = fitted(adsl, records(adsl, base, month6=VALUE), settings(covariates=("AGE",)))
    assert [values(rows, arm)["n"] for arm in ("placebo", "msc")] == [3, 3]
    assert row(rows, "msc - placebo", "estimate").note == (
        "1 with a value but without baseline value not analysed; 1 with a value but without AGE not analysed"
    )


def test_an_empty_stratum_is_missing():
    adsl = SMALL.assign(SEX=["", *SMALL["SEX"][1:]])
    rows = fitted(adsl, records(adsl, BASE, month6=VALUE), settings(strata=("SEX",)))
    assert values(rows, "placebo")["n"] == 3
    assert row(rows, "placebo", "n").note == "1 with a value but without SEX not analysed"


def test_a_value_without_logarithm():
    value = VALUE.copy()
    value[0] = 0
    found = row(fitted(SMALL, records(SMALL, BASE, month6=value), settings(log=True)), "msc / placebo", "estimate")
    assert (found.value, found.note) == (None, "1 values of AVAL are not positive and have no logarithm")


def test_unknown_option():
    fit = settings(options={"weight": "equal"})
    with pytest.raises(OptionError, match=r"options\.weight: .*One of: weights"):
        fitted(SMALL, records(SMALL, BASE, month6=VALUE), fit)
    with pytest.raises(OptionError, match=r"'odd' is not possible\. One of: equal, proportional"):
        fitted(SMALL, records(SMALL, BASE, month6=VALUE), with_analysis(fit, options={"weights": "odd"}))


def test_no_sentence_judges_by_a_p_value():
    adsl, bds = random_trial()
    words = " ".join(f"{r.method} {r.note}" for r in _rows(adsl, bds)).lower()
    assert not [word for word in ("safe", "no difference", "improve", "significant") if word in words]
