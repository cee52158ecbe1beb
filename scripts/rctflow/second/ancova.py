"""ANCOVA at one visit by the QR decomposition: y = X b + e, X = QR, R b = Q'y, s2 = |y - X b|^2 / (n - p),
var(c'b) = s2 |R^-T c|^2 (Golub & Van Loan 2013, section 5.3).

The first path uses a singular value decomposition of centred columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctflow.second.columns import independent_columns, is_estimable
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
    Q, R = np.linalg.qr(X[:, kept])
    b = np.linalg.solve(R, Q.T @ y)
    residual = y - X[:, kept] @ b
    scale = np.sqrt(residual @ residual / df)
    found = {}
    for place, arm in enumerate(declared.arms[1:], 1):
        c = np.zeros(X.shape[1])
        c[place], c[0] = 1.0, -1.0
        if is_estimable(X, c):
            se = float(scale * np.linalg.norm(np.linalg.solve(R.T, c[kept])))
            found[declared.contrast(arm)] = contrast_statistics(
                float(c[kept] @ b), se, df, declared.confidence, declared.log
            )
    return found
