"""What must not change an analysis, and what must change it in a known way."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rctflow.models.mmrm import baseline_as_outcome, errors, fit_mmrm
from test_mmrm_slow_path import simulate

FORMULA = "y ~ base + arm * visit"


def fit(data, formula=FORMULA, **options):
    return fit_mmrm(data, formula, "id", "visit", **options)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_and_names_of_patients_do_not_count(seed):
    data = simulate()
    mixed = data.sample(frac=1, random_state=seed)
    names = dict(zip(sorted(set(data.id)), np.random.default_rng(seed).permutation(1000)[:26], strict=True))
    ours, theirs = fit(data), fit(mixed.assign(id=mixed.id.map(names)))
    np.testing.assert_allclose(theirs.coefficients(), ours.coefficients(), rtol=1e-7, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(shift=st.floats(-1e4, 1e4), scale=st.floats(1e-3, 1e3))
def test_shift_and_scale_of_the_outcome(shift, scale):
    data = simulate()
    plain = fit(data).contrasts("arm", by="visit")
    moved = fit(data.assign(y=shift + scale * data.y)).contrasts("arm", by="visit")
    for column in ("estimate", "se"):
        np.testing.assert_allclose(moved[column], scale * plain[column], rtol=1e-6, atol=1e-9 * scale)
    np.testing.assert_allclose(moved["df"], plain["df"], rtol=1e-5)


@pytest.mark.parametrize("covariance", ["un", "cs", "csh"])
def test_order_of_visits_does_not_count_without_a_time_structure(covariance):
    data = simulate()
    forward = fit(data, covariance=covariance).contrasts("arm", by="visit").set_index("visit")
    levels = {"visit": ["V3", "V1", "V4", "V2"]}
    other = fit(data, covariance=covariance, levels=levels).contrasts("arm", by="visit").set_index("visit")
    np.testing.assert_allclose(other.loc[forward.index].iloc[:, 1:], forward.iloc[:, 1:], rtol=1e-6, atol=1e-9)


def test_reference_arm_changes_the_sign_only():
    data = simulate()
    forward = fit(data).contrasts("arm", by="visit")
    backward = fit(data, levels={"arm": ["B", "A"]}).contrasts("arm", by="visit")
    np.testing.assert_allclose(backward["estimate"], -forward["estimate"], rtol=1e-8)
    np.testing.assert_allclose(backward[["se", "df", "p_value"]], forward[["se", "df", "p_value"]], rtol=1e-6)


def test_adding_a_function_of_covariates_to_the_outcome_moves_their_coefficients_only():
    data = simulate()
    plain = fit(data)
    moved = fit(data.assign(y=data.y + 3 * data.base - 2 * (data.arm == "B")))
    expected = plain.beta + pd.Series({"base": 3.0, "armB": -2.0}).reindex(plain.beta.index, fill_value=0)
    np.testing.assert_allclose(moved.beta, expected, rtol=1e-7)
    np.testing.assert_allclose(moved.vcov, plain.vcov, rtol=1e-6, atol=1e-10)


def test_refit_is_a_fit():
    data = simulate()
    first = fit(data)
    other = data.assign(y=np.random.default_rng(5).normal(size=len(data)) + data.y)
    again = first.refit(other["y"].to_numpy())
    np.testing.assert_allclose(again.coefficients(), fit(other).coefficients(), rtol=1e-6, atol=1e-9)
    with pytest.raises(errors.DataError, match="finite values"):
        first.refit(np.array([1.0]))


def test_equal_arms_with_complete_data_give_the_t_test_of_the_averages():
    """Complete data: the visit-averaged difference is a two-sample comparison of patients' means, df n - 2."""
    rng = np.random.default_rng(8)
    wide = rng.normal(size=(20, 3)) + rng.normal(size=(20, 1))
    data = pd.DataFrame(
        {
            "id": np.repeat(np.arange(20), 3),
            "visit": np.tile(["V1", "V2", "V3"], 20),
            "arm": np.repeat(np.where(np.arange(20) < 8, "A", "B"), 3),
            "y": wide.ravel(),
        }
    )
    means = wide.mean(1)
    a, b = means[:8], means[8:]
    pooled = (a.var(ddof=1) * 7 + b.var(ddof=1) * 11) / 18
    for covariance in ("un", "cs"):
        row = fit(data, "y ~ arm * visit", covariance=covariance).contrasts("arm").iloc[0]
        assert row["estimate"] == pytest.approx(b.mean() - a.mean(), rel=1e-9)
        assert row["se"] == pytest.approx(np.sqrt(pooled * (1 / 8 + 1 / 12)), rel=1e-8)
        assert row["df"] == pytest.approx(18, rel=1e-6)
    row = fit(data, "y ~ arm * visit", df="between-within").contrasts("arm").iloc[0]
    assert row["df"] == 18


def test_weights_one_are_no_weights_and_doubling_them_halves_the_covariance():
    data = simulate().assign(one=1.0, two=2.0)
    plain, one, two = fit(data), fit(data, weights="one"), fit(data, weights="two")
    np.testing.assert_allclose(one.coefficients(), plain.coefficients(), rtol=1e-9)
    assert two.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-10)
    np.testing.assert_allclose(two.covariance, 2 * plain.covariance, rtol=1e-6)


