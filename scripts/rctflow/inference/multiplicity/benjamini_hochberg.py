"""Benjamini and Hochberg's step-up procedure for the false discovery rate.

    adjusted p_(i) = min over j >= i of m p_(j) / j,   p_(1) <= ... <= p_(m)

Source: Benjamini & Hochberg 1995, J R Stat Soc B 57:289; positive dependence: Benjamini & Yekutieli 2001, Ann Stat
29:1165.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from rctflow.inference.multiplicity.adjustment import Adjustment, ascending, placed, ranks

METHOD = (
    "Benjamini & Hochberg 1995, step-up: controls the false discovery rate, not the family-wise error rate, when the "
    "tests are independent or positively dependent (PRDS)"
)


def adjust(p: Sequence[float]) -> Adjustment:
    """Adjusted p-values of ``p`` (m,). order: from the largest p-value down."""
    m, order = len(p), ascending(p)[::-1]
    stepwise = accumulate((m * p[i] / (m - j) for j, i in enumerate(order)), min)
    return Adjustment(placed(list(stepwise), order), ranks(order))
