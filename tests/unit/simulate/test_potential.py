"""Values of virtual patients under estimands whose events have strategies of their own."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import numpy as np
import pytest
from rctflow.simulate.cohort import enrol, follow
from rctflow.simulate.course import EVENTS, NEVER, event_days, patient_course, severity
from rctflow.simulate.dirt_sections import no_dirt
from rctflow.simulate.latent import endpoint_states, standard_effects, standard_latents
from rctflow.simulate.measure import measure, score
from rctflow.simulate.potential import PotentialOutcomes, World
from rctflow.simulate.sections import ByArm
from rctflow.simulate.seeds import Draws
from rctflow.simulate.subject_forms import events_of
from rctflow.simulate.truth import STRATEGIES, changes_by_strategy, stratum_sexes

DAYS = [-14.0, 7, 30, 60, 90, 180]
VALUES = [10.0, 11, 12, 13, 14, 15]
POLICY = dict.fromkeys(EVENTS, "treatment_policy")
MIXTURES = [dict(zip(EVENTS, chosen, strict=True)) for chosen in product(STRATEGIES, repeat=len(EVENTS))][::7]


@pytest.fixture(scope="module")
def eventful(settings):
    """Every event is frequent, so that many patients have several."""
    often = {name: ByArm(0.4, 0.4) for name in ("second_infusion_missed", "treatment_stopped", "rescue")}
    events = replace(settings.intercurrent_events, death=ByArm(0.2, 0.2), **often)
    return replace(settings, intercurrent_events=events)


def outcomes(settings, n, treated=True, seed=4):
    return PotentialOutcomes(settings, Draws(seed, ["potential"], n), stratum_sexes(settings, n), treated)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_one_strategy_for_all_events_is_the_pure_truth(eventful, strategy):
    n = 300
    pure = changes_by_strategy(eventful, Draws(4, ["potential"], n), stratum_sexes(eventful, n), True)[strategy]
    mixed = outcomes(eventful, n)
    assert set(pure) == set(mixed.names())
    for name, change in pure.items():
        values = mixed.values(name, dict.fromkeys(EVENTS, strategy))
        np.testing.assert_array_equal(values - values[:, :1], change)


def slow(settings, seed, n, i, treated, strategies, name, failure):
    """The values of patient ``i``, alone, visit by visit; what must not happen has no chance to."""
    never = {event: ByArm(0.0, 0.0) for event in EVENTS if strategies[event] == "hypothetical"}
    settings = replace(settings, intercurrent_events=replace(settings.intercurrent_events, **never))
    draws, female = Draws(seed, ["potential"], n), stratum_sexes(settings, n)
    z, arm = standard_latents(settings, draws), np.full(n, treated)
    course = patient_course(settings, draws, severity(settings, z, arm, standard_effects(settings)), arm)
    states = endpoint_states(settings, z, female, arm, course)
    values = score(settings, measure(settings, draws, states, female), female)[name][i]
    days = {event: day[i] for event, day in event_days(settings, draws, course).items()}
    shown = []
    for visit, value in enumerate(values):
        after = [event for event, day in days.items() if DAYS[visit] > day]
        past = [event for event in after if strategies[event] in ("composite", "while_on_treatment")]
        if not past:
            shown.append(value)
            continue
        decides = min(past, key=lambda event: (days[event], strategies[event] != "composite"))
        seen = [v for when, v in zip(DAYS, values, strict=True) if when <= days[decides]]
        shown.append(failure if strategies[decides] == "composite" else seen[-1])
    return shown


@pytest.mark.parametrize("strategies", MIXTURES, ids=lambda chosen: "-".join(how[:4] for how in chosen.values()))
def test_any_mixture_equals_the_slow_path(eventful, strategies):
    n, patients = 60, range(0, 60, 7)
    values = outcomes(eventful, n).values("grip", strategies, failure=-7.0)
    for i in patients:
        np.testing.assert_allclose(values[i], slow(eventful, 4, n, i, True, strategies, "grip", -7.0), err_msg=str(i))


def one_patient(settings, **days):
    """A patient whose scores are ``VALUES``, with events on the given days."""
    patient = outcomes(settings, 1)
    happened = {event: np.array([float(days.get(event, np.inf))]) for event in EVENTS}
    world = World(happened, np.array([0]), {"grip": np.array([VALUES])})
    patient._world = lambda prevented: world
    return patient


def shown(settings, strategies, **days):
    return one_patient(settings, **days).values("grip", POLICY | strategies, failure=0.0)[0].tolist()


def test_the_earlier_of_two_events_decides_all_later_visits(settings):
    strategies = {"rescue": "while_on_treatment", "death": "composite"}
    assert shown(settings, strategies, rescue=70, death=100) == [10, 11, 12, 13, 13, 13]
    assert shown(settings, strategies, rescue=100, death=70) == [10, 11, 12, 13, 0, 0]


def test_a_treatment_policy_event_decides_nothing_before_or_after(settings):
    strategies = {"death": "composite"}
    assert shown(settings, strategies, rescue=40, death=100) == [10, 11, 12, 13, 14, 0]
    assert shown(settings, strategies, rescue=40) == VALUES


def test_a_value_of_the_day_of_the_event_was_measured_before_it(settings):
    assert shown(settings, {"second_infusion_missed": "composite"}, second_infusion_missed=30) == [10, 11, 12, 0, 0, 0]


def test_of_two_events_on_one_day_the_composite_decides(settings):
    for strategies in (
        {"treatment_stopped": "while_on_treatment", "death": "composite"},
        {"treatment_stopped": "composite", "death": "while_on_treatment"},
    ):
        assert shown(settings, strategies, treatment_stopped=20, death=20) == [10, 11, 0, 0, 0, 0]


def test_an_event_that_does_not_happen_leaves_room_for_those_that_it_prevented(eventful):
    """Who died needs no rescue; in the world without death the same patient may."""
    patients = outcomes(eventful, 500)
    with_death, without = (patients._world(prevented) for prevented in (frozenset(), frozenset({"death"})))
    assert np.isinf(without.days["death"]).all()
    later = np.isfinite(without.days["rescue"]) & np.isinf(with_death.days["rescue"])
    assert later.any()
    assert np.isfinite(with_death.days["death"][later]).all()
    kept = np.isfinite(with_death.days["rescue"])
    np.testing.assert_array_equal(without.days["rescue"][kept], with_death.days["rescue"][kept])


def test_the_latent_logarithm_is_that_of_the_score_above_the_limit(settings):
    patients = outcomes(settings, 400)
    latent, scored = (patients.values(f"il17{which}", POLICY) for which in ("_latent_log", "_log"))
    limit = np.log(settings.endpoints["il17"].lloq)
    measured = np.exp(latent).round(2) >= settings.endpoints["il17"].lloq
    np.testing.assert_allclose(latent[measured], scored[measured], atol=0.006)
    np.testing.assert_allclose(scored[~measured], limit - np.log(2))
    assert latent[~measured].min() < limit - 1


@pytest.mark.parametrize(
    ("strategies", "words"),
    [
        ({"rescue": "composite"}, "second_infusion_missed: the strategy None"),
        (POLICY | {"rescue": "ignore"}, "rescue: the strategy 'ignore'"),
        (POLICY | {"relocation": "composite"}, "'relocation' is no event"),
    ],
)
def test_an_unknown_event_or_strategy_is_refused(settings, strategies, words):
    with pytest.raises(ValueError, match=words):
        outcomes(settings, 3).values("grip", strategies)


def test_events_happen_on_the_days_that_the_forms_give_when_visits_are_on_their_days(eventful):
    """The forms of patients whose visits all lie on planned days."""
    terms = ("Second infusion missed", "Treatment stopped, visits continued", "Rescue treatment", "Death")
    visits = {name: replace(visit, tolerance=0) for name, visit in eventful.visits.items()}
    calm = replace(eventful.intercurrent_events, dropout=ByArm(0.0, 0.0))
    settings = replace(eventful, visits=visits, intercurrent_events=calm, dirt=no_dirt())
    subjects = tuple(
        replace(s, visit_dates=(s.first_infusion - timedelta(days=14), *s.visit_dates[1:])) for s in enrol(settings, 3)
    )
    cohort = follow(settings, 3, subjects)
    days, found = event_days(settings, cohort.draws, cohort.course), 0
    for i, subject in enumerate(subjects):
        written = {term: (day - subject.first_infusion).days for term, day, _ in events_of(cohort, i)}
        for event, term in zip(EVENTS, terms, strict=True):
            assert days[event][i] == written.get(term, np.inf)
        found += len(written)
    assert found > 20
    assert (cohort.course.dropout == NEVER).all()