def test_one_visit_is_an_analysis_of_covariance():
    """Ordinary least squares with n - p degrees of freedom, whatever the structure and the df method."""
    data = simulate().query("visit == 'V1'")
    X = np.column_stack([np.ones(len(data)), data["base"], data["arm"] == "B"]).astype(float)
    beta, rest, *_ = np.linalg.lstsq(X, data["y"].to_numpy())
    se = np.sqrt(np.diag(np.linalg.inv(X.T @ X)) * rest / (len(data) - 3))
    for covariance in ("un", "cs", "ar1", "toeph", "adh"):
        found = fit(data, "y ~ base + arm", covariance=covariance).coefficients()
        np.testing.assert_allclose(found["estimate"], beta, rtol=1e-8)
        np.testing.assert_allclose(found["se"], se, rtol=1e-8)
        np.testing.assert_allclose(found["df"], len(data) - 3, rtol=1e-6)


def test_groups_fit_the_arms_apart_when_their_effects_are_apart():
    """Everything crossed with the arm: the grouped fit is the two arms' own fits."""
    data = simulate()
    both = fit(data, "y ~ arm * (base + visit)", group="arm", df="satterthwaite")
    alone = [fit(part, "y ~ base + visit", df="satterthwaite") for _, part in data.groupby("arm")]
    assert both.log_likelihood == pytest.approx(sum(f.log_likelihood for f in alone), rel=1e-10)
    for arm, own in zip("AB", alone, strict=True):
        np.testing.assert_allclose(both.covariance.loc[arm], own.covariance, rtol=1e-6)
        means = both.lsmeans("visit", at={"arm": arm, "base": 50.0})
        np.testing.assert_allclose(means.iloc[:, 1:], own.lsmeans("visit", at={"base": 50.0}).iloc[:, 1:], rtol=1e-5)


def test_spatial_exponential_on_equidistant_visits_is_ar1():
    data = simulate().assign(time=lambda d: d.visit.str[1].astype(float))
    spatial = fit(data, covariance="spatial-exponential", coordinates=["time"], df="satterthwaite")
    ar1 = fit(data, covariance="ar1", df="satterthwaite")
    np.testing.assert_allclose(spatial.coefficients(), ar1.coefficients(), rtol=1e-7)
    assert np.exp(-1 / spatial.theta["range"]) == pytest.approx(ar1.theta["corr(lag 1)"], rel=1e-6)
    np.testing.assert_allclose(spatial.covariance, ar1.covariance, rtol=1e-6)


def test_least_squares_mean_weights():
    """Sex is 3 : 1 among the records used and 2 : 2 among all, so the three weightings differ as they should."""
    rng = np.random.default_rng(3)
    data = pd.DataFrame(
        {
            "id": np.repeat(np.arange(40), 2),
            "visit": np.tile(["V1", "V2"], 40),
            "arm": np.repeat(np.where(np.arange(40) % 2 == 0, "A", "B"), 2),
            "sex": np.repeat(np.where(np.arange(40) < 20, "F", "M"), 2),
        }
    )
    data["y"] = rng.normal(size=80) + 5 * (data.sex == "M")
    data.loc[(data.sex == "M") & (data.visit == "V2"), "y"] = np.nan
    data.loc[(data.sex == "M") & (data.id % 3 == 0), "y"] = np.nan
    found = fit(data, "y ~ sex + arm * visit")
    used = data.dropna()
    share = {
        "equal": 0.5,
        "proportional": (used.sex == "M").mean(),
        "observed": (data.sex == "M").mean(),
    }
    base = found.lsmeans("arm", by="visit", at={"sex": "F"})["estimate"]
    for weights, male in share.items():
        means = found.lsmeans("arm", by="visit", weights=weights)["estimate"]
        np.testing.assert_allclose(means - base, male * found.beta["sexM"], rtol=1e-9)
    assert share["proportional"] != pytest.approx(share["observed"])


def test_covariates_are_at_their_mean_over_records_unless_told_otherwise():
    data = simulate()
    found = fit(data)
    at = found.lsmeans("arm", by="visit", at={"base": data["base"].mean()})
    pd.testing.assert_frame_equal(found.lsmeans("arm", by="visit"), at)
    higher = found.lsmeans("arm", by="visit", at={"base": data["base"].mean() + 1})
    np.testing.assert_allclose(higher["estimate"] - at["estimate"], found.beta["base"], rtol=1e-8)


def test_type_three_test_of_one_contrast_is_its_t_test():
    found = fit(simulate())
    for term in ("base", "arm"):
        test = found.test(term)
        row = found.contrasts("arm").iloc[0] if term == "arm" else found.coefficients().loc["base"]
        assert (test.F, test.df2, test.p_value) == pytest.approx((row["t"] ** 2, row["df"], row["p_value"]), rel=1e-6)


