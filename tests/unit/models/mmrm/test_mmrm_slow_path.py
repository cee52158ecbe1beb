"""The engine against mmrm_slow_path.py, on data simulated here: the reference set that needs no other data."""

import numpy as np
import pandas as pd
import pytest
from mmrm_slow_path import SlowModel, gradient
from rctflow.models.mmrm import fit_mmrm

T = 4
STRUCTURES = {
    "unstructured": T * (T + 1) // 2,
    "toeplitz": T,
    "heterogeneous-toeplitz": 2 * T - 1,
    "ar1": 2,
    "heterogeneous-ar1": T + 1,
    "compound-symmetry": 2,
    "heterogeneous-compound-symmetry": T + 1,
    "ante-dependence": T,
    "heterogeneous-ante-dependence": 2 * T - 1,
    "spatial-exponential": 2,
    "spatial-gaussian": 2,
}


def simulate(seed=20240403, n=26):
    """Two arms, a baseline, a covariate that changes within patients, days, weights; dropout and gaps."""
    rng = np.random.default_rng(seed)
    C = 0.6 ** np.abs(np.subtract.outer(np.arange(T), np.arange(T))) * np.outer([1, 1.3, 1.1, 1.6], [1, 1.3, 1.1, 1.6])
    y = rng.standard_normal((n, T)) @ np.linalg.cholesky(C).T
    base = rng.normal(50, 5, n)
    day = np.array([7, 14, 28, 56]) + rng.integers(-2, 3, (n, T))
    rows = [
        {
            "id": f"P{i:02d}",
            "visit": f"V{a + 1}",
            "arm": "AB"[i % 2],
            "base": base[i],
            "dose": rng.integers(0, 3) / 2,
            "day": float(day[i, a]),
            "w": rng.uniform(0.5, 2.0),
            "y": 10 + 0.1 * base[i] + a * 0.5 * (i % 2) + y[i, a],
        }
        for i in range(n)
        for a in range(T)
    ]
    data = pd.DataFrame(rows)
    gone = rng.random(len(data)) < 0.08
    late = np.repeat(rng.random(n) < 0.25, T) & np.tile(np.arange(T) >= 2, n)
    return data[~(gone | late)].reset_index(drop=True)


def slow_model(data, structure, covariates, reml=True, weights=False, group=False):
    """The same model with its design written out by hand."""
    patients = []
    for _, own in data.groupby("id", sort=False):
        a = own["visit"].str[1].astype(int).to_numpy() - 1
        arm = (own["arm"] == "B").to_numpy(float)
        visit = [(a == k).astype(float) for k in range(1, T)]
        X = [np.ones(len(own)), *(own[c].to_numpy() for c in covariates), arm, *visit, *(arm * v for v in visit)]
        patients.append(
            {
                "X": np.column_stack(X),
                "y": own["y"].to_numpy(),
                "visits": a,
                "times": own["day"].to_numpy(),
                "weights": own["w"].to_numpy() if weights else np.ones(len(own)),
                "group": int(group and own["arm"].iloc[0] == "B"),
            }
        )
    return SlowModel(patients, structure, T, STRUCTURES[structure], reml)


def fit(data, structure, covariates=("base",), **options):
    formula = "y ~ " + " + ".join([*covariates, "arm * visit"])
    if structure.startswith("spatial"):
        options["coordinates"] = ["day"]
    return fit_mmrm(data, formula, "id", "visit", structure, **options)


