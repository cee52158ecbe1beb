"""One default trial and one large population for all tests of the simulator."""

from dataclasses import replace

import numpy as np
import pytest
from rctflow.simulate.course import undisturbed
from rctflow.simulate.dirt_sections import no_dirt
from rctflow.simulate.latent import endpoint_states, standard_latents
from rctflow.simulate.measure import measure, score
from rctflow.simulate.seeds import Draws
from rctflow.simulate.settings import SimulationSettings
from rctflow.simulate.trial import simulate_trial
from rctflow.simulate.truth import stratum_sexes

SEED = 2025
LARGE = 8000


@pytest.fixture(scope="session")
def settings():
    return SimulationSettings(truth_patients=2000)


@pytest.fixture(scope="session")
def trial(settings):
    return simulate_trial(settings, SEED)


@pytest.fixture(scope="session")
def clean(settings):
    """The default trial without dirt; nobody is misallocated."""
    return simulate_trial(replace(settings, dirt=no_dirt(), truth_patients=2), SEED)


class Population:
    """Scores (n, visits) of many patients in both arms, with the same draws, when no intercurrent event happens."""

    def __init__(self, settings):
        draws = Draws(99, ["population"], LARGE)
        self.female = stratum_sexes(settings, LARGE)
        self.z = standard_latents(settings, draws)
        self.scores = {}
        for arm in ("placebo", "msc"):
            treated = np.full(LARGE, arm == "msc")
            states = endpoint_states(settings, self.z, self.female, treated, undisturbed(LARGE, 6))
            self.values = measure(settings, draws, states, self.female)
            self.scores[arm] = score(settings, self.values, self.female)


@pytest.fixture(scope="session")
def able():
    """Settings under which everybody can do every test, so that declared moments are those of all."""
    base = SimulationSettings()
    limits = {"tug_unable_s": 1e6, "walk_unable_s": 1e6, "chair_unable_s": 1e6, "grip_unable_kg": 1e-6}
    return replace(base, measurement=replace(base.measurement, **limits))


@pytest.fixture(scope="session")
def population(able):
    return Population(able)
