"""The few scores that the truth needs, computed by the simulator itself from the published constants.

Independent of the scoring engine of the analysis on purpose: the two check each other. Missing items are NaN.
Sources: SF-36 v2 scale rules, US 1998 norms and US 1990 coefficients (Ware 1993, 1994; Stata module sf36v2);
EQ-5D-5L China (Luo 2017, doi 10.1016/j.jval.2016.11.016); SPPB (Guralnik 1994); frailty phenotype (Fried 2001).
"""

from __future__ import annotations

import numpy as np

from rctflow.simulate.seeds import Floats

ITEMS = [
    "GH1",
    "HT",
    *(f"PF{i:02d}" for i in range(1, 11)),
    "RP1",
    "RP2",
    "RP3",
    "RP4",
    "RE1",
    "RE2",
    "RE3",
    "SF1",
    "BP1",
    "BP2",
    "VT1",
    "MH1",
    "MH2",
    "MH3",
    "VT2",
    "MH4",
    "VT3",
    "MH5",
    "VT4",
    "SF2",
    "GH2",
    "GH3",
    "GH4",
    "GH5",
]
SCALES = ["PF", "RP", "BP", "GH", "VT", "SF", "RE", "MH"]
SCALE_OF = {item: item[:2] for item in ITEMS if item != "HT"}
LEVELS = {item: 3 if item.startswith("PF") else 6 if item == "BP1" else 5 for item in ITEMS}
REVERSED = {"VT1", "VT2", "MH3", "MH5", "SF1", "GH3", "GH5"}
GH1_VALUES = np.array([np.nan, 5, 4.4, 3.4, 2, 1])
BP1_VALUES = np.array([np.nan, 6, 5.4, 4.2, 3.1, 2.2, 1])
BP2_ALONE = np.array([np.nan, 6, 4.75, 3.5, 2.25, 1])
NORM_MEAN = np.array([83.29094, 82.50964, 71.32527, 70.8457, 58.31411, 84.3025, 87.39733, 74.98685])
NORM_SD = np.array([23.75883, 25.52028, 23.66224, 20.97821, 20.01923, 22.91921, 21.43778, 17.75604])
WEIGHTS = np.array(
    [
        [0.42402, 0.35119, 0.31754, 0.24954, 0.02877, -0.00753, -0.19206, -0.22069],
        [-0.22999, -0.12329, -0.09731, -0.01571, 0.23534, 0.26876, 0.43407, 0.48581],
    ]
)
CHINA_2017 = np.array(
    [
        [0, 0.066, 0.158, 0.287, 0.345],
        [0, 0.048, 0.116, 0.21, 0.253],
        [0, 0.045, 0.107, 0.194, 0.233],
        [0, 0.058, 0.138, 0.252, 0.302],
        [0, 0.049, 0.118, 0.215, 0.258],
    ]
)


def sf36_scores(answers: Floats) -> dict[str, Floats]:
    """Eight scales 0-100, PCS and MCS from printed codes (..., 36); a scale needs half of its items."""
    codes = {item: answers[..., j] for j, item in enumerate(ITEMS)}
    recoded = {item: 6 - code if item in REVERSED else code for item, code in codes.items()}
    recoded["GH1"] = _look_up(GH1_VALUES, codes["GH1"])
    recoded["BP1"], recoded["BP2"] = bodily_pain(codes["BP1"], codes["BP2"])
    scales = {}
    for scale in SCALES:
        items = [item for item in ITEMS if SCALE_OF.get(item) == scale]
        top = 6 if scale == "BP" else LEVELS[items[0]]
        scales[scale] = (_half_rule([recoded[item] for item in items]) - 1) / (top - 1) * 100
    z = np.stack([(scales[s] - NORM_MEAN[k]) / NORM_SD[k] for k, s in enumerate(SCALES)], axis=-1)
    summary = 50 + 10 * z @ WEIGHTS.T
    scores = {f"sf36_{scale.lower()}": score for scale, score in scales.items()}
    return {"sf36_pcs": summary[..., 0], "sf36_mcs": summary[..., 1], **scores}


def bodily_pain(bp1: Floats, bp2: Floats) -> tuple[Floats, Floats]:
    """Recoded values of the two pain items; one alone stands for both."""
    first = _look_up(BP1_VALUES, bp1)
    both = np.where((bp1 == 1) & (bp2 == 1), 6.0, 6 - bp2)
    second = np.where(np.isnan(bp1), _look_up(BP2_ALONE, bp2), np.where(np.isnan(bp2), first, both))
    return np.where(np.isnan(bp1), second, first), second


def _look_up(values: Floats, codes: Floats) -> Floats:
    return values[np.nan_to_num(codes, nan=0.0).astype(np.intp)]


def _half_rule(items: list[Floats]) -> Floats:
    """Mean of the answered items where at least half are answered, else NaN."""
    total, answered = np.zeros_like(items[0]), np.zeros_like(items[0])
    for item in items:
        known = ~np.isnan(item)
        total += np.where(known, item, 0.0)
        answered += known
    return np.where(2 * answered >= len(items), total / np.maximum(answered, 1), np.nan)


def eq5d_index(levels: Floats) -> Floats:
    """EQ-5D-5L index, China (Luo 2017), from levels 1-5 (..., 5); all five are needed."""
    lost = sum(_look_up(np.array([np.nan, *CHINA_2017[d]]), levels[..., d]) for d in range(5))
    return 1 - np.asarray(lost)


def sppb_total(side: Floats, semi: Floats, tandem: Floats, gait: Floats, chair: Floats) -> Floats:
    """SPPB 0-12 from seconds; NaN = unable or not attempted = 0 points. ``gait``: the faster of two 4-m walks."""
    first = side >= 10
    second = first & (semi >= 10)
    third = np.where(tandem >= 10, 2, np.where(tandem >= 3, 1, 0)) * second
    walk = np.where(np.isnan(gait), 0, 1 + (gait <= 8.70).astype(int) + (gait <= 6.20) + (gait < 4.82))
    rise = np.where(
        np.isnan(chair) | (chair > 60), 0, 1 + (chair < 16.70).astype(int) + (chair < 13.70) + (chair < 11.20)
    )
    return (first.astype(int) + second + third + walk + rise).astype(float)


def fried_score(values: dict[str, Floats], female: np.ndarray) -> Floats:
    """Number of frailty criteria met, 0-5. Unable to walk (NaN) is slow. female: broadcasts against the values."""
    lost = (values["weight_loss_kg"] > 4.5) | (values["weight_loss_pct"] >= 5)
    exhausted = (values["cesd7"] >= 2) | (values["cesd20"] >= 2)
    inactive = values["kcal"] < np.where(female, 270, 383)
    cut = np.where(values["height"] <= np.where(female, 159, 173), 7, 6)
    slow = ~(values["walk15ft"] < cut)
    weak = values["grip"] <= np.where(female, _grip_cut_women(values["bmi"]), _grip_cut_men(values["bmi"]))
    return lost.astype(float) + exhausted + inactive + slow + weak


def _grip_cut_women(bmi: Floats) -> Floats:
    return np.select([bmi <= 23, bmi <= 26, bmi <= 29], [17.0, 17.3, 18.0], 21.0)


def _grip_cut_men(bmi: Floats) -> Floats:
    return np.select([bmi <= 24, bmi <= 28], [29.0, 30.0], 32.0)
