"""Proportions of two arms at one visit: standardization, score intervals by root finding, Fisher by enumeration, CMH.

Standardization: the logistic model by iteratively reweighted least squares (McCullagh & Nelder 1989, section 2.5);
theta_a and its variance as sums over patients (Ye, Bannick, Yi & Shao 2023, Stat Theory Relat Fields 7:159).
Differences are in percentage points, as the result rows have them.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rctflow.second.columns import Array, independent_columns
from rctflow.second.constrained import DIFFERENCE, ODDS_RATIO, RISK_RATIO, Scale, Table, limits, score_statistic
from rctflow.second.errors import NoSecondPathError
from rctflow.second.normal import critical_value, two_sided_p
from rctflow.second.selection import analysed, baseline, complete, constant_columns
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame

STEPS = 100
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
    """Contrast -> the statistics of the declared methods that have a second path, at ``declared.visit``.

    Raises NoSecondPathError when the first declared method has none, or missing values are counted.
    """
    methods = declared.options["methods"]
    if methods[0] not in METHODS or declared.options["variance"] != "ye" or declared.options["missing"] != "excluded":
        raise NoSecondPathError(
            f"proportions by {methods[0]}, variance {declared.options['variance']}, missing values "
            f"{declared.options['missing']} have no second path"
        )
    rows = analysed(bds, adsl, declared)
    rows = complete(rows[rows["AVISIT"] == declared.visit], declared)
    response = rows["CHG" if declared.outcome == "change" else "AVAL"].to_numpy(float)
    found: dict[str, dict[str, float]] = {}
    for arm in declared.arms[1:]:
        pair = _pair(rows, response, arm, declared)
        if pair.table.n1 and pair.table.n0:
            for place, name in enumerate(method for method in methods if method in METHODS):
                ratio, method = METHODS[name]
                contrast = f"{arm} {'/' if ratio else '-'} {declared.arms[0]}"
                own = found.setdefault(contrast, {})
                for statistic, value in method(pair).items():
                    scale = 100 if statistic in POINTS and not ratio else 1
                    own[f"{name}_{statistic}" if place else statistic] = scale * value
    return {contrast: values for contrast, values in found.items() if values}


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
    """theta_1 - theta_0 with its normal test; nothing when an arm has no patient with, or without, the event."""
    c = pair.table
    if c.x1 in (0, c.n1) or c.x0 in (0, c.n0):
        return {}
    both = [a for a in pair.declared.arms if len(set(pair.response[(pair.rows["ARM"] == a).to_numpy()])) == 2]
    inside = pair.rows["ARM"].isin(both).to_numpy()
    rows, y = pair.rows[inside].reset_index(drop=True), pair.response[inside]
    arms: Array = np.column_stack([(rows["ARM"] == a).to_numpy(float) for a in both]).astype(float)
    own = [baseline(rows, pair.declared)] if pair.declared.baseline else []
    X = np.column_stack([arms, *own, *constant_columns(rows, pair.declared)])
    kept = independent_columns(X)
    b = np.zeros(X.shape[1])
    b[kept] = _logistic(X[:, kept], y)
    rest = X[:, len(both) :] @ b[len(both) :]
    m = 1 / (1 + np.exp(-(rest[:, None] + b[: len(both)])))
    one, zero = both.index(pair.arm), both.index(pair.declared.arms[0])
    estimate = float(m[:, one].mean() - m[:, zero].mean())
    se = sqrt(_variance(arms, m, y, one, zero) / len(y))
    half = pair.z * se
    return _tested(estimate, estimate / se, estimate - half, estimate + half) | {"se": se}


def _logistic(X: Array, y: Array) -> Array:
    """Coefficients of the maximum of the likelihood. Raises NoSecondPathError when it has none."""
    b = np.zeros(X.shape[1])
    for _ in range(STEPS):
        eta = X @ b
        p = 1 / (1 + np.exp(-eta))
        weight = p * (1 - p)
        if not weight.min() > 1e-10:
            break
        root = np.sqrt(weight)
        new = np.linalg.lstsq(root[:, None] * X, root * (eta + (y - p) / weight), rcond=None)[0]
        if np.abs(new - b).max() < 1e-12 * max(1.0, np.abs(new).max()):
            return np.asarray(new, np.float64)
        b = np.asarray(new, np.float64)
    raise NoSecondPathError("the logistic model has no maximum of the likelihood that the second path can find")


def _variance(arms: Array, m: Array, y: Array, one: int, zero: int) -> float:
    """n times the variance of theta_1 - theta_0 (Ye et al. 2023)."""

    def covariance(a: Array, b: Array) -> float:
        return float(((a - a.mean()) * (b - b.mean())).sum() / (len(a) - 1))

    def own(a: int) -> float:
        inside = arms[:, a] > 0
        common, spread = covariance(y[inside], m[inside, a]), covariance(m[:, a], m[:, a])
        return (covariance(y[inside], y[inside]) - 2 * common + spread) / inside.mean() + 2 * common - spread

    ins = [arms[:, a] > 0 for a in (one, zero)]
    crossed = covariance(y[ins[0]], m[ins[0], zero]) + covariance(y[ins[1]], m[ins[1], one])
    return own(one) + own(zero) - 2 * (crossed - covariance(m[:, one], m[:, zero]))


def _score(scale: Scale, corrected: bool = True) -> Callable[[Pair], dict[str, float]]:
    def method(pair: Pair) -> dict[str, float]:
        c = pair.table
        if scale is DIFFERENCE:
            estimate, null = c.x1 / c.n1 - c.x0 / c.n0, 0.0
        elif min(c.x1, c.x0, c.n1 - c.x1, c.n0 - c.x0) == 0:  # left to the first path: a limit may be infinite
            return {}
        else:
            odds = scale is ODDS_RATIO
            above, below = (c.x1 / (c.n1 - c.x1), c.x0 / (c.n0 - c.x0)) if odds else (c.x1 / c.n1, c.x0 / c.n0)
            estimate, null = above / below, 1.0
        z = score_statistic(scale, c, null, corrected)
        return _tested(estimate, z, *limits(scale, c, estimate, pair.z, corrected))

    return method


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
    """Cochran-Mantel-Haenszel without continuity correction (Mantel & Haenszel 1959)."""
    excess, variance = 0.0, 0.0
    for c in (c for c in pair.strata if c.n1 and c.n0 and c.n1 + c.n0 > 1):
        n, events = c.n1 + c.n0, c.x1 + c.x0
        excess += c.x1 - c.n1 * events / n
        variance += c.n1 * c.n0 * events * (n - events) / (n * n * (n - 1))
    if not variance > 0:
        return {}
    chi_square = excess**2 / variance
    return {"chi_square": chi_square, "df": 1.0, "p_value": two_sided_p(sqrt(chi_square))}


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
    "risk_ratio": (True, _score(RISK_RATIO)),
    "odds_ratio": (True, _score(ODDS_RATIO)),
    "wald_risk_ratio": (True, _wald(odds=False)),
    "wald_odds_ratio": (True, _wald(odds=True)),
    "fisher": (False, _fisher),
    "cmh": (False, _cmh),
}
"""Whether it is a ratio, and the method. Mantel-Haenszel differences and their stratified score have no second path."""
