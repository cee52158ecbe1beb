"""The truths of the catalogue, and the variants of the simulator that they are computed for."""

from dataclasses import replace

import numpy as np
import pytest
from rctflow.models.registry import MODELS
from rctflow.recovery.catalogue import ALLOCATIONS, DECLARED, INFORMATIVE, LIMITED, NULL, declared_row
from rctflow.recovery.experiment import Laboratory
from rctflow.recovery.truths import stratum_weights, true_values, virtual_population
from rctflow.recovery.variants import LIMIT, missing_at_random, near_the_limit, without_effect
from rctflow.recovery.virtual import virtual_settings
from rctflow.simulate.course import NEVER, patient_course, severity
from rctflow.simulate.latent import endpoint_states, standard_effects, standard_latents
from rctflow.simulate.measure import measure, score
from rctflow.simulate.seeds import Draws
from rctflow.simulate.truth import stratum_sexes, true_effects

ALL = (*DECLARED, *INFORMATIVE, *LIMITED)


@pytest.fixture(scope="module")
def truths(study):
    settings = virtual_settings(study.source.settings)
    population = virtual_population(study, settings, DECLARED, 20_000, 3)
    return true_values(study, settings, DECLARED, population)


def test_pure_estimands_have_the_truth_of_their_strategy(truths, study):
    settings = replace(study.source.settings, truth_patients=20_000)
    pure = true_effects(settings, 8)["sf36_pcs"]["month6"]
    for label, strategy in (
        ("MMRM, hypothetical", "hypothetical"),
        ("MMRM, composite", "composite"),
        ("MMRM, while on treatment", "while_on_treatment"),
    ):
        truth, other = truths[declared_row("sf36_pcs", label)], pure[strategy]
        apart = abs(truth.value - other["difference"])
        assert apart < 4 * np.hypot(truth.mc_se, other["mc_se"]), label


def test_the_main_estimand_is_what_was_measured_and_failure_after_death(study):
    """Slow path from the courses: 4,000 patients in both arms."""
    settings, n = virtual_settings(study.source.settings), 4000
    row = declared_row("sf36_pcs", "MMRM (main analysis)")
    base, *arms = virtual_population(study, settings, [row], n, 3).values["sf36_pcs", "physical_health"]
    female, draws = stratum_sexes(settings, n), Draws(3, ["recovery 0"], n)
    z = standard_latents(settings, draws)
    for treated, found in zip((False, True), arms, strict=True):
        arm = np.full(n, treated)
        course = patient_course(settings, draws, severity(settings, z, arm, standard_effects(settings)), arm)
        states = endpoint_states(settings, z, female, arm, course)
        pcs = score(settings, measure(settings, draws, states, female), female)["sf36_pcs"]
        dead = course.death < NEVER
        assert dead.sum() > 20
        np.testing.assert_allclose(found, np.where(dead, 20.0, pcs[:, 5]))
        np.testing.assert_array_equal(base, pcs[:, 0])


def test_every_row_has_a_truth_with_an_error(truths):
    assert set(truths) == set(DECLARED)
    assert all(np.isfinite(truth.value) and 0 < truth.mc_se < abs(truth.value) / 3 for truth in truths.values())


def test_failure_values_are_the_worst_values_of_the_simulator(study):
    """Else the truth of truth.json would be that of another composite than the config declares."""
    for name, endpoint in study.endpoints.items():
        if endpoint.failure is not None:
            assert endpoint.failure == study.source.settings.worst[name], name


def test_declared_rows_are_analyses_that_the_config_joins_to_the_estimand(study):
    laboratory = Laboratory(study, ALL)
    for row in ALL:
        assert row.endpoint in study.estimands[row.estimand].variable.endpoints
        assert laboratory.analyses[row].model in MODELS
        declared = laboratory.fits[row.endpoint].analyses[row.analysis]
        if not row.model and row.options is None:
            assert declared.estimand == row.estimand, row.label


def test_tests_and_randomization_tests_are_of_the_main_estimator_and_the_ancova(study):
    laboratory = Laboratory(study, NULL)
    (ancova, many), (main, few) = ALLOCATIONS
    assert laboratory.analyses[ancova].model == "ancova"
    assert main.analysis == study.estimands["physical_health"].main_estimator.analysis
    assert all(5 * (draws + 1) % 100 == 0 for draws in (many, few))


def test_weights_of_strata_are_van_elterens(study):
    """Sizes 6 and 10 of women, 10 and 4 of men."""
    women, men = 36 / 7 + 100 / 11, 100 / 11 + 16 / 5
    weights = stratum_weights(virtual_settings(study.source.settings))
    assert weights == pytest.approx({True: women / (women + men), False: men / (women + men)})


def test_without_effect_every_truth_is_zero(study):
    for visits in true_effects(replace(without_effect(study.source.settings), truth_patients=300), 4).values():
        for strategies in visits.values():
            assert all(value["difference"] == 0 for value in strategies.values())


def test_without_effect_dropout_is_that_of_the_other_arm(study):
    settings = without_effect(study.source.settings)
    courses = []
    for treated in (False, True):
        draws, arm = Draws(4, ["course"], 2000), np.full(2000, treated)
        z = standard_latents(settings, draws)
        worse = severity(settings, z, arm, standard_effects(settings))
        courses.append(patient_course(settings, draws, worse, arm))
    for event in ("stopped", "missed", "rescue", "death", "dropout"):
        np.testing.assert_array_equal(getattr(courses[0], event), getattr(courses[1], event))


def test_dropout_of_the_variant_follows_what_was_seen_alone(study):
    """The seen EQ-VAS is the state that dropout reads, but for rounding and the ceiling; nothing else happens."""
    settings = missing_at_random(study.source.settings, 1)
    n = 4000
    draws, arm, female = Draws(4, ["course"], n), np.zeros(n, bool), stratum_sexes(settings, n)
    z = standard_latents(settings, draws)
    worse = severity(settings, z, arm, standard_effects(settings))
    course = patient_course(settings, draws, worse, arm)
    assert (course.first_event() == NEVER).all()
    states = endpoint_states(settings, z, female, arm, course)
    seen = score(settings, measure(settings, draws, states, female), female)["eq_vas"][:, 1]
    assert np.corrcoef(seen, worse[:, 1])[0, 1] < -0.995
    assert settings.intercurrent_events.dropout_current_slope == 0
    left = course.dropout == 2
    assert worse[left, 1].mean() > worse[~left, 1].mean() + 0.5


def test_the_higher_limit_leaves_a_quarter_below(study):
    settings = near_the_limit(study.source.settings, 1)
    tnf = settings.endpoints["tnf_alpha"]
    assert tnf.lloq == LIMIT
    values = np.exp(np.random.default_rng(1).normal(np.log(tnf.mean), np.log(tnf.sd), 20_000))
    assert 0.15 < (values < LIMIT).mean() < 0.35
