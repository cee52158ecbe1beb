"""What the value of each virtual patient is at each visit, in one arm, under any mixture of strategies.

An estimand gives every intercurrent event a strategy of its own (ICH E9(R1), A.3.2). Of one patient:

1. Events with ``hypothetical`` do not happen, and leave nothing behind; what they would have kept from happening does
   (who is spared death can need rescue later). All else happens as it would in that world.
2. Of the events with ``composite`` or ``while_on_treatment`` that happen there the earliest decides, by its day, on one
   day composite before while_on_treatment: visits up to its day, that day included, have the value as it is; all later
   ones the failure value (composite) or the last value up to the day (while_on_treatment), whatever follows.
3. Events with ``treatment_policy`` decide nothing; what they do to the values stays in them, before and after others.

derive/estimands.py does the same to the records of a trial: there the earliest event of any other strategy than
treatment policy decides too, and where that is a hypothetical one the values after it are missing, for the model to
estimate what they are here. After death treatment_policy takes the value as if the patient had lived, because none
exists (a config that asks for it is refused); composite and while_on_treatment define one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rctflow.simulate.course import EVENTS, Course, event_days, patient_course, severity, undisturbed
from rctflow.simulate.latent import endpoint_states, standard_effects, standard_latents
from rctflow.simulate.measure import CYTOKINES, LOGGED, measure, score
from rctflow.simulate.seeds import Draws, Floats
from rctflow.simulate.settings import SimulationSettings

LOG, LATENT_LOG = "_log", "_latent_log"
DECIDING = ("composite", "while_on_treatment")  # of two events on one day


@dataclass(frozen=True)
class World:
    """Days of the events that can happen, (n,) each; scores and latent states of the patients ``struck`` by one."""

    days: dict[str, Floats]
    struck: NDArray[np.intp]
    scores: dict[str, Floats]


class PotentialOutcomes:
    """n virtual patients in one arm; the same draws in the other arm give the same patients there.

    Endpoints are those that are scored; ``<endpoint>_log`` is the logarithm of the score, ``<cytokine>_latent_log``
    that of the concentration itself, of which the score knows nothing below the limit of quantification.
    """

    def __init__(self, settings: SimulationSettings, draws: Draws, female: NDArray[np.bool_], treated: bool) -> None:
        self.settings, self.draws, self.female = settings, draws, female
        self.arm = np.full(len(female), treated)
        self.z = standard_latents(settings, draws)
        self.worse = severity(settings, self.z, self.arm, standard_effects(settings))
        everybody = np.arange(len(female))
        self.untouched = self._scores(undisturbed(*self.z.shape[:2]), everybody, draws)
        self.planned = np.array([visit.day for visit in settings.visits.values()], dtype=float)
        self.worlds: dict[frozenset[str], World] = {}

    def names(self) -> tuple[str, ...]:
        """The scored endpoints, and the logarithms of some."""
        scored = (name for name in self.untouched if not name.endswith(LATENT_LOG))
        return (*scored, *(f"{name}{LOG}" for name in LOGGED))

    def values(self, name: str, strategies: Mapping[str, str], failure: float | None = None) -> Floats:
        """(n, visits) of an endpoint under the strategy of each event (all of ``EVENTS``), baseline first.

        failure: what composite writes, on the scale of ``name``; the settings' ``worst`` value when omitted.
        Raises ValueError for an event without strategy or an unknown one.
        """
        _check(strategies)
        world = self._world(frozenset(event for event, how in strategies.items() if how == "hypothetical"))
        actual = self._of(world, name)
        day, how = _first(world.days, strategies, len(self.arm))
        after = self.planned > day[:, None]
        before = np.maximum((~after).sum(axis=1) - 1, 0)[:, None]
        last = np.take_along_axis(actual, before, axis=1)
        worst = self._worst(name) if failure is None else failure
        decided = np.where((how == DECIDING.index("composite"))[:, None], worst, last)
        return np.where(after, decided, actual)

    def _worst(self, name: str) -> float:
        logged = name.removesuffix(LATENT_LOG).removesuffix(LOG)
        worst = self.settings.worst[logged]
        return worst if logged == name else float(np.log(worst))

    def _of(self, world: World, name: str) -> Floats:
        scored = name if name.endswith(LATENT_LOG) else name.removesuffix(LOG)
        values = self.untouched[scored].copy()
        values[world.struck] = world.scores[scored]
        return values if scored == name else np.log(values)

    def _world(self, prevented: frozenset[str]) -> World:
        if prevented not in self.worlds:
            course = patient_course(self.settings, self.draws, self.worse, self.arm, prevented)
            struck = np.flatnonzero(course.first_event() < self.z.shape[1])
            scores = self._scores(course.of_rows(struck), struck, self.draws.of_rows(struck))
            self.worlds[prevented] = World(event_days(self.settings, self.draws, course), struck, scores)
        return self.worlds[prevented]

    def _scores(self, course: Course, rows: NDArray[np.intp], draws: Draws) -> dict[str, Floats]:
        female = self.female[rows]
        states = endpoint_states(self.settings, self.z[rows], female, self.arm[rows], course)
        scores = score(self.settings, measure(self.settings, draws, states, female), female)
        return scores | {f"{name}{LATENT_LOG}": states[name] for name in CYTOKINES}


def _first(days: Mapping[str, Floats], strategies: Mapping[str, str], n: int) -> tuple[Floats, NDArray[np.intp]]:
    """Day of the event that decides, (n,), inf where none does, and the place of its strategy in ``DECIDING``."""
    day, how = np.full(n, np.inf), np.zeros(n, dtype=np.intp)
    for place, strategy in enumerate(DECIDING):
        for event in (event for event, chosen in strategies.items() if chosen == strategy):
            earlier = days[event] < day
            day, how = np.where(earlier, days[event], day), np.where(earlier, place, how)
    return day, how


def _check(strategies: Mapping[str, str]) -> None:
    known = ("treatment_policy", "hypothetical", *DECIDING)
    for event in EVENTS:
        if strategies.get(event) not in known:
            raise ValueError(f"{event}: the strategy {strategies.get(event)!r} is none of {', '.join(known)}.")
    for event in strategies:
        if event not in EVENTS:
            raise ValueError(f"{event!r} is no event of the simulator. One of: {', '.join(EVENTS)}.")
