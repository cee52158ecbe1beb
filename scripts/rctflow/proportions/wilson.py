"""Wilson's score interval of one proportion.

The p at which |x/n - p| = z sqrt(p (1 - p) / n):

    (2 x + z2 -+ z sqrt(z2 + 4 x (n - x) / n)) / (2 (n + z2)),   z2 = z^2

Source: Wilson 1927, J Am Stat Assoc 22:209; Newcombe 1998, Stat Med 17:857, method 3.
"""

from __future__ import annotations

from math import sqrt

from rctflow.proportions.counts import Interval, normal_quantile


def wilson(x: int, n: int, confidence: float) -> Interval:
    """The interval of x / n, without continuity correction; exactly 0 (1) at its end when nobody (everybody) has it."""
    z = normal_quantile(confidence)
    centre, half = 2 * x + z * z, z * sqrt(z * z + 4 * x * (n - x) / n)
    low, high = ((centre + sign * half) / (2 * (n + z * z)) for sign in (-1, 1))
    return Interval(0.0 if x == 0 else low, 1.0 if x == n else high)
