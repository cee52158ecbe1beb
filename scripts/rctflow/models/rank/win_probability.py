"""The probability that a treated patient has a higher value than a reference patient, ties counting half.

theta_s = U_s / (n_s1 n_s0), U_s the number of pairs of stratum s that the treated patient wins plus half of the ties:

    theta = sum_s w_s theta_s / sum_s w_s,   w_s = n_s1 n_s0 / (N_s + 1)

These weights make theta - 1/2 a multiple of van Elteren's T - E T (rank_sum.py); with one stratum theta = U / (n1 n0).
The interval is that of score type of Newcombe's method 5: all theta with

    (estimate - theta)^2 <= z^2 V(theta),   V(theta) = sum_s w_s^2 V_s(theta) / (sum_s w_s)^2
    V_s(theta) = t_s theta (1 - theta) / (n1 n0) (1 + (N_s / 2 - 1) ((1 - theta) / (2 - theta) + theta / (1 + theta)))

with the factor for ties t_s = 1 - sum (ties^3 - ties) / (N_s^3 - N_s). At theta = 1/2 V_s is the null variance of the
rank sum, so that the interval excludes 1/2 exactly when the normal test without continuity correction rejects; it
exists when the arms do not overlap, and needs no variance from within small strata.
Source: Newcombe 2006, Stat Med 25:543 and 559 (method 5); Hanley & McNeil 1982, Radiology 143:29 (the variance); Fay &
Malinovsky 2018, Stat Med 37:3991 (factor for ties); the strata: own, by the weights of van Elteren 1960.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rctflow.models.rank.samples import Samples, Stratum

STEPS = 100


@dataclass(frozen=True)
class WinProbability:
    """estimate of theta; se: of the estimate, sqrt V(estimate), 0 when the arms do not overlap."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float


def win_probability(samples: Samples, confidence: float) -> WinProbability:
    """theta and its interval."""
    from scipy.special import ndtri

    weights = [len(s.treated) * len(s.reference) / (s.n + 1) for s in samples]
    total = sum(weights)
    estimate = sum(w * wins(s) for w, s in zip(weights, samples, strict=True)) / total
    ties = [_tie_factor(s) for s in samples]

    def variance(theta: float) -> float:
        parts = zip(weights, ties, samples, strict=True)
        return sum(w * w * t * pair_variance(theta, len(s.treated), len(s.reference)) for w, t, s in parts) / total**2

    quantile = float(ndtri((1 + confidence) / 2))

    def outside(theta: float) -> bool:
        return (estimate - theta) ** 2 > quantile**2 * variance(theta)

    low, high = _end(estimate, 0.0, outside), _end(estimate, 1.0, outside)
    return WinProbability(estimate, math.sqrt(variance(estimate)), low, high)


def wins(stratum: Stratum) -> float:
    """The share of pairs that the treated patient wins, ties counting half."""
    differences = stratum.differences()
    return float((np.sign(differences).sum() + len(differences)) / (2 * len(differences)))


def pair_variance(theta: float, n1: int, n0: int) -> float:
    """V_s(theta) without ties."""
    more = ((n1 + n0) / 2 - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))
    return theta * (1 - theta) / (n1 * n0) * (1 + more)


def _tie_factor(stratum: Stratum) -> float:
    _, ties = np.unique(np.concatenate([stratum.treated, stratum.reference]), return_counts=True)
    return 1 - float((ties**3 - ties).sum()) / (stratum.n**3 - stratum.n)


def _end(inside: float, bound: float, outside: Callable[[float], bool]) -> float:
    """The last theta from ``inside`` towards ``bound`` that is not outside."""
    far = bound
    if not outside(far):
        return far
    for _ in range(STEPS):
        middle = (inside + far) / 2
        inside, far = (inside, middle) if outside(middle) else (middle, far)
    return (inside + far) / 2
