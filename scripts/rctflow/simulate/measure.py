"""From latent states to what the site measures, rounded as on the form. Unable is NaN; refusals come with the forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rctflow.simulate.items import eq5d_dimensions, sf36_items
from rctflow.simulate.scoring import eq5d_index, fried_score, sf36_scores, sppb_total
from rctflow.simulate.seeds import Draws, Floats
from rctflow.simulate.settings import SimulationSettings

CYTOKINES = ("tnf_alpha", "il6", "il17", "il10", "hscrp")
BEST_OF_TWO = 0.5642  # expected maximum of two standard normals
BEST_OF_THREE = 0.8463  # and of three
STANCES = {"side": -2.4, "semi": -1.4, "tandem": 0.0}  # balance, in SD, from which a stance is held for 10 s
LOGGED = ("tug", "walk4m_time", *CYTOKINES)


@dataclass(frozen=True)
class Body:
    """Size of each patient at baseline, (n, 1): cm, kg."""

    height: Floats
    weight: Floats


def rounded(values: Floats, decimals: int = 0) -> Floats:
    """As typed on the form."""
    return np.asarray(np.round(values, decimals), dtype=np.float64)


def body_size(draws: Draws, female: NDArray[np.bool_]) -> Body:
    """Height 156 (6) / 168 (6) cm and BMI 24.0 (3.2), women / men; older Chinese adults, chosen."""
    height = rounded(np.where(female, 156.0, 168.0)[:, None] + 6 * draws.normal("height", 1))
    bmi = np.clip(24 + 3.2 * draws.normal("bmi", 1), 17, 34)
    return Body(height, rounded(bmi * (height / 100) ** 2, 1))


def measure(
    settings: SimulationSettings, draws: Draws, states: dict[str, Floats], female: NDArray[np.bool_]
) -> dict[str, Floats]:
    """Everything the forms hold, by name, (n, visits) or (n, visits, items)."""
    values: dict[str, Floats] = {}
    share = settings.stable_share
    values["sf36"] = sf36_items(settings.measurement, draws, states["sf36_pcs"], states["sf36_mcs"], share)
    values["eq5d"] = eq5d_dimensions(settings.measurement, draws, states["eq5d_index"])
    values["eq_vas"] = np.clip(np.rint(states["eq_vas"]), 0, 100)
    values |= _performance(settings, draws, states)
    values |= _stances(states["balance"])
    values |= _frailty_items(draws, states, values, body_size(draws, female))
    for name in CYTOKINES:
        values[name] = rounded(np.exp(states[name]), 2)
    return values


def unable(draws: Draws, what: str, log_time: Floats, limit_s: float, width: float) -> NDArray[np.bool_]:
    """Who cannot do a test, (n, visits): more likely the slower the patient would be; half at ``limit_s`` seconds.

    The threshold is normal in log seconds with SD ``width``, two thirds of its variance between patients.
    """
    return np.asarray(log_time > np.log(limit_s) + _threshold(draws, what, log_time.shape[1], width))


def too_weak(draws: Draws, force: Floats, limit_kg: float, width: float) -> NDArray[np.bool_]:
    """Who cannot squeeze the dynamometer, (n, visits): as ``unable``, half at ``limit_kg``, the weaker the likelier."""
    limit = limit_kg * np.exp(_threshold(draws, "grip", force.shape[1], width))
    return np.asarray(force < limit)


def _threshold(draws: Draws, what: str, visits: int, width: float) -> Floats:
    own, visit = draws.normal(f"unable {what}, patient", 1), draws.normal(f"unable {what}, visit", visits)
    return np.asarray(width * (np.sqrt(2 / 3) * own + np.sqrt(1 / 3) * visit))


def _performance(settings: SimulationSettings, draws: Draws, states: dict[str, Floats]) -> dict[str, Floats]:
    m, visits = settings.measurement, len(settings.visits)
    tug, walk, chair, grip = (states[name] for name in ("tug", "walk4m", "chair", "grip"))
    trial = m.trial_cv * draws.normal("tug trial", visits, 2)
    cannot = unable(draws, "tug", tug, m.tug_unable_s, m.unable_width)
    tug_trials = np.where(cannot[..., None], np.nan, rounded(np.exp(tug[..., None] + trial), 2))
    trial = m.trial_cv * (draws.normal("walk trial", visits, 2) + BEST_OF_TWO)
    cannot_walk = unable(draws, "walk", walk, m.walk_unable_s, m.unable_width)
    walk_trials = np.where(cannot_walk[..., None], np.nan, rounded(np.exp(walk[..., None] + trial), 2))
    cannot = unable(draws, "chair", chair, m.chair_unable_s, m.unable_width)
    force = m.grip_trial_sd * (draws.normal("grip trial", visits, 6) - BEST_OF_THREE)
    side = np.array([1, 1, 1, m.grip_left_ratio, m.grip_left_ratio, m.grip_left_ratio])
    weak = too_weak(draws, grip, m.grip_unable_kg, m.unable_width)
    squeezes = np.where(weak[..., None], np.nan, np.maximum(rounded(grip[..., None] * side + force, 1), 0.5))
    rises: Floats = np.where(cannot, np.nan, rounded(np.exp(chair), 2))
    return {"tug": tug_trials, "walk": walk_trials, "chair": rises, "grip": squeezes}


def _stances(balance: Floats) -> dict[str, Floats]:
    """Seconds each stance is held, at most 10; NaN below half a second (unable) or after a failed stance."""
    held: dict[str, Floats] = {}
    allowed = np.ones(balance.shape, dtype=bool)
    for stance, limit in STANCES.items():
        seconds = rounded(np.minimum(10.0, 10 * np.exp(1.2 * (balance - limit))), 2)
        held[stance] = np.where(allowed & (seconds >= 0.5), seconds, np.nan)
        allowed = allowed & (seconds >= 10)
    return held


def _frailty_items(draws: Draws, states: dict[str, Floats], values: dict[str, Floats], body: Body) -> dict[str, Floats]:
    visits = states["weight_loss"].shape[1]
    lost = rounded(np.clip(states["weight_loss"], 0, None), 1)
    feeling = states["exhaustion"][..., None] + 0.5 * draws.normal("ces-d item", visits, 2)
    days = np.searchsorted([-0.6, 0.3, 1.1], feeling).astype(float)
    pace = states["walk4m"] + np.log(4.572 / 4) + 0.04 * draws.normal("15 ft walk", visits)
    weight = rounded(body.weight + 0.6 * draws.normal("weight", visits), 1)
    return {
        "weight_loss_kg": lost,
        "weight_loss_pct": rounded(100 * lost / body.weight, 1),
        "cesd7": days[..., 0],
        "cesd20": days[..., 1],
        "kcal": rounded(np.exp(states["activity"])),
        "walk15ft": np.where(np.isnan(values["walk"][..., 0]), np.nan, rounded(np.exp(pace), 2)),
        "height": np.repeat(body.height, visits, axis=1),
        "weight": weight,
        "bmi": rounded(weight / (body.height / 100) ** 2, 1),
    }


def score(settings: SimulationSettings, values: dict[str, Floats], female: NDArray[np.bool_]) -> dict[str, Floats]:
    """Every scored endpoint, (n, visits). Unable on TUG, walk or grip takes the worst value; <LLOQ is LLOQ/2."""
    scores = sf36_scores(values["sf36"])
    scores["eq_vas"] = values["eq_vas"]
    scores["eq5d_index"] = eq5d_index(values["eq5d"])
    walk = values["walk"].min(axis=2)
    cannot = np.isnan(walk)
    tug = values["tug"].mean(axis=2)
    scores["tug"] = np.where(np.isnan(tug), settings.worst["tug"], tug)
    scores["walk4m_time"] = np.where(cannot, settings.worst["walk4m_time"], walk)
    scores["walk4m_speed"] = np.where(cannot, settings.worst["walk4m_speed"], 4 / walk)
    grip = values["grip"].max(axis=2)
    scores["grip"] = np.where(np.isnan(grip), settings.worst["grip"], grip)
    scores["sppb"] = sppb_total(values["side"], values["semi"], values["tandem"], walk, values["chair"])
    scores["fried"] = fried_score(values | {"grip": np.nan_to_num(grip)}, female[:, None])
    for name in CYTOKINES:
        limit = settings.endpoints[name].lloq
        scores[name] = values[name] if limit is None else np.where(values[name] < limit, limit / 2, values[name])
    return scores
