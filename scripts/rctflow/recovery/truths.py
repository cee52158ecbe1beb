"""The truth of each row of the catalogue, from many virtual patients under the strategies of its estimand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rctflow.inference.progress import with_progress
from rctflow.recovery import measures
from rctflow.recovery.catalogue import Row
from rctflow.recovery.measures import Array, Potential, Truth
from rctflow.simulate.potential import LATENT_LOG, PotentialOutcomes
from rctflow.simulate.seeds import Draws
from rctflow.simulate.settings import SimulationSettings
from rctflow.simulate.truth import stratum_sexes

if TYPE_CHECKING:
    from rctflow.study.model import Study

BLOCK = 4000
Key = tuple[str, str]


@dataclass(frozen=True)
class Population:
    """Virtual patients, (n,): who is a woman; (endpoint, estimand) -> baseline, value without and with treatment."""

    female: NDArray[np.bool_]
    values: dict[Key, tuple[Array, Array, Array]]


def true_values(
    study: Study, settings: SimulationSettings, rows: Sequence[Row], population: Population
) -> dict[Row, Truth]:
    """The truth of every row at the visit of its estimand; ratios and odds: logarithms.

    population: of these rows; ``settings`` say how large the strata of the trials are.
    """
    found = {}
    for row in rows:
        endpoint = study.endpoints[row.endpoint]
        better = 1 if endpoint.direction == "higher" else -1
        people = Potential(*population.values[_key(row)], population.female, better)
        found[row] = _measured(row, people, endpoint.mcid or 0.0, settings)
    return found


def virtual_population(
    study: Study, settings: SimulationSettings, rows: Sequence[Row], patients: int, seed: int
) -> Population:
    """Each patient in both arms with the same draws, under the strategies of the rows' estimands."""
    sexes, keys = stratum_sexes(settings, patients), sorted({_key(row) for row in rows})
    parts: dict[Key, list[tuple[Array, Array, Array]]] = {key: [] for key in keys}
    for number in with_progress(range(-(-patients // BLOCK)), f"truth: blocks of {BLOCK} patients"):
        female = sexes[number * BLOCK : (number + 1) * BLOCK]
        draws = Draws(seed, [f"recovery {number}"], len(female))
        control, treated = (PotentialOutcomes(settings, draws, female, arm) for arm in (False, True))
        for name, estimand in keys:
            declared = study.estimands[estimand]
            visit = list(settings.visits).index(declared.variable.visit)
            failure = study.endpoints[name.removesuffix(LATENT_LOG)].failure
            pair = [arm.values(name, declared.strategies, failure) for arm in (control, treated)]
            parts[name, estimand].append((pair[0][:, 0], pair[0][:, visit], pair[1][:, visit]))
    joined = {key: [np.concatenate(column) for column in zip(*blocks, strict=True)] for key, blocks in parts.items()}
    return Population(sexes, {key: (base, control, treated) for key, (base, control, treated) in joined.items()})


def _key(row: Row) -> Key:
    return f"{row.endpoint}{LATENT_LOG}" if row.latent else row.endpoint, row.estimand


def stratum_weights(settings: SimulationSettings) -> dict[bool, float]:
    """Share of women (True) and men in van Elteren's weights, N^2 / (N + 1) of a stratum of N with equal arms."""
    weight = {True: 0.0, False: 0.0}
    for stratum in settings.strata:
        weight[stratum.sex == "F"] += stratum.size**2 / (stratum.size + 1)
    return {female: share / sum(weight.values()) for female, share in weight.items()}


def _measured(row: Row, people: Potential, least: float, settings: SimulationSettings) -> Truth:
    match row.measure:
        case "responders":
            return measures.risk_difference(people, least)
        case "risk_ratio":
            return measures.log_risk_ratio(people, least)
        case "win":
            return measures.win_probability(people, stratum_weights(settings))
        case "shift":
            return measures.median_shift(people)
        case "odds":
            return measures.log_odds_ratio(people)
    return measures.mean_difference(people)
