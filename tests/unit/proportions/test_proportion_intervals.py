"""Intervals and tests of proportions: against SAS and R, a slow path on the raw likelihood, and their symmetries."""

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.models.contract import NotEstimable
from rctflow.proportions.clopper_pearson import clopper_pearson
from rctflow.proportions.counts import Counts, normal_quantile, two_sided
from rctflow.proportions.fisher import fisher
from rctflow.proportions.newcombe import newcombe
from rctflow.proportions.score import (
    difference_interval,
    log_ratio_se,
    odds_ratio,
    odds_ratio_interval,
    risk_ratio,
    risk_ratio_interval,
    wald_ratio_interval,
    z_difference,
    z_odds_ratio,
    z_risk_ratio,
)
from rctflow.proportions.wilson import wilson
from scipy import optimize, stats

TABLES = [(36, 154, 12, 77), (3, 15, 9, 15), (0, 15, 5, 15), (5, 15, 0, 15), (14, 15, 15, 15), (1, 7, 2, 23)]
DEGENERATE = [(0, 15, 0, 15), (15, 15, 15, 15), (0, 15, 15, 15), (15, 15, 0, 15), (0, 1, 1, 1)]


@pytest.fixture(scope="module")
def reference(root):
    return json.loads((root / "tests/reference/models/proportions.json").read_text())


def ends(interval):
    return [interval.low, interval.high]


def counts_of_two_arms():
    def arm(n):
        return st.tuples(st.integers(0, n), st.just(n))

    sizes = st.integers(1, 40).flatmap(arm)
    return st.tuples(sizes, sizes).map(lambda pair: Counts(*pair[0], *pair[1]))


def swapped(counts):
    return Counts(counts.x0, counts.n0, counts.x1, counts.n1)


def without(counts):
    """The same subjects, counting those who do not have the event."""
    return Counts(counts.n1 - counts.x1, counts.n1, counts.n0 - counts.x0, counts.n0)


def test_intervals_of_sas(reference):
    sas = reference["sas"]
    counts = Counts(*sas["counts"])
    assert ends(wilson(36, 154, 0.95)) == pytest.approx(sas["single_36_154"]["wilson"], abs=5.1e-5)
    assert ends(clopper_pearson(36, 154, 0.95)) == pytest.approx(sas["single_36_154"]["clopper_pearson"], abs=5.1e-5)
    assert ends(clopper_pearson(12, 77, 0.95)) == pytest.approx(sas["single_12_77"]["clopper_pearson"], abs=5.1e-5)
    assert ends(wilson(520, 1000, 0.95)) == pytest.approx(sas["wilson_520_of_1000"], abs=5.1e-5)
    assert ends(clopper_pearson(520, 1000, 0.95)) == pytest.approx(reference["r"]["exact_520_of_1000"], abs=5.1e-9)
    difference = sas["risk_difference"]
    assert counts.difference == pytest.approx(difference["est"], abs=5.1e-5)
    assert ends(difference_interval(counts, 0.95)) == pytest.approx(difference["miettinen_nurminen"], abs=5.1e-5)
    assert ends(newcombe(counts, 0.95)) == pytest.approx(difference["newcombe"], abs=5.1e-5)
    assert [risk_ratio(counts), odds_ratio(counts)] == pytest.approx(
        [sas["risk_ratio"]["est"], sas["odds_ratio"]["est"]], abs=5.1e-5
    )
    assert ends(risk_ratio_interval(counts, 0.95)) == pytest.approx(sas["risk_ratio"]["score"], abs=5.1e-5)
    assert ends(odds_ratio_interval(counts, 0.95)) == pytest.approx(sas["odds_ratio"]["score"], abs=5.1e-5)
    assert ends(wald_ratio_interval(counts, 0.95, odds=False)) == pytest.approx(sas["risk_ratio"]["wald"], abs=5.1e-5)
    assert ends(wald_ratio_interval(counts, 0.95, odds=True)) == pytest.approx(sas["odds_ratio"]["wald"], abs=5.1e-5)


def test_the_correction_moves_what_sas_prints(reference):
    """The digits above would not be SAS's without N/(N - 1)."""
    uncorrected = difference_interval(Counts(*reference["sas"]["counts"]), 0.95, corrected=False)
    assert [round(end, 4) for end in ends(uncorrected)] == [-0.0358, 0.1773]


def test_nobody_of_fifteen_still_has_an_upper_limit():
    assert ends(clopper_pearson(0, 15, 0.95)) == pytest.approx([0.0, 1 - 0.025 ** (1 / 15)], abs=1e-12)
    assert ends(clopper_pearson(15, 15, 0.95)) == pytest.approx([0.025 ** (1 / 15), 1.0], abs=1e-12)
    assert ends(wilson(0, 15, 0.95)) == pytest.approx([0.0, 1.959963984540054**2 / (15 + 1.959963984540054**2)])


def test_fisher_is_that_of_r(reference):
    for *cells, p in reference["r"]["fisher"]:
        assert fisher(Counts(*cells)) == pytest.approx(p, rel=1e-10)


@given(counts_of_two_arms())
def test_fisher_enumerated_with_fractions(counts):
    tables = range(max(0, counts.events - counts.n0), min(counts.events, counts.n1) + 1)
    weight = {k: math.comb(counts.n1, k) * math.comb(counts.n0, counts.events - k) for k in tables}
    p = sum(Fraction(w, sum(weight.values())) for w in weight.values() if w <= weight[counts.x1])
    assert fisher(counts) == pytest.approx(float(p), rel=1e-9)


