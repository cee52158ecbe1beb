"""Proportions of two arms at one visit, ``binary`` and ``responder``: score intervals by root finding, Fisher by
enumeration; standardization (standardized.py), methods over strata (strata.py), who has the event (responses.py).

Differences are in percentage points, as the result rows have them.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb, inf, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rctflow.second.columns import Array
from rctflow.second.constrained import DIFFERENCE, ODDS_RATIO, RISK_RATIO, Scale, Table, limits, score_statistic
from rctflow.second.errors import NoSecondPathError
from rctflow.second.normal import critical_value, two_sided_p
from rctflow.second.responses import responses
from rctflow.second.settings import Declared, Statistics
from rctflow.second.standardized import standardized_difference
from rctflow.second.strata import (
    cochran_mantel_haenszel,
    common_difference,
    sato_variance,
    score,
    score_limits,
    with_both_arms,
)
from rctflow.second.student import contrast_statistics

if TYPE_CHECKING:
    from pandas import DataFrame

POINTS = ("estimate", "se", "ci_low", "ci_high")


class Pair(NamedTuple):
    """Two arms: rows of everybody at the visit, response (n,), the arms' ids, their counts in all and by stratum."""

    rows: DataFrame
    response: Array
    arm: str
    declared: Declared
    table: Table
    strata: list[Table]

    @property
    def z(self) -> float:
        """The normal quantile of the two-sided interval."""
        return critical_value(self.declared.confidence)


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Contrast -> the statistics of the declared methods, at ``declared.visit``.

    Raises NoSecondPathError when nobody can be analysed.
    """
    rows, response = responses(bds, adsl, declared)
    found: dict[str, Statistics] = {}
    for arm in declared.arms[1:]:
        pair = _pair(rows, response, arm, declared)
        if pair.table.n1 and pair.table.n0:
            for place, name in enumerate(declared.options["methods"]):
                ratio, method = METHODS[name]
                own = found.setdefault(f"{arm} {'/' if ratio else '-'} {declared.arms[0]}", Statistics())
                try:
                    values = method(pair)
                except NoSecondPathError as error:
                    own.lacking += f"{'; ' if own.lacking else ''}{name}: {error}"
                    continue
                for statistic, value in values.items():
                    scale = 100 if statistic in POINTS and not ratio else 1
                    own[f"{name}_{statistic}" if place else statistic] = scale * value
    return {contrast: values for contrast, values in found.items() if values or values.lacking}


def _pair(rows: DataFrame, response: Array, arm: str, declared: Declared) -> Pair:
    stratum = [" x ".join(str(row[name]) for name in declared.factors) for row in rows.to_dict("records")]
    of, labels = rows["ARM"].to_numpy(), np.array(stratum, dtype=object)

    def table(inside: Array) -> Table:
        one, zero = (inside & (of == who) for who in (arm, declared.arms[0]))
        return Table(int(response[one].sum()), int(one.sum()), int(response[zero].sum()), int(zero.sum()))

    everybody = np.ones(len(rows), bool)
    return Pair(rows, response, arm, declared, table(everybody), [table(labels == s) for s in sorted(set(stratum))])


def _tested(estimate: float, z: float, low: float | None, high: float | None) -> dict[str, float]:
    values = {"estimate": estimate, "z": z, "p_value": two_sided_p(z)}
    return values | {name: end for name, end in (("ci_low", low), ("ci_high", high)) if end is not None}


def _standardized(pair: Pair) -> dict[str, float]:
    """theta_1 - theta_0 with its declared test; the declared fall-back when an arm has one outcome only."""
    found = standardized_difference(pair.rows, pair.response, pair.arm, pair.declared)
    if found is None:
        return _stratified_score(pair)
    if pair.declared.options["interval"] == "normal":
        return _normal(found.difference, found.se, pair.z)
    se = found.se * sqrt((found.df + found.coefficients) / found.df)
    return contrast_statistics(found.difference, se, found.df, pair.declared.confidence, log=False)


def _normal(estimate: float, se: float, z: float) -> dict[str, float]:
    return _tested(estimate, estimate / se, estimate - z * se, estimate + z * se) | {"se": se}


def _mantel_haenszel(pair: Pair) -> dict[str, float]:
    strata = with_both_arms(pair.strata)
    variance = sato_variance(strata)
    return _normal(float(common_difference(strata)), sqrt(variance), pair.z) if variance > 0 else {}


def _stratified_score(pair: Pair) -> dict[str, float]:
    strata = with_both_arms(pair.strata)
    return _tested(float(common_difference(strata)), score(strata, 0.0), *score_limits(strata, pair.z))


def _score(scale: Scale, corrected: bool = True) -> Callable[[Pair], dict[str, float]]:
    def method(pair: Pair) -> dict[str, float]:
        c = pair.table
        if scale is DIFFERENCE:
            estimate = c.x1 / c.n1 - c.x0 / c.n0
            z = score_statistic(scale, c, 0.0, corrected)
            return _tested(estimate, z, *limits(scale, c, estimate, pair.z, corrected))
        above, below = _parts(c, odds=scale is ODDS_RATIO)
        if above == below == 0:
            return {}
        z = score_statistic(scale, c, 1.0, corrected)
        low, high = limits(scale, c, 1.0, pair.z, corrected)
        values = _tested(inf, z, low if above else 0.0, high if below else None)
        if below:
            return values | {"estimate": float(above / below)}
        return {name: value for name, value in values.items() if name != "estimate"}

    return method


def _parts(c: Table, odds: bool) -> tuple[int, int]:
    """Numerator and denominator of a ratio; both 0 when it is undefined."""
    if odds:
        return c.x1 * (c.n0 - c.x0), c.x0 * (c.n1 - c.x1)
    return c.x1 * c.n0, c.x0 * c.n1


def _newcombe(pair: Pair) -> dict[str, float]:
    """Newcombe 1998, method 10, from Wilson limits as roots of (x/n - p)^2 = z^2 p (1 - p) / n."""
    c, (l1, u1), (l0, u0) = pair.table, *(_wilson(x, n, pair.z) for x, n in (pair.table[:2], pair.table[2:]))
    p1, p0 = c.x1 / c.n1, c.x0 / c.n0
    low, high = sqrt((p1 - l1) ** 2 + (u0 - p0) ** 2), sqrt((u1 - p1) ** 2 + (p0 - l0) ** 2)
    return {"estimate": p1 - p0, "ci_low": p1 - p0 - low, "ci_high": p1 - p0 + high}


def _wilson(x: int, n: int, z: float) -> tuple[float, float]:
    share = x / n
    low, high = sorted(np.roots([1 + z * z / n, -2 * share - z * z / n, share * share]).real)
    return float(low), float(high)


def _fisher(pair: Pair) -> dict[str, float]:
    """The exact probability of all tables no more probable than the observed one, in whole numbers."""
    c = pair.table
    events = c.x1 + c.x0
    ways = {k: comb(c.n1, k) * comb(c.n0, events - k) for k in range(max(0, events - c.n0), min(events, c.n1) + 1)}
    return {"p_value": float(Fraction(sum(w for w in ways.values() if w <= ways[c.x1]), sum(ways.values())))}


def _cmh(pair: Pair) -> dict[str, float]:
    return cochran_mantel_haenszel(pair.strata)


def _wald(odds: bool) -> Callable[[Pair], dict[str, float]]:
    def method(pair: Pair) -> dict[str, float]:
        c = pair.table
        without = (c.n1 - c.x1, c.n0 - c.x0)
        if min(c.x1, c.x0, *(without if odds else (1,))) == 0 or (not odds and without == (0, 0)):
            return {}
        ratio = (c.x1 / without[0]) / (c.x0 / without[1]) if odds else (c.x1 / c.n1) / (c.x0 / c.n0)
        others = 1 / without[0] + 1 / without[1] if odds else -1 / c.n1 - 1 / c.n0
        se = sqrt(1 / c.x1 + 1 / c.x0 + others)
        half = float(np.exp(pair.z * se))
        return _tested(ratio, log(ratio) / se, ratio / half, ratio * half) | {"se_log": se}

    return method


METHODS: dict[str, tuple[bool, Callable[[Pair], dict[str, float]]]] = {
    "standardized": (False, _standardized),
    "miettinen_nurminen": (False, _score(DIFFERENCE)),
    "mee": (False, _score(DIFFERENCE, corrected=False)),
    "newcombe": (False, _newcombe),
    "mantel_haenszel": (False, _mantel_haenszel),
    "stratified_score": (False, _stratified_score),
    "risk_ratio": (True, _score(RISK_RATIO)),
    "odds_ratio": (True, _score(ODDS_RATIO)),
    "wald_risk_ratio": (True, _wald(odds=False)),
    "wald_odds_ratio": (True, _wald(odds=True)),
    "fisher": (False, _fisher),
    "cmh": (False, _cmh),
}
"""Whether it is a ratio, and the method."""
