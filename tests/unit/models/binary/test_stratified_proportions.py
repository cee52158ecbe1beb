"""Stratified comparisons: against SAS and R, and what they are with one stratum."""

import json
import math

import pytest
from rctflow.models.binary.mantel_haenszel import cmh_chi_square, common_difference, sato_se
from rctflow.models.binary.stratified_score import stratified_interval, z_common
from rctflow.models.contract import NotEstimable
from rctflow.proportions.counts import Counts, two_sided
from rctflow.proportions.score import difference_interval, z_difference

STRATA = [Counts(5, 7, 3, 9), Counts(4, 5, 4, 11), Counts(8, 14, 2, 5), Counts(1, 1, 2, 5)]
ALONE = Counts(3, 4, 0, 0)


@pytest.fixture(scope="module")
def reference(root):
    return json.loads((root / "tests/reference/models/proportions.json").read_text())


def test_pairs_as_strata_are_the_common_difference_of_sas(reference):
    pairs = reference["sas"]["pairs"]
    strata = [Counts(1, 1, 1, 1)] * pairs["both"] + [Counts(1, 1, 0, 1)] * pairs["only_first"]
    strata += [Counts(0, 1, 1, 1)] * pairs["only_second"] + [Counts(0, 1, 0, 1)] * pairs["neither"]
    estimate, se = common_difference(strata), sato_se(strata)
    assert [estimate, se] == pytest.approx([pairs["mantel_haenszel"], pairs["se"]], abs=5.1e-5)
    assert [estimate - 1.959964 * se, estimate + 1.959964 * se] == pytest.approx(pairs["ci95"], abs=5.1e-5)


def test_cmh_is_that_of_r(reference):
    expected = reference["r"]["cmh"]
    chi_square = cmh_chi_square([Counts(*cells) for cells in expected["strata"]])
    assert chi_square == pytest.approx(expected["chi_square"], rel=1e-12)
    assert two_sided(math.sqrt(chi_square)) == pytest.approx(expected["p"], rel=1e-10)


def test_one_stratum_is_no_stratification():
    counts = Counts(3, 15, 9, 16)
    assert common_difference([counts]) == pytest.approx(counts.difference)
    one, plain = stratified_interval([counts], 0.95), difference_interval(counts, 0.95)
    assert [one.low, one.high] == pytest.approx([plain.low, plain.high], abs=1e-10)
    assert cmh_chi_square([counts]) == pytest.approx(z_difference(counts, 0.0, True) ** 2)


def test_the_stratified_interval_ends_where_its_statistic_is_the_quantile():
    found = stratified_interval(STRATA, 0.9)
    assert z_common(STRATA, found.low) == pytest.approx(1.6448536269514722, abs=1e-9)
    assert z_common(STRATA, found.high) == pytest.approx(-1.6448536269514722, abs=1e-9)
    assert found.low < common_difference(STRATA) < found.high


def test_symmetries():
    turned = [Counts(c.x0, c.n0, c.x1, c.n1) for c in STRATA]
    other = [Counts(c.n1 - c.x1, c.n1, c.n0 - c.x0, c.n0) for c in STRATA]
    interval = stratified_interval(STRATA, 0.95)
    for strata in (turned, other):
        assert common_difference(strata) == pytest.approx(-common_difference(STRATA))
        assert sato_se(strata) == pytest.approx(sato_se(STRATA))
        assert cmh_chi_square(strata) == pytest.approx(cmh_chi_square(STRATA))
        found = stratified_interval(strata, 0.95)
        assert [found.low, found.high] == pytest.approx([-interval.high, -interval.low], abs=1e-9)
    assert common_difference(STRATA[::-1]) == pytest.approx(common_difference(STRATA))


def test_a_stratum_with_one_arm_says_nothing():
    for function in (common_difference, sato_se, cmh_chi_square):
        assert function([*STRATA, ALONE]) == function(STRATA)
        with pytest.raises(NotEstimable):
            function([ALONE])


def test_without_any_event_there_is_a_difference_but_no_test():
    nobody = [Counts(0, 8, 0, 7), Counts(0, 7, 0, 8)]
    assert common_difference(nobody) == 0
    found = stratified_interval(nobody, 0.95)
    assert -1 < found.low < 0 < found.high < 1
    for function in (sato_se, cmh_chi_square):
        with pytest.raises(NotEstimable):
            function(nobody)