def test_interaction_test_does_not_depend_on_the_coding_with_kenward_roger():
    data = simulate()
    one, other = fit(data), fit(data, levels={"arm": ["B", "A"], "visit": ["V4", "V3", "V2", "V1"]})
    assert pytest.approx(other.test("visit:arm").F, rel=1e-7) == one.test("arm:visit").F
    assert one.test("arm:visit").df2 == pytest.approx(other.test("arm:visit").df2, rel=1e-6)


def test_constrained_baseline():
    """Arms are equal at baseline, and without missing data the change is analysed as if adjusted for baseline."""
    data = simulate(n=60)
    stacked = baseline_as_outcome(data, "id", "visit", "y", "base", "V0")
    assert list(stacked.visit.cat.categories) == ["V0", "V1", "V2", "V3", "V4"]
    found = fit(stacked, "y ~ arm * visit", clda=("arm", "V0"))
    means = found.lsmeans("arm", by="visit").set_index(["visit", "arm"])["estimate"]
    assert means["V0", "A"] == pytest.approx(means["V0", "B"], rel=1e-12)
    differences = found.contrasts("arm", by="visit")
    assert list(differences["visit"]) == ["V1", "V2", "V3", "V4"]
    separate = fit(stacked, "y ~ arm * visit").contrasts("arm", by="visit").iloc[1:]
    assert (differences["se"].to_numpy() < separate["se"].to_numpy()).all()
    adjusted = fit(data, "y ~ base * visit + arm * visit").contrasts("arm", by="visit")
    np.testing.assert_allclose(differences["estimate"], adjusted["estimate"], atol=0.05)
    rows = found.mean_rows(["visit", "arm"]).L
    by_visit = (rows[1::2] - rows[::2])[1:]
    averaged = found.contrasts("arm").iloc[0]
    assert averaged["estimate"] == pytest.approx((by_visit @ found.beta).mean(), rel=1e-9)
    equal = found.test_contrasts(by_visit[1:] - by_visit[0])
    same = fit(stacked, "y ~ visit + arm:visit", clda=("arm", "V0"))
    assert same.dropped == ("visitV0:armB",)
    assert same.log_likelihood == pytest.approx(found.log_likelihood, rel=1e-10)
    pd.testing.assert_frame_equal(same.contrasts("arm", by="visit"), differences, rtol=1e-6)
    assert pytest.approx(equal.F, rel=1e-7) == found.test("arm:visit").F
    assert found.test("arm:visit").df1 == 3
    with pytest.raises(errors.NotEstimableError, match="averages the visits after baseline"):
        found.test("arm")
    predicted = found.predict(stacked.iloc[[0, 1]].assign(arm=["A", "B"]))["estimate"]
    assert predicted.iloc[0] == pytest.approx(predicted.iloc[1], rel=1e-12)
    with pytest.raises(errors.OptionError, match="baseline_as_outcome"):
        fit(data, "y ~ arm * visit", clda=("arm", "V0"))


def test_diagnostics_and_parameter_names():
    found = fit(simulate(), covariance="toeph")
    told = found.diagnostics
    assert told.converged and told.gradient_norm < 1e-6 and told.condition["all"] > 1
    assert np.allclose(np.diag(told.correlation), 1)
    assert list(found.theta.index[:2]) == ["var(V1)", "var(V2)"]
    assert list(found.theta.index[-3:]) == ["corr(lag 1)", "corr(lag 2)", "corr(lag 3)"]
    normalized = found.residuals("normalized")
    assert normalized.std() == pytest.approx(1, abs=0.15)


def test_unknown_levels_factors_and_kinds_are_refused():
    found = fit(simulate())
    for call in (
        lambda: found.lsmeans("sex"),
        lambda: found.lsmeans("base"),
        lambda: found.lsmeans("arm", at={"visit": "V9"}),
        lambda: found.lsmeans("arm", weights="some"),
        lambda: found.contrasts("arm", reference="C"),
        lambda: found.test("site"),
        lambda: found.residuals("odd"),
    ):
        with pytest.raises(errors.OptionError):
            call()
    with pytest.raises(errors.DataError, match="cannot place"):
        found.predict(pd.DataFrame({"arm": ["C"], "visit": ["V1"], "base": [50.0]}))
    with pytest.raises(errors.NotEstimableError, match="no variance"):
        found.estimate(np.zeros(len(found.beta)))


def test_compound_symmetry_is_the_random_intercept_of_statsmodels():
    import statsmodels.formula.api as smf

    data = simulate(n=40)
    peer = smf.mixedlm(FORMULA, data, groups=data["id"]).fit(reml=True)
    found = fit(data, covariance="cs", df="satterthwaite")
    names = {"Intercept": "(Intercept)"}
    theirs = peer.fe_params.rename(lambda name: names.get(name, name.replace("[T.", "").replace("]", "")))
    theirs = theirs.loc[found.beta.index]
    np.testing.assert_allclose(found.beta, theirs, rtol=1e-4)
    assert found.theta["cov"] == pytest.approx(float(peer.cov_re.iloc[0, 0]), rel=1e-3)
    assert found.theta["residual"] == pytest.approx(peer.scale, rel=1e-3)
    assert found.log_likelihood >= peer.llf - 1e-6
