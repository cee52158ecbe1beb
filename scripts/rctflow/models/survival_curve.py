"""The Kaplan-Meier curve of one arm as result rows, so that a figure has nothing to compute.

    S(t) = product over event times s <= t of (1 - d_s / r_s),   d_s events, r_s patients at risk just before s

Interval on the log(-log) scale with Greenwood's variance: S(t) to the power exp(-+ z v(t)), v(t)^2 = sum of
d_s / (r_s (r_s - d_s)) / log(S(t))^2. Source: Kaplan & Meier 1958, J Am Stat Assoc 53:457; Kalbfleisch & Prentice 2002,
*The Statistical Analysis of Failure Time Data*, eq. 1.13.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rctflow.models.contract import Row
from rctflow.models.linear import Array
from rctflow.proportions.counts import normal_quantile
from rctflow.results import PERCENT

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MOST = 8
"""Times at which the numbers at risk are told, beside 0: at most so many."""


def told_times(longest: float) -> list[float]:
    """Round times from 0 to at most ``longest`` (above 0), equally far from each other."""
    unit = 10.0 ** math.floor(math.log10(longest / MOST))
    step = next(step * unit for step in STEPS if longest / (step * unit) <= MOST)
    return [float(f"{i * step:.10g}") for i in range(math.floor(longest / step + 1e-9) + 1)]


def curve_rows(
    time: Array, event: Any, at: list[float], confidence: float, small_cells: int, shared: dict[str, Any]
) -> Iterator[Row]:
    """``at_risk:<time>`` at the times ``at``; ``survival:<time>`` (per cent without the event) with its interval at
    each event time; ``censored:<time>``, patients who were followed up to then.

    time (n,), event (n,) bool: of the patients of one arm. small_cells: when not 0, a step of the curve is of at least
    so many events, and who was censored when is not told.
    """
    for t in at:
        method = "patients without event or censoring before this time"
        yield Row(f"at_risk:{t:.10g}", int((time >= t).sum()), **shared | {"method": method})
    method = f"Kaplan-Meier; interval {100 * confidence:g} % by log(-log), Greenwood"
    for t, share, low, high in steps(time, event, confidence, small_cells):
        own = shared | {"method": method, "unit": PERCENT}
        yield Row(f"survival:{t:.10g}", 100 * share, **own)
        for name, end in (("low", low), ("high", high)):
            if share:
                yield Row(f"survival_ci_{name}:{t:.10g}", 100 * end, **own)
            else:
                note = "nobody is left without the event, so that the curve has no variance"
                yield Row(f"survival_ci_{name}:{t:.10g}", None, status="not_estimable", note=note, **own)
    if not small_cells:
        for t in sorted(set(time[~event].tolist())):
            n = int((time[~event] == t).sum())
            yield Row(f"censored:{t:.10g}", n, **shared | {"method": "patients followed up to this time without event"})


def steps(time: Array, event: Any, confidence: float, small_cells: int = 0) -> list[tuple[float, float, float, float]]:
    """(event time, S, lower, upper limit) of the Kaplan-Meier curve, as shares; limits mean nothing where S is 0."""
    z = normal_quantile(confidence)
    share, variance, made = 1.0, 0.0, []
    since, kept = 0, []
    for t in sorted(set(time[event].tolist())):
        at_risk, events = int((time >= t).sum()), int((event & (time == t)).sum())
        share *= 1 - events / at_risk
        variance += events / (at_risk * (at_risk - events)) if at_risk > events else 0.0
        if share > 0:
            width = z * math.sqrt(variance) / abs(math.log(share))
            made.append((t, share, share ** math.exp(width), share ** math.exp(-width)))
        else:
            made.append((t, 0.0, 0.0, 0.0))
        since += events
        if since >= small_cells and at_risk - events >= small_cells:
            kept.append(made[-1])
            since = 0
    if 0 < since < small_cells and kept:  # the total number of events would tell how few happened after the last step
        kept.pop()
    return kept if small_cells else made
