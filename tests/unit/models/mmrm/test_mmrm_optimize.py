"""The optimizer: every road leads to the same maximum, and there is no silent NaN on the way."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rctflow.models.mmrm import errors, fit_mmrm
from rctflow.models.mmrm.optimize import _climb_regressions, _expectation_step, maximise
from rctflow.models.mmrm.regressions import Regressions
from rctflow.models.mmrm.result import MmrmFit
from test_mmrm_slow_path import STRUCTURES, simulate


def fit(data, covariance="unstructured", **options):
    if covariance.startswith("spatial"):
        options["coordinates"] = ["day"]
    return fit_mmrm(data, "y ~ arm * visit", "id", "visit", covariance, **options)


def test_the_parameters_of_the_regressions_give_the_same_inference():
    found = fit(simulate())
    start = found.optimum.point.likelihood.at(1.1 * found.theta.to_numpy())
    other = MmrmFit(found.model, _climb_regressions(start, 1))
    assert other.optimum.chain is not None
    pd.testing.assert_frame_equal(other.coefficients(), found.coefficients(), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(other.theta_vcov, found.theta_vcov, rtol=1e-6, atol=1e-9)
    assert other.test("arm:visit").df2 == pytest.approx(found.test("arm:visit").df2, rel=1e-6)


def test_regressions_of_a_known_matrix():
    """Variances 4 and 9, covariance 3: the second visit's slope on the first is 3/4, its residual variance 9 - 9/4."""
    chain = Regressions(2)
    theta = chain.from_sigma(np.array([[4.0, 3.0], [3.0, 9.0]]))
    np.testing.assert_allclose(theta, [np.log(4), np.log(9 - 9 / 4), -3 / 4])
    np.testing.assert_allclose(chain.sigma(theta), [[4, 3], [3, 9]])


def test_em_steps_climb_from_a_bad_start():
    found = fit(simulate())
    point = found.optimum.point.likelihood.at(np.diag([100.0, 0.01, 100.0, 0.01])[np.tril_indices(4)])
    values = [point.f]
    for _ in range(12):
        point = _expectation_step(point)
        values.append(point.f)
    assert (np.diff(values) < 0).all()
    assert point.f == pytest.approx(found.optimum.point.f, abs=0.05)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_same_maximum_from_any_start(structure):
    found = fit(simulate(), structure)
    likelihood = found.optimum.point.likelihood
    rng = np.random.default_rng(4)
    for _ in range(4):
        noise = rng.standard_normal((4, 12))
        start = likelihood.blocks[0].structure.starts(noise @ noise.T / 12 * rng.uniform(0.2, 5))
        assert maximise(likelihood, start).point.f == pytest.approx(found.optimum.point.f, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 100_000),
    patients=st.integers(3, 14),
    visits=st.integers(2, 5),
    lost=st.sampled_from([0.0, 0.2, 0.5]),
    structure=st.sampled_from(sorted(STRUCTURES)),
    inference=st.sampled_from([("kenward-roger", "model"), ("satterthwaite", "CR2"), ("satterthwaite", "model")]),
    rounded=st.booleans(),
)
def test_finite_numbers_or_a_typed_error(seed, patients, visits, lost, structure, inference, rounded):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal((patients, visits)) + rng.standard_normal((patients, 1))
    i, a = np.nonzero(rng.random((patients, visits)) >= lost)
    data = pd.DataFrame(
        {
            "id": i,
            "visit": pd.Categorical.from_codes(a, [f"V{k}" for k in range(visits)], ordered=True),
            "day": 7.0 * a + rng.integers(0, 3, len(a)),
            "arm": np.where(i % 2, "B", "A"),
            "y": np.round(y[i, a]) if rounded else y[i, a],
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = fit(data, structure, df=inference[0], vcov=inference[1])
            tables = [found.coefficients(), found.contrasts("arm", by="visit", not_estimable="omit")]
            test = found.test("arm:visit") if len(found.model.formula.terms) == 3 else None
        except errors.MmrmError as error:
            assert len(str(error)) > 30
            return
    for table in tables:
        numbers = table.select_dtypes("number").to_numpy()
        assert np.isfinite(numbers).all()
        assert (table["se"] > 0).all()
    assert test is None or (np.isfinite(test.F) and np.isfinite(test.df2) and 0 <= test.p_value <= 1)
