"""Where labels and ticks go so that they can be read."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

STEPS = ((1, 2, 5), (1, 1.5, 2, 3, 5, 7), (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9))


def spread(targets: Sequence[float], widths: Sequence[float], low: float, high: float, gap: float) -> list[float]:
    """Centres of labels in [low, high], near their targets (ascending), no two closer than ``gap`` between their edges.

    All lengths in one unit. When they do not fit, the gap shrinks evenly, and labels may then touch.
    """
    if not targets:
        return []
    room = high - low - sum(widths)
    gap = min(gap, room / max(len(targets) - 1, 1))
    centres: list[float] = []
    edge = low - gap
    for target, width in zip(targets, widths, strict=True):
        centres.append(max(target, edge + gap + width / 2))
        edge = centres[-1] + width / 2
    edge = high + gap
    for i in range(len(targets) - 1, -1, -1):
        centres[i] = min(centres[i], edge - gap - widths[i] / 2)
        edge = centres[i] - widths[i] / 2
    return centres


def wrapped(text: str, characters: int) -> str:
    """``text`` in lines of at most ``characters`` (longer words are kept whole)."""
    return "\n".join(textwrap.wrap(text, characters, break_long_words=False)) or text


def log_ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers in [low, high] (both positive) for a logarithmic axis: as many as possible, at most ``most``.

    Within a factor of about 1.5 the ticks are equally spaced tenths, twentieths or finer.
    """
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    best: list[float] = []
    for steps in STEPS:
        ticks = [round(step * 10.0**d, 12) for d in decades for step in steps if low <= step * 10.0**d <= high]
        if len(best) < len(ticks) <= most:
            best = ticks
    if len(best) >= 4:
        return best
    for step in (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if len(best) < last - first + 1 <= most and first > 0:
            best = [round(i * step, 12) for i in range(first, last + 1)]
    return best or [low, high]
