"""Wilcoxon and van Elteren: against SAS and coin, enumeration, scipy, and the CMH statistic by its definition."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rctflow.models.contract import NotEstimable
from rctflow.models.rank.permutation import TooLarge, law_of_sum
from rctflow.models.rank.rank_sum import RankSum
from rctflow.models.rank.samples import Samples, Stratum, doubled_midranks
from scipy import stats


def samples(*pairs):
    return Samples(tuple(Stratum(np.array(a, float), np.array(b, float)) for a, b in pairs))


@pytest.fixture(scope="module")
def reference(root):
    return json.loads((root / "tests/reference/models/wilcoxon.json").read_text())


def test_the_birthweights_of_sas(reference):
    case = reference["birthweight"]
    found = RankSum.of(samples((case["smoker"], case["non_smoker"])))
    assert found.exact_p() == pytest.approx(case["two_sided_p"]["exact"], abs=5e-5)
    assert found.normal_p(continuity=True) == pytest.approx(case["two_sided_p"]["normal_cc"], abs=5e-5)
    assert found.normal_p(continuity=False) == pytest.approx(case["two_sided_p"]["normal_no_cc"], abs=5e-5)
    assert found.ranks[0][: found.treated[0]].sum() / 2 == case["sas_statistic_S"]
    assert (found.excess + 0.5) / math.sqrt(found.variance) == pytest.approx(case["sas_Z_cc"], abs=5e-5)


def test_the_one_sided_tails_of_sas(reference):
    case = reference["one_sided_trap"]
    for arm, exact, asymptotic in (("high", "exact", "asymptotic"), ("low", "exact_requested", "asymptotic_requested")):
        found = RankSum.of(samples((case["placebo"], case[arm])))
        law = law_of_sum(np.sort(found.ranks[0]), 10)
        above = law.probabilities[law.values >= found.ranks[0][:10].sum()].sum()
        expected = case[f"placebo_vs_{arm}"]
        assert above == pytest.approx(expected[exact], abs=5e-5)
        assert stats.norm.sf(found.z) == pytest.approx(expected[asymptotic], abs=5e-5)


def test_scipy_takes_ties_for_no_ties(reference):
    """A fault of scipy, for which permutation.py counts the law itself: its exact law is that without ties. When this
    fails, scipy may have learnt it; then compare, and let it compute.
    """
    case = reference["birthweight"]
    theirs = stats.mannwhitneyu(case["smoker"], case["non_smoker"], method="exact").pvalue
    assert theirs == pytest.approx(0.0091, abs=5e-5)
    assert theirs != pytest.approx(case["two_sided_p"]["exact"], abs=5e-5)


def enumerated(pairs):
    """Two-sided p over all allocations within strata, sums of midranks / (N + 1) as they are."""
    weight = len(pairs) > 1
    choices, centre, observed = [], 0.0, 0.0
    for a, b in pairs:
        ranks = stats.rankdata([*a, *b]) / ((len(a) + len(b) + 1) if weight else 1)
        choices.append([sum(chosen) for chosen in itertools.combinations(ranks, len(a))])
        centre += len(a) * ranks.mean()
        observed += ranks[: len(a)].sum()
    sums = np.array([sum(chosen) for chosen in itertools.product(*choices)])
    return float((np.abs(sums - centre) >= abs(observed - centre) - 1e-9).mean())


outcomes = st.integers(0, 4)
arm = st.lists(outcomes, min_size=1, max_size=4)


@given(st.lists(st.tuples(arm, arm), min_size=1, max_size=3))
@hypothesis_settings(max_examples=60, deadline=None)
def test_exact_p_is_that_of_all_allocations(pairs):
    assert RankSum.of(samples(*pairs)).exact_p() == pytest.approx(enumerated(pairs), rel=1e-9)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=12), st.integers(1, 11))
@hypothesis_settings(max_examples=40, deadline=None)
def test_the_law_of_a_sum_is_counted(scores, chosen):
    chosen = min(chosen, len(scores))
    law = law_of_sum(np.array(scores), chosen)
    sums, counts = np.unique([sum(c) for c in itertools.combinations(scores, chosen)], return_counts=True)
    assert law.values.tolist() == sums.tolist()
    np.testing.assert_allclose(law.probabilities, counts / counts.sum(), rtol=1e-12)


@pytest.mark.parametrize(("n1", "n0"), [(15, 15), (8, 21)])
def test_without_ties_it_is_scipys_exact_test(n1, n0):
    rng = np.random.default_rng(n1)
    a, b = rng.normal(0.6, 1, n1), rng.normal(0, 1, n0)
    expected = stats.mannwhitneyu(a, b, method="exact").pvalue
    assert RankSum.of(samples((a, b))).exact_p() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("continuity", [True, False])
def test_the_normal_p_with_ties_is_scipys(continuity):
    rng = np.random.default_rng(4)
    a, b = rng.integers(0, 6, 40), rng.integers(1, 7, 33)
    expected = stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=continuity).pvalue
    assert RankSum.of(samples((a, b))).normal_p(continuity) == pytest.approx(expected, rel=1e-10)


def cmh_row_mean_scores(pairs):
    """The row mean score statistic of SAS (PROC FREQ CMH) with modridit scores, from the tables of counts."""
    difference = variance = 0.0
    for a, b in pairs:
        levels = np.unique([*a, *b])
        table = np.array([[np.sum(np.array(x) == level) for level in levels] for x in (a, b)])
        n, columns = table.sum(), table.sum(axis=0)
        scores = (np.cumsum(columns) - (columns - 1) / 2) / (n + 1)
        share = columns / n
        difference += table[0] @ scores - table[0].sum() * (share @ scores)
        spread = share @ scores**2 - (share @ scores) ** 2
        variance += table[0].sum() * table[1].sum() / (n - 1) * spread
    return difference**2 / variance


def test_van_elteren_is_the_cmh_statistic_with_modridit_scores():
    rng = np.random.default_rng(2)
    pairs = [(rng.integers(0, 6, 1 + k), rng.integers(0, 6, 7 - k)) for k in range(4)]
    assert RankSum.of(samples(*pairs)).z ** 2 == pytest.approx(cmh_row_mean_scores(pairs), rel=1e-10)


def test_swapping_the_arms_turns_z_and_keeps_p():
    pairs = [([1, 3, 3, 7], [2, 3, 8]), ([5, 6], [1, 6, 9])]
    forward, back = RankSum.of(samples(*pairs)), RankSum.of(samples(*(pair[::-1] for pair in pairs)))
    assert forward.z == pytest.approx(-back.z)
    assert forward.exact_p() == pytest.approx(back.exact_p(), rel=1e-12)


def test_monotone_transforms_change_nothing():
    pairs = [([1.0, 3.0, 3.0, 7.0], [2.0, 3.0, 8.0]), ([5.0, 6.0], [1.0, 6.0, 9.0])]
    bent = [(np.exp(np.array(a)), np.exp(np.array(b))) for a, b in pairs]
    assert RankSum.of(samples(*pairs)).z == RankSum.of(samples(*bent)).z
    assert RankSum.of(samples(*pairs)).exact_p() == RankSum.of(samples(*bent)).exact_p()


def test_midranks_are_those_of_scipy():
    values = np.array([3.0, 1.0, 3.0, 2.0, 3.0, 1.0])
    assert (doubled_midranks(values) / 2).tolist() == stats.rankdata(values).tolist()


def test_equal_changes_are_ties_although_floating_point_tells_them_apart():
    outcome = np.array([0.3 - 0.1, 1.2 - 1.0, 0.2, 5.0])
    made = Samples.of(outcome, np.array([True, False, True, False]), ["", "", "", ""])
    assert doubled_midranks(np.concatenate([made.strata[0].treated, made.strata[0].reference])).tolist() == [4, 4, 4, 8]


def test_strata_with_one_arm_are_left_out_and_counted():
    made = Samples.of(np.arange(5.0), np.array([True, False, True, True, False]), ["a", "a", "b", "b", "c"])
    assert (len(made.strata), made.n, made.excluded) == (1, 2, 3)


def test_all_equal_is_not_estimable():
    with pytest.raises(NotEstimable, match="all values are equal"):
        _ = RankSum.of(samples(([2, 2], [2, 2, 2]))).z


def test_a_law_with_too_many_values_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(TooLarge):
        RankSum.of(samples(*((rng.normal(0, 1, n), rng.normal(0, 1, n + 1)) for n in (20, 21, 24, 27)))).exact_p()


def test_the_continuity_correction_is_for_one_stratum():
    with pytest.raises(ValueError, match="one stratum"):
        RankSum.of(samples(([1, 2], [3]), ([1], [2]))).normal_p(continuity=True)
