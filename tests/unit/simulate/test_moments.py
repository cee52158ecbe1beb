"""Scored endpoints of many patients have the declared means, SDs, correlations and effects.

Bounds are Monte-Carlo bounds (4 standard errors), plus what rounding, floors and ceilings of an instrument take away.
"""

import numpy as np
import pytest
from rctflow.simulate.latent import latent_sd, standard_latents
from rctflow.simulate.measure import CYTOKINES
from rctflow.simulate.seeds import Draws

AFTER = ["week1", "month1", "month2", "month3", "month6"]


def within(values, mean, slack=0.0):
    return abs(values.mean() - mean) < 4 * values.std() / np.sqrt(len(values)) + slack


@pytest.mark.parametrize(
    ("name", "mean_slack", "sd_slack"),
    [("sf36_pcs", 0.3, 0.06), ("sf36_mcs", 0.5, 0.08), ("eq_vas", 0.3, 0.04), ("eq5d_index", 0.01, 0.08)],
)
def test_questionnaires_have_the_declared_level_and_spread(able, population, name, mean_slack, sd_slack):
    baseline, declared = population.scores["placebo"][name][:, 0], able.endpoints[name]
    assert within(baseline, declared.mean, mean_slack)
    assert baseline.std() == pytest.approx(declared.sd, rel=sd_slack + 4 / np.sqrt(2 * len(baseline)))


@pytest.mark.parametrize(("scored", "latent"), [("tug", "tug"), ("walk4m_time", "walk4m")])
def test_performance_times_are_log_normal_as_declared(able, population, scored, latent):
    logs, declared = np.log(population.scores["placebo"][scored][:, 0]), able.endpoints[latent]
    assert within(logs, np.log(declared.mean), 0.003)
    assert logs.std() == pytest.approx(np.log(declared.sd), rel=0.05)


@pytest.mark.parametrize("name", CYTOKINES)
def test_the_median_cytokine_is_the_declared_geometric_mean(able, population, name):
    """The median needs no value for what is below quantification."""
    declared, values = able.endpoints[name], population.scores["placebo"][name][:, 0]
    error = 1.2533 * np.log(declared.sd) / np.sqrt(len(values))
    assert abs(np.log(np.median(values)) - np.log(declared.mean)) < 4 * error + 0.005


def test_a_fifth_of_il17_is_below_quantification(able, population):
    below = (population.values["il17"] < able.endpoints["il17"].lloq).mean()
    assert 0.15 < below < 0.25


@pytest.mark.parametrize(("female", "mean", "sd"), [(True, 15, 3.5), (False, 24, 5)])
def test_grip_differs_by_sex_as_declared(population, female, mean, sd):
    grip = population.scores["placebo"]["grip"][population.female == female, 0]
    assert within(grip, mean, 0.1)
    assert grip.std() == pytest.approx(sd, rel=0.05)


def test_sppb_and_frailty_score_are_those_of_frail_elderly(population):
    sppb, fried = population.scores["placebo"]["sppb"][:, 0], population.scores["placebo"]["fried"][:, 0]
    assert 7 < sppb.mean() < 8.2
    assert 1.5 < sppb.std() < 2.5
    assert 2.4 < fried.mean() < 3.3


def test_latents_correlate_between_endpoints_as_declared(able, population):
    names = list(able.endpoints)
    n = len(population.z)
    for pair in able.correlations:
        i, j = (names.index(name) for name in pair.between)
        for visit in (0, 5):
            r = np.corrcoef(population.z[:, visit, i], population.z[:, visit, j])[0, 1]
            assert abs(r - pair.r) < 4.5 / np.sqrt(n), pair


def test_adjacent_visits_correlate_rho_and_distant_ones_less(able, population):
    for k, (name, endpoint) in enumerate(able.endpoints.items()):
        r = np.corrcoef(population.z[:, :, k].T)
        assert np.allclose(np.diag(r, 1), endpoint.rho, atol=4.5 / np.sqrt(len(population.z))), name
        if endpoint.rho > 0.6:
            assert able.stable_share - 0.06 < r[0, 5] < r[0, 1]


def test_latents_are_standard_normal_at_every_visit(population):
    n = population.z.shape[0]
    assert np.abs(population.z.mean(axis=0)).max() < 4.5 / np.sqrt(n)
    assert np.abs(population.z.std(axis=0) - 1).max() < 4.5 / np.sqrt(2 * n)


@pytest.mark.parametrize(("name", "share"), [("sf36_pcs", 0.07), ("eq_vas", 0.04), ("eq5d_index", 0.2), ("grip", 0.02)])
def test_the_scored_effect_by_visit_is_about_the_declared(able, population, name, share):
    """``share``: what floors and ceilings may take of the effect; draws are common to both arms."""
    difference = (population.scores["msc"][name] - population.scores["placebo"][name]).mean(axis=0)
    assert difference[0] == 0
    for k, visit in enumerate(AFTER, start=1):
        assert difference[k] == pytest.approx(able.endpoints[name].effect[visit], rel=share)


@pytest.mark.parametrize(("scored", "latent"), [("tug", "tug"), ("walk4m_time", "walk4m"), ("tnf_alpha", "tnf_alpha")])
def test_the_scored_ratio_by_visit_is_about_the_declared(able, population, scored, latent):
    logs = np.log(population.scores["msc"][scored]) - np.log(population.scores["placebo"][scored])
    for k, visit in enumerate(AFTER, start=1):
        assert np.exp(logs[:, k].mean()) == pytest.approx(able.endpoints[latent].effect[visit], abs=0.01)


def test_mental_summary_without_a_declared_effect_hardly_moves(population):
    difference = population.scores["msc"]["sf36_mcs"] - population.scores["placebo"]["sf36_mcs"]
    assert np.abs(difference.mean(axis=0)).max() < 0.15


def test_the_error_of_items_is_taken_off_the_latent_spread(able):
    assert latent_sd(able, "sf36_pcs", 8) < 8
    assert latent_sd(able, "eq_vas", 14) == 14


def test_draws_of_a_stream_do_not_depend_on_other_streams(able):
    alone = Draws(1, ["x"], 50).normal("latent tug", 7)
    busy = Draws(1, ["x"], 50)
    standard_latents(able, busy)
    np.testing.assert_array_equal(busy.normal("latent tug", 7), alone)