def raw_statistic(counts, t, scale):
    """The corrected score statistic with the likelihood maximized numerically, without the closed forms."""

    def first(p0):
        return {"difference": p0 + t, "ratio": p0 * t, "odds": p0 * t / (1 + p0 * (t - 1))}[scale]

    def minus_log_likelihood(p0):
        return -sum(
            stats.binom.logpmf(x, n, p) for x, n, p in ((counts.x1, counts.n1, first(p0)), (counts.x0, counts.n0, p0))
        )

    low, high = {"difference": (max(0, -t), min(1, 1 - t)), "ratio": (0, min(1, 1 / t)), "odds": (0, 1)}[scale]
    p0 = optimize.minimize_scalar(
        minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-13}
    ).x
    p1, c = first(p0), counts.total / (counts.total - 1)
    if scale == "odds":
        information = 1 / (counts.n1 * p1 * (1 - p1)) + 1 / (counts.n0 * p0 * (1 - p0))
        return (counts.x1 - counts.n1 * p1) * math.sqrt(information / c)
    factor = 1 if scale == "difference" else t
    distance = counts.p1 - factor * counts.p0 - (t if scale == "difference" else 0)
    return distance / math.sqrt(c * (p1 * (1 - p1) / counts.n1 + factor**2 * p0 * (1 - p0) / counts.n0))


@pytest.mark.parametrize("cells", TABLES)
def test_score_intervals_end_where_the_raw_statistic_is_the_quantile(cells):
    counts, z = Counts(*cells), 1.959963984540054
    found = {
        "difference": difference_interval(counts, 0.95),
        "ratio": risk_ratio_interval(counts, 0.95),
        "odds": odds_ratio_interval(counts, 0.95),
    }
    checked = 0
    for scale, interval in found.items():
        for end, level in ((interval.low, z), (interval.high, -z)):
            if end not in (0.0, math.inf, -1.0, 1.0):
                assert raw_statistic(counts, end, scale) == pytest.approx(level, abs=2e-5), (scale, end)
                checked += 1
    assert checked >= 4


@given(counts_of_two_arms())
def test_symmetries_of_the_risk_difference(counts):
    for interval in (lambda c: difference_interval(c, 0.95), lambda c: newcombe(c, 0.95)):
        low, high = ends(interval(counts))
        assert ends(interval(swapped(counts))) == pytest.approx([-high, -low], abs=1e-7)
        assert ends(interval(without(counts))) == pytest.approx([-high, -low], abs=1e-7)
        assert -1 <= low <= counts.difference <= high <= 1
    assert fisher(swapped(counts)) == pytest.approx(fisher(counts), rel=1e-9)
    assert fisher(without(counts)) == pytest.approx(fisher(counts), rel=1e-9)


@given(counts_of_two_arms())
def test_symmetries_of_the_ratios(counts):
    def inverse(interval):
        low, high = ends(interval)
        return [0 if high == math.inf else 1 / high, math.inf if low == 0 else 1 / low]

    if counts.events:
        turned = risk_ratio_interval(swapped(counts), 0.95)
        assert ends(risk_ratio_interval(counts, 0.95)) == pytest.approx(inverse(turned), rel=1e-6)
    if 0 < counts.events < counts.total:
        for other in (swapped(counts), without(counts)):
            turned = odds_ratio_interval(other, 0.95)
            assert ends(odds_ratio_interval(counts, 0.95)) == pytest.approx(inverse(turned), rel=1e-6)


@given(counts_of_two_arms())
def test_the_three_scales_test_one_hypothesis(counts):
    """Under no difference they share the constrained proportions, so that the p-values agree."""
    p = two_sided(z_difference(counts, 0.0, True))
    assert two_sided(z_risk_ratio(counts, 1.0)) == pytest.approx(p, rel=1e-6)
    assert two_sided(z_odds_ratio(counts, 1.0)) == pytest.approx(p, rel=1e-6)
    low, high = ends(difference_interval(counts, 0.95))
    assert (low <= 0 <= high) == (p >= 0.05)


@pytest.mark.parametrize("cells", TABLES)
def test_twice_the_patients_narrow_every_interval(cells):
    once, twice = Counts(*cells), Counts(*(2 * cell for cell in cells))
    for interval in (difference_interval, newcombe):
        small, large = interval(twice, 0.95), interval(once, 0.95)
        assert large.low <= small.low <= once.difference <= small.high <= large.high
        assert 1.2 < (large.high - large.low) / (small.high - small.low) < 2


@pytest.mark.parametrize("cells", DEGENERATE)
def test_empty_cells_have_differences_and_no_invented_ratio(cells):
    counts = Counts(*cells)
    for interval in (difference_interval(counts, 0.95), newcombe(counts, 0.95)):
        assert all(math.isfinite(end) for end in ends(interval))
        assert interval.low <= counts.difference <= interval.high
    assert fisher(counts) <= 1
    if counts.events in (0, counts.total):
        with pytest.raises(NotEstimable):
            odds_ratio(counts)
        with pytest.raises(NotEstimable):
            odds_ratio_interval(counts, 0.95)
    with pytest.raises(NotEstimable):
        log_ratio_se(counts, odds=True)


def test_a_ratio_keeps_the_limit_that_the_data_set():
    nobody_in_reference = risk_ratio_interval(Counts(5, 15, 0, 15), 0.95)
    assert nobody_in_reference.high == math.inf and nobody_in_reference.low > 1
    assert risk_ratio(Counts(5, 15, 0, 15)) == math.inf
    nobody_treated = odds_ratio_interval(Counts(0, 15, 5, 15), 0.95)
    assert nobody_treated.low == 0 and nobody_treated.high < 1


def test_the_quantile_is_that_of_the_normal():
    assert normal_quantile(0.9) == pytest.approx(stats.norm.ppf(0.95), abs=1e-14)
