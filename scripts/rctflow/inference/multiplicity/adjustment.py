"""What every procedure gives back, and the order in which it looked at its hypotheses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Adjustment:
    """Per hypothesis: adjusted p-value, place in the order of testing (from 1), initial share of alpha.

    A hypothesis is rejected at level alpha exactly when its adjusted p-value is at most alpha. weights: empty when the
    procedure has none.
    """

    p_adjusted: tuple[float, ...]
    order: tuple[int, ...]
    weights: tuple[float, ...] = ()


def ascending(p: Sequence[float]) -> list[int]:
    """Indices of the p-values from the smallest to the largest; equal ones in the order of declaration."""
    return sorted(range(len(p)), key=lambda i: p[i])


def ranks(order: Sequence[int]) -> tuple[int, ...]:
    """The place (from 1) of each index in ``order``."""
    place = {index: n for n, index in enumerate(order, 1)}
    return tuple(place[i] for i in range(len(order)))


def placed(values: Sequence[float], order: Sequence[int]) -> tuple[float, ...]:
    """``values``, one for each entry of ``order``, brought back to the order of the hypotheses; at most 1."""
    found = dict(zip(order, values, strict=True))
    return tuple(min(1.0, found[i]) for i in range(len(order)))
