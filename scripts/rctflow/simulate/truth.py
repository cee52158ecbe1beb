"""The truth: arm difference of each scored endpoint under each estimand strategy.

Each virtual patient comes from the generator of the forms and is simulated in both arms with the same draws, so that
only the treatment differs (common random numbers): the difference is a mean over patients, and its Monte-Carlo standard
error follows from the spread between them. Strategies (ICH E9(R1)), for the change from baseline:

    treatment_policy    the value at the visit, whatever happened before
    hypothetical        the value had no intercurrent event happened
    composite           the declared worst value from the first intercurrent event on
    while_on_treatment  the last value before the first intercurrent event

No value exists after death: treatment_policy then takes the value as if the patient had lived. What an estimand with
several strategies makes of several events: potential.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rctflow.simulate.course import EVENTS
from rctflow.simulate.potential import PotentialOutcomes
from rctflow.simulate.seeds import Draws, Floats
from rctflow.simulate.settings import SimulationSettings

STRATEGIES = ("treatment_policy", "hypothetical", "composite", "while_on_treatment")
BLOCK = 1000


def stratum_sexes(settings: SimulationSettings, n: int) -> NDArray[np.bool_]:
    """Women among n virtual patients, (n,): the sexes in the proportion of the declared strata, in rotation."""
    sexes = [stratum.sex == "F" for stratum in settings.strata for _ in range(stratum.size)]
    return np.resize(np.array(sexes, dtype=bool), n)


def changes_by_strategy(
    settings: SimulationSettings, draws: Draws, female: NDArray[np.bool_], treated: bool
) -> dict[str, dict[str, Floats]]:
    """Change from baseline, (n, visits), by strategy and endpoint, in one arm."""
    arm = PotentialOutcomes(settings, draws, female, treated)
    result: dict[str, dict[str, Floats]] = {}
    for strategy in STRATEGIES:
        values = {name: arm.values(name, dict.fromkeys(EVENTS, strategy)) for name in arm.names()}
        result[strategy] = {name: value - value[:, :1] for name, value in values.items()}
    return result


def true_effects(settings: SimulationSettings, seed: int) -> dict[str, Any]:
    """``effects[endpoint][visit][strategy]``: difference msc - placebo of the change, and its Monte-Carlo SE."""
    n = settings.truth_patients
    sexes = stratum_sexes(settings, n)
    sums: dict[tuple[str, str], Floats] = {}
    for begin in range(0, n, BLOCK):
        size = min(BLOCK, n - begin)
        draws = Draws(seed, [f"truth {begin // BLOCK}"], size)
        for key, difference in _differences(settings, draws, sexes[begin : begin + size]).items():
            moments = np.stack([difference.sum(axis=0), (difference**2).sum(axis=0)])
            sums[key] = sums.get(key, 0.0) + moments
    effects: dict[str, Any] = {}
    for (name, strategy), (total, squares) in sums.items():
        mean = total / n
        error = np.sqrt(np.maximum(squares / n - mean**2, 0) / (n - 1))
        for k, visit in enumerate(list(settings.visits)[1:], start=1):
            entry = {"difference": _short(mean[k]), "mc_se": _short(error[k])}
            effects.setdefault(name, {}).setdefault(visit, {})[strategy] = entry
    return effects


def _differences(
    settings: SimulationSettings, draws: Draws, female: NDArray[np.bool_]
) -> dict[tuple[str, str], Floats]:
    """Change under treatment less change under placebo of each virtual patient, (n, visits)."""
    control = changes_by_strategy(settings, draws, female, treated=False)
    active = changes_by_strategy(settings, draws, female, treated=True)
    return {
        (name, strategy): change - control[strategy][name]
        for strategy, changes in active.items()
        for name, change in changes.items()
    }


def _short(value: float) -> float:
    return float(f"{value:.10g}") + 0.0
