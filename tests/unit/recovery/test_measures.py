"""Summary measures of virtual patients against their definitions."""

import numpy as np
import pytest
from rctflow.recovery.measures import (
    Potential,
    log_odds_ratio,
    log_risk_ratio,
    mean_difference,
    median_shift,
    risk_difference,
    win_probability,
)

SIX = Potential(
    base=np.array([10.0, 10, 10, 20, 20, 20]),
    control=np.array([11.0, 12, 10, 21, 25, 20]),
    treated=np.array([13.0, 12, 11, 25, 25, 22]),
    female=np.array([True, True, True, False, False, False]),
)


def test_the_difference_of_means_and_its_error():
    found = mean_difference(SIX)
    differences = [2, 0, 1, 4, 0, 2]
    assert found.value == pytest.approx(1.5)
    assert found.mc_se == pytest.approx(np.std(differences) / 6**0.5)


def test_responders_improve_by_the_threshold_or_more():
    """Changes 3, 2, 1, 5, 5, 2 against 1, 2, 0, 1, 5, 0: at least 2 is 5 of 6 against 2 of 6."""
    assert risk_difference(SIX, 2).value == pytest.approx(50)
    assert log_risk_ratio(SIX, 2).value == pytest.approx(np.log(5 / 2))
    lower = Potential(SIX.base, SIX.control, SIX.treated, SIX.female, better=-1)
    assert risk_difference(lower, 0).value == pytest.approx(100 * (0 - 2) / 6)


def test_a_threshold_met_but_for_rounding_is_met():
    near = Potential(np.array([0.1]), np.array([0.1]), np.array([0.1 + 0.2]), np.array([True]))
    assert risk_difference(near, 0.2).value == 100


def by_pairs(patients, weights, better):
    total = 0.0
    for female, weight in weights.items():
        here = np.flatnonzero(patients.female == female)
        wins = [
            (better * (t - c) > 0) + 0.5 * (t == c)
            for t in (patients.treated - patients.base)[here]
            for c in (patients.control - patients.base)[here]
        ]
        total += weight * np.mean(wins)
    return total


@pytest.mark.parametrize("better", [1, -1])
def test_the_win_probability_counts_every_pair_of_one_sex(better):
    weights = {True: 0.25, False: 0.75}
    patients = Potential(SIX.base, SIX.control, SIX.treated, SIX.female, better)
    assert win_probability(patients, weights).value == pytest.approx(by_pairs(SIX, weights, better))


def drawn(n, rng, shift=1.0):
    """Normal changes of two arms of the same patients, correlated."""
    base, own = rng.normal(size=n), rng.normal(size=n)
    control = base + own + rng.normal(size=n)
    return Potential(base, control, control + shift, np.arange(n) % 2 == 0)


def test_the_errors_are_the_spread_between_populations():
    rng = np.random.default_rng(5)
    weights = {True: 0.5, False: 0.5}
    wins, shifts = [], []
    for _ in range(200):
        people = drawn(400, rng)
        people = Potential(people.base, people.control, people.treated + rng.normal(size=400), people.female)
        wins.append(win_probability(people, weights))
        shifts.append(median_shift(people))
    for found in (wins, shifts):
        assert np.std([truth.value for truth in found]) == pytest.approx(np.mean([t.mc_se for t in found]), rel=0.2)


def test_the_median_shift_is_the_median_of_all_differences_of_one_sex():
    people = drawn(301, np.random.default_rng(9))
    differences = []
    for female in (True, False):
        here = people.female == female
        changes = [(arm - people.base)[here] for arm in (people.treated, people.control)]
        differences.append((changes[0][:, None] - changes[1][None, :]).ravel())
    assert median_shift(people).value == pytest.approx(np.median(np.concatenate(differences)), abs=0.02)


def test_a_shift_of_everybody_is_the_median_shift():
    found = median_shift(drawn(40_000, np.random.default_rng(6), shift=2.5))
    assert found.value == pytest.approx(2.5, abs=4 * found.mc_se)


def test_the_odds_ratio_of_a_proportional_odds_population_is_found():
    rng = np.random.default_rng(8)
    n = 30_000
    female, base = np.arange(n) % 2 == 0, rng.integers(0, 5, n).astype(float)
    cuts = np.array([-1.0, 0.0, 1.5])

    def outcome(arm):
        latent = 0.7 * arm + 0.4 * base + 0.3 * female + rng.logistic(size=n)
        return np.searchsorted(cuts, latent).astype(float)

    found = log_odds_ratio(Potential(base, outcome(0), outcome(1), female))
    assert found.value == pytest.approx(0.7, abs=4 * found.mc_se)
    assert 0 < found.mc_se < 0.03
