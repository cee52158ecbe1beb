"""The comparison at one visit without each patient in turn: at n = 30 one patient can be the result.

Influence of patient i: how far the estimate moves when i is left out, in standard errors of the whole estimate (the
DFBETAS of Belsley, Kuh & Welsch 1980 with the standard error of the full fit).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from rctflow.inference.effects import STATISTICS, Effect, effects_at, why_absent
from rctflow.inference.progress import with_progress
from rctflow.models.contract import AnalysisData, NotEstimable, Row
from rctflow.models.settings import Analysis, Fit
from rctflow.results import is_ratio

ONE, EACH = "without one patient", "without each patient in turn"
LOST = "the comparison cannot be made without this patient"


@dataclass(frozen=True)
class LeftOut:
    """The comparisons at one visit with everybody, and without each of ``patients`` (contrast -> Effect).

    reasons: why a comparison cannot be made without a patient.
    """

    whole: dict[str, Effect]
    patients: list[str]
    without: dict[str, dict[str, Effect]]
    reasons: dict[str, str]

    def renamed(self, names: dict[str, str]) -> LeftOut:
        """The same with other names of the patients."""
        return LeftOut(
            self.whole,
            [names[patient] for patient in self.patients],
            {names[patient]: effects for patient, effects in self.without.items()},
            {names[patient]: reason for patient, reason in self.reasons.items()},
        )


def left_out(data: AnalysisData, analysis: Analysis, settings: Fit, visit: str) -> LeftOut:
    """The comparison at ``visit`` without each patient whom the analysis uses.

    Raises NotEstimable when it cannot be made with everybody, which some models say so.
    """
    whole = effects_at(data, analysis, settings, visit)
    patients = patients_of(data, analysis)
    found: dict[str, dict[str, Effect]] = {}
    reasons: dict[str, str] = {}
    for patient in with_progress(patients if whole else [], f"{settings.endpoint}: leaving one out"):
        others = without(data, patient)
        try:
            found[patient] = effects_at(others, analysis, settings, visit)
        except NotEstimable as error:
            found[patient], reasons[patient] = {}, str(error)
            continue
        if lost := whole.keys() - found[patient].keys():
            reasons[patient] = ": ".join(filter(None, (LOST, why_absent(others, analysis, settings, visit, lost))))
    return LeftOut(whole, patients, found, reasons)


def coded(patients: list[str], seed: int) -> dict[str, str]:
    """Patient -> a code that names nobody, the same in every analysis of a study."""
    order = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,))).permutation(len(patients))
    return {patient: f"coded-{place + 1:02d}" for patient, place in zip(patients, order, strict=True)}


def leave_one_out(left: LeftOut, analysis: Analysis, settings: Fit, visit: str) -> Iterator[Row]:
    """Per contrast at ``visit``: STATISTICS without each patient (``without:<USUBJID>:<statistic>``), the range of the
    estimates and p-values, and the most influential patient, named in the note of ``loo_influence``.

    A comparison that cannot be made without a patient is a row with the reason. The method of each row is the whole one
    of the comparison that it repeats, as it was made without the patient.
    """
    from rctflow.models.registry import compared_as

    for arm, other in settings.comparisons:
        contrast = compared_as(analysis, arm, other)
        if contrast not in left.whole:
            note = "the comparison cannot be made with everybody"
            yield Row("loo_influence", None, visit=visit, contrast=contrast, status="not_estimable", note=note)
    for contrast, effect in left.whole.items():
        found = {patient: effects[contrast] for patient, effects in left.without.items() if contrast in effects}
        yield from _rows(contrast, effect, found, left, visit)


def patients_of(data: AnalysisData, analysis: Analysis) -> list[str]:
    """Those whom the analysis uses, sorted: with a record, with a baseline that is an outcome, or counted without."""
    used = set(data.records["USUBJID"])
    if analysis.options.get("baseline") == "outcome":
        used |= set(data.baseline["USUBJID"])
    if analysis.options.get("missing", "excluded") != "excluded":
        used |= set(data.subjects.index)
    return sorted(used)


def without(data: AnalysisData, patient: str) -> AnalysisData:
    """The data of everybody else."""

    def others(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["USUBJID"].ne(patient)]

    return replace(
        data,
        subjects=data.subjects.drop(index=patient),
        records=others(data.records),
        baseline=others(data.baseline),
        assessments=others(data.assessments),
    )


def _rows(contrast: str, whole: Effect, found: dict[str, Effect], left: LeftOut, visit: str) -> Iterator[Row]:
    import math

    unit = whole.unit
    shared: dict[str, Any] = {"visit": visit, "contrast": contrast, "method": f"{whole.method}; {EACH}"}
    for patient in left.patients:
        for name in STATISTICS:
            statistic = f"without:{patient}:{name}"
            if effect := found.get(patient):
                told = {"unit": "" if name == "p_value" else unit, "status": effect.status, "note": effect.note}
                yield Row(statistic, effect.values[name], **shared | told | {"method": f"{effect.method}; {ONE}"})
            else:
                note = left.reasons.get(patient, LOST)
                yield Row(statistic, None, status="not_estimable", note=note, **shared)
    if not found:
        note = "the comparison cannot be made without one of the patients, whoever is left out"
        yield Row("loo_influence", None, status="not_estimable", note=note, **shared)
        return
    scale = math.log if is_ratio(contrast) else float
    if not 0 < whole.se < math.inf:
        note = "the estimate has no standard error to measure by"
        yield Row("loo_influence", None, status="not_estimable", note=note, **shared)
        return
    moved = {p: (scale(e.values["estimate"]) - scale(whole.values["estimate"])) / whole.se for p, e in found.items()}
    most = max(moved, key=lambda patient: (abs(moved[patient]), patient))
    note = f"most influential: {most}; moved in standard errors of the estimate when left out"
    yield Row("loo_influence", moved[most], note=note, **shared)
    for name in ("estimate", "p_value"):
        values = [effect.values[name] for effect in found.values()]
        own = "" if name == "p_value" else unit
        yield Row(f"loo_{name}_min", min(values), unit=own, **shared)
        yield Row(f"loo_{name}_max", max(values), unit=own, **shared)
