"""Standardized differences of two groups at baseline, which do not depend on how many there are.

Numbers (Austin 2009, Stat Med 28:3083, eq. 1): d = (m1 - m0) / sqrt((s1^2 + s0^2) / 2), with the sample variances.
Categories (Yang & Dalton 2012, SAS Global Forum 335-2012): with the proportions p1, p0 of all levels but one and the
multinomial covariances S1, S0 (p_k (1 - p_k) on the diagonal, -p_k p_l beside it), d = sqrt(t' ((S1 + S0) / 2)^-1 t),
t = p1 - p0. With two levels that is |p1 - p0| / sqrt((p1 q1 + p0 q0) / 2). Which level is left out does not matter;
levels that neither group has are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def difference_of_numbers(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """d of ``one`` (n,) against ``other`` (m,), none missing; None when a group has fewer than two values, or when the
    means differ and nothing varies.
    """
    if min(len(one), len(other)) < 2:
        return None
    gap = float(one.mean() - other.mean())
    spread = float((one.var(ddof=1) + other.var(ddof=1)) / 2) ** 0.5
    return gap / spread if spread else (0.0 if not gap else None)


def difference_of_categories(one: Sequence[int], other: Sequence[int]) -> float | None:
    """d >= 0 of the counts per level of two groups, in the same order of levels.

    None when a group is empty, and when a group has levels that the other lacks wholly (a distance without bound).
    """
    counts = np.array([one, other], dtype=float)
    counts = counts[:, counts.sum(axis=0) > 0]
    if not counts.sum(axis=1).all():
        return None
    shares = counts / counts.sum(axis=1, keepdims=True)
    gap = (shares[0] - shares[1])[1:]
    if not gap.any():
        return 0.0
    covariance = sum(np.diag(p) - np.outer(p, p) for p in shares[:, 1:]) / 2
    if np.linalg.matrix_rank(covariance) < len(gap):
        return None
    return float(gap @ np.linalg.solve(covariance, gap)) ** 0.5
