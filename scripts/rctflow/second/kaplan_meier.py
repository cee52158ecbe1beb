"""The Kaplan-Meier curve of an arm in fractions: S(t) the product of the shares of those at risk who go on.

    S(t) = prod (r - d) / r,   v^2 = sum d / (r (r - d)) / (log S)^2,   limits S^exp(+-z v)

(Kaplan & Meier 1958; Kalbfleisch & Prentice 2002, eq. 1.13). The median's interval holds the times at which
|log(-log S) - log(-log 1/2)| <= z v (Brookmeyer & Crowley 1982, Biometrics 38:29).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from rctflow.second.normal import critical_value

MOST = 8
"""Numbers at risk are told at 0 and at most so many times (docs/models.md)."""


def curve(time: list[float], event: list[bool], longest: float, confidence: float) -> dict[str, float]:
    """at_risk:<time>, survival:<time> with its limits (per cent), censored:<time>, median with its limits.

    longest: the last time of all arms. A limit at S = 0 is absent, as is a median that the curve does not reach.
    """
    if not time:
        return {}
    found = {f"at_risk:{t:.10g}": float(sum(own >= t for own in time)) for t in _round_times(longest)}
    z = critical_value(confidence)
    for t, survival, v in _steps(time, event):
        found[f"survival:{t:.10g}"] = 100 * float(survival)
        if survival:
            for name, width in (("low", z * v), ("high", -z * v)):
                found[f"survival_ci_{name}:{t:.10g}"] = 100 * float(survival) ** math.exp(width)
    last = Counter(t for t, seen in zip(time, event, strict=True) if not seen)
    found |= {f"censored:{t:.10g}": float(n) for t, n in last.items()}
    return found | _median(time, event, z)


def _steps(time: list[float], event: list[bool]) -> Iterator[tuple[float, Fraction, float]]:
    """Event time, S then, and v (0 where S is)."""
    events = Counter(t for t, seen in zip(time, event, strict=True) if seen)
    survival, spread = Fraction(1), Fraction(0)
    for t in sorted(events):
        r, d = sum(own >= t for own in time), events[t]
        survival *= Fraction(r - d, r)
        spread += Fraction(d, r * (r - d)) if r > d else 0
        yield t, survival, math.sqrt(spread) / abs(math.log(survival)) if survival else 0.0


def _median(time: list[float], event: list[bool], z: float) -> dict[str, float]:
    found: dict[str, float] = {}
    halved: float | None = None  # where the curve comes to a half exactly: the median is the middle of that level
    for t, survival, v in _steps(time, event):
        if 2 * survival < 1:
            found.setdefault("median", t if halved is None else (halved + t) / 2)
        elif 2 * survival == 1:
            halved = t
        if not survival:
            break
        away = math.log(-math.log(survival)) - math.log(math.log(2))
        if away >= -z * v:
            found.setdefault("ci_low", t)
        if away > z * v:
            found.setdefault("ci_high", t)
    return found


def _round_times(longest: float) -> list[float]:
    """0 and the multiples up to ``longest`` of the smallest of 1, 2, 2.5 and 5 times a power of ten that gives no more
    than MOST.
    """
    power = Fraction(10) ** (math.floor(math.log10(longest)) - 2)
    end = Fraction(longest)
    sizes = (power * 10**k * Fraction(step, 2) for k in range(5) for step in (2, 4, 5, 10))
    step = next(size for size in sizes if end / size <= MOST)
    return [float(step * place) for place in range(math.floor(end / step + Fraction(1, 10**9)) + 1)]
