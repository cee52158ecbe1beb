"""Derivatives at zero of a function of m numbers by central differences; it takes (K, m) and gives (K,).

Where the function is infinite at a step they are not finite, and it is for the caller to take smaller steps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


def gradient(function: Function, m: int, h: float) -> Array:
    """(m,): differences of fourth order."""
    unit = np.eye(m) * h
    f = function(np.vstack([unit, -unit, 2 * unit, -2 * unit])).reshape(4, -1)
    with np.errstate(invalid="ignore"):
        return np.asarray((8 * (f[0] - f[1]) - (f[2] - f[3])) / (12 * h))


def hessian(function: Function, m: int, h: float) -> Array:
    """(m, m): second differences at h and h / 2, extrapolated."""
    with np.errstate(invalid="ignore"):
        return np.asarray((4 * _second(function, m, h / 2) - _second(function, m, h)) / 3)


def _second(function: Function, m: int, h: float) -> Array:
    unit = np.eye(m) * h
    pairs = [(j, k) for j in range(m) for k in range(j)]
    both = np.array([unit[j] + unit[k] for j, k in pairs]).reshape(-1, m)
    f = function(np.vstack([np.zeros((1, m)), unit, -unit, both, -both]))
    plus, minus = f[1 : m + 1], f[m + 1 : 2 * m + 1]
    out = np.diag(plus + minus - 2 * f[0])
    for (j, k), forward, back in zip(pairs, f[2 * m + 1 :], f[2 * m + 1 + len(pairs) :], strict=False):
        out[j, k] = out[k, j] = (forward + back - plus[j] - minus[j] - plus[k] - minus[k] + 2 * f[0]) / 2
    return out / h**2
