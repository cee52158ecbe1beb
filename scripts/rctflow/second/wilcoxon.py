"""Ranks by pairs and whole numbers: U_s counts the pairs of stratum s that the treated patient wins, ties half.

    theta = sum w_s U_s / (n_s1 n_s0) / sum w_s,   w_s = n_s1 n_s0 / (N_s + 1)
    z = sum (U_s - n_s1 n_s0 / 2) / (N_s + 1) / sqrt(sum Var U_s / (N_s + 1)^2)
    Var U_s = n_s1 n_s0 (N_s + 1) / 12 (1 - sum (t^3 - t) / (N_s^3 - N_s)),   t the sizes of the ties (Lehmann 1975)

Exact p by counting in whole numbers (pairs.py); the shift: shift.py. Interval of theta: the roots of
(estimate - theta)^2 = z^2 V(theta), V written by Q1 = theta / (2 - theta) and Q2 = 2 theta^2 / (1 + theta) (Hanley &
McNeil 1982, with n1 = n0 = N / 2 in the numerator: Newcombe 2006).

The first path adds midranks patient by patient in floating point, and bisects.
"""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist
from typing import TYPE_CHECKING

from rctflow.second.errors import NoSecondPathError
from rctflow.second.pairs import Stratum, exact_p
from rctflow.second.selection import analysed, complete, outcome, without_noise
from rctflow.second.settings import Declared, Statistics
from rctflow.second.shift import Arms, shift

if TYPE_CHECKING:
    from pandas import DataFrame

INSIDE = 1e-9
"""A step off the estimate: where the arms do not overlap it is itself a root, and not the one that is looked for."""


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Comparison -> win probability, its standard error and interval, z and p, and the shift, at ``declared.visit``.

    Raises NoSecondPathError when no comparison can be made.
    """
    declared = replace(declared, baseline=False)
    rows = analysed(bds, adsl, declared)
    rows = complete(rows[rows["AVISIT"] == declared.visit], declared)
    if rows.empty:
        raise NoSecondPathError("no record can be analysed")
    rows = rows.assign(OUTCOME=without_noise(outcome(rows, declared)))
    found: dict[str, dict[str, float]] = {}
    for arm in declared.arms[1:]:
        pair = rows[rows["ARM"].isin((arm, declared.arms[0]))]
        parts = [_arms(part, arm) for part in _parts(pair, declared)]
        parts = [part for part in parts if all(part)]
        strata = [
            Stratum.of(*part) if declared.direction == "higher" else Stratum.of(*map(_turned, part)) for part in parts
        ]
        if strata and any(stratum.ties for stratum in strata):
            found[f"{arm} vs {declared.arms[0]}"] = _compared(parts, strata, declared)
    return found


def _parts(rows: DataFrame, declared: Declared) -> list[DataFrame]:
    if not declared.factors:
        return [rows]
    return [part for _, part in rows.groupby(list(declared.factors), sort=True)]


def _arms(rows: DataFrame, arm: str) -> tuple[list[float], list[float]]:
    treated, other = (rows.loc[rows["ARM"].eq(arm) == own, "OUTCOME"].to_list() for own in (True, False))
    return treated, other


def _turned(values: list[float]) -> list[float]:
    return [-value for value in values]


def _compared(parts: Arms, strata: list[Stratum], declared: Declared) -> Statistics:
    """The win probability with its test, and the shift; what is exact and too large to count is absent, and said so."""
    found = Statistics(_statistics(strata, declared))
    exact = sum(sum(stratum.sizes) for stratum in strata) <= declared.options["exact_up_to"]
    try:
        found["p_value"] = exact_p(strata) if exact else _normal_p(strata, found["z"], declared)
        found |= shift(parts, declared.confidence, exact)
    except NoSecondPathError as error:
        found.lacking = str(error)
    return found


def _statistics(strata: list[Stratum], declared: Declared) -> dict[str, float]:
    from scipy.optimize import brentq

    excess, variance = sum(s.excess for s in strata), sum(s.variance for s in strata)
    total, spread = 0.0, []
    for n1, n0, ties in ((*stratum.sizes, stratum.ties) for stratum in strata):
        weight = n1 * n0 / (n1 + n0 + 1)
        total += weight
        spread.append((weight**2 * ties / (n1 * n0), (n1 + n0) / 2 - 1))

    def variance_at(theta: float) -> float:
        pairs = theta / (2 - theta) + 2 * theta**2 / (1 + theta) - 2 * theta**2
        return sum(factor * (theta * (1 - theta) + more * pairs) for factor, more in spread) / total**2

    estimate = 0.5 + float(excess) / total
    quantile = NormalDist().inv_cdf((1 + declared.confidence) / 2)

    def beyond(theta: float) -> float:
        return (estimate - theta) ** 2 - quantile**2 * variance_at(theta)

    below, above = estimate * (1 - INSIDE), estimate + INSIDE * (1 - estimate)
    low = brentq(beyond, 0.0, below, xtol=1e-14) if beyond(0.0) > 0 else 0.0
    high = brentq(beyond, above, 1.0, xtol=1e-14) if beyond(1.0) > 0 else 1.0
    z = float(excess) / math.sqrt(variance)
    se = math.sqrt(max(variance_at(estimate), 0.0))
    return {"estimate": estimate, "se": se, "z": z, "ci_low": float(low), "ci_high": float(high)}


def _normal_p(strata: list[Stratum], z: float, declared: Declared) -> float:
    excess = abs(float(sum(stratum.excess for stratum in strata)))
    half = 0.5 / (sum(strata[0].sizes) + 1) if declared.options["continuity"] and len(strata) == 1 else 0.0
    shrunk = z * max(excess - half, 0.0) / excess if excess else 0.0
    return 2 * NormalDist().cdf(-abs(shrunk))