def order(found, covariates=("base",)):
    """R's order of the coefficients is the order of the hand-written design."""
    expected = ["(Intercept)", *covariates, "armB", "visitV2", "visitV3", "visitV4"]
    assert list(found.beta.index) == [*expected, "armB:visitV2", "armB:visitV3", "armB:visitV4"]


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_optimum_is_a_maximum_of_the_literal_likelihood(structure, method):
    data = simulate()
    found = fit(data, structure, method=method, df="satterthwaite")
    order(found)
    slow = slow_model(data, structure, ["base"], reml=method == "reml")
    theta = found.theta.to_numpy()
    assert -2 * found.log_likelihood == pytest.approx(slow.neg2loglik(theta), rel=1e-11)
    V = slow.theta_covariance(theta)
    slope = gradient(slow.neg2loglik, theta)
    assert np.sqrt(abs(slope @ V @ slope)) < 1e-4
    np.testing.assert_allclose(found.theta_vcov, V, rtol=2e-4, atol=2e-5 * np.abs(V).max())
    beta, phi, *_ = slow.gls(theta)
    np.testing.assert_allclose(found.beta, beta, rtol=1e-8)
    np.testing.assert_allclose(found.vcov, phi, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_satterthwaite_and_kenward_roger(structure):
    data = simulate()
    exact = fit(data, structure, df="kenward-roger")
    slow = slow_model(data, structure, ["base"])
    theta = exact.theta.to_numpy()
    V = slow.theta_covariance(theta)
    table = exact.coefficients()
    for k in (0, 2, 5, 8):
        assert table["df"].iloc[k] == pytest.approx(slow.satterthwaite(theta, np.eye(9)[k], V), rel=2e-4)
    for df, linear in (("kenward-roger", False), ("kr-linear", True)):
        found = fit(data, structure, df=df)
        adjusted, _ = slow.kenward_roger(theta, V, linear)
        np.testing.assert_allclose(np.sqrt(np.diag(found.vcov)), np.sqrt(np.diag(adjusted)), rtol=2e-5)
    L = np.eye(9)[[6, 7, 8]]
    F, m = slow.kenward_roger_f(theta, V, L)
    test = exact.test_contrasts(L)
    assert pytest.approx(F, rel=1e-4) == test.F
    assert test.df2 == pytest.approx(m, rel=2e-4)


@pytest.mark.parametrize("kind", ["CR0", "CR2", "CR3"])
@pytest.mark.parametrize("structure", ["unstructured", "ar1", "spatial-exponential"])
def test_sandwich_and_bell_mccaffrey(structure, kind):
    data = simulate()
    found = fit(data, structure, df="satterthwaite", vcov=kind)
    covariance, df = slow_model(data, structure, ["base"]).sandwich(found.theta.to_numpy(), kind)
    np.testing.assert_allclose(found.vcov, covariance, rtol=1e-7, atol=1e-9)
    for k in (1, 2, 8):
        assert found.coefficients()["df"].iloc[k] == pytest.approx(df(np.eye(9)[k]), rel=1e-8)


@pytest.mark.parametrize("structure", ["unstructured", "heterogeneous-ar1", "spatial-exponential"])
@pytest.mark.parametrize("options", [{"weights": "w"}, {"group": "arm"}, {"weights": "w", "group": "arm"}, {}])
def test_time_varying_covariates_weights_and_groups(structure, options):
    data = simulate(n=40)
    covariates = ("base", "dose")
    found = fit(data, structure, covariates, **options)
    order(found, covariates)
    slow = slow_model(data, structure, covariates, weights="weights" in options, group="group" in options)
    theta = found.theta.to_numpy()
    assert len(theta) == STRUCTURES[structure] * (2 if "group" in options else 1)
    assert -2 * found.log_likelihood == pytest.approx(slow.neg2loglik(theta), rel=1e-11)
    V = slow.theta_covariance(theta)
    slope = gradient(slow.neg2loglik, theta)
    assert np.sqrt(abs(slope @ V @ slope)) < 1e-4
    assert found.coefficients()["df"].iloc[3] == pytest.approx(slow.satterthwaite(theta, np.eye(10)[3], V), rel=2e-4)
    adjusted, _ = slow.kenward_roger(theta, V, False)
    np.testing.assert_allclose(np.sqrt(np.diag(found.vcov)), np.sqrt(np.diag(adjusted)), rtol=5e-5)


def test_sandwich_with_weights_and_groups():
    data = simulate(n=40)
    found = fit(data, "unstructured", ("base", "dose"), df="satterthwaite", vcov="CR2", weights="w", group="arm")
    slow = slow_model(data, "unstructured", ("base", "dose"), weights=True, group=True)
    covariance, df = slow.sandwich(found.theta.to_numpy(), "CR2")
    np.testing.assert_allclose(found.vcov, covariance, rtol=1e-7, atol=1e-9)
    assert found.coefficients()["df"].iloc[3] == pytest.approx(df(np.eye(10)[3]), rel=1e-8)
