"""Hodges-Lehmann: against SAS and R, the inverted test gap by gap, and how shifts move it."""

import json
import math

import numpy as np
import pytest
from rctflow.models.rank.hodges_lehmann import Shift, hodges_lehmann
from rctflow.models.rank.permutation import law_of_sum
from rctflow.models.rank.rank_sum import RankSum
from rctflow.models.rank.samples import Samples, Stratum


def samples(*pairs):
    return Samples(tuple(Stratum(np.array(a, float), np.array(b, float)) for a, b in pairs))


@pytest.fixture(scope="module")
def reference(root):
    return json.loads((root / "tests/reference/models/wilcoxon.json").read_text())


def ordered_limits(made, confidence=0.95):
    """SAS's exact limits: order statistics of the differences, their place by the law of the observed ranks."""
    stratum, n1 = made.strata[0], len(made.strata[0].treated)
    law = law_of_sum(np.sort(RankSum.of(made).ranks[0]), n1)
    u = (law.values - n1 * (n1 + 1)) / 2
    place = math.floor(u[np.cumsum(law.probabilities) <= (1 - confidence) / 2].max())
    ordered = np.sort(stratum.differences())
    return ordered[place], ordered[len(ordered) - place - 1]


def cases(reference):
    first, second = reference["birthweight"], reference["hl_small"]
    hl = first["hodges_lehmann"]
    yield (
        samples((first["smoker"], first["non_smoker"])),
        hl["exact"]["est"],
        hl["exact"]["ci95"],
        hl["asymptotic_sas"]["ci95"],
    )
    sas = second["sas"]
    yield (
        samples((second["A"], second["B"])),
        sas["shift_A_minus_B"],
        sas["exact"]["ci95"],
        sas["asymptotic_moses"]["ci95"],
    )


def test_the_estimate_and_the_normal_limits_are_those_of_sas(reference):
    for made, estimate, _, normal in cases(reference):
        found = hodges_lehmann(made, 0.95, exact=False)
        assert found.estimate == pytest.approx(estimate, abs=5e-4)
        assert [found.ci_low, found.ci_high] == pytest.approx(normal, abs=5e-4)


def test_the_exact_limits_of_sas_follow_from_the_same_law(reference):
    for made, _, exact, _ in cases(reference):
        assert ordered_limits(made) == pytest.approx(exact, abs=5e-4)


def test_inversion_with_the_ties_of_each_shift_differs_from_sas_by_one_difference(reference):
    """At the shift -0.765 the exact p, 0.05003, does not reject, so that the limit is -0.77 and not SAS's -0.76."""
    (made, _, exact, _), (small, _, same, _) = cases(reference)
    found = hodges_lehmann(made, 0.95, exact=True)
    assert [found.ci_low, found.ci_high] == pytest.approx([-0.77, exact[1]], abs=1e-9)
    assert RankSum.of(made.shifted(-0.765)).exact_p() == pytest.approx(0.05003, abs=5e-6)
    found = hodges_lehmann(small, 0.95, exact=True)
    assert [found.ci_low, found.ci_high] == pytest.approx(same, abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_without_ties_inversion_and_order_statistics_are_one(seed):
    rng = np.random.default_rng(seed)
    made = samples((rng.normal(0, 1, 9), rng.normal(0.5, 1, 11)))
    found = hodges_lehmann(made, 0.95, exact=True)
    assert (found.ci_low, found.ci_high) == pytest.approx(ordered_limits(made), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_agrees_with_the_exact_test(seed):
    rng = np.random.default_rng(seed)
    made = samples(*((rng.integers(0, 12, n), rng.integers(2, 14, n + 1)) for n in (3, 4, 5)))
    found = hodges_lehmann(made, 0.95, exact=True)
    for limit, outwards in ((found.ci_low, -1), (found.ci_high, 1)):
        assert RankSum.of(made.shifted(limit - 0.25 * outwards)).exact_p() > 0.05
        for step in (0.25, 0.75, 1.5, 4.5):
            assert RankSum.of(made.shifted(limit + step * outwards)).exact_p() <= 0.05
    assert found.ci_low <= found.estimate <= found.ci_high


def test_strata_weigh_the_median_by_their_ranks():
    pairs = [([5, 9], [1, 2]), ([4], [4]), ([8, 6, 3], [1, 5])]
    made = samples(*pairs)
    estimate = hodges_lehmann(made, 0.95, exact=True).estimate
    below, above = RankSum.of(made.shifted(estimate - 1e-6)).excess, RankSum.of(made.shifted(estimate + 1e-6)).excess
    assert below >= 0 >= above


def test_the_normal_limits_of_strata_are_those_of_the_inverted_test():
    rng = np.random.default_rng(1)
    made = samples(*((rng.normal(0, 1, 25), rng.normal(0.4, 1, 22)) for _ in range(3)))
    found = hodges_lehmann(made, 0.95, exact=False)
    for limit, outwards in ((found.ci_low, -1), (found.ci_high, 1)):
        assert RankSum.of(made.shifted(limit + 1e-9 * outwards)).normal_p(False) <= 0.05
        assert RankSum.of(made.shifted(limit - 1e-9 * outwards)).normal_p(False) > 0.05


@pytest.mark.parametrize("exact", [True, False])
def test_adding_to_an_arm_moves_the_shift_and_swapping_turns_it(exact):
    rng = np.random.default_rng(5)
    pairs = [(rng.integers(0, 8, 7), rng.integers(2, 10, 6)) for _ in range(2)]
    found = hodges_lehmann(samples(*pairs), 0.95, exact)
    moved = hodges_lehmann(samples(*((a + 3.0, b) for a, b in pairs)), 0.95, exact)
    assert moved == Shift(found.estimate + 3, found.ci_low + 3, found.ci_high + 3)
    turned = hodges_lehmann(samples(*(pair[::-1] for pair in pairs)), 0.95, exact)
    assert turned == Shift(-found.estimate, -found.ci_high, -found.ci_low)


def test_too_few_patients_leave_the_interval_open():
    for exact in (True, False):
        found = hodges_lehmann(samples(([1, 2], [3, 4])), 0.95, exact)
        assert (found.ci_low, found.ci_high) == (-math.inf, math.inf)


def test_many_patients_on_a_scale_of_few_points_have_the_one_point_that_is_not_rejected():
    """Between two whole numbers every shift is rejected; the shift of one point itself is not."""
    chance = np.random.default_rng(4)
    strata = []
    for _ in range(2):
        scores = chance.binomial(12, 0.5, 300).astype(float)
        strata.append((scores + 1, chance.permutation(scores)))
    found = hodges_lehmann(samples(*strata), 0.95, exact=False)
    assert (found.estimate, found.ci_low, found.ci_high) == (1, 1, 1)
