"""Left-censored ANCOVA: against R, a slow path and least squares; its symmetries; data that do not determine it."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rctflow.models.censored.existence import unbounded_values
from rctflow.models.censored.likelihood import fit_censored_normal
from rctflow.models.censored.profile import Profile
from rctflow.models.contract import NotEstimable
from scipy import optimize, stats

from tests.fit_cases import fitted, random_trial, records, row, settings, subjects, values

LOG = {"model": "censored", "log": True}
CONTRAST = "msc / placebo"


@pytest.fixture(scope="module")
def reference(root):
    return json.loads((root / "tests/reference/models/censored.json").read_text())["sets"]


@pytest.fixture(scope="module")
def censored_sets(shared):
    data = pd.read_csv(shared / "reference/scoring/vectors/lloq_data.csv")
    return {str(name): rows for name, rows in data.groupby("set")}


def limited(bds, limits, share=0.5):
    """The records whose value lies below ``limits`` (one, or by visit) written as laboratories write them."""
    limit = bds["AVISIT"].map(limits) if isinstance(limits, dict) else pd.Series(limits, bds.index)
    below = bds["AVAL"] < limit
    bds = bds.assign(
        AVAL=bds["AVAL"].mask(below, share * limit),
        AVALC=bds["AVALC"].mask(below, "<" + limit.map("{:.15g}".format)),
    )
    base = bds[bds["ABLFL"].eq("Y")].set_index("USUBJID")["AVAL"]
    bds = bds.assign(BASE=bds["USUBJID"].map(base))
    return bds.assign(CHG=(bds["AVAL"] - bds["BASE"]).where(bds["ABLFL"].ne("Y")))


def lognormal_trial(seed=1, n=40, arms=("placebo", "msc"), limits=None):
    """A trial on the log scale, about a fifth of its values below the limit; ``limits`` None: nothing is."""
    adsl, bds = random_trial(seed, n, arms)
    bds = bds.assign(AVAL=np.exp(bds["AVAL"] / 10), BASE=np.exp(bds["BASE"] / 10))
    return adsl, limited(bds, limits or 0.0)


LIMITS = {"baseline": 25.0, "month6": 35.0}


@pytest.mark.parametrize("name", [str(number) for number in range(1, 13)])
def test_unscaled_maximum_likelihood_is_that_of_r(reference, censored_sets, name):
    rows, expected = censored_sets[name], reference[name]
    value = np.log(rows["value"].fillna(rows["lloq"])).to_numpy()
    censored = rows["below"].eq(1).to_numpy()
    assert censored.sum() == expected["n_cens"]
    one, arm, baseline = np.ones(len(rows)), rows["arm"].to_numpy(float), np.log(rows["baseline"].to_numpy())
    alone = fit_censored_normal(one[:, None], value, censored)
    assert [alone.coefficients[0], alone.sigma, alone.log_likelihood] == pytest.approx(
        [expected["tobit_mu"], expected["tobit_sigma"], expected["tobit_loglik"]], rel=1e-7
    )
    by_arm = fit_censored_normal(np.column_stack([one, arm]), value, censored)
    se = by_arm.covariance[1, 1] ** 0.5
    assert [by_arm.coefficients[1], se, by_arm.sigma] == pytest.approx(
        [expected[f"arm_{of}"] for of in ("diff", "se", "sigma")], rel=1e-7
    )
    half = stats.norm.ppf(0.975) * se
    assert np.exp(by_arm.coefficients[1] + np.array([0, -half, half])) == pytest.approx(
        [expected[of] for of in ("gmr", "gmr_lo", "gmr_hi")], rel=1e-7
    )
    adjusted = fit_censored_normal(np.column_stack([one, arm, baseline]), value, censored)
    assert [adjusted.coefficients[1], adjusted.covariance[1, 1] ** 0.5, adjusted.sigma] == pytest.approx(
        [expected[f"adj_{of}"] for of in ("diff", "se", "sigma")], rel=1e-7
    )


@pytest.mark.parametrize("below", ["half", "sqrt2"])
@pytest.mark.parametrize("name", ["1", "3", "11"])
def test_substitution_is_the_t_test_of_r(reference, censored_sets, name, below):
    rows, expected = censored_sets[name], reference[name]
    adsl = subjects(rows["arm"].map({0: "placebo", 1: "msc"}).tolist())
    bds = records(adsl, rows["baseline"].tolist(), month6=rows["value"].fillna(0).tolist())
    bds = limited(bds, {"baseline": 0.0, "month6": rows["lloq"].iloc[0]})
    plain = settings(**LOG, outcome="value", baseline=False, options={"below": below})
    found = values(fitted(adsl, bds, plain), CONTRAST)
    assert [found[of] for of in ("estimate", "ci_low", "ci_high", "p_value")] == pytest.approx(
        [expected[f"{below}_{of}"] for of in ("gmr", "lo", "hi", "p")], rel=1e-9
    )


def slow_log_likelihood(parameters, design, value, censored):
    """From the definition, in the coefficients and log sigma."""
    sigma = np.exp(parameters[-1])
    mean = design @ parameters[:-1]
    seen = stats.norm.logpdf(value[~censored], mean[~censored], sigma).sum()
    return seen + stats.norm.logcdf(value[censored], mean[censored], sigma).sum()


def numerical_information(parameters, *data, step=1e-4):
    """-Hessian of the log likelihood by central differences."""
    k = len(parameters)
    steps = np.eye(k) * step
    at = lambda move: slow_log_likelihood(parameters + move, *data)  # noqa: E731
    return -np.array([[at(a + b) - at(a - b) - at(b - a) + at(-a - b) for a in steps] for b in steps]) / (4 * step**2)


@pytest.mark.parametrize("seed", range(4))
def test_equals_direct_maximization_and_a_numerical_hessian(seed):
    rng = np.random.default_rng(seed)
    design = np.column_stack([np.ones(30), rng.integers(0, 2, 30), rng.normal(size=(30, 2))])
    truth = design @ rng.normal(size=4) + rng.normal(size=30)
    limit = np.quantile(truth, 0.3)
    censored = truth < limit
    value = np.where(censored, limit, truth)
    fit = fit_censored_normal(design, value, censored)
    start = np.r_[np.zeros(4), 0.0]
    slow = optimize.minimize(
        lambda p: -slow_log_likelihood(p, design, value, censored), start, method="BFGS", options={"gtol": 1e-7}
    )
    slow = optimize.minimize(
        lambda p: -slow_log_likelihood(p, design, value, censored),
        slow.x,
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 20000, "maxfev": 20000},
    )
    assert fit.coefficients == pytest.approx(slow.x[:-1], abs=1e-5)
    assert fit.sigma == pytest.approx(np.exp(slow.x[-1]), abs=1e-5)
    assert fit.log_likelihood == pytest.approx(-slow.fun, abs=1e-9)
    found = np.r_[fit.coefficients, np.log(fit.sigma)]
    covariance = np.linalg.inv(numerical_information(found, design, value, censored))
    assert fit.covariance == pytest.approx(covariance[:-1, :-1], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("options", [{}, {"below": "half"}])
@pytest.mark.parametrize("outcome", ["change", "value"])
def test_with_nothing_censored_it_is_ancova(outcome, options):
    adsl, bds = lognormal_trial(arms=("placebo", "low", "high"))
    plan = {"arms": ("placebo", "low", "high"), "strata": ("SITE", "SEX"), "covariates": ("AGE",), "outcome": outcome}
    ancova = fitted(adsl, bds, settings(**plan, log=True))
    rows = fitted(adsl, bds, settings(**plan, **LOG, options=options))
    for who in ("placebo", "low", "high", "low / placebo", "high / placebo"):
        found = {k: v for k, v in values(rows, who).items() if k not in ("n_below", "percent_below")}
        assert found == pytest.approx(values(ancova, who), rel=1e-10)
        assert {r.status for r in rows if who in (r.group, r.contrast)} == {"ok"}


def test_the_variance_is_rescaled_and_the_quantile_is_students():
    adsl, bds = lognormal_trial(limits=LIMITS)
    rows = fitted(adsl, bds, settings(**LOG))
    found = values(rows, CONTRAST)
    at = bds[bds["AVISIT"].eq("month6") & bds["AVAL"].notna()]
    first = bds[bds["ABLFL"].eq("Y")].set_index("USUBJID").loc[at["USUBJID"]]
    censored = at["AVALC"].str.startswith("<").to_numpy()
    base_below = first["AVALC"].str.startswith("<").to_numpy()
    arm = adsl.set_index("USUBJID").loc[at["USUBJID"], "TRT01P"].eq("msc").to_numpy(float)
    design = np.column_stack([np.ones(len(at)), arm, np.log(np.where(base_below, 12.5, first["AVAL"])), base_below])
    fit = fit_censored_normal(design, np.log(np.where(censored, 35.0, at["AVAL"])), censored)
    n, p = design.shape
    se = (fit.covariance[1, 1] * n / (n - p)) ** 0.5
    half = stats.t.ppf(0.975, n - p) * se
    assert censored.sum() >= 5 and base_below.sum() >= 3
    assert [found[of] for of in ("estimate", "se_log", "df", "ci_low", "ci_high")] == pytest.approx(
        [np.exp(fit.coefficients[1]), se, n - p, *np.exp(fit.coefficients[1] + np.array([-half, half]))], rel=1e-9
    )
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(abs(fit.coefficients[1] / se), n - p))
    assert "baseline below the limit" in row(rows, CONTRAST, "estimate").method


def test_counts_below_the_limit_stand_by_arm_and_visit():
    adsl, bds = lognormal_trial(limits=LIMITS)
    rows = fitted(adsl, bds, settings(**LOG))
    at = bds[bds["AVISIT"].eq("month6") & bds["AVAL"].notna()]
    arm = at["USUBJID"].map(adsl.set_index("USUBJID")["TRT01P"])
    for name in ("placebo", "msc"):
        found, n_below = values(rows, name), at.loc[arm.eq(name), "AVALC"].str.startswith("<").sum()
        assert found["n_below"] == n_below > 0
        assert found["percent_below"] == pytest.approx(100 * n_below / arm.eq(name).sum())


def test_without_logarithms_shifting_everything_shifts_the_means():
    adsl, bds = lognormal_trial(limits=LIMITS)
    plan = settings(model="censored", baseline=False, outcome="value")
    moved = bds.assign(AVAL=bds["AVAL"] + 100)
    below = bds["AVALC"].str.startswith("<")
    moved["AVALC"] = bds["AVALC"].where(~below, "<" + (bds["AVAL"] * 2 + 100).map("{:.15g}".format))
    found, other = fitted(adsl, bds, plan), fitted(adsl, moved, plan)
    assert values(other, "msc - placebo") == pytest.approx(values(found, "msc - placebo"), rel=1e-7)
    assert values(other, "msc")["lsmean"] == pytest.approx(values(found, "msc")["lsmean"] + 100, rel=1e-9)


def test_which_value_stands_below_the_limit_in_the_records_changes_nothing():
    adsl, bds = lognormal_trial()
    found = [fitted(adsl, limited(bds, LIMITS, share), settings(**LOG)) for share in (0.5, 1.0)]
    assert [r.value for r in found[0]] == [r.value for r in found[1]]


@pytest.mark.parametrize("seed", range(3))
def test_profile_likelihood_interval_by_constrained_maximization(seed):
    adsl, bds = lognormal_trial(seed, limits=LIMITS)
    rows = fitted(adsl, bds, settings(**LOG, baseline=False, outcome="value", options={"interval": "profile"}))
    found = values(rows, CONTRAST)
    at = bds[bds["AVISIT"].eq("month6") & bds["AVAL"].notna()]
    censored = at["AVALC"].str.startswith("<").to_numpy()
    value = np.log(np.where(censored, 35.0, at["AVAL"]))
    arm = adsl.set_index("USUBJID").loc[at["USUBJID"], "TRT01P"].eq("msc").to_numpy(float)
    design = np.column_stack([np.ones(len(at)), arm])
    full = fit_censored_normal(design, value, censored)

    def deviance(effect):
        held = optimize.minimize(
            lambda p: -slow_log_likelihood(np.r_[p[0], effect, p[1]], design, value, censored),
            [full.coefficients[0], np.log(full.sigma)],
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-12},
        )
        return 2 * (full.log_likelihood + held.fun)

    for end in ("ci_low", "ci_high"):
        assert deviance(np.log(found[end])) == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-5)
    assert found["z"] ** 2 == pytest.approx(deviance(0.0), rel=1e-5)
    assert found["p_value"] == pytest.approx(stats.chi2.sf(found["z"] ** 2, 1))
    assert "df" not in found and "t" not in found


def test_a_profile_without_censoring_is_that_of_least_squares():
    rng = np.random.default_rng(3)
    value = rng.normal(size=12)
    design = np.ones((12, 1))
    fit = fit_censored_normal(design, value, np.zeros(12, bool))
    profile = Profile(fit, design, value, np.zeros(12, bool), np.ones(1))
    rss = lambda at: float(((value - at) ** 2).sum())  # noqa: E731
    assert profile.root(0.3) ** 2 == pytest.approx(12 * np.log(rss(0.3) / rss(value.mean())))


# Symmetries


def test_swapped_arms_invert_the_ratio():
    adsl, bds = lognormal_trial(limits=LIMITS)
    found = values(fitted(adsl, bds, settings(**LOG, strata=("SEX",))), CONTRAST)
    other = values(fitted(adsl, bds, settings(("msc", "placebo"), **LOG, strata=("SEX",))), "placebo / msc")
    assert other["estimate"] == pytest.approx(1 / found["estimate"], rel=1e-9)
    assert [other["ci_low"], other["ci_high"]] == pytest.approx([1 / found["ci_high"], 1 / found["ci_low"]], rel=1e-9)
    for same in ("se_log", "df", "p_value"):
        assert other[same] == pytest.approx(found[same], rel=1e-8)


@given(st.floats(0.01, 100), st.sampled_from(["t", "profile"]))
@hypothesis_settings(max_examples=8, deadline=None)
def test_units_scale_means_and_leave_ratios(factor, interval):
    adsl, bds = lognormal_trial(limits=LIMITS)
    plan = settings(**LOG, outcome="value", options={"interval": interval})
    scaled = bds.assign(AVAL=bds["AVAL"] * factor, BASE=bds["BASE"] * factor, CHG=bds["CHG"] * factor)
    below = bds["AVALC"].str.startswith("<")
    scaled["AVALC"] = bds["AVALC"].where(~below, "<" + (bds["AVAL"] * factor * 2).map("{:.17g}".format))
    found, other = fitted(adsl, bds, plan), fitted(adsl, scaled, plan)
    assert values(other, CONTRAST) == pytest.approx(values(found, CONTRAST), rel=1e-6)
    for arm in ("placebo", "msc"):
        for mean in ("lsmean", "ci_low", "ci_high"):
            assert values(other, arm)[mean] == pytest.approx(factor * values(found, arm)[mean], rel=1e-6)


def test_permuted_rows_give_the_same_rows():
    adsl, bds = lognormal_trial(limits=LIMITS)
    plan = settings(**LOG, strata=("SITE",))
    shuffled = fitted(adsl.sample(frac=1, random_state=1), bds.sample(frac=1, random_state=2), plan)
    assert shuffled == fitted(adsl, bds, plan)


# Data that determine little


def small(values_of_arms, limit=1.0, baseline=None):
    arms = [arm for arm, of_arm in values_of_arms.items() for _ in of_arm]
    adsl = subjects(arms, SEX=["F" if i % 2 else "M" for i in range(len(arms))])
    bds = records(
        adsl,
        baseline or [2.0 + 0.1 * i for i in range(len(arms))],
        month6=[one for of_arm in values_of_arms.values() for one in of_arm],
    )
    return adsl, limited(bds, {"baseline": 0.5, "month6": limit})


def test_over_half_below_leaves_the_test_of_detection():
    adsl, bds = small({"placebo": [2.0, 3.0, 2.5, 4.0, 3.5, 1.5, 2.2, 2.7], "msc": [0.1] * 6 + [3.0, 2.0]})
    rows = fitted(adsl, bds, settings(**LOG))
    p = row(rows, CONTRAST, "p_value")
    assert p.value == pytest.approx(stats.fisher_exact([[6, 2], [0, 8]]).pvalue)
    assert (p.status, "Fisher" in p.method, "Fisher" in p.note) == ("fallback", True, True)
    assert "6 values of msc are below the limit, more than 50 % of 8" in p.note
    assert values(rows, "msc") == {"n": 8, "n_below": 6, "percent_below": 75} | dict.fromkeys(
        ("lsmean", "se_log", "df", "ci_low", "ci_high")
    )
    assert values(rows, CONTRAST)["estimate"] is None
    assert values(rows, "placebo")["lsmean"] > 1


def test_exactly_half_below_is_estimated():
    adsl, bds = small({"placebo": [2.0, 3.0, 2.5, 4.0, 3.5, 1.5], "msc": [0.1, 0.1, 0.1, 3.0, 2.0, 2.4]})
    assert values(fitted(adsl, bds, settings(**LOG)), CONTRAST)["estimate"] < 1


def test_all_below_in_one_arm_and_in_both():
    seen = [2.0, 3.0, 2.5, 4.0, 3.5, 1.5]
    rows = fitted(*small({"placebo": seen, "msc": [0.1] * 6}), settings(**LOG, strata=("SEX",)))
    assert values(rows, CONTRAST)["p_value"] == pytest.approx(2 / 924)
    assert values(rows, "placebo")["lsmean"] > 1
    tolerant = settings(**LOG, options={"detection_above": 100})
    assert (
        "every value of msc" in row(fitted(*small({"placebo": seen, "msc": [0.1] * 6}), tolerant), "msc", "se_log").note
    )
    rows = fitted(*small({"placebo": [0.1] * 6, "msc": [0.2] * 6}), settings(**LOG))
    assert values(rows, CONTRAST)["p_value"] == 1
    assert {r.status for r in rows if r.statistic in ("lsmean", "estimate")} == {"not_estimable"}
    rows = fitted(*small({"placebo": [0.1] * 6, "msc": [0.2] * 6}), tolerant)
    assert row(rows, CONTRAST, "estimate").note == "all values are below the limit"


def test_all_values_equal_have_no_standard_error():
    adsl, bds = small({"placebo": [2.0] * 6, "msc": [2.0] * 6})
    for options in ({}, {"interval": "profile"}):
        found = row(fitted(adsl, bds, settings(**LOG, options=options)), CONTRAST, "estimate")
        assert (found.status, "residual variance is zero" in found.note) == ("not_estimable", True)


def test_too_few_values_above_the_limit():
    adsl, bds = small({"placebo": [2.0, 0.1], "msc": [3.0, 0.1]})
    found = row(fitted(adsl, bds, settings(**LOG)), CONTRAST, "estimate")
    assert (found.status, "no residual degree of freedom" in found.note) == ("not_estimable", True)


def test_a_stratum_with_every_value_below_says_nothing_of_the_arms():
    adsl, bds = small({"placebo": [2.0, 3.0, 2.5, 4.0, 3.5, 1.5], "msc": [2.1, 3.0, 4.0, 1.6, 2.4, 1.9]})
    adsl = adsl.assign(SITE=["A"] * 5 + ["B"] + ["A"] * 5 + ["B"])
    at_b = bds["USUBJID"].isin(adsl.loc[adsl["SITE"].eq("B"), "USUBJID"]) & bds["AVISIT"].eq("month6")
    bds = limited(bds.assign(AVAL=bds["AVAL"].mask(at_b, 0.2)), {"baseline": 0.5, "month6": 1.0})
    rows = fitted(adsl, bds, settings(**LOG, strata=("SITE",)))
    alone = fitted(adsl[adsl["SITE"].eq("A")], bds[~bds["USUBJID"].isin(bds.loc[at_b, "USUBJID"])], settings(**LOG))
    assert values(rows, CONTRAST) == pytest.approx(values(alone, CONTRAST), rel=1e-9)
    found = row(rows, CONTRAST, "estimate")
    assert (found.status, "2 values below the limit bound no estimate" in found.note) == ("fallback", True)
    assert values(rows, "msc")["n_below"] == 1


def test_values_that_keep_the_likelihood_from_a_maximum():
    arm = np.array([0, 0, 0, 1, 1, 1.0])
    design = np.column_stack([1 - arm, arm])
    assert unbounded_values(design, np.array([0, 0, 0, 1, 1, 1], bool)).tolist() == [False] * 3 + [True] * 3
    assert not unbounded_values(design, np.array([0, 0, 1, 0, 1, 1], bool)).any()
    slope = np.column_stack(
        [np.ones(4), [1.0, 1.0, 2.0, 0.0]]
    )  # below on both sides of those seen: the slope is bounded
    assert not unbounded_values(slope, np.array([0, 0, 1, 1], bool)).any()
    slope = np.column_stack([np.ones(4), [1.0, 1.0, 2.0, 3.0]])
    assert unbounded_values(slope, np.array([0, 0, 1, 1], bool)).tolist() == [False, False, True, True]


def test_a_value_that_has_no_logarithm_stops_the_visit():
    adsl, bds = small({"placebo": [2.0, 3.0, 2.5, 4.0], "msc": [2.1, 3.0, 4.0, 1.6]}, limit=0.0)
    bds = bds.assign(AVAL=bds["AVAL"].mask(bds["AVISIT"].eq("month6") & bds["USUBJID"].eq("S001"), 0.0))
    found = row(fitted(adsl, bds, settings(**LOG)), CONTRAST, "estimate")
    assert (found.status, "not positive" in found.note) == ("not_estimable", True)


def test_rescaled_t_intervals_cover_at_thirty_patients():
    """300 trials of 2 x 15, a fifth of the values below the limit; Monte-Carlo error 1.3 points."""
    rng = np.random.default_rng(20)
    arm = np.repeat([0.0, 1.0], 15)
    design = np.column_stack([np.ones(30), arm, np.zeros(30), np.zeros(30)])
    student, wald = [], []
    for _ in range(300):
        design[:, 2:] = np.column_stack([rng.normal(size=30), rng.integers(0, 2, 30)])
        truth = 0.5 * design[:, 2] + rng.normal(size=30)
        censored = truth < -0.94
        fit = fit_censored_normal(design, np.where(censored, -0.94, truth), censored)
        t = abs(fit.coefficients[1]) / fit.covariance[1, 1] ** 0.5
        student.append(t * (26 / 30) ** 0.5 <= stats.t.ppf(0.975, 26))
        wald.append(t <= stats.norm.ppf(0.975))
    assert np.mean(student) == pytest.approx(0.95, abs=3 * (0.95 * 0.05 / 300) ** 0.5)
    assert np.mean(wald) < np.mean(student)


def test_what_the_model_cannot_do_is_refused():
    with pytest.raises(ValueError, match="percentage"):
        fitted(*lognormal_trial(), settings(**LOG, options={"detection_above": 150}))
    with pytest.raises(NotEstimable, match="reproduces every value"):
        fit_censored_normal(np.ones((4, 1)), np.ones(4), np.zeros(4, bool))
