"""The truth: arm difference of each scored endpoint under each estimand strategy.

Each virtual patient comes from the generator of the forms and is simulated in both arms with the same draws, so that
only the treatment differs (common random numbers): the difference is a mean over patients, and its Monte-Carlo standard
error follows from the spread between them. Strategies (ICH E9(R1)), for the change from baseline:

    treatment_policy    the value at the visit, whatever happened before
    hypothetical        the value had no intercurrent event happened
    composite           the declared worst value from the first intercurrent event on
    while_on_treatment  the last value before the first intercurrent event

No value exists after death: treatment_policy then takes the value as if the patient had lived.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rctflow.simulate.course import patient_course, severity, undisturbed
from rctflow.simulate.latent import by_visit, endpoint_states, on_scale, standard_latents
from rctflow.simulate.measure import LOGGED, measure, score
from rctflow.simulate.seeds import Draws, Floats
from rctflow.simulate.settings import SimulationSettings

STRATEGIES = ("treatment_policy", "hypothetical", "composite", "while_on_treatment")
BLOCK = 1000


def standard_effects(settings: SimulationSettings) -> dict[str, Floats]:
    """Effect of the endpoints that make severity, by visit, in SD."""
    sds = {name: on_scale(e, e.sd) for name, e in settings.endpoints.items()}
    return {name: by_visit(settings, name, "effect") / sds[name] for name in settings.intercurrent_events.severity}


def stratum_sexes(settings: SimulationSettings, n: int) -> NDArray[np.bool_]:
    """Women among n virtual patients, (n,): the sexes in the proportion of the declared strata, in rotation."""
    sexes = [stratum.sex == "F" for stratum in settings.strata for _ in range(stratum.size)]
    return np.resize(np.array(sexes, dtype=bool), n)


def changes_by_strategy(
    settings: SimulationSettings, draws: Draws, female: NDArray[np.bool_], treated: bool
) -> dict[str, dict[str, Floats]]:
    """Change from baseline, (n, visits), by strategy and endpoint, in one arm."""
    arm = np.full(len(female), treated)
    z = standard_latents(settings, draws)
    course = patient_course(settings, draws, severity(settings, z, arm, standard_effects(settings)), arm)
    untouched = undisturbed(*z.shape[:2])
    scores = score(
        settings, measure(settings, draws, endpoint_states(settings, z, female, arm, untouched), female), female
    )
    first, visit = course.first_event()[:, None], np.arange(z.shape[1])
    struck = np.flatnonzero(first[:, 0] < z.shape[1])
    own, some = course.of_rows(struck), draws.of_rows(struck)
    states = endpoint_states(settings, z[struck], female[struck], arm[struck], own)
    actual = score(settings, measure(settings, some, states, female[struck]), female[struck])
    last = np.minimum(visit, first - 1)
    result: dict[str, dict[str, Floats]] = {strategy: {} for strategy in STRATEGIES}
    for name in (*scores, *(f"{logged}_log" for logged in LOGGED)):
        base = name.removesuffix("_log")
        ideal, worst = scores[base], settings.worst[base]
        policy = ideal.copy()
        policy[struck] = actual[base]
        if name.endswith("_log"):
            ideal, policy, worst = np.log(ideal), np.log(policy), float(np.log(worst))
        result["treatment_policy"][name] = policy - policy[:, :1]
        result["hypothetical"][name] = ideal - ideal[:, :1]
        result["composite"][name] = np.where(visit >= first, worst, policy) - policy[:, :1]
        result["while_on_treatment"][name] = np.take_along_axis(policy, last, axis=1) - policy[:, :1]
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
