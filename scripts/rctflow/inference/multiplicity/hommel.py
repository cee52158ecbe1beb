"""Hommel's procedure: the closed test whose intersections are Simes tests.

    adjusted p_i = max over sets J that contain i of  Simes(J) = min over k of |J| p_(k in J) / k

The worst J of size s that contains i are i and the s - 1 largest other p-values, which the loop uses (Wright 1992,
Biometrics 48:1005, appendix): m^2 / 2 comparisons instead of 2^m tests.

Source: Hommel 1988, Biometrika 75:383. Dependence: as Hochberg's (Simes's inequality).
"""

from __future__ import annotations

from collections.abc import Sequence

from rctflow.inference.multiplicity.adjustment import Adjustment, ascending, placed, ranks

METHOD = (
    "Hommel 1988, closed Simes tests: controls the family-wise error rate when the tests are independent or positively "
    "dependent (Simes's inequality)"
)


def adjust(p: Sequence[float]) -> Adjustment:
    """Adjusted p-values of ``p`` (m,)."""
    m, order = len(p), ascending(p)
    ordered = [p[i] for i in order]
    adjusted = [min(m * value / k for k, value in enumerate(ordered, 1))] * m
    for size in range(m - 1, 0, -1):
        low, high = ordered[: m - size + 1], ordered[m - size + 1 :]
        of_largest = min((size * value / k for k, value in enumerate(high, 2)), default=1.0)
        simes = [min(size * value, of_largest) for value in low]
        simes += [simes[-1]] * len(high)
        adjusted = [max(pair) for pair in zip(adjusted, simes, strict=True)]
    return Adjustment(placed(adjusted, order), ranks(order))
