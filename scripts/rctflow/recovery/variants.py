"""Declared variants of the default study's simulator: what is changed, and why."""

from __future__ import annotations

from dataclasses import replace

from rctflow.recovery.virtual import virtual_settings
from rctflow.simulate.sections import ByArm
from rctflow.simulate.settings import SimulationSettings

NOBODY = ByArm(0.0, 0.0)
INFORMATIVE_DROPOUT = ByArm(placebo=0.12, msc=0.04)
SLOPE = 1.5
LIMIT = 4.0


def missing_at_random(settings: SimulationSettings, times: int) -> SimulationSettings:
    """Dropout that EQ-VAS at the visit before decides, and nothing unseen; no intercurrent events.

    Severity is EQ-VAS alone, whose score is its state but for rounding and the ceiling, so that the values seen carry
    all that dropout depends on: missing at random for a model of all visits, not for one of the last visit. Dropout is
    frequent, and more so with placebo, so that what ignores it is seen to be biased.
    """
    events = replace(
        settings.intercurrent_events,
        second_infusion_missed=NOBODY,
        treatment_stopped=NOBODY,
        rescue=NOBODY,
        death=NOBODY,
        dropout=INFORMATIVE_DROPOUT,
        severity=("eq_vas",),
        dropout_previous_slope=SLOPE,
        dropout_current_slope=0.0,
    )
    return replace(virtual_settings(settings, times), intercurrent_events=events)


def near_the_limit(settings: SimulationSettings, times: int) -> SimulationSettings:
    """An assay of TNF-alpha that quantifies nothing below ``LIMIT`` pg/mL, where the declared one does from 1 on.

    About a quarter of the values then lie below, and the geometric SD is small, so that what stands for them counts.
    """
    limited = replace(settings.endpoints["tnf_alpha"], lloq=LIMIT)
    return replace(virtual_settings(settings, times), endpoints=settings.endpoints | {"tnf_alpha": limited})


def without_effect(settings: SimulationSettings) -> SimulationSettings:
    """Arms alike: no effect on any endpoint, and the events and dropout of placebo in both arms."""
    declared = settings.intercurrent_events

    def alike(risk: ByArm) -> ByArm:
        return ByArm(risk.placebo, risk.placebo)

    events = replace(
        declared,
        second_infusion_missed=alike(declared.second_infusion_missed),
        treatment_stopped=alike(declared.treatment_stopped),
        rescue=alike(declared.rescue),
        death=alike(declared.death),
        dropout=alike(declared.dropout),
    )
    endpoints = {name: replace(endpoint, effect={}) for name, endpoint in settings.endpoints.items()}
    return replace(virtual_settings(settings), endpoints=endpoints, intercurrent_events=events)
