"""Standardization and the logistic models below it: against R, minimizers, linear programming and influence."""

import json

import numpy as np
import pandas as pd
import pytest
from rctflow.models.binary.logistic import Separation, firth, maximum_likelihood, probabilities
from rctflow.models.binary.standardization import standardized
from rctflow.models.contract import NotEstimable
from scipy import optimize


@pytest.fixture(scope="module")
def reference(root):
    return json.loads((root / "tests/reference/models/proportions.json").read_text())


@pytest.fixture(scope="module")
def trial01(shared):
    trial = pd.read_csv(shared / "data/camis/trial01.csv", na_values=["."])
    return trial[trial["aval"].notna()]


def indicators(arm):
    return np.column_stack([[float(a == level) for a in arm] for level in sorted(set(arm))])


def simulated(seed, n=90):
    rng = np.random.default_rng(seed)
    arm = rng.permutation(np.repeat([0, 1, 2], n // 3))
    x = rng.normal(size=(n, 2))
    y = (rng.random(n) < probabilities(-0.5 + 0.6 * arm + x @ [0.8, -0.5])).astype(float)
    return indicators(arm), x, y


def test_the_difference_and_its_variance_are_those_of_robincar(reference, trial01):
    expected = reference["robincar"]
    arm, y = indicators(trial01["trtp"]), trial01["aval"].to_numpy(float)
    found = standardized(arm, trial01[["bl_cov"]].to_numpy(float), y, "ye", [])
    difference, se = found.difference(1, 0)
    assert found.proportions == pytest.approx(expected["proportions"], abs=5.1e-4)
    assert difference == pytest.approx(expected["difference"], abs=5.1e-5)
    assert round(se**2, 9) == expected["variance"]
    strata = pd.cut(trial01["bl_cov"], 4).astype(str)
    levels = pd.get_dummies(strata).iloc[:, 1:].to_numpy(float)
    covariates = np.column_stack([trial01["bl_cov"], levels])
    blocked = standardized(arm, covariates, y, "ye_permuted_blocks", strata.tolist())
    assert round(blocked.difference(1, 0)[1] ** 2, 9) == expected["variance_permuted_blocks"]


@pytest.mark.parametrize("variance", ["ye", "ge"])
def test_three_arms_are_those_of_r(reference, variance):
    case = reference["r"]["standardized"]
    covariates = np.column_stack([case["x"], [0.0] * 30 + [1.0] * 30])
    found = standardized(indicators("abc" * 20), covariates, np.array(case["y"], float), variance, [])
    assert found.proportions == pytest.approx(case["proportions"], abs=1e-10)
    assert found.covariance == pytest.approx(np.array(case[variance]), abs=1e-10)


def test_without_covariates_it_is_the_plain_difference():
    arm, _, y = simulated(1)
    none = np.empty((len(y), 0))
    found = standardized(arm, none, y, "ye", [])
    means = [y[arm[:, a] > 0].mean() for a in range(3)]
    variances = [y[arm[:, a] > 0].var(ddof=1) / 30 for a in range(3)]
    assert found.proportions == pytest.approx(means)
    assert found.covariance == pytest.approx(np.diag(variances), abs=1e-12)


def test_the_variance_is_that_of_the_influence_functions():
    """With many patients Ye's variance is the mean square of the estimator's influence, computed by brute force."""
    arm, x, y = simulated(2, n=30_000)
    found = standardized(arm, x, y, "ye", [])
    fit = maximum_likelihood(np.column_stack([arm, x]), y)
    predicted = probabilities((x @ fit.coefficients[3:])[:, None] + fit.coefficients[:3])
    influence = arm / arm.mean(axis=0) * (y[:, None] - predicted) + predicted - predicted.mean(axis=0)
    brute = influence.T @ influence / len(y) ** 2
    assert found.covariance == pytest.approx(brute, rel=0.02, abs=0.02 * brute.max())


def test_balance_within_strata_never_widens_the_interval():
    for seed in range(5):
        arm, x, y = simulated(seed)
        strata = [f"{value:.0f}" for value in np.clip(x[:, 0], -1, 1)]
        ye, blocked = (standardized(arm, x[:, 1:], y, v, strata) for v in ("ye", "ye_permuted_blocks"))
        assert ye.proportions == pytest.approx(blocked.proportions)
        assert blocked.difference(1, 0)[1] < ye.difference(1, 0)[1]


def test_symmetries_of_the_standardized_difference():
    arm, x, y = simulated(3)
    base = standardized(arm, x, y, "ye", [])
    order = np.random.default_rng(1).permutation(len(y))
    permuted = standardized(arm[order], x[order], y[order], "ye", [])
    turned = standardized(arm[:, ::-1], x, y, "ye", [])
    other = standardized(arm, x, 1 - y, "ye", [])
    rescaled = standardized(arm, 1000 * x + 7, y, "ye", [])
    d, se = base.difference(2, 0)
    assert permuted.difference(2, 0) == pytest.approx((d, se), rel=1e-9)
    assert turned.difference(0, 2) == pytest.approx((d, se), rel=1e-9)
    assert other.difference(2, 0) == pytest.approx((-d, se), rel=1e-9)
    assert rescaled.difference(2, 0) == pytest.approx((d, se), rel=1e-7)
    twice = standardized(*(np.concatenate([part, part]) for part in (arm, x, y)), "ye", [])
    assert twice.difference(2, 0)[0] == pytest.approx(d, rel=1e-9)
    assert twice.difference(2, 0)[1] ** 2 == pytest.approx(se**2 / 2, rel=0.05)


def test_penalized_the_difference_stays_that_of_the_means_when_covariates_say_nothing():
    arm, _, y = simulated(4)
    found = standardized(arm, np.empty((len(y), 0)), y, "ye", [], penalized=True)
    assert found.proportions == pytest.approx([y[arm[:, a] > 0].mean() for a in range(3)])


def test_maximum_likelihood_and_firth_are_the_maxima():
    arm, x, y = simulated(5)
    matrix = np.column_stack([arm, x])

    def likelihood(b, penalty):
        p = probabilities(matrix @ b)
        information = (matrix * (p * (1 - p))[:, None]).T @ matrix
        return -(y @ np.log(p) + (1 - y) @ np.log1p(-p) + penalty * np.linalg.slogdet(information)[1] / 2)

    for fit, penalty in ((maximum_likelihood, 0), (firth, 1)):
        found = fit(matrix, y)
        best = optimize.minimize(likelihood, np.zeros(5), (penalty,), method="BFGS", options={"gtol": 1e-9})
        assert found.coefficients == pytest.approx(best.x, abs=1e-5)
        p = probabilities(matrix @ found.coefficients)
        information = (matrix * (p * (1 - p))[:, None]).T @ matrix
        assert found.covariance == pytest.approx(np.linalg.inv(information), rel=1e-6)


def test_firth_of_two_proportions_adds_half_a_patient_to_each_cell():
    y = np.array([0.0] * 15 + [1.0] * 4 + [0.0] * 11)
    arm = indicators("a" * 15 + "b" * 15)
    assert probabilities(firth(arm, y).coefficients) == pytest.approx([0.5 / 16, 4.5 / 16], abs=1e-10)


def separable(matrix, y):
    """Whether some direction puts no event below and no other above it, and one apart, by linear programming."""
    signed = np.where(y[:, None] > 0, matrix, -matrix)
    best = optimize.linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(y)), bounds=(-1, 1))
    return -best.fun > 1e-7


def test_separation_is_told_exactly_when_there_is_some():
    rng, told = np.random.default_rng(6), []
    for _ in range(300):
        n = rng.integers(6, 16)
        matrix = np.column_stack([np.ones(n), rng.integers(0, 2, n), rng.normal(size=n).round(1)])
        y = rng.integers(0, 2, n).astype(float)
        if np.linalg.matrix_rank(matrix) < 3:
            continue
        try:
            maximum_likelihood(matrix, y)
            told.append(False)
        except Separation:
            told.append(True)
            assert np.isfinite(firth(matrix, y).coefficients).all()
        assert told[-1] == separable(matrix, y)
    assert 30 < sum(told) < len(told) - 30


def test_arms_confounded_with_a_covariate_are_not_estimable():
    arm = indicators("aaaabbbb")
    with pytest.raises(NotEstimable, match="confounded"):
        maximum_likelihood(np.column_stack([arm, arm[:, 1]]), np.array([0, 1, 0, 1, 1, 0, 1, 1.0]))
