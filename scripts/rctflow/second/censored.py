"""Left-censored normal regression at one visit by the EM algorithm (Schmee & Hahn 1979, Technometrics 21:417).

Given b and s, a value known only to lie below c has, with z = (c - x'b) / s and m = phi(z) / Phi(z), the mean x'b - s m
and the variance s^2 (1 - z m - m^2). Least squares of these means gives the next b; the mean squared residual plus the
mean variance the next s^2. At the fixed point the likelihood is at its maximum. The information is that of (b, s)
itself; the first path works with b / s and 1 / s, by Newton's method.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rctflow.second.censored_profile import profile
from rctflow.second.columns import Array, independent_columns, is_estimable, is_exact
from rctflow.second.errors import NoSecondPathError
from rctflow.second.selection import analysed, at_baseline, baseline, complete, constant_columns, outcome
from rctflow.second.settings import Declared
from rctflow.second.student import contrast_statistics

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Flags = NDArray[np.bool_]
STEPS = 5000
STILL = 1e-13
PLACED = {"half": 0.5, "sqrt2": 0.5**0.5}


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Contrast -> its statistics at ``declared.visit``; of an arm mostly below the limit, the p-value of detection.

    Raises NoSecondPathError when nothing can be computed.
    """
    rows = analysed(bds, adsl, declared)
    rows = complete(rows[rows["AVISIT"] == declared.visit], declared)
    if rows.empty:
        raise NoSecondPathError("no record can be analysed")
    below = _below(rows["AVALC"])
    before = at_baseline(bds, adsl, declared).set_index("USUBJID")["AVALC"].reindex(rows["USUBJID"]).fillna("")
    before_below = _below(before)
    share = PLACED.get(declared.options["below"], 1.0)
    rows = rows.assign(AVAL=_at(rows["AVAL"], rows["AVALC"], share), BASE=_at(rows["BASE"], before, 0.5))
    rows = rows.assign(CHG=rows["AVAL"] - rows["BASE"])
    own = [baseline(rows, declared), before_below.astype(float)] if declared.baseline else []
    arms = [(rows["ARM"] == arm).to_numpy(float) for arm in declared.arms]
    X, y = np.column_stack([*arms, *own, *constant_columns(rows, declared)]), outcome(rows, declared)
    censored = below & (declared.options["below"] == "censored")
    found = {}
    for arm, place in zip(declared.arms[1:], range(1, len(declared.arms)), strict=True):
        counts = [(int(below[column > 0].sum()), int(column.sum())) for column in (arms[place], arms[0])]
        if not all(n for _, n in counts):
            continue
        if any(100 * few > declared.options["detection_above"] * n for few, n in counts):
            found[declared.contrast(arm)] = {"p_value": _detection(counts)}
        elif (values := _comparison(X, y, censored, place, declared)) is not None:
            found[declared.contrast(arm)] = values
    return found


def _comparison(X: Array, y: Array, censored: Flags, place: int, declared: Declared) -> dict[str, float] | None:
    c = np.zeros(X.shape[1])
    c[place], c[0] = 1.0, -1.0
    if not is_estimable(X, c):
        return None
    kept = independent_columns(X)
    X, c = X[:, kept], c[kept]
    df = len(y) - len(kept)
    if df < 1 or np.linalg.matrix_rank(X[~censored]) < len(kept):
        raise NoSecondPathError("the values above the limit do not determine the model")
    if is_exact(X[~censored], y[~censored]):
        raise NoSecondPathError("the model reproduces every value above the limit: there is no residual variance")
    if declared.options["interval"] == "profile":
        return _profiled(X, y, censored, kept.index(place), declared)
    b, s = _maximum(X, y, censored)
    covariance = np.linalg.inv(_information(X, y, censored, b, s))[:-1, :-1] * len(y) / df
    return contrast_statistics(float(c @ b), float(np.sqrt(c @ covariance @ c)), df, declared.confidence, declared.log)


def _profiled(X: Array, y: Array, censored: Flags, place: int, declared: Declared) -> dict[str, float]:
    """The statistics by the profile likelihood; with b_place = b_0 + d the comparison d is a coefficient."""
    moved = X.copy()
    moved[:, 0] += X[:, place]
    found = profile(moved, y, censored, place, declared.confidence, _maximum)
    if not declared.log:
        return found
    back = {name: math.exp(found[name]) for name in ("estimate", "ci_low", "ci_high")}
    return back | {"se_log": found["se"], "z": found["z"], "p_value": found["p_value"]}


def _maximum(X: Array, y: Array, censored: Flags) -> tuple[Array, float]:
    """b and s where the EM algorithm stands still."""
    b = np.linalg.lstsq(X, y, rcond=None)[0]
    s = float(np.sqrt(np.mean((y - X @ b) ** 2)))
    for _ in range(STEPS):
        mean = X @ b
        z, m = _ratio(y, mean, s)
        filled = np.where(censored, mean - s * m, y)
        spread = np.where(censored, s**2 * (1 - z * m - m**2), 0.0)
        new = np.linalg.lstsq(X, filled, rcond=None)[0]
        size = float(np.sqrt(np.mean((filled - X @ new) ** 2 + spread)))
        still = np.abs(new - b).max() <= STILL * (np.abs(b).max() + s) and abs(size - s) <= STILL * s
        b, s = new, size
        if still:
            return np.asarray(b, float), s
    raise NoSecondPathError(f"the EM algorithm does not stand still after {STEPS} steps")


def _information(X: Array, y: Array, censored: Flags, b: Array, s: float) -> Array:
    """Minus the second derivatives of the log likelihood in (b, s)."""
    z, m = _ratio(y, X @ b, s)
    bend = np.where(censored, m * (z + m), 1.0)  # minus the second derivative of each term in z
    slope = np.where(censored, m, -z)
    first = np.column_stack([-X, -z]) / s  # z by (b, s)
    total = (first.T * bend) @ first
    cross = (slope @ X) / s**2
    total[:-1, -1] -= cross
    total[-1, :-1] -= cross
    total[-1, -1] -= 2 * (slope @ z) / s**2 + (~censored).sum() / s**2
    return np.asarray(total)


def _ratio(y: Array, mean: Array, s: float) -> tuple[Array, Array]:
    """z and phi(z) / Phi(z) of every value, by the scaled complementary error function."""
    from scipy.special import erfcx

    z = (y - mean) / s
    return z, np.sqrt(2 / np.pi) / erfcx(-z / np.sqrt(2))


def _below(text: Series) -> Flags:
    return np.array([str(written).startswith("<") for written in text])


def _at(value: Series, text: Series, share: float) -> Array:
    """The values, with ``share`` of the limit in the place of each that is below it."""
    pairs = zip(value, text, strict=True)
    return np.array([share * float(str(w)[1:]) if str(w).startswith("<") else v for v, w in pairs], dtype=float)


def _detection(counts: list[tuple[int, int]]) -> float:
    """Two-sided Fisher p: the probability of all tables no more probable than the observed one, in whole numbers."""
    from math import comb

    (few, n), (others, m) = counts
    total = few + others
    ways = {k: comb(n, k) * comb(m, total - k) for k in range(max(0, total - m), min(n, total) + 1)}
    return sum(way for way in ways.values() if way <= ways[few]) / comb(n + m, total)
