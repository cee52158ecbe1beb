"""The description of a sample of numbers, one definition for outcomes and for baseline characteristics.

Quantiles are those of SAS PCTLDEF=5, the empirical distribution with averaging: with the ordered x and n p = j + g, the
quantile is (x_j + x_(j+1)) / 2 when g = 0, else x_(j+1) (Hyndman & Fan 1996, definition 2). The interval of the mean is
Student's t.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STATISTICS = ("n", "mean", "sd", "median", "q1", "q3", "min", "max", "ci_low", "ci_high")


def describe_values(values: NDArray[np.float64], confidence: float) -> dict[str, float]:
    """Those of ``STATISTICS`` that ``values`` (n,), none missing, determine.

    Of no value only n, of one value no sd and no interval.
    """
    n = len(values)
    found: dict[str, float] = {"n": n}
    if n:
        q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
        found |= {"mean": float(values.mean()), "median": float(median), "q1": float(q1), "q3": float(q3)}
        found |= {"min": float(values.min()), "max": float(values.max())}
    if n > 1:
        sd = float(values.std(ddof=1))
        half = t_quantile(confidence, n - 1) * sd / n**0.5
        found |= {"sd": sd, "ci_low": found["mean"] - half, "ci_high": found["mean"] + half}
    return found


def t_quantile(confidence: float, df: int) -> float:
    """The quantile of Student's t that bounds a two-sided interval of this confidence."""
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + confidence) / 2))
