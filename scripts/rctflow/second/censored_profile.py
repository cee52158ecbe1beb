"""The profile likelihood of one coefficient of a censored normal model, each limit as the root of one system.

A limit of the interval of b_j solves  l(b, log s) = l_max - z^2 / 2,  dl / d(all others) = 0  (Venzon & Moolgavkar
1988, Appl Stat 37:87); the first path maximizes again for each value of b_j on the way of a search.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rctflow.second.errors import NoSecondPathError
from rctflow.second.normal import critical_value, two_sided_p

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Maximum = Callable[[Array, Array, Flags], tuple[Array, float]]


class Surface:
    """X (n, p), y (n,), censored (n,): values of which is known that they are below y."""

    def __init__(self, X: Array, y: Array, censored: Flags) -> None:
        self.X, self.y, self.censored = X, y, censored

    def at(self, theta: Array) -> tuple[float, Array, Array]:
        """l in (b, log s), its gradient and its second derivatives."""
        from scipy.special import erfcx

        s = math.exp(theta[-1])
        z = (self.y - self.X @ theta[:-1]) / s
        tail = erfcx(-z / math.sqrt(2))
        ratio = math.sqrt(2 / math.pi) / tail  # phi / Phi
        value = np.where(
            self.censored, np.log(tail / 2) - z * z / 2, -theta[-1] - z * z / 2 - math.log(2 * math.pi) / 2
        )
        slope = np.where(self.censored, ratio, -z)  # of each term by z
        bend = np.where(self.censored, -ratio * (z + ratio), -1.0)
        by = np.column_stack([-self.X / s, -z])  # z by (b, log s)
        gradient = by.T @ slope
        gradient[-1] -= (~self.censored).sum()
        H = (by.T * bend) @ by
        cross = (slope @ self.X) / s  # d2 z / db dlog s = X / s
        H[:-1, -1] += cross
        H[-1, :-1] += cross
        H[-1, -1] += slope @ z
        return float(value.sum()), gradient, H


def profile(X: Array, y: Array, censored: Flags, at: int, confidence: float, maximum: Maximum) -> dict[str, float]:
    """estimate, se, z, p_value, ci_low, ci_high of coefficient ``at``; maximum: b and s of a design.

    Raises NoSecondPathError when a limit is not found.
    """
    surface = Surface(X, y, censored)
    b, s = maximum(X, y, censored)
    top = np.append(b, math.log(s))
    most, _, H = surface.at(top)
    se = math.sqrt(float(np.linalg.inv(-H)[at, at]))
    others = np.delete(X, at, axis=1)
    held, size = maximum(others, y, censored)
    without = Surface(others, y, censored).at(np.append(held, math.log(size)))[0]
    z = math.copysign(math.sqrt(max(2 * (most - without), 0.0)), b[at])
    half = critical_value(confidence)
    low, high = (_limit(surface, top, at, sign * half * se, most - half**2 / 2) for sign in (-1, 1))
    return {"estimate": float(b[at]), "se": se, "z": z, "p_value": two_sided_p(z), "ci_low": low, "ci_high": high}


def _limit(surface: Surface, top: Array, at: int, shift: float, height: float) -> float:
    from scipy.optimize import root

    def system(point: Array) -> tuple[Array, Array]:
        value, gradient, H = surface.at(point)
        equations, slopes = gradient.copy(), H.copy()
        equations[at], slopes[at] = value - height, gradient
        return equations, slopes

    inverse = np.linalg.inv(surface.at(top)[2])
    start = top + shift * inverse[:, at] / inverse[at, at]
    found = root(system, start, jac=True, method="hybr", options={"xtol": 1e-13})
    if not np.abs(system(found.x)[0]).max() < 1e-7 or not (found.x[at] - top[at]) * shift > 0:
        raise NoSecondPathError("a limit of the profile likelihood was not found by the second computation")
    return float(found.x[at])
