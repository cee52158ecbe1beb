"""The description of a sample of numbers, one definition for outcomes and for baseline characteristics.

Quantiles are those of SAS PCTLDEF=5, the empirical distribution with averaging: with the ordered x and n p = j + g, the
quantile is (x_j + x_(j+1)) / 2 when g = 0, else x_(j+1) (Hyndman & Fan 1996, definition 2). The interval of the mean is
Student's t.

Of restricted data (``small_cells`` k > 0) no single patient's value is shown: there are no extremes, and each quantile
is the mean of the k ordered values around its rank. With n >= 4 k the three windows do not overlap, so that no
difference of them tells of fewer than k patients; below that there are no quantiles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STATISTICS = ("n", "mean", "sd", "median", "q1", "q3", "min", "max", "ci_low", "ci_high")


def describe_values(values: NDArray[np.float64], confidence: float, small_cells: int = 0) -> dict[str, float]:
    """Those of ``STATISTICS`` that ``values`` (n,), none missing, determine, and that may be shown.

    Of no value only n, of one value no sd and no interval. small_cells: as above, 0 for open data.
    """
    n = len(values)
    found: dict[str, float] = {"n": n}
    if n:
        found |= {"mean": float(values.mean())}
        found |= _near_quantiles(values, small_cells) if small_cells else _quantiles(values)
    if n > 1:
        sd = float(values.std(ddof=1))
        half = t_quantile(confidence, n - 1) * sd / n**0.5
        found |= {"sd": sd, "ci_low": found["mean"] - half, "ci_high": found["mean"] + half}
    return found


def quantile_words(small_cells: int) -> str:
    """How quantiles are computed, for the method of result rows."""
    return f"quantiles as means of the {small_cells} nearest values" if small_cells else "quantiles as PCTLDEF=5"


def _quantiles(values: NDArray[np.float64]) -> dict[str, float]:
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    found = {"median": float(median), "q1": float(q1), "q3": float(q3)}
    return found | {"min": float(values.min()), "max": float(values.max())}


def _near_quantiles(values: NDArray[np.float64], k: int) -> dict[str, float]:
    if len(values) < 4 * k:
        return {}
    ordered = np.sort(values)
    starts = {name: int(len(values) * p - k / 2) for name, p in (("median", 0.5), ("q1", 0.25), ("q3", 0.75))}
    return {name: float(ordered[start : start + k].mean()) for name, start in starts.items()}


def t_quantile(confidence: float, df: int) -> float:
    """The quantile of Student's t that bounds a two-sided interval of this confidence."""
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + confidence) / 2))
