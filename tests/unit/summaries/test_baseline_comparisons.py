"""Tests of all arms at once: against scipy, and Fisher's against the enumeration of every table."""

import itertools
from fractions import Fraction
from math import factorial

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from rctflow.summaries.comparisons import anova, chi_square, fisher, kruskal_wallis

SAMPLES = st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=8), min_size=2, max_size=4)
SMALL = st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=3), min_size=2, max_size=3).filter(
    lambda rows: len({len(row) for row in rows}) == 1
)


@given(SAMPLES)
def test_anova_and_kruskal_wallis_are_those_of_scipy(samples):
    arrays = [np.array(sample, float) for sample in samples]
    means = {Fraction(sum(sample), len(sample)) for sample in samples}
    if any(np.ptp(array) for array in arrays) and len(means) == 1:
        assert anova(arrays) == pytest.approx(1)  # of equal means scipy's F can be below 0 by rounding, and its p NaN
    elif any(np.ptp(array) for array in arrays):
        assert anova(arrays) == pytest.approx(scipy.stats.f_oneway(*arrays).pvalue, abs=1e-10)
    else:
        assert anova(arrays) is None
    if np.ptp(np.concatenate(arrays)):
        assert kruskal_wallis(arrays) == pytest.approx(scipy.stats.kruskal(*arrays).pvalue, abs=1e-10)
    else:
        assert kruskal_wallis(arrays) is None


def test_chi_square_is_that_of_scipy_without_levels_that_nobody_has():
    table = np.array([[75, 72, 71], [8, 6, 9], [3, 6, 3], [0, 0, 1], [0, 0, 0]])
    known = scipy.stats.chi2_contingency(table[:4], correction=False).pvalue
    assert chi_square(table) == pytest.approx(known)
    assert chi_square(table[:1]) is None


@pytest.mark.parametrize("table", [[[3, 1], [1, 3]], [[10, 2], [3, 15]], [[0, 5], [6, 1]], [[20, 30], [25, 12]]])
def test_fisher_of_two_by_two_is_that_of_scipy(table):
    assert fisher(np.array(table)) == pytest.approx(scipy.stats.fisher_exact(table).pvalue)


@settings(max_examples=40, deadline=None)
@given(SMALL)
def test_fisher_is_the_enumeration_of_every_table(rows):
    table = np.array(rows)
    kept = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(kept.shape) < 2:
        assert fisher(table) is None
    else:
        assert fisher(table) == pytest.approx(enumerated(kept))
        assert fisher(table.T) == pytest.approx(fisher(table))


def enumerated(table):
    """Every table with these margins, its probability as a fraction of factorials."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)

    def weight(cells):
        return 1 / np.prod([float(factorial(n)) for n in cells])

    options = [[c for c in itertools.product(*(range(m + 1) for m in columns)) if sum(c) == r] for r in rows]
    found = [weight(sum(made, ())) for made in itertools.product(*options) if (np.sum(made, axis=0) == columns).all()]
    observed = weight(table.ravel().tolist())
    return sum(w for w in found if w <= observed * (1 + 1e-7)) / sum(found)


def test_fisher_of_a_large_table_is_left_to_chi_square():
    assert fisher(np.full((9, 4), 60)) is None


def test_three_arms_against_a_simulation():
    table = np.array([[14, 8, 11], [42, 47, 55], [30, 29, 18]])
    draws = scipy.stats.MonteCarloMethod(n_resamples=20_000, rng=np.random.default_rng(1))
    drawn = scipy.stats.fisher_exact(table, method=draws).pvalue
    assert fisher(table) == pytest.approx(drawn, abs=4 * (drawn * (1 - drawn) / 20_000) ** 0.5)
