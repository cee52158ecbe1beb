"""Standardized differences: by hand, by another algebra, and what must not change them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.summaries.balance import difference_of_categories, difference_of_numbers

COUNTS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=2, max_size=5)


def test_numbers_by_hand():
    one, other = np.array([1.0, 2, 3]), np.array([3.0, 5])
    assert difference_of_numbers(one, other) == pytest.approx(-2 / 1.5**0.5)


def test_two_levels_are_the_known_formula():
    p, q = 0.3, 0.5
    known = abs(p - q) / ((p * (1 - p) + q * (1 - q)) / 2) ** 0.5
    assert difference_of_categories([30, 70], [50, 50]) == pytest.approx(known)


@pytest.mark.parametrize(
    ("one", "other", "found"), [([5, 0], [7, 0], 0.0), ([0, 0], [3, 4], None), ([5, 0], [0, 5], None)]
)
def test_what_has_no_distance(one, other, found):
    assert difference_of_categories(one, other) == found


def test_too_few_numbers_and_numbers_that_do_not_vary():
    assert difference_of_numbers(np.array([1.0]), np.array([1.0, 2])) is None
    assert difference_of_numbers(np.array([1.0, 1]), np.array([2.0, 2])) is None
    assert difference_of_numbers(np.array([1.0, 1]), np.array([1.0, 1])) == 0


@given(COUNTS, st.randoms())
def test_categories_by_the_whole_covariance_and_in_any_order(counts, chance):
    """A slow path: all levels, with the pseudo-inverse of the singular covariance."""
    one, other = (np.array(side, float) for side in zip(*counts, strict=True))
    p, q = one / one.sum(), other / other.sum()
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    slow = float((p - q) @ np.linalg.pinv(covariance, rcond=1e-10) @ (p - q)) ** 0.5
    found = difference_of_categories(one.astype(int), other.astype(int))
    assert found == pytest.approx(slow, abs=1e-7)
    order = chance.sample(range(len(counts)), len(counts))
    assert difference_of_categories(one[order].astype(int), other[order].astype(int)) == pytest.approx(found, abs=1e-9)
    assert difference_of_categories(other.astype(int), one.astype(int)) == pytest.approx(found, abs=1e-9)


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=9), st.lists(st.integers(-50, 50), min_size=3, max_size=9))
def test_numbers_change_sign_with_the_groups_and_not_with_the_unit(one, other):
    x, y = np.array(one, float), np.array(other, float)
    found = difference_of_numbers(x, y)
    scaled = difference_of_numbers(10 + 3 * x, 10 + 3 * y)
    swapped = difference_of_numbers(y, x)
    if found is None:
        assert scaled is swapped is None
    else:
        assert scaled == pytest.approx(found)
        assert swapped == pytest.approx(-found)
