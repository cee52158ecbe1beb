"""Holm's step-down procedure: the smallest p-value against alpha / m, the next against alpha / (m - 1), ...

    adjusted p_(i) = max over j <= i of (m - j + 1) p_(j),   p_(1) <= ... <= p_(m)

Source: Holm 1979, Scand J Stat 6:65.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from rctflow.inference.multiplicity.adjustment import Adjustment, ascending, placed, ranks

METHOD = "Holm 1979, step-down: controls the family-wise error rate whatever the dependence"


def adjust(p: Sequence[float]) -> Adjustment:
    """Adjusted p-values of ``p`` (m,)."""
    m, order = len(p), ascending(p)
    stepwise = accumulate(((m - j) * p[i] for j, i in enumerate(order)), max)
    return Adjustment(placed(list(stepwise), order), ranks(order), (1 / m,) * m)
