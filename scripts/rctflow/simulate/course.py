"""What happens to a patient between visits: intercurrent events, dropout, and what they leave of the treatment effect.

Visits are counted 0 (baseline) to V - 1. An event "at visit t" happened after visit t - 1 and before visit t; ``NEVER``
when it did not happen.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rctflow.simulate.sections import ByArm
from rctflow.simulate.seeds import Draws, Floats
from rctflow.simulate.settings import SimulationSettings

NEVER = 99
FIRST_VISIT_AFTER_SECOND_INFUSION = 3
EVENTS = ("second_infusion_missed", "treatment_stopped", "rescue", "death")  # as the settings name them
Visits = NDArray[np.int64]


@dataclass(frozen=True)
class Course:
    """First visit after each event, (n,); what the events do to later visits, (n, visits)."""

    stopped: Visits
    missed: Visits
    rescue: Visits
    death: Visits
    dropout: Visits
    effect_kept: Floats
    shift: Floats
    rescue_shift: Floats

    def first_event(self) -> Visits:
        """First visit after any intercurrent event; dropout is missing data, not an intercurrent event."""
        return np.minimum.reduce([self.stopped, self.missed, self.rescue, self.death])

    def of_rows(self, rows: NDArray[np.intp]) -> Course:
        """The course of some of the patients."""
        return Course(*(getattr(self, f.name)[rows] for f in fields(self)))


def undisturbed(n: int, visits: int) -> Course:
    """The course in a world without intercurrent events: every patient keeps the whole effect."""
    never, none = np.full(n, NEVER), np.zeros((n, visits))
    return Course(never, never, never, never, never, np.ones((n, visits)), none, none)


def severity(settings: SimulationSettings, z: Floats, treated: NDArray[np.bool_], effects: dict[str, Floats]) -> Floats:
    """How frail the patient is at each visit, (n, visits): mean of the declared endpoints in SD, positive is worse.

    effects: standardized treatment effect by visit, of each endpoint.
    """
    names = list(settings.endpoints)
    worse = []
    for name in settings.intercurrent_events.severity:
        sign = -1.0 if settings.endpoints[name].better == "higher" else 1.0
        worse.append(sign * (z[:, :, names.index(name)] + treated[:, None] * effects[name]))
    return np.mean(worse, axis=0)


def chance(risk: ByArm, treated: NDArray[np.bool_], log_odds: Floats) -> Floats:
    """Probability (n,) or (n, visits): the declared one, moved by ``log_odds``; 0 and 1 stay."""
    base = np.where(treated, risk.msc, risk.placebo)
    base = base[:, None] if log_odds.ndim == 2 else base
    odds = base * np.exp(log_odds)
    return odds / (1 - base + odds)


def first_visit(happens: NDArray[np.bool_]) -> Visits:
    """First visit (column) at which something happens, NEVER where it does not."""
    return np.where(happens.any(axis=1), happens.argmax(axis=1), NEVER)


def patient_course(
    settings: SimulationSettings,
    draws: Draws,
    worse: Floats,
    treated: NDArray[np.bool_],
    prevented: Collection[str] = (),
) -> Course:
    """Draw intercurrent events and dropout; sicker patients (``worse``, (n, visits)) have more of them.

    prevented: those of ``EVENTS`` that happen to nobody; the others happen as they would have without them.
    """
    events, visits = settings.intercurrent_events, len(settings.visits)
    slope = events.severity_slope
    before = np.concatenate([worse[:, :1], worse[:, :-1]], axis=1)

    def strikes(name: str, risk: ByArm, log_odds: Floats, first: int) -> Visits:
        happens = draws.uniform(name, visits) < chance(risk, treated, log_odds)
        happens[:, :first] = False
        return first_visit(happens)

    month1 = slope * before[:, FIRST_VISIT_AFTER_SECOND_INFUSION]
    stops = draws.uniform("treatment stopped") < chance(events.treatment_stopped, treated, slope * worse[:, 0])
    misses = draws.uniform("second infusion missed") < chance(events.second_infusion_missed, treated, month1)
    stops &= "treatment_stopped" not in prevented
    misses &= "second_infusion_missed" not in prevented
    stopped = np.where(stops, FIRST_VISIT_AFTER_SECOND_INFUSION - 1, NEVER)
    missed = np.where(misses & ~stops, FIRST_VISIT_AFTER_SECOND_INFUSION, NEVER)
    rescue = strikes("rescue", events.rescue, slope * before, FIRST_VISIT_AFTER_SECOND_INFUSION)
    death = strikes("death", events.death, slope * before, 2)
    leaves = events.dropout_previous_slope * before + events.dropout_current_slope * worse
    dropout = strikes("dropout", events.dropout, leaves, 2)
    rescue, death = (np.where(name in prevented, NEVER, at) for name, at in (("rescue", rescue), ("death", death)))
    missed = np.where(missed >= death, NEVER, missed)
    return consequences(settings, stopped, missed, np.where(rescue >= death, NEVER, rescue), death, dropout)


def consequences(
    settings: SimulationSettings, stopped: Visits, missed: Visits, rescue: Visits, death: Visits, dropout: Visits
) -> Course:
    """What the events, each given by its first visit, (n,), leave of the effect and how they shift outcomes."""
    events, visit = settings.intercurrent_events, np.arange(len(settings.visits))
    second_due = visit >= FIRST_VISIT_AFTER_SECOND_INFUSION
    kept = np.where(second_due & (visit >= missed[:, None]), events.effect_kept_missed, 1.0)
    kept = np.where(second_due & (visit >= stopped[:, None]), events.effect_kept_stopped, kept)
    shift = np.where(visit >= stopped[:, None], events.stopped_shift, 0.0)
    rescued = np.where(visit >= rescue[:, None], events.rescue_shift, 0.0)
    return Course(stopped, missed, rescue, death, dropout, kept, shift, rescued)


def day_between(low: Any, high: Any, luck: Any) -> Any:
    """A day after ``low`` and before ``high`` by a uniform draw ``luck``; numbers or arrays of days."""
    return low + 1 + np.floor(luck * np.maximum(high - low - 1, 1))


def stop_day(luck: Any) -> Any:
    """Days after the first infusion on which treatment was stopped, by a uniform draw: 9 to 23."""
    return 9 + np.floor(15 * luck)


def event_days(settings: SimulationSettings, draws: Draws, course: Course) -> dict[str, Floats]:
    """Days after the first infusion on which each of ``EVENTS`` happened, (n,), inf when never, as the forms date them
    where every visit is on its planned day: a second infusion is missed on the day of the visit before it.
    """
    planned = np.array([visit.day for visit in settings.visits.values()], dtype=float)

    def between(at: Visits, stream: str) -> Floats:
        visit = np.minimum(at, len(planned) - 1)
        day = day_between(planned[visit - 1], planned[visit], draws.uniform(stream))
        return np.asarray(np.where(at < NEVER, day, np.inf))

    second = planned[FIRST_VISIT_AFTER_SECOND_INFUSION - 1]
    return {
        "second_infusion_missed": np.where(course.missed < NEVER, second, np.inf),
        "treatment_stopped": np.where(course.stopped < NEVER, stop_day(draws.uniform("stop day")), np.inf),
        "rescue": between(course.rescue, "rescue date"),
        "death": between(course.death, "death date"),
    }
