"""What happens to a patient between visits: intercurrent events, dropout, and what they leave of the treatment effect.

Visits are counted 0 (baseline) to V - 1. An event "at visit t" happened after visit t - 1 and before visit t; ``NEVER``
when it did not happen.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from rctflow.simulate.sections import ByArm
from rctflow.simulate.seeds import Draws, Floats
from rctflow.simulate.settings import SimulationSettings

NEVER = 99
FIRST_VISIT_AFTER_SECOND_INFUSION = 3
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


def patient_course(settings: SimulationSettings, draws: Draws, worse: Floats, treated: NDArray[np.bool_]) -> Course:
    """Draw intercurrent events and dropout; sicker patients (``worse``, (n, visits)) have more of them."""
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
    stopped = np.where(stops, FIRST_VISIT_AFTER_SECOND_INFUSION - 1, NEVER)
    missed = np.where(misses & ~stops, FIRST_VISIT_AFTER_SECOND_INFUSION, NEVER)
    rescue = strikes("rescue", events.rescue, slope * before, FIRST_VISIT_AFTER_SECOND_INFUSION)
    death = strikes("death", events.death, slope * before, 2)
    leaves = events.dropout_previous_slope * before + events.dropout_current_slope * worse
    dropout = strikes("dropout", events.dropout, leaves, 2)
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
