"""Fixed sequence: each hypothesis at the full level, in the declared order, until one is not rejected.

    adjusted p_(i) = max over j <= i of p_(j),   hypotheses in the declared order

Source: Maurer, Hothorn & Lehmacher 1995; Westfall & Krishen 2001, J Stat Plan Inference 99:25.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from rctflow.inference.multiplicity.adjustment import Adjustment

METHOD = "fixed sequence (Westfall & Krishen 2001): controls the family-wise error rate whatever the dependence"


def adjust(p: Sequence[float]) -> Adjustment:
    """Adjusted p-values of ``p`` (m,), which stand in the order of testing."""
    m = len(p)
    return Adjustment(tuple(accumulate(p, max)), tuple(range(1, m + 1)), (1.0, *(0.0,) * (m - 1)))
