"""Bootstrap interval of a comparison at one visit: patients drawn again with replacement, within their arms.

BCa interval (bias-corrected and accelerated): with t* the B estimates, t the observed one, z the normal quantile,

    z0 = z( share of t* below t, ties counted half )
    a  = sum (m - t_(i))^3 / (6 [sum (m - t_(i))^2]^(3/2))       t_(i): without patient i, m their mean
    the ends are the quantiles of t* at  Phi( z0 + (z0 + z_q) / (1 - a (z0 + z_q)) )

On the scale of the analysis: logarithms for ratios. With few patients the interval is too short, since so few can be
drawn; below 20 per arm its rows say that it is unreliable.
Source: Efron 1987, J Am Stat Assoc 82:171; DiCiccio & Efron 1996, Stat Sci 11:189; Davison & Hinkley 1997, section 5.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rctflow.inference.effects import effects_at, needed_at
from rctflow.inference.leave_one_out import LeftOut
from rctflow.inference.progress import with_progress
from rctflow.models.contract import AnalysisData, NotEstimable, Row, contrast_name
from rctflow.models.options import MmrmOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.results import is_ratio

Array = NDArray[np.float64]
Estimator = Callable[[NDArray[np.intp]], dict[str, float]]
RELIABLE = 20
LOST = 0.05
"""More undefined draws than this share, and the interval would describe a selection of them."""


def bootstrap_rows(data: AnalysisData, analysis: Analysis, settings: Fit, visit: str, left: LeftOut) -> Iterator[Row]:
    """Per contrast at ``visit``: bootstrap_se, bootstrap_ci_low, bootstrap_ci_high, bootstrap_draws.

    left: the comparisons without each patient, for the acceleration. Nothing when no comparison can be made with
    everybody.
    """
    assert analysis.resampling is not None
    if not left.whole:
        return
    patients = np.array(left.patients, dtype=object)
    arms = data.subjects.loc[patients, "ARM"].to_numpy()
    estimator = _estimator(data, analysis, settings, visit, patients)
    draws = _drawn(arms, analysis.resampling.bootstrap, analysis.resampling.seed)
    made = [estimator(drawn) for drawn in with_progress(draws, f"{settings.endpoint}: bootstrap")]
    smallest = min(int((arms == arm).sum()) for arm in settings.arms)
    for contrast, effect in left.whole.items():
        estimates = np.array([one.get(contrast, math.nan) for one in made])
        others = np.array(
            [_scaled(one[contrast].values["estimate"], contrast) for one in left.without.values() if contrast in one]
        )
        center = _scaled(effect.values["estimate"], contrast)
        yield from _rows(contrast, center, estimates, others, smallest, analysis.confidence, effect.unit, visit)


def _drawn(arms: NDArray[Any], n: int, seed: int) -> list[NDArray[np.intp]]:
    """n draws of positions of patients, as many of each arm as there are; the first k are the same whatever n is."""
    chance = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    places = [np.flatnonzero(arms == arm) for arm in sorted(set(arms))]
    return [np.concatenate([own[chance.integers(0, len(own), len(own))] for own in places]) for _ in range(n)]


def _estimator(data: AnalysisData, analysis: Analysis, settings: Fit, visit: str, patients: NDArray[Any]) -> Estimator:
    """Positions of drawn patients -> contrast -> estimate on the scale of the analysis."""
    if analysis.model == "mmrm":
        return _mmrm_estimator(data, analysis, settings, visit, patients)

    copied = _copier(needed_at(data, analysis, visit), patients)
    if analysis.model == "wilcoxon":  # the estimate needs no exact law, which would be most of the work
        analysis = replace(analysis, options=analysis.options | {"exact_up_to": 0})

    def whole(drawn: NDArray[np.intp]) -> dict[str, float]:
        try:
            found = effects_at(copied(drawn), analysis, settings, visit)
        except (NotEstimable, np.linalg.LinAlgError):
            return {}
        return {contrast: _scaled(effect.values["estimate"], contrast) for contrast, effect in found.items()}

    return whole


def _copier(data: AnalysisData, patients: NDArray[Any]) -> Callable[[NDArray[np.intp]], AnalysisData]:
    """Positions of drawn patients -> their data, each choice a patient of its own."""
    tables = {name: getattr(data, name) for name in ("records", "baseline", "assessments")}
    found = {name: table.groupby("USUBJID").indices for name, table in tables.items()}
    rows = {name: [found[name].get(patient, np.zeros(0, int)) for patient in patients] for name in tables}
    places = data.subjects.index.get_indexer(pd.Index(patients))

    def copied(drawn: NDArray[np.intp]) -> AnalysisData:
        names = np.array([f"{patients[place]}#{k}" for k, place in enumerate(drawn)], dtype=object)
        made = {}
        for name, table in tables.items():
            own = [rows[name][place] for place in drawn]
            copies = np.repeat(names, [len(rows_of_one) for rows_of_one in own])
            made[name] = table.iloc[np.concatenate(own)].assign(USUBJID=copies)
        subjects = data.subjects.iloc[places[drawn]].set_axis(pd.Index(names, name="USUBJID"))
        return replace(data, subjects=subjects, **made)

    return copied


def _mmrm_estimator(
    data: AnalysisData, analysis: Analysis, settings: Fit, visit: str, patients: NDArray[Any]
) -> Estimator:
    """The observed fit's covariance structure fitted to the drawn patients, without what the estimate does not need."""
    from rctflow.inference.statistics import contrast_rows
    from rctflow.models.longitudinal import longitudinal
    from rctflow.models.mmrm.errors import MmrmError
    from rctflow.models.repeated import fit_chain
    from rctflow.settings import settings_from

    options = settings_from(MmrmOptions, analysis.options)
    frame = longitudinal(data, analysis, settings, options)
    try:
        fit = fit_chain(frame, analysis, settings, options).fit
        labels, rows = contrast_rows(fit, frame, settings)
    except MmrmError as error:
        raise NotEstimable(str(error)) from None
    chosen = [number for number, (at, *_) in enumerate(labels) if at == visit]
    names = [contrast_name(*labels[number][1:], analysis.log) for number in chosen]
    places = fit.model.records.subjects.get_indexer(pd.Index(patients))  # -1: nothing of the patient is in the model

    def refitted(drawn: NDArray[np.intp]) -> dict[str, float]:
        own = places[drawn]
        try:
            estimates, _ = fit.redraw(own[own >= 0]).wald(rows[chosen])
        except MmrmError:
            return {}
        return dict(zip(names, map(float, estimates), strict=True))

    return refitted


