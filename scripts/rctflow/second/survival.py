"""Times to an event from the definitions: the sets of those at risk, event time by event time.

Cox, ties by Efron (1977, J Am Stat Assoc 72:557): with R those at risk at t, D the d of them with the event then,
w = exp(x'b), and the weights of the l-th tied factor w_i (1 - l / d [i in D]),

    log L = sum_t [ sum_(i in D) x_i'b - sum_(l < d) log sum_(i in R) w_i (1 - l / d [i in D]) ]

the gradient and the information are those of weighted means and covariances of x in R. Log-rank: the events of an arm
at t given those at risk are hypergeometric (Mantel 1966). Kaplan-Meier: kaplan_meier.py. Strata have sets of their
own. The first path is statsmodels'.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rctflow.second.columns import Array, independent_columns
from rctflow.second.errors import NoSecondPathError
from rctflow.second.kaplan_meier import curve
from rctflow.second.normal import ratio_statistics, two_sided_p
from rctflow.second.selection import analysed, constant_columns
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame

Flags = NDArray[np.bool_]
STEPS = 100
INFINITE = 15.0
"""A log hazard ratio beyond this: the partial likelihood has no maximum."""


@dataclass(frozen=True)
class Times:
    """time (n,), event (n,) true when it was seen, stratum (n,) numbers."""

    time: Array
    event: Flags
    stratum: NDArray[np.int64]

    def of(self, chosen: Flags) -> Times:
        """Some of the patients."""
        return Times(self.time[chosen], self.event[chosen], self.stratum[chosen])

    def risk_sets(self) -> list[tuple[Flags, Flags]]:
        """(at risk, with the event then) (n,) per stratum and time of an event."""
        found = []
        for level in np.unique(self.stratum):
            inside = self.stratum == level
            for t in np.unique(self.time[inside & self.event]):
                found.append((inside & (self.time >= t), inside & self.event & (self.time == t)))
        return found


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Contrast -> hazard ratio and log-rank test; arm -> n, events, Kaplan-Meier curve and median; at the visit.

    What is not estimable is absent. Raises NoSecondPathError when there are no records.
    """
    rows = analysed(bds, adsl, declared)
    rows = rows[rows["AVISIT"] == declared.visit].reset_index(drop=True)
    if rows.empty:
        raise NoSecondPathError("no record can be analysed")
    labels = [" x ".join(str(row[name]) for name in declared.factors) for row in rows.to_dict("records")]
    seen = ~rows["AVALC"].astype(str).str.startswith(">").to_numpy(bool)
    times = Times(rows["AVAL"].to_numpy(float), seen, np.unique(labels, return_inverse=True)[1].astype(np.int64))
    arm_of = rows["ARM"].to_numpy(str)
    found: dict[str, dict[str, float]] = {}
    for arm in declared.arms:
        own = times.of(arm_of == arm)
        found[arm] = {"n": float(len(own.time)), "events": float(own.event.sum())}
        found[arm] |= curve(own.time.tolist(), own.event.tolist(), float(times.time.max()), declared.confidence)
    for arm in declared.arms[1:]:
        of_pair = {arm, declared.arms[0]} <= set(arm_of)
        values = _log_rank(times, arm_of, arm, declared.arms[0]) if of_pair else {}
        with suppress(NoSecondPathError, np.linalg.LinAlgError):  # the log-rank test stands without it
            values |= _hazard_ratio(times, arm_of, rows, arm, declared)
        if values:
            found[declared.contrast(arm, ratio=True)] = values
    return found


def _log_rank(times: Times, arm_of: NDArray[np.str_], arm: str, reference: str) -> dict[str, float]:
    chosen = (arm_of == arm) | (arm_of == reference)
    pair, treated = times.of(chosen), arm_of[chosen] == arm
    excess, variance = 0.0, 0.0
    for at_risk, tied in pair.risk_sets():
        n, n1, d = int(at_risk.sum()), int((at_risk & treated).sum()), int(tied.sum())
        excess += int((tied & treated).sum()) - d * n1 / n
        if n > 1:
            variance += d * (n - d) / (n - 1) * n1 / n * (1 - n1 / n)
    if not variance > 0:
        return {}
    return {"logrank_chi2": excess**2 / variance, "logrank_p_value": two_sided_p(excess / math.sqrt(variance))}


def _hazard_ratio(
    times: Times, arm_of: NDArray[np.str_], rows: DataFrame, arm: str, declared: Declared
) -> dict[str, float]:
    with_event = [name for name in declared.arms if times.event[arm_of == name].any()]
    if arm not in with_event or declared.arms[0] not in with_event:
        raise NoSecondPathError("an arm without events")
    kept = np.isin(arm_of, with_event)
    some, own = times.of(kept), rows[kept].reset_index(drop=True)
    indicators = [(arm_of[kept] == name).astype(float) for name in with_event if name != declared.arms[0]]
    others = constant_columns(own, declared, declared.covariates)
    whole = np.column_stack([np.ones(len(own)), *indicators, *others])
    used = [place for place in independent_columns(whole) if place]
    place = [name for name in with_event if name != declared.arms[0]].index(arm)
    if place + 1 not in used:
        raise NoSecondPathError("the arms are confounded with a covariate")
    X: Array = whole[:, used]
    b, information = _partial_likelihood(some, X - X.mean(0))
    se = math.sqrt(float(np.linalg.inv(information)[used.index(place + 1), used.index(place + 1)]))
    return ratio_statistics(float(b[used.index(place + 1)]), se, declared.confidence)


def _partial_likelihood(times: Times, X: Array) -> tuple[Array, Array]:
    """b at the maximum, and the information there. Raises NoSecondPathError when there is none."""
    sets = times.risk_sets()
    b = np.zeros(X.shape[1])
    value, slope, information = _derivatives(b, X, sets)
    for _ in range(STEPS):
        step = np.linalg.solve(information, slope)
        size = 1.0
        while size > 1e-6 and not _derivatives(b + size * step, X, sets)[0] >= value - 1e-12 * abs(value):
            size /= 2
        b = b + size * step
        value, slope, information = _derivatives(b, X, sets)
        if np.abs(X @ b).max() > 3 * INFINITE or np.abs(b).max() > 1e6:
            break
        if np.abs(step).max() < 1e-10:
            return b, information
    raise NoSecondPathError("the partial likelihood has no maximum that the second path can find")


def _derivatives(b: Array, X: Array, sets: list[tuple[Flags, Flags]]) -> tuple[float, Array, Array]:
    """log L, its gradient and minus its second derivatives."""
    eta = X @ b
    value, slope, information = 0.0, np.zeros(len(b)), np.zeros((len(b), len(b)))
    w = np.exp(eta)
    for at_risk, tied in sets:
        d = int(tied.sum())
        value += float(eta[tied].sum())
        slope += X[tied].sum(0)
        for place in range(d):
            weight = w * at_risk * (1 - place / d * tied)
            total = float(weight.sum())
            mean = X.T @ weight / total
            value -= math.log(total)
            slope -= mean
            information += (X.T * weight) @ X / total - np.outer(mean, mean)
    return value, slope, information
