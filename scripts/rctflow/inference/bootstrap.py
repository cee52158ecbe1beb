"""Bootstrap interval of a comparison at one visit: patients drawn again with replacement, within their arms.

BCa interval (bias-corrected and accelerated): with t* the B estimates, t the observed one, z the normal quantile,

    z0 = z( share of t* below t, ties counted half )
    a  = sum (m - t_(i))^3 / (6 [sum (m - t_(i))^2]^(3/2))       t_(i): without patient i, m their mean
    the ends are the quantiles of t* at  Phi( z0 + (z0 + z_q) / (1 - a (z0 + z_q)) )

On the scale of the analysis: logarithms for ratios. With few patients the interval is too short, since so few can be
drawn; below 20 per arm its rows say that it is unreliable.

Its ends are quantiles far out in the tails, and z0 is a share: of 200 draws each end would have a Monte Carlo standard
error of a quarter of a standard error. Below 1,000 draws the interval is t +- z_q s, s the standard deviation of t*.
Source: Efron 1987, J Am Stat Assoc 82:171; DiCiccio & Efron 1996, Stat Sci 11:189; Davison & Hinkley 1997, section 5.3;
Efron & Tibshirani 1993, sections 6.4 and 14.5 (how many draws).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rctflow.inference.effects import effects_at, needed_at, why_absent
from rctflow.inference.leave_one_out import LeftOut
from rctflow.inference.progress import with_progress
from rctflow.ladder import NORMAL
from rctflow.models.contract import AnalysisData, NotEstimable, Row, contrast_name
from rctflow.models.options import MmrmOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.results import POINTS, WIN, is_ratio

Array = NDArray[np.float64]
RELIABLE = 20
ENOUGH = 1000
"""Fewer draws do not fix the ends of a BCa interval."""
BOUNDS = {WIN: (0.0, 1.0), POINTS: (-100.0, 100.0)}
"""Between which a normal interval ends, by unit."""
LOST = 0.05
"""More undefined draws than this share, and the interval would describe a selection of them."""


@dataclass(frozen=True)
class Drawn:
    """What one draw gives: contrast -> estimate on the scale of the analysis; why others cannot be estimated."""

    estimates: dict[str, float]
    why: str = ""


Estimator = Callable[[NDArray[np.intp]], Drawn]


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
        estimates = np.array([one.estimates.get(contrast, math.nan) for one in made])
        lost = _lost([one.why for one in made if contrast not in one.estimates])
        others = np.array(
            [_scaled(one[contrast].values["estimate"], contrast) for one in left.without.values() if contrast in one]
        )
        center = _scaled(effect.values["estimate"], contrast)
        notes = [f"unreliable: {smallest} patients in the smallest arm, fewer than {RELIABLE}"] * (smallest < RELIABLE)
        shared: dict[str, Any] = {"visit": visit, "contrast": contrast, "note": "; ".join([*notes, *lost])}
        yield from _rows(center, estimates, others, analysis.confidence, effect.unit, shared)


def _drawn(arms: NDArray[Any], n: int, seed: int) -> list[NDArray[np.intp]]:
    """n draws of positions of patients, as many of each arm as there are; the first k are the same whatever n is."""
    chance = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    places = [np.flatnonzero(arms == arm) for arm in sorted(set(arms))]
    return [np.concatenate([own[chance.integers(0, len(own), len(own))] for own in places]) for _ in range(n)]


def _estimator(data: AnalysisData, analysis: Analysis, settings: Fit, visit: str, patients: NDArray[Any]) -> Estimator:
    """Positions of drawn patients -> the comparisons of these."""
    from rctflow.models.registry import compared_as

    if analysis.model == "mmrm":
        return _mmrm_estimator(data, analysis, settings, visit, patients)

    copied = _copier(needed_at(data, analysis, visit), patients)
    wanted = {compared_as(analysis, *pair) for pair in settings.comparisons}
    if analysis.model == "wilcoxon":  # the estimate needs no exact law, which would be most of the work
        analysis = replace(analysis, options=analysis.options | {"exact_up_to": 0})

    def whole(drawn: NDArray[np.intp]) -> Drawn:
        own = copied(drawn)
        try:
            found = effects_at(own, analysis, settings, visit)
        except NotEstimable as error:
            return Drawn({}, str(error))
        except np.linalg.LinAlgError as error:
            return Drawn({}, f"the computation failed: {error}")
        estimates = {contrast: _scaled(effect.values["estimate"], contrast) for contrast, effect in found.items()}
        lost = wanted - estimates.keys()
        return Drawn(estimates, why_absent(own, analysis, settings, visit, lost) if lost else "")

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
    from rctflow.inference.refits import contrast_rows
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

    def refitted(drawn: NDArray[np.intp]) -> Drawn:
        own = places[drawn]
        try:
            estimates, _ = fit.redraw(own[own >= 0]).wald(rows[chosen])
        except MmrmError as error:
            return Drawn({}, str(error))
        return Drawn(dict(zip(names, map(float, estimates), strict=True)))

    return refitted


def _scaled(value: float, contrast: str) -> float:
    return math.log(value) if is_ratio(contrast) else value


def _lost(reasons: list[str]) -> list[str]:
    """How many draws are left out, and for which reasons; reasons that differ in their numbers alone are one."""
    kinds: dict[str, list[str]] = {}
    for reason in reasons:
        first = re.split("[:;] ", reason)[0] or "the model could not be fitted"
        kinds.setdefault(re.sub(r"[0-9]+(\.[0-9]+)?", "#", first), []).append(first)
    if not kinds:
        return []
    told = [f"{len(same)}{' such as' if len(set(same)) > 1 else ''}: {same[0]}" for same in kinds.values()]
    return [f"{len(reasons)} draw{'s' * (len(reasons) > 1)} left out ({'; '.join(told)})"]


def _rows(
    center: float, estimates: Array, others: Array, confidence: float, unit: str, shared: dict[str, Any]
) -> Iterator[Row]:
    """Draws, standard error and interval of one contrast. estimates: (B,), NaN where a draw has none."""
    made, ratio = estimates[np.isfinite(estimates)], is_ratio(shared["contrast"])
    bca = len(estimates) >= ENOUGH
    kind = "BCa interval" if bca else f"{NORMAL} (BCa needs {ENOUGH} draws)"
    shared |= {"method": f"bootstrap of patients within arms, {kind} {100 * confidence:g} %"}
    yield Row("bootstrap_draws", float(len(estimates)), **shared)
    ends = None
    if len(estimates) - len(made) <= LOST * len(estimates):
        ends = bca_interval(center, made, others, confidence) if bca else normal_interval(center, made, confidence)
    if ends is None:
        note = "; ".join(filter(None, (shared["note"], "the draws do not give an interval")))
        told = shared | {"status": "not_estimable", "note": note}
        yield from (Row(name, None, **told) for name in ("bootstrap_se", "bootstrap_ci_low", "bootstrap_ci_high"))
        return
    back, possible = math.exp if ratio else float, BOUNDS.get(unit, (-math.inf, math.inf))
    yield Row("bootstrap_se_log" if ratio else "bootstrap_se", float(made.std(ddof=1)), unit=unit, **shared)
    for name, end in zip(("bootstrap_ci_low", "bootstrap_ci_high"), ends, strict=True):
        yield Row(name, min(max(back(end), possible[0]), possible[1]), unit=unit, **shared)


def normal_interval(center: float, estimates: Array, confidence: float) -> tuple[float, float] | None:
    """``center`` less and plus z standard deviations of the bootstrap ``estimates`` (B,); None when nothing varies."""
    from scipy.special import ndtri

    half = float(ndtri((1 + confidence) / 2) * estimates.std(ddof=1)) if len(estimates) > 1 else 0.0
    return (center - half, center + half) if half > 0 else None


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
