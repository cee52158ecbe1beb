"""``./run bench resampling``: seconds of re-randomizations and of leaving one patient out, with 30 patients."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from rctflow.inference.leave_one_out import left_out
from rctflow.inference.randomization_test import Allocations
from rctflow.inference.statistics import comparisons
from rctflow.models.select import select_data
from rctflow.models.settings import Analysis, Fit, PopulationFlag
from rctflow.randomization import Scheme, draw_many

PATIENTS, DRAWS = 30, 10_000
VISITS = ("week1", "month1", "month2", "month3", "month6")
ARMS = ("placebo", "msc")
BLOCKS = Scheme(blocks=(6,), sequence="in_turn")


def main(arguments: list[str]) -> int:
    """Print the table; returns 0."""
    adsl, bds = _trial()
    patients = pd.Index(adsl["USUBJID"])
    drawn = draw_many(BLOCKS, ARMS, [""] * PATIENTS, range(PATIENTS), DRAWS, np.random.default_rng(1))
    print(f"{PATIENTS} patients, {len(VISITS)} visits{'':<27}{'seconds':>10}")
    for model in ("ancova", "mmrm"):
        _measure(model, adsl, bds, patients, drawn)
    return 0


def _measure(model: str, adsl: pd.DataFrame, bds: pd.DataFrame, patients: pd.Index, drawn: Allocations) -> None:
    analysis = Analysis(model=model, populations=("itt",))
    settings = _settings(analysis)
    data = select_data(bds, adsl, analysis, "itt", settings)
    _row(f"{model}: {DRAWS} re-randomizations", lambda: list(comparisons(data, analysis, settings, patients, drawn)))
    _row(f"{model}: without each patient", lambda: left_out(data, analysis, settings, "month6"))


def _row(name: str, work: Callable[[], object]) -> None:
    began = time.perf_counter()
    work()
    print(f"{name:<48}{time.perf_counter() - began:>10.2f}", flush=True)


def _trial() -> tuple[pd.DataFrame, pd.DataFrame]:
    """ADSL and BDS of a trial in which some values are missing."""
    chance = np.random.default_rng(7)
    names = [f"P{number:02d}" for number in range(PATIENTS)]
    arms = np.array(ARMS)[draw_many(BLOCKS, ARMS, [""] * PATIENTS, range(PATIENTS), 1, chance)[0]]
    adsl = pd.DataFrame({"USUBJID": names, "TRT01P": arms, "TRT01A": arms, "RANDFL": "Y", "ITTFL": "Y"})
    base = chance.normal(36, 8, PATIENTS)
    level, rows = chance.normal(0, 3, PATIENTS), []
    for visit in VISITS:
        value = base + level + chance.normal(0, 4, PATIENTS)
        value[chance.choice(PATIENTS, 2, replace=False)] = np.nan
        rows.append(pd.DataFrame({"USUBJID": names, "AVISIT": visit, "AVAL": value, "BASE": base}))
    fixed: dict[str, Any] = {
        "AVALC": "",
        "DTYPE": "",
        "ANL01FL": "Y",
        "ABLFL": "",
        "SRCDOM": "pcs",
        "SRCVAR": "PCS",
        "SRCSEQ": 1.0,
    }
    bds = pd.concat(rows, ignore_index=True).assign(**fixed)
    return adsl, bds.assign(CHG=bds["AVAL"] - bds["BASE"])


def _settings(analysis: Analysis) -> Fit:
    return Fit(
        study="bench",
        endpoint="pcs",
        unit="points",
        direction="higher",
        arms=ARMS,
        reference=ARMS[0],
        visits=VISITS,
        baseline_visit="baseline",
        strata=(),
        populations={"itt": PopulationFlag("ITTFL")},
        analyses={"primary": analysis},
    )
