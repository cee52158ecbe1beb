"""The win probability: its algebra, its agreement with the rank tests, and its coverage at small n."""

import math

import numpy as np
import pytest
from rctflow.models.rank.rank_sum import RankSum
from rctflow.models.rank.samples import Samples, Stratum
from rctflow.models.rank.win_probability import pair_variance, win_probability
from scipy import integrate, stats


def samples(*pairs):
    return Samples(tuple(Stratum(np.array(a, float), np.array(b, float)) for a, b in pairs))


@pytest.mark.parametrize("theta", [0.5, 0.7, 0.893, 0.98])
def test_the_variance_is_that_of_exponential_outcomes(theta):
    """Hanley & McNeil 1982: exponential outcomes whose win probability is theta; Q1, Q2 by numerical integration. With
    the mean size of the arms for both, as Newcombe 2006 has it (method 5).
    """
    rate = (1 - theta) / theta  # of the treated, 1 of the others
    with_both = integrate.quad(lambda x: math.exp(-x) * math.exp(-2 * rate * x), 0, math.inf)[0]
    over_both = integrate.quad(lambda y: rate * math.exp(-rate * y) * (1 - math.exp(-y)) ** 2, 0, math.inf)[0]
    n1, n0 = 51, 58
    expected = theta * (1 - theta) + ((n1 + n0) / 2 - 1) * (with_both + over_both - 2 * theta**2)
    assert pair_variance(theta, n1, n0) == pytest.approx(expected / (n1 * n0), rel=1e-8)


def test_the_estimate_counts_pairs():
    made = samples(([3, 1, 4], [1, 2]), ([7], [7, 9]))
    first, second = 4.5 / 6, 0.25
    assert win_probability(made, 0.95).estimate == pytest.approx((first * 6 / 6 + second * 2 / 4) / (6 / 6 + 2 / 4))


@pytest.mark.parametrize("strata", [1, 3])
@pytest.mark.parametrize("seed", range(6))
def test_the_interval_excludes_a_half_exactly_when_the_normal_test_rejects(seed, strata):
    rng = np.random.default_rng(seed)
    made = samples(*((rng.integers(0, 9, 8), rng.integers(0, 9, 7) + 2 + seed / 3) for _ in range(strata)))
    p = RankSum.of(made).normal_p(continuity=False)
    for confidence in (1 - p - 1e-6, 1 - p + 1e-6):
        found = win_probability(made, confidence)
        assert (found.ci_low <= 0.5 <= found.ci_high) == (1 - confidence < p)


def test_at_a_half_the_variance_is_that_of_the_rank_sum_ties_included():
    made = samples(([1, 2, 2, 5], [2, 3, 5, 5, 8]))
    found = RankSum.of(made)
    assert (found.excess / 20, 0.5) == pytest.approx((win_probability(made, 0.95).estimate - 0.5, 0.5))
    _, ties = np.unique([1, 2, 2, 5, 2, 3, 5, 5, 8], return_counts=True)
    factor = 1 - (ties**3 - ties).sum() / (9**3 - 9)
    assert found.variance / 20**2 == pytest.approx(factor * pair_variance(0.5, 4, 5))


def test_arms_that_do_not_overlap_have_an_interval():
    found = win_probability(samples(([5, 6, 7], [1, 2, 3])), 0.95)
    assert found.estimate == found.ci_high == 1
    assert 0 < found.ci_low < 1
    turned = win_probability(samples(([1, 2, 3], [5, 6, 7])), 0.95)
    assert (turned.ci_low, turned.ci_high) == pytest.approx((0, 1 - found.ci_low))


@pytest.mark.parametrize("effect", [0.0, 0.8])
@pytest.mark.parametrize("levels", [13, 6])
def test_it_covers_in_fifteen_against_fifteen_on_an_ordinal_scale(effect, levels):
    """A scale of few points (SPPB 13, Fried 6) cut from a normal one: 95 % within three Monte-Carlo errors, or more."""
    cuts = stats.norm.ppf(np.arange(1, levels) / levels)
    law = np.diff(np.concatenate([[0], stats.norm.cdf(np.subtract.outer(cuts, [0.0, effect]).T[0]), [1]]))
    other = np.diff(np.concatenate([[0], stats.norm.cdf(cuts - effect), [1]]))
    truth = float(other[1:] @ np.cumsum(law)[:-1] + 0.5 * other @ law)
    rng = np.random.default_rng(11)
    n = 1500
    covered = 0
    for _ in range(n):
        made = samples((np.searchsorted(cuts, rng.normal(effect, 1, 15)), np.searchsorted(cuts, rng.normal(0, 1, 15))))
        found = win_probability(made, 0.95)
        covered += found.ci_low <= truth <= found.ci_high
    assert covered / n > 0.95 - 3 * math.sqrt(0.95 * 0.05 / n)
