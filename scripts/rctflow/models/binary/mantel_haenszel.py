"""The common risk difference over strata, and the Cochran-Mantel-Haenszel test.

In stratum j, N = n1 + n0, w = n1 n0 / N. Common difference D = sum w (p1 - p0) / sum w, with Sato's variance, which
holds for few large strata and for many small ones:

    var D = (D sum P + sum Q) / (sum w)^2,   P = (n1^2 x0 - n0^2 x1 + n1 n0 (n0 - n1) / 2) / N^2,
                                             Q = (x1 (n0 - x0) + x0 (n1 - x1)) / (2 N)

Test: [sum (x1 - n1 m / N)]^2 / sum n1 n0 m (N - m) / (N^2 (N - 1)), m = x1 + x0, chi-square with 1 df, without
continuity correction (SAS FREQ / CMH).

Source: Mantel & Haenszel 1959, J Natl Cancer Inst 22:719; Sato 1989, Biometrics 45:1323 (letter); Greenland & Robins
1985, Biometrics 41:55.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from rctflow.models.contract import NotEstimable
from rctflow.proportions.counts import Counts


def informative(strata: Sequence[Counts]) -> list[Counts]:
    """The strata with subjects of both arms; the others say nothing of the difference.

    Raises NotEstimable when there are none.
    """
    kept = [counts for counts in strata if counts.n1 and counts.n0]
    if not kept:
        raise NotEstimable("no stratum has subjects of both arms")
    return kept


def weight(counts: Counts) -> float:
    """The Mantel-Haenszel weight n1 n0 / N of a stratum."""
    return counts.n1 * counts.n0 / counts.total


def common_difference(strata: Sequence[Counts]) -> float:
    """The weighted mean of the risk differences. Raises NotEstimable without a stratum with both arms."""
    kept = informative(strata)
    return sum(weight(c) * c.difference for c in kept) / sum(map(weight, kept))


def sato_se(strata: Sequence[Counts]) -> float:
    """The standard error of the common difference. Raises NotEstimable when it is zero: all cells say the same."""
    kept = informative(strata)
    p = sum(
        (c.n1**2 * c.x0 - c.n0**2 * c.x1 + c.n1 * c.n0 * (c.n0 - c.n1) / 2) / c.total**2  # Sato's P
        for c in kept
    )
    q = sum((c.x1 * (c.n0 - c.x0) + c.x0 * (c.n1 - c.x1)) / (2 * c.total) for c in kept)
    variance = (common_difference(kept) * p + q) / sum(map(weight, kept)) ** 2
    if variance <= 0:
        raise NotEstimable("the outcome does not vary within the strata, so that there is no standard error")
    return sqrt(variance)


def cmh_chi_square(strata: Sequence[Counts]) -> float:
    """The statistic of the test, 1 df. Raises NotEstimable when no stratum has both arms and both outcomes."""
    kept = [c for c in informative(strata) if 0 < c.events < c.total]
    variance = sum(c.n1 * c.n0 * c.events * (c.total - c.events) / (c.total**2 * (c.total - 1)) for c in kept)
    if not variance:
        raise NotEstimable("no stratum has both arms and both outcomes")
    return float(sum(c.x1 - c.n1 * c.events / c.total for c in kept) ** 2 / variance)
