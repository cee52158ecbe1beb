"""Summary measures of an estimand over virtual patients, each known in both arms: the truths that models estimate.

Ratios and odds are on the log scale, as the models' standard errors are. The Monte-Carlo error is that of a mean over
patients, whose two potential outcomes share their draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEVELS_FOR_FIT = 200_000
"""Patients of each arm to whom the proportional odds model is fitted."""
HALVINGS = 40
NEAR = 0.05
"""Share of the values' SD on either side over which a density is taken."""


@dataclass(frozen=True)
class Potential:
    """n virtual patients: baseline value, value at the visit without and with treatment (n,), and who is a woman.

    Values have no missing ones: a truth is that of everybody randomized. better: 1 where higher values are, else -1.
    """

    base: Array
    control: Array
    treated: Array
    female: NDArray[np.bool_]
    better: int = 1

    def gains(self) -> tuple[Array, Array]:
        """Changes in the direction that is better, treated and untreated, (n,) each."""
        return self.better * (self.treated - self.base), self.better * (self.control - self.base)


@dataclass(frozen=True)
class Truth:
    """The value that a model should recover, on the scale of its standard error, and its Monte-Carlo error."""

    value: float
    mc_se: float


def mean_difference(patients: Potential) -> Truth:
    """Difference of mean changes; of logarithms, the log of the ratio of geometric means."""
    return _mean(patients.treated - patients.control)


def risk_difference(patients: Potential, least: float) -> Truth:
    """Difference in percentage points of those who improve by ``least`` or more."""
    treated, control = _responders(patients, least)
    return _mean(100 * (treated - control))


def log_risk_ratio(patients: Potential, least: float) -> Truth:
    """Log of the ratio of their probabilities."""
    treated, control = _responders(patients, least)
    p1, p0 = treated.mean(), control.mean()
    return Truth(float(np.log(p1 / p0)), _mean(treated / p1 - control / p0).mc_se)


def win_probability(patients: Potential, weights: Mapping[bool, float]) -> Truth:
    """Probability that a treated patient has a better change than an untreated one of the same sex, ties half.

    weights: share of women (True) and men in the weighted mean over strata.
    Source: Hoeffding 1948, Ann Math Stat 19:293 (the error of the two-sample statistic by its projection).
    """
    value, error = 0.0, 0.0
    for female, weight in weights.items():
        here = patients.female == female
        treated, control = (gain[here] for gain in patients.gains())
        wins, losses = _share_below(control, treated), _share_below(treated, control)
        value += weight * float(wins.mean())
        error += (weight * _mean(wins - losses).mc_se) ** 2
    return Truth(value, float(np.sqrt(error)))


def median_shift(patients: Potential) -> Truth:
    """The shift that makes a treated and an untreated patient of the same sex as likely to have the larger change: the
    median of their difference, which the Hodges-Lehmann estimate tends to.

    The error is that of the win probability at the shift, divided by the density of the differences there.
    """
    arms = []
    for female in (True, False):
        here = patients.female == female
        arms.append([np.sort((arm - patients.base)[here]) for arm in (patients.treated, patients.control)])

    def wins(shift: float) -> float:
        return sum(len(t) * float(_share_below(c, t - shift).mean()) for t, c in arms) / len(patients.base)

    low, high = min(t[0] - c[-1] for t, c in arms), max(t[-1] - c[0] for t, c in arms)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if wins(middle) > 0.5 else (low, middle)
    shift, step = (low + high) / 2, NEAR * float(np.hypot(np.std(patients.treated), np.std(patients.control)))
    density = (wins(shift - step) - wins(shift + step)) / (2 * step)
    moved = Potential(patients.base, patients.control, patients.treated - shift, patients.female)
    shares = {female: float((patients.female == female).mean()) for female in (True, False)}
    return Truth(shift, win_probability(moved, shares).mc_se / density)


def log_odds_ratio(patients: Potential) -> Truth:
    """Log odds ratio of a higher value in the proportional odds model with baseline and sex, fitted to everybody.

    Where the odds are not proportional, it is what the model tends to as patients grow many.
    """
    from rctflow.models.rank.likelihood import fit_ordinal

    n = min(LEVELS_FOR_FIT, len(patients.base))
    value = np.concatenate([patients.treated[:n], patients.control[:n]])
    level = np.unique(value, return_inverse=True)[1]
    arm = np.repeat([1.0, 0.0], n)
    base, female = np.tile(patients.base[:n], 2), np.tile(patients.female[:n], 2).astype(float)
    fit = fit_ordinal(level, np.column_stack([arm, base - base.mean(), female - female.mean()]))
    place = len(fit.thresholds)
    return Truth(float(fit.coefficients[0]), float(np.sqrt(np.linalg.inv(fit.information)[place, place])))


def _responders(patients: Potential, least: float) -> tuple[Array, Array]:
    slack = 1e-9 * max(1.0, abs(least))
    treated, control = ((gain >= least - slack).astype(float) for gain in patients.gains())
    return treated, control


def _share_below(values: Array, at: Array) -> Array:
    """For each of ``at`` the share of ``values`` below it, equal ones counting half; rounding noise makes no order."""
    ordered, at = np.sort(np.round(values, 9)), np.round(at, 9)
    below = np.searchsorted(ordered, at, side="left") + np.searchsorted(ordered, at, side="right")
    return np.asarray(below / (2 * len(values)))


def _mean(values: Array) -> Truth:
    return Truth(float(values.mean()), float(values.std() / np.sqrt(len(values))))
