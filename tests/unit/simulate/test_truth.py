"""The truth under each estimand strategy: ordered as the events imply, zero where nothing works."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from rctflow.simulate import defaults
from rctflow.simulate.course import NEVER, chance, consequences, patient_course, severity
from rctflow.simulate.latent import endpoint_states, standard_effects, standard_latents
from rctflow.simulate.measure import LOGGED, measure, score
from rctflow.simulate.sections import ByArm, IntercurrentEvents
from rctflow.simulate.seeds import Draws
from rctflow.simulate.truth import STRATEGIES, stratum_sexes, true_effects

AFTER = list(defaults.VISITS)[1:]


@pytest.fixture(scope="module")
def truth(trial):
    return trial.truth["endpoints"]


@pytest.fixture(scope="module")
def without_effect(settings):
    """No treatment effect, and events that do not depend on the arm."""
    endpoints = {name: replace(endpoint, effect={}) for name, endpoint in settings.endpoints.items()}
    events = replace(settings.intercurrent_events, treatment_stopped=ByArm(0.05, 0.05), rescue=ByArm(0.05, 0.05))
    return replace(settings, endpoints=endpoints, intercurrent_events=events, truth_patients=1000)


def difference(truth, endpoint, visit, strategy):
    return truth[endpoint][visit][strategy]["difference"]


def test_every_endpoint_visit_and_strategy_has_a_truth(truth):
    assert set(truth) == set(defaults.WORST) | {f"{name}_log" for name in LOGGED}
    for visits in truth.values():
        assert list(visits) == AFTER
        assert all(set(entry) == set(STRATEGIES) for entry in visits.values())


def test_events_dilute_the_effect_of_the_primary_endpoint(truth):
    """While on treatment keeps more of the effect than whatever happens; nothing keeps all of it."""
    at = truth["sf36_pcs"]["month6"]
    noise = 5 * max(at[strategy]["mc_se"] for strategy in STRATEGIES if strategy != "composite")
    hypothetical, on_treatment, policy = (
        at[s]["difference"] for s in ("hypothetical", "while_on_treatment", "treatment_policy")
    )
    assert hypothetical - on_treatment > noise > 0
    assert on_treatment - policy > noise
    assert policy > 0


def test_all_four_strategies_differ_for_most_endpoints(truth):
    apart = 0
    for visits in truth.values():
        values = sorted(visits["month6"].values(), key=lambda entry: entry["difference"])
        gaps = [b["difference"] - a["difference"] for a, b in pairwise(values)]
        apart += min(gaps) > 0
    assert apart >= len(truth) - 2


def test_the_hypothetical_truth_grows_with_time_as_declared(truth):
    values = [difference(truth, "eq_vas", visit, "hypothetical") for visit in AFTER]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(9, abs=0.4)


def test_before_any_event_the_strategies_agree(truth):
    for visits in truth.values():
        values = {entry["difference"] for entry in visits["week1"].values()}
        assert max(values) - min(values) < 1e-9


def test_without_effect_and_with_equal_events_every_truth_is_zero(without_effect):
    for name, visits in true_effects(without_effect, 5).items():
        for visit, entry in visits.items():
            for strategy, value in entry.items():
                assert value == {"difference": 0.0, "mc_se": 0.0}, (name, visit, strategy)


def test_without_effect_but_with_more_events_only_the_event_free_world_is_zero(without_effect):
    events = replace(without_effect.intercurrent_events, treatment_stopped=ByArm(0.0, 0.3))
    truth = true_effects(replace(without_effect, intercurrent_events=events), 5)["sf36_pcs"]["month6"]
    assert truth["hypothetical"]["difference"] == 0
    assert truth["treatment_policy"]["difference"] < -5 * truth["treatment_policy"]["mc_se"]
    assert truth["composite"]["difference"] < -5 * truth["composite"]["mc_se"]


def test_without_events_all_strategies_are_one(settings):
    none = ByArm(0, 0)
    events = IntercurrentEvents(second_infusion_missed=none, treatment_stopped=none, rescue=none, death=none)
    calm = replace(settings, intercurrent_events=events, truth_patients=500)
    for visits in true_effects(calm, 5).values():
        for entry in visits.values():
            assert len({value["difference"] for value in entry.values()}) == 1


def test_the_truth_is_that_of_two_independent_arms(settings):
    """Slow path: arms with different draws, without sharing anything, from the same states; change at 6 months."""
    n, means, errors = 6000, [], []
    female = stratum_sexes(settings, n)
    for seed, treated in ((1, False), (2, True)):
        draws, arm = Draws(seed, ["independent"], n), np.full(n, treated)
        z = standard_latents(settings, draws)
        course = patient_course(settings, draws, severity(settings, z, arm, standard_effects(settings)), arm)
        states = endpoint_states(settings, z, female, arm, course)
        pcs = score(settings, measure(settings, draws, states, female), female)["sf36_pcs"]
        change = pcs[:, 5] - pcs[:, 0]
        means.append(change.mean())
        errors.append(change.var() / n)
    large = true_effects(replace(settings, truth_patients=6000), 77)["sf36_pcs"]["month6"]["treatment_policy"]
    assert abs(means[1] - means[0] - large["difference"]) < 4 * np.sqrt(sum(errors) + large["mc_se"] ** 2)


def test_the_monte_carlo_error_is_the_spread_between_seeds(settings):
    small = replace(settings, truth_patients=200)
    runs = [true_effects(small, seed)["grip"]["month6"]["treatment_policy"] for seed in range(25)]
    spread = np.std([run["difference"] for run in runs], ddof=1)
    assert spread == pytest.approx(np.mean([run["mc_se"] for run in runs]), rel=0.5)


def test_more_patients_keep_the_first_ones(settings):
    """Blocks have their own seeds: two runs of 1,000 and 2,000 share the first 1,000 patients."""
    one, two = (Draws(3, [f"truth {k}" for k in range(blocks)], 1000).normal("latent tug", 7) for blocks in (1, 2))
    np.testing.assert_array_equal(one, two[:1000])


def test_sicker_patients_leave_and_need_rescue_more_often(settings):
    n = 6000
    draws, arm = Draws(8, ["course"], n), np.zeros(n, dtype=bool)
    z = standard_latents(settings, draws)
    worse = severity(settings, z, arm, standard_effects(settings))
    course = patient_course(settings, draws, worse, arm)
    for event in ("rescue", "dropout", "missed", "stopped"):
        struck = getattr(course, event) < NEVER
        assert worse[struck].mean() > worse[~struck].mean() + 0.2


def test_slow_patients_become_unable(settings):
    n = 6000
    draws, female = Draws(8, ["unable"], n), np.ones(n, dtype=bool)
    z = standard_latents(settings, draws)
    arm = np.zeros(n, dtype=bool)
    course = patient_course(settings, draws, severity(settings, z, arm, standard_effects(settings)), arm)
    states = endpoint_states(settings, z, female, arm, course)
    tug = measure(settings, draws, states, female)["tug"][:, :, 0]
    unable = np.isnan(tug)
    assert 0.02 < unable.mean() < 0.1
    assert np.exp(states["tug"][unable]).mean() > 1.5 * np.exp(states["tug"][~unable]).mean()


def course_of_one(settings, **events):
    """The course of one patient with the given events (first visit after each)."""
    happened = {name: np.array([NEVER]) for name in ("stopped", "missed", "rescue", "death", "dropout")}
    happened |= {name: np.array([visit]) for name, visit in events.items()}
    return consequences(settings, **happened)


def test_rescue_moves_every_endpoint_it_helps_to_the_better_side(settings):
    z, one = np.zeros((1, 6, len(settings.endpoints))), np.array([True])
    calm = endpoint_states(settings, z, one, ~one, course_of_one(settings))
    rescued = endpoint_states(settings, z, one, ~one, course_of_one(settings, rescue=4))
    for name, endpoint in settings.endpoints.items():
        moved = (rescued[name] - calm[name])[0]
        helped = name in settings.intercurrent_events.rescue_helps
        assert np.all(moved[:4] == 0), name
        assert np.all(np.sign(moved[4:]) == helped * (1 if endpoint.better == "higher" else -1)), name


def test_a_stopped_treatment_harms_and_leaves_little_effect(settings):
    z, one = np.zeros((1, 6, len(settings.endpoints))), np.array([True])
    events = settings.intercurrent_events
    calm = endpoint_states(settings, z, one, ~one, course_of_one(settings))
    stopped = endpoint_states(settings, z, one, one, course_of_one(settings, stopped=2))
    grip, tug = (stopped[name][0] - calm[name][0] for name in ("grip", "tug"))
    np.testing.assert_allclose(grip[[1, 5]], [0.5, 2.5 * events.effect_kept_stopped + 3.5 * events.stopped_shift])
    np.testing.assert_allclose(tug[5], events.effect_kept_stopped * np.log(0.85) - events.stopped_shift * np.log(1.35))


def test_a_missed_second_infusion_keeps_the_effect_of_the_first(settings):
    kept = course_of_one(settings, missed=3).effect_kept[0]
    np.testing.assert_array_equal(kept, [1, 1, 1, 0.4, 0.4, 0.4])


def test_a_declared_risk_is_that_of_average_severity_and_certainty_stays():
    arm = np.array([False, True, True])
    np.testing.assert_allclose(chance(ByArm(0.1, 0.2), arm, np.zeros(3)), [0.1, 0.2, 0.2])
    np.testing.assert_allclose(chance(ByArm(0.0, 1.0), arm, np.array([3.0, 3.0, -3.0])), [0, 1, 1])
