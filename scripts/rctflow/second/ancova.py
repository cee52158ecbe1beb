"""ANCOVA at one visit by the QR decomposition: y = X b + e, X = QR, R b = Q'y, s2 = |y - X b|^2 / (n - p),
var(c'b) = s2 |R^-T c|^2 (Golub & Van Loan 2013, section 5.3). HC3 by the fits without each row i:
var(c'b) = sum (c'b - c'b(without i))^2, where b - b(without i) = (X'X)^-1 x_i e_i / (1 - x_i'(X'X)^-1 x_i).

The first path uses a singular value decomposition of centred columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctflow.second.columns import Array, independent_columns, is_estimable, is_exact
from rctflow.second.errors import NoSecondPathError
from rctflow.second.selection import analysed, baseline, complete, constant_columns, outcome
from rctflow.second.settings import Declared
from rctflow.second.student import contrast_statistics

if TYPE_CHECKING:
    from pandas import DataFrame


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Contrast -> its statistics at ``declared.visit``; contrasts that are not estimable are absent.

    Raises NoSecondPathError when nothing can be computed.
    """
    rows = analysed(bds, adsl, declared)
    rows = complete(rows[rows["AVISIT"] == declared.visit], declared)
    if rows.empty:
        raise NoSecondPathError("no record can be analysed")
    own = [baseline(rows, declared)] if declared.baseline else []
    arms = [(rows["ARM"] == arm).to_numpy(float) for arm in declared.arms]
    X, y = np.column_stack([*arms, *own, *constant_columns(rows, declared)]), outcome(rows, declared)
    kept = independent_columns(X)
    df = len(y) - len(kept)
    if df < 1:
        raise NoSecondPathError("no residual degree of freedom")
    if is_exact(X[:, kept], y):
        raise NoSecondPathError("the model reproduces every value: there is no residual variance")
    Q, R = np.linalg.qr(X[:, kept])
    b = np.linalg.solve(R, Q.T @ y)
    residual = y - X[:, kept] @ b
    scale = np.sqrt(residual @ residual / df)
    found = {}
    for place, arm in enumerate(declared.arms[1:], 1):
        c = np.zeros(X.shape[1])
        c[place], c[0] = 1.0, -1.0
        if is_estimable(X, c):
            if declared.options.get("vcov") == "HC3":
                se = _without_each(X[:, kept], y, c[kept])
            else:
                se = float(scale * np.linalg.norm(np.linalg.solve(R.T, c[kept])))
            found[declared.contrast(arm)] = contrast_statistics(
                float(c[kept] @ b), se, df, declared.confidence, declared.log
            )
    return found


def _without_each(X: Array, y: Array, c: Array) -> float:
    """The root of the sum of squares of how far c'b moves without each row."""
    whole = c @ np.linalg.lstsq(X, y, rcond=None)[0]
    moved = []
    for row in range(len(y)):
        left = np.delete(X, row, axis=0)
        if np.linalg.matrix_rank(left) == X.shape[1]:
            moved.append(whole - c @ np.linalg.lstsq(left, np.delete(y, row), rcond=None)[0])
        elif is_estimable(left, c):  # the row alone determines a coefficient, but not this function
            continue
        else:
            raise NoSecondPathError("one subject alone determines a part of the comparison")
    return float(np.linalg.norm(moved))
