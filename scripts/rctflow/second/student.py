"""Student's t by the incomplete beta function, and the statistics of a contrast.

P(|T| > t) = I_x(df/2, 1/2),   x = df / (df + t^2)      (Abramowitz & Stegun 1964, 26.7.1)
"""

from __future__ import annotations

import math


def two_sided_p(t: float, df: float) -> float:
    """The two-sided p-value of Student's t."""
    from scipy.special import betainc

    return float(betainc(df / 2, 0.5, df / (df + t * t)))


def critical_value(confidence: float, df: float) -> float:
    """The t that is exceeded in absolute value with probability 1 - confidence."""
    from scipy.special import betaincinv

    x = float(betaincinv(df / 2, 0.5, 1 - confidence))
    return math.sqrt(df * (1 - x) / x)


def contrast_statistics(estimate: float, se: float, df: float, confidence: float, log: bool) -> dict[str, float]:
    """estimate, se (``se_log`` on the log scale), df, t, p_value, ci_low, ci_high as result rows write them."""
    half = critical_value(confidence, df) * se
    back = math.exp if log else float
    values = {"estimate": back(estimate), "se_log" if log else "se": se, "df": df, "t": estimate / se}
    values["p_value"] = two_sided_p(estimate / se, df)
    return values | {"ci_low": back(estimate - half), "ci_high": back(estimate + half)}
