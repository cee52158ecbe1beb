"""Many simulated trials through the declared analyses, and what they say of the truth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rctflow.inference.progress import with_progress
from rctflow.models.contract import ModelOutput, NotEstimable
from rctflow.models.registry import load_model
from rctflow.models.select import select_data
from rctflow.models.settings import Analysis, Fit
from rctflow.recovery.catalogue import Row
from rctflow.recovery.tally import Tally
from rctflow.recovery.virtual import VirtualTrial, virtual_trial
from rctflow.simulate.settings import SimulationSettings
from rctflow.study.rooms import fit_settings, records_settings

if TYPE_CHECKING:
    import pandas as pd

    from rctflow.study.model import Study

POPULATION = "itt"
LOGARITHMIC = ("ratio", "risk_ratio", "odds")


class Laboratory:
    """The analyses of one study, applied to simulated trials in memory."""

    def __init__(self, study: Study, rows: Sequence[Row]) -> None:
        self.study, self.rows = study, rows
        endpoints = dict.fromkeys(row.endpoint for row in rows)
        self.fits = {name: self._fit_settings(name) for name in endpoints}
        self.records = {name: self._records_settings(name) for name in endpoints}
        self.analyses = {row: row.analysis_from(self.fits[row.endpoint].analyses, self.visit(row)) for row in rows}

    def visit(self, row: Row) -> str:
        """The visit that the row's estimand is about."""
        return self.study.estimands[row.estimand].variable.visit

    def trials(self, settings: SimulationSettings, seed: int, number: int, what: str) -> dict[Row, Tally]:
        """What ``number`` trials gave of every row."""
        tallies = {row: Tally() for row in self.rows}
        for k in with_progress(range(number), what):
            self._one(virtual_trial(settings, seed, k), tallies)
        return tallies

    def _one(self, trial: VirtualTrial, tallies: Mapping[Row, Tally]) -> None:
        bds = {name: trial.records(name, settings) for name, settings in self.records.items()}
        outputs: dict[tuple[str, str], ModelOutput | None] = {}
        for row, tally in tallies.items():
            analysis = self.analyses[row]
            key = (row.endpoint, repr(analysis))
            if key not in outputs:
                outputs[key] = fitted(bds[row.endpoint], trial.adsl, analysis, self.fits[row.endpoint])
            tally.add(*estimated(row, outputs[key], self.visit(row)))

    def _fit_settings(self, endpoint: str) -> Fit:
        return fit_settings(self.study, endpoint)

    def _records_settings(self, endpoint: str) -> Any:
        """Only the estimands that a row is about: each costs time."""
        settings = records_settings(self.study, endpoint)
        used = {row.estimand for row in self.rows if row.endpoint == endpoint}
        return replace(settings, strategies={name: settings.strategies[name] for name in sorted(used)})


def fitted(bds: pd.DataFrame, adsl: pd.DataFrame, analysis: Analysis, settings: Fit) -> ModelOutput | None:
    """What the model gives of one trial; None when nothing of it can be estimated."""
    data = select_data(bds, adsl, analysis, POPULATION, settings)
    try:
        return load_model(analysis.model)(data, analysis, settings)
    except (NotEstimable, np.linalg.LinAlgError):
        return None


def estimated(row: Row, output: ModelOutput | None, visit: str) -> tuple[dict[str, float | None], bool]:
    """estimate, se, ci_low, ci_high, p_value of the row (ratios and odds: logarithms), and whether it fell back."""
    found = {r.statistic: r for r in output.rows if r.contrast and r.visit == visit} if output else {}
    values: dict[str, float | None] = {}
    for name in ("estimate", "se", "se_log", "ci_low", "ci_high", "p_value"):
        written = found.get(row.prefix + name)
        if written is not None and written.value is not None:
            log = row.measure in LOGARITHMIC and name in ("estimate", "ci_low", "ci_high")
            values[name.removesuffix("_log")] = _log(written.value) if log else written.value
    if values.get("estimate") == -math.inf:  # a ratio of 0
        values["estimate"] = None
    estimate = found.get(row.prefix + "estimate")
    return values, estimate is not None and estimate.status == "fallback"


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf
