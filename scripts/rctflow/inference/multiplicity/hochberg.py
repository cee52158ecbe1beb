"""Hochberg's step-up procedure: the largest p-value against alpha, the next against alpha / 2, ...

    adjusted p_(i) = min over j >= i of (m - j + 1) p_(j),   p_(1) <= ... <= p_(m)

Source: Hochberg 1988, Biometrika 75:800. It rests on Simes's inequality, which holds for independent and for positively
dependent tests (Simes 1986, Biometrika 73:751; Sarkar 1998, Ann Stat 26:494).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from rctflow.inference.multiplicity.adjustment import Adjustment, ascending, placed, ranks

METHOD = (
    "Hochberg 1988, step-up: controls the family-wise error rate when the tests are independent or positively "
    "dependent (Simes's inequality)"
)


def adjust(p: Sequence[float]) -> Adjustment:
    """Adjusted p-values of ``p`` (m,). order: from the largest p-value down."""
    order = ascending(p)[::-1]
    stepwise = accumulate(((j + 1) * p[i] for j, i in enumerate(order)), min)
    return Adjustment(placed(list(stepwise), order), ranks(order))
