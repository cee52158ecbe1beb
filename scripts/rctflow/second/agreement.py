"""When two computations of one number agree: the only place that says so.

Disagreement of two numbers a and b: |a - b| / max(|a|, |b|, u). u is the standard error for estimates and limits,
so that an estimate of about zero is not held to digits that mean nothing; for ratios all three are compared as
logarithms. u is 0.001 for p-values, below which they are printed as <0.001, 1 for t and z, and 0 for the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

TOLERANCE = 1e-5
"""Above it two computations disagree and the job fails. A step of 1e-5 moves no printed digit of a result."""
NOISE = 1e-6
"""Below it differences are rounding errors of the second computation's differences, which no two machines share."""

ON_THE_SCALE = ("estimate", "ci_low", "ci_high")
SMALLEST = {"p_value": 0.001, "t": 1.0, "z": 1.0}


def disagreements(first: Mapping[str, float], second: Mapping[str, float], ratio: bool) -> dict[str, float]:
    """Statistic -> disagreement, of the statistics that both have, in the order of ``first``.

    ratio: estimates and limits are ratios and compared as logarithms.
    """
    se = first.get("se_log", first.get("se", 0.0))
    return {name: apart(name, first[name], second[name], se, ratio) for name in first if name in second}


def apart(statistic: str, a: float, b: float, se: float = 0.0, ratio: bool = False) -> float:
    """The disagreement of two numbers of one statistic; se: of the estimate that it belongs to."""
    name = next((name for name in (*ON_THE_SCALE, *SMALLEST) if statistic.endswith(f"_{name}")), statistic)
    if name not in ON_THE_SCALE:
        return disagreement(a, b, SMALLEST.get(name, 0.0))
    if ratio and min(a, b) > 0:
        a, b = math.log(a), math.log(b)
    return disagreement(a, b, se)


def disagreement(a: float, b: float, smallest: float = 0.0) -> float:
    """|a - b| in shares of the larger, or of ``smallest``; infinite when one is not a number."""
    if a == b:
        return 0.0
    share = abs(a - b) / max(abs(a), abs(b), smallest)
    return share if share == share else math.inf
