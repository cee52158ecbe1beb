"""The randomization test against brute force, its level, and the interval that it gives."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rctflow.inference.randomization_test import Reference, Shifts, inverted_interval, randomization_test


def every_split(n, treated):
    """All allocations of ``treated`` of n patients, equally likely."""
    rows = [[int(i in chosen) for i in range(n)] for chosen in itertools.combinations(range(n), treated)]
    return Reference(np.array(rows, dtype=np.int8), np.full(len(rows), 1 / len(rows)))


def slow_t(outcome, covariates, indicator):
    """t of the indicator by normal equations."""
    X = np.column_stack([covariates, indicator])
    inverse = np.linalg.inv(X.T @ X)
    b = inverse @ X.T @ outcome
    rss = ((outcome - X @ b) ** 2).sum()
    return b[-1] / math.sqrt(inverse[-1, -1] * rss / (len(outcome) - X.shape[1]))


def test_the_p_value_by_hand():
    """Six patients, 3 to 3: the observed split has the largest difference, as has its mirror image: p = 2 / 20."""
    outcome = np.array([1.0, 2.0, 3.0, 10.0, 11.0, 12.0])
    observed = np.array([0, 0, 0, 1, 1, 1])
    reference = every_split(6, 3)
    shifts = Shifts.of(outcome, np.ones((6, 1)), observed, reference.allocations == 1)
    test = randomization_test(*shifts.statistics(), reference)
    assert test.p_value == pytest.approx(0.1, abs=1e-15)
    assert (test.exact, test.se, test.n, test.undefined) == (True, 0, 20, 0)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), shift=st.floats(-5, 5))
def test_the_closed_form_equals_a_fit_under_each_allocation(seed, shift):
    chance = np.random.default_rng(seed)
    outcome = chance.normal(size=8)
    covariates = np.column_stack([np.ones(8), chance.normal(size=8)])
    observed = chance.permutation([0, 0, 0, 0, 1, 1, 1, 1])
    reference = every_split(8, 4)
    found, statistics = Shifts.of(outcome, covariates, observed, reference.allocations == 1).statistics(shift)
    moved = outcome - shift * observed
    assert found == pytest.approx(slow_t(moved, covariates, observed), rel=1e-8, abs=1e-10)
    slow = [slow_t(moved, covariates, row) for row in reference.allocations]
    np.testing.assert_allclose(statistics, slow, rtol=1e-7, atol=1e-9)


def test_a_drawn_p_value_counts_the_observed_allocation_and_has_a_standard_error():
    statistics = np.array([0.5, -2.5, 1.0, 3.0, np.nan] * 20)
    test = randomization_test(2.0, statistics, Reference(np.zeros((100, 4), np.int8)))
    assert test.p_value == (1 + 60) / (1 + 100)  # 2.5, 3 and the undefined ones
    assert test.se == pytest.approx(math.sqrt(test.p_value * (1 - test.p_value) / 100))
    assert test.undefined == 20


def test_ties_count_though_rounding_breaks_them():
    statistics = np.array([2.0 * (1 - 1e-14), 1.0, 2.0])
    reference = Reference(np.zeros((3, 2), np.int8), np.array([0.25, 0.5, 0.25]))
    assert randomization_test(2.0, statistics, reference).p_value == 0.5


def test_an_undefined_observed_statistic_is_refused():
    with pytest.raises(ValueError, match="observed statistic"):
        randomization_test(math.nan, np.zeros(3), Reference(np.zeros((3, 2), np.int8)))


def test_the_level_is_exact():
    """Under the null each allocation is equally likely to be the observed one: P(p <= a) <= a, for every a."""
    outcome = np.random.default_rng(3).normal(size=8)
    reference = every_split(8, 4)
    p = []
    for observed in reference.allocations:
        shifts = Shifts.of(outcome, np.ones((8, 1)), observed, reference.allocations == 1)
        p.append(randomization_test(*shifts.statistics(), reference).p_value)
    for level in (0.01, 0.05, 0.1, 0.3, 0.5):
        assert np.mean(np.array(p) <= level + 1e-12) <= level + 1e-12


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_the_interval_holds_just_the_shifts_that_are_not_rejected(seed):
    chance = np.random.default_rng(seed)
    observed = np.array([0] * 5 + [1] * 5)
    outcome = chance.normal(size=10) + 1.5 * observed
    covariates = np.column_stack([np.ones(10), chance.normal(size=10)])
    reference = every_split(10, 5)
    shifts = Shifts.of(outcome, covariates, observed, reference.allocations == 1)
    low, high = inverted_interval(shifts, reference, 0.9)

    def p(shift):
        return randomization_test(*shifts.statistics(shift), reference).p_value

    assert low < shifts.estimate < high
    for end, outwards in ((low, -1), (high, 1)):
        assert p(end + outwards * 1e-6) <= 0.1
        assert p(end - outwards * 1e-6) > 0.1


def test_the_interval_moves_and_scales_with_the_outcome():
    observed = np.array([0] * 5 + [1] * 5)
    outcome = np.random.default_rng(8).normal(size=10)
    reference = every_split(10, 5)

    def interval(y):
        return inverted_interval(Shifts.of(y, np.ones((10, 1)), observed, reference.allocations == 1), reference, 0.95)

    low, high = interval(outcome)
    assert interval(outcome + 3 * observed) == pytest.approx((low + 3, high + 3), abs=1e-9)
    assert interval(2 * outcome) == pytest.approx((2 * low, 2 * high), abs=1e-9)
    assert interval(-outcome) == pytest.approx((-high, -low), abs=1e-9)


def test_with_too_few_allocations_no_shift_is_ever_rejected():
    reference = every_split(4, 2)  # the smallest p is 2 / 6
    shifts = Shifts.of(
        np.array([1.0, 2.0, 9.0, 11.0]), np.ones((4, 1)), np.array([0, 0, 1, 1]), reference.allocations == 1
    )
    assert inverted_interval(shifts, reference, 0.95) == (-math.inf, math.inf)
