"""The exact interval of a Poisson count.

Lower limit: the mean at which P(X >= x) = alpha / 2; upper limit: P(X <= x) = alpha / 2. Both are quantiles of gamma
distributions of shape x and x + 1 (half of those of chi-square with 2 x and 2 x + 2 degrees of freedom). Without an
event the upper limit is -log(alpha / 2), 3.69 at 95 %.

Source: Garwood 1936, Biometrika 28:437.
"""

from __future__ import annotations


def garwood(x: int, confidence: float) -> tuple[float, float]:
    """Limits of the mean of a Poisson count ``x``; they cover at least ``confidence`` whatever the mean is."""
    from scipy.special import gammaincinv

    tail = (1 - confidence) / 2
    low = float(gammaincinv(x, tail)) if x else 0.0
    return low, float(gammaincinv(x + 1, 1 - tail))
