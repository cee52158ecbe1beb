"""The normal law by the incomplete gamma function, and the statistics of a ratio.

P(|Z| > z) = Q(1/2, z^2 / 2)      (Abramowitz & Stegun 1964, 26.4.19)
"""

from __future__ import annotations

import math


def two_sided_p(z: float) -> float:
    """The two-sided p-value of a normal statistic."""
    from scipy.special import gammaincc

    return float(gammaincc(0.5, z * z / 2))


def critical_value(confidence: float) -> float:
    """The z that is exceeded in absolute value with probability 1 - confidence."""
    from scipy.special import gammainccinv

    return math.sqrt(2 * float(gammainccinv(0.5, 1 - confidence)))


def ratio_statistics(log: float, se: float, confidence: float) -> dict[str, float]:
    """estimate, se_log, z, p_value, ci_low, ci_high of exp(log), as result rows write Wald's."""
    half = critical_value(confidence) * se
    values = {"estimate": math.exp(log), "se_log": se, "z": log / se, "p_value": two_sided_p(log / se)}
    return values | {"ci_low": math.exp(log - half), "ci_high": math.exp(log + half)}
