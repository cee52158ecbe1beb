"""The exact interval of one proportion.

Lower limit: the p at which P(X >= x) = alpha / 2; upper limit: P(X <= x) = alpha / 2, X binomial. Both are quantiles of
beta distributions, Beta(x, n - x + 1) and Beta(x + 1, n - x). With x = 0 of 15 the upper limit is 1 - 0.025^(1/15) =
21.8 %.

Source: Clopper & Pearson 1934, Biometrika 26:404.
"""

from __future__ import annotations

from rctflow.proportions.counts import Interval


def clopper_pearson(x: int, n: int, confidence: float) -> Interval:
    """The interval of x / n; it covers at least ``confidence`` whatever p is."""
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = float(betaincinv(x, n - x + 1, tail)) if x else 0.0
    high = float(betaincinv(x + 1, n - x, 1 - tail)) if x < n else 1.0
    return Interval(low, high)
