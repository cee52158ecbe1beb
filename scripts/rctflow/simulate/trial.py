"""The simulated trial: forms as a site exports them, the truth behind them, and the manifest of what was soiled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rctflow.outputs import write_json, written_whole
from rctflow.simulate.cohort import Cohort, enrol, follow
from rctflow.simulate.course import NEVER
from rctflow.simulate.dirt import soil
from rctflow.simulate.safety_forms import safety_forms
from rctflow.simulate.settings import SimulationSettings
from rctflow.simulate.subject_forms import subject_forms
from rctflow.simulate.truth import STRATEGIES, true_effects
from rctflow.simulate.visit_forms import visit_forms

NOTE = "SYNTHETIC DATA: true effects of the simulator. No rule of the workflow reads this file; tests do."


@dataclass(frozen=True)
class Trial:
    """``forms``: one frame of strings per form; ``truth``: plain data for JSON; ``dirt``: the manifest."""

    forms: dict[str, pd.DataFrame]
    truth: dict[str, Any]
    dirt: pd.DataFrame


def simulate_trial(settings: SimulationSettings, seed: int) -> Trial:
    """The whole trial from one seed. Raises ValueError when the settings cannot be met, with the remedy."""
    forms, dirt, cohort = simulate_forms(settings, seed)
    truth = {
        "note": NOTE,
        "seed": seed,
        "patients_per_arm": settings.truth_patients,
        "contrast": "msc - placebo, change from baseline",
        "strategies": list(STRATEGIES),
        "worst": settings.worst,
        "endpoints": true_effects(settings, seed),
        "subjects": true_courses(cohort),
    }
    return Trial(forms, truth, dirt)


def simulate_forms(settings: SimulationSettings, seed: int) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, Cohort]:
    """Forms with their dirt, the manifest, and the cohort behind them; without the truth."""
    cohort = follow(settings, seed, enrol(settings, seed))
    clean = {**subject_forms(cohort), **visit_forms(cohort), **safety_forms(cohort)}
    forms, dirt = soil(settings, seed, clean)
    return forms, dirt, cohort


def true_courses(cohort: Cohort) -> dict[str, dict[str, Any]]:
    """Per patient: arm planned and received, and the first visit after each event that happened."""
    visits, courses = list(cohort.settings.visits), {}
    for i, subject in enumerate(cohort.subjects):
        course: dict[str, Any] = {"planned": subject.planned, "actual": subject.actual}
        for event in ("stopped", "missed", "rescue", "death", "dropout"):
            at = int(getattr(cohort.course, event)[i])
            if at < NEVER:
                course[event] = visits[at]
        courses[subject.subject] = course
    return courses


def write_trial(trial: Trial, forms: Path, truth: Path) -> None:
    """One CSV per form under ``forms``, truth.json and dirt.csv under ``truth``; the same trial, the same bytes."""
    for path, frame in [
        *((forms / f"{name}.csv", frame) for name, frame in trial.forms.items()),
        (truth / "dirt.csv", trial.dirt),
    ]:
        with written_whole(path) as temporary:
            frame.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")
    write_json(trial.truth, truth / "truth.json")
