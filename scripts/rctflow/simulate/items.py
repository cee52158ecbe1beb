"""From latent health to the answers on a questionnaire: SF-36 v2 items and EQ-5D-5L dimensions.

SF-36: the eight standardized scales are Lambda (p, m) + residual, with Lambda = W'(WW')^-1 and residuals in the null
space of the scoring weights W (published US 1990 coefficients), so that scoring gives back p and m; each item is the
position on its scale plus an error, rounded to an answer.
"""

from __future__ import annotations

import numpy as np

from rctflow.simulate.scoring import (
    BP1_VALUES,
    CHINA_2017,
    GH1_VALUES,
    ITEMS,
    LEVELS,
    NORM_MEAN,
    NORM_SD,
    REVERSED,
    SCALE_OF,
    SCALES,
    WEIGHTS,
)
from rctflow.simulate.sections import Measurement
from rctflow.simulate.seeds import Draws, Floats

LOADINGS = WEIGHTS.T @ np.linalg.inv(WEIGHTS @ WEIGHTS.T)
TO_NULL_SPACE = np.eye(len(SCALES)) - LOADINGS @ WEIGHTS
PF_DIFFICULTY = np.linspace(-0.45, 0.45, 10)


def sf36_error_sd(measurement: Measurement, name: str) -> float:
    """SD (T points) that item errors and rounding add to a summary score, answers away from floor and ceiling."""
    weight = WEIGHTS[0 if name == "sf36_pcs" else 1]
    variance = 0.0
    for k, scale in enumerate(SCALES):
        levels = np.array([LEVELS[item] for item in ITEMS if SCALE_OF.get(item) == scale])
        item = (measurement.sf36_item_sd**2 + 1 / 12) * (100 / (levels - 1)) ** 2
        variance += weight[k] ** 2 * item.sum() / len(levels) ** 2 / NORM_SD[k] ** 2
    return 10 * float(np.sqrt(variance))


def sf36_items(measurement: Measurement, draws: Draws, pcs: Floats, mcs: Floats, share: float) -> Floats:
    """Answers to the 36 items in printed codes, (n, visits, 36), from the latent summary scores, (n, visits)."""
    visits = pcs.shape[1]
    own = np.sqrt(share) * draws.normal("sf36 scale, stable", 1, 8)
    own = measurement.sf36_scale_sd * (own + np.sqrt(1 - share) * draws.normal("sf36 scale, visit", visits, 8))
    z = np.stack([pcs - 50, mcs - 50], axis=2) / 10 @ LOADINGS.T + own @ TO_NULL_SPACE.T
    position = (NORM_MEAN + NORM_SD * z) / 100
    error = measurement.sf36_item_sd * draws.normal("sf36 item", visits, 36)
    answers = np.empty((*pcs.shape, 36))
    for j, item in enumerate(ITEMS):
        if item in ("HT", "BP2"):
            continue
        here = position[:, :, SCALES.index(SCALE_OF[item])] * (LEVELS[item] - 1) + error[:, :, j]
        answers[:, :, j] = _answer(item, here)
    answers[:, :, ITEMS.index("HT")] = np.clip(
        np.rint(3 - (pcs - pcs[:, :1]) / 8 + error[:, :, ITEMS.index("HT")]), 1, 5
    )
    pain = 1 + position[:, :, SCALES.index("BP")] * 5 + error[:, :, ITEMS.index("BP2")]
    answers[:, :, ITEMS.index("BP2")] = _interference(answers[:, :, ITEMS.index("BP1")], pain)
    return answers


def _answer(item: str, here: Floats) -> Floats:
    """Printed code of an item from its position, 0 (worst) to levels - 1 (best)."""
    levels = LEVELS[item]
    if item == "GH1":
        return levels - _nearest(np.sort(GH1_VALUES[1:]), 1 + here)
    if item == "BP1":
        return levels - _nearest(np.sort(BP1_VALUES[1:]), 1 + here)
    if item.startswith("PF"):
        here = here + PF_DIFFICULTY[int(item[2:]) - 1]
    rank = np.clip(np.rint(here), 0, levels - 1)
    return levels - rank if item in REVERSED else 1 + rank


def _nearest(values: Floats, target: Floats) -> Floats:
    """Rank of the value nearest to each target; ``values`` ascend."""
    return np.searchsorted((values[1:] + values[:-1]) / 2, target).astype(float)


def _interference(bp1: Floats, pain: Floats) -> Floats:
    """Second bodily-pain item: its recoded value depends on the first (no pain and no interference = 6)."""
    free = _nearest(np.array([1.0, 2, 3, 4, 6]), pain)
    hurt = _nearest(np.array([1.0, 2, 3, 4, 5]), pain)
    return 5 - np.where(bp1 == 1, free, hurt)


def eq5d_dimensions(measurement: Measurement, draws: Draws, index: Floats) -> Floats:
    """Levels 1-5 of the five dimensions, (n, visits, 5), whose China 2017 index is about ``index``, (n, visits)."""
    lost = CHINA_2017[:, -1]
    own = draws.normal("eq5d dimension", 1, 5)
    own = measurement.eq5d_dimension_sd * (own - own.mean(axis=2, keepdims=True))
    error = measurement.eq5d_item_sd * draws.normal("eq5d item", index.shape[1], 5)
    target = (1 - index)[:, :, None] * lost / lost.sum() + own + error
    return np.stack([1 + _nearest(CHINA_2017[d], target[:, :, d]) for d in range(5)], axis=2)
