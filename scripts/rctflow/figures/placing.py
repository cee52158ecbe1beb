"""Where labels and ticks go so that they can be read."""

from __future__ import annotations

import math
import re
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
    """``text`` in lines of at most ``characters``; longer words, and brackets that a line can hold, are kept whole."""

    def whole(bracket: re.Match[str]) -> str:
        fits = len(bracket.group()) <= characters - 2  # and a mark behind it
        return bracket.group().replace(" ", "\u00a0") if fits else bracket.group()

    kept = re.sub(r"\([^()]*\)", whole, text)
    return "\n".join(textwrap.wrap(kept, characters, break_long_words=False)) or text


def log_ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers in [low, high] (both positive) for a logarithmic axis: as many as possible, at most ``most``.

    Within a factor of two also equally spaced ones, since powers and their simple multiples are then too few.
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    choices = [[10.0**d for d in decades if d % every == 0] for every in (4, 2, 1)]
    choices += [[step * 10.0**d for d in decades for step in steps] for steps in STEPS]
    if high < 2 * low:
        unit = 10.0 ** math.floor(math.log10(high - low))
        for step in (2 * unit, unit, 0.5 * unit, 0.2 * unit, 0.1 * unit):
            choices.append([i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)])
    inside = [[float(f"{tick:.6g}") for tick in ticks if low <= tick <= high] for ticks in choices]
    best = max((ticks for ticks in inside if len(ticks) <= most), key=len)
    return best or [low, high]