def _scaled(value: float, contrast: str) -> float:
    return math.log(value) if is_ratio(contrast) else value


def _rows(
    contrast: str,
    center: float,
    estimates: Array,
    others: Array,
    smallest: int,
    confidence: float,
    unit: str,
    visit: str,
) -> Iterator[Row]:
    made = estimates[np.isfinite(estimates)]
    lost = len(estimates) - len(made)
    notes = [f"unreliable: {smallest} patients in the smallest arm, fewer than {RELIABLE}"] * (smallest < RELIABLE)
    notes += [f"{lost} draw{'s' * (lost > 1)} left out: the model could not be fitted"] * (lost > 0)
    shared: dict[str, Any] = {"visit": visit, "contrast": contrast, "note": "; ".join(notes)}
    shared["method"] = f"bootstrap of patients within arms, BCa interval {100 * confidence:g} %"
    yield Row("bootstrap_draws", float(len(estimates)), **shared)
    ends = None if lost > LOST * len(estimates) else bca_interval(center, made, others, confidence)
    if ends is None:
        told = shared | {"status": "not_estimable", "note": "; ".join([*notes, "the draws do not give an interval"])}
        yield from (Row(name, None, **told) for name in ("bootstrap_se", "bootstrap_ci_low", "bootstrap_ci_high"))
        return
    back = math.exp if is_ratio(contrast) else float
    yield Row(
        "bootstrap_se_log" if is_ratio(contrast) else "bootstrap_se", float(made.std(ddof=1)), unit=unit, **shared
    )
    for name, end in zip(("bootstrap_ci_low", "bootstrap_ci_high"), ends, strict=True):
        yield Row(name, back(end), unit=unit, **shared)


def bca_interval(center: float, estimates: Array, others: Array, confidence: float) -> tuple[float, float] | None:
    """The BCa interval of ``center`` from bootstrap ``estimates`` (B,) and leave-one-out estimates ``others`` (n,).

    None when all draws lie on one side of the observed estimate, or nothing varies.
    """
    from scipy.special import ndtr, ndtri

    below = (np.sum(estimates < center) + np.sum(estimates == center) / 2) / len(estimates)
    away = others.mean() - others
    spread = (away**2).sum()
    if not 0 < below < 1 or spread == 0:
        return None
    bias, acceleration = ndtri(below), (away**3).sum() / (6 * spread**1.5)
    ends = []
    for tail in ((1 - confidence) / 2, (1 + confidence) / 2):
        moved = bias + ndtri(tail)
        place = ndtr(bias + moved / (1 - acceleration * moved))
        ends.append(float(np.quantile(estimates, place)))
    return ends[0], ends[1]
