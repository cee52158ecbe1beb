"""Newcombe's hybrid score interval of the risk difference.

With the Wilson intervals (l1, u1), (l0, u0) of the two proportions and d = p1 - p0:

    d - sqrt((p1 - l1)^2 + (u0 - p0)^2)   to   d + sqrt((u1 - p1)^2 + (p0 - l0)^2)

Source: Newcombe 1998, Stat Med 17:873, method 10 (no continuity correction).
"""

from __future__ import annotations

from math import hypot

from rctflow.proportions.counts import Counts, Interval
from rctflow.proportions.wilson import wilson


def newcombe(counts: Counts, confidence: float) -> Interval:
    """The interval of the risk difference; within -1 to 1 always."""
    one, zero = wilson(counts.x1, counts.n1, confidence), wilson(counts.x0, counts.n0, confidence)
    low = counts.difference - hypot(counts.p1 - one.low, zero.high - counts.p0)
    high = counts.difference + hypot(one.high - counts.p1, counts.p0 - zero.low)
    return Interval(low, high)
