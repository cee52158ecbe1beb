"""Correlation matrices C(rho) of the visits and their derivatives.

    compound-symmetry   C_ij = r                      i != j
    ar1                 C_ij = r^|i-j|
    toeplitz            C_ij = r_|i-j|
    ante-dependence     C_ij = prod_{i<=k<j} r_k      first order (Gabriel 1962; SAS ANTE(1))

Derivatives are arrays (m, T, T) and (m, m, T, T).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Correlation:
    """A family of correlation matrices; rho has ``n_parameters(T)`` elements."""

    n_parameters: Callable[[int], int]
    matrix: Callable[[Array, int], Array]
    first: Callable[[Array, int], Array]
    second: Callable[[Array, int], Array]
    starts: Callable[[Array], list[Array]]
    names: Callable[[Sequence[Any]], list[str]]


def _lag(T: int) -> Array:
    return np.abs(np.subtract.outer(np.arange(T), np.arange(T)))


def _lag_means(correlation: Array) -> Array:
    """Mean correlation at each lag 1 .. T-1, kept inside +-0.95."""
    T = len(correlation)
    return np.clip([np.diagonal(correlation, d).mean() for d in range(1, T)], -0.95, 0.95)


def _power(r: float, exponent: Array) -> Array:
    return np.where(exponent >= 0, float(r) ** np.maximum(exponent, 0), 0.0)


def _ar1_starts(correlation: Array) -> list[Array]:
    if len(correlation) == 1:
        return [np.empty(0)]
    return [np.array([r]) for r in (_lag_means(correlation)[0], 0.0, 0.5, 0.9, -0.4)]


AR1 = Correlation(
    n_parameters=lambda T: min(T - 1, 1),
    matrix=lambda rho, T: _power(rho[0], _lag(T)) if T > 1 else np.eye(1),
    first=lambda rho, T: (_lag(T) * _power(rho[0], _lag(T) - 1))[None] if T > 1 else np.empty((0, 1, 1)),
    second=lambda rho, T: (
        (_lag(T) * (_lag(T) - 1) * _power(rho[0], _lag(T) - 2))[None, None] if T > 1 else np.empty((0, 0, 1, 1))
    ),
    starts=_ar1_starts,
    names=lambda visits: ["corr(lag 1)"][: len(visits) - 1],
)


def _cs_starts(correlation: Array) -> list[Array]:
    T = len(correlation)
    if T == 1:
        return [np.empty(0)]
    mean = (correlation.sum() - T) / (T * (T - 1))
    return [np.array([r]) for r in (np.clip(mean, -0.9 / (T - 1), 0.98), 0.0, 0.5, 0.9)]


COMPOUND_SYMMETRY = Correlation(
    n_parameters=lambda T: min(T - 1, 1),
    matrix=lambda rho, T: rho[0] + (1 - rho[0]) * np.eye(T) if T > 1 else np.eye(1),
    first=lambda rho, T: (1 - np.eye(T))[None] if T > 1 else np.empty((0, 1, 1)),
    second=lambda rho, T: np.zeros((len(rho), len(rho), T, T)),
    starts=_cs_starts,
    names=lambda visits: ["corr"][: len(visits) - 1],
)


def _toeplitz_starts(correlation: Array) -> list[Array]:
    means = _lag_means(correlation) if len(correlation) > 1 else np.empty(0)
    decay = np.cumprod(np.full(len(means), means[0] if len(means) else 0.0))
    return [means, 0.5 * (means + decay), decay, 0.3 * means, np.zeros(len(means))]


TOEPLITZ = Correlation(
    n_parameters=lambda T: T - 1,
    matrix=lambda rho, T: np.concatenate([[1.0], rho])[_lag(T)],
    first=lambda rho, T: np.array([_lag(T) == d for d in range(1, T)], float).reshape(T - 1, T, T),
    second=lambda rho, T: np.zeros((T - 1, T - 1, T, T)),
    starts=_toeplitz_starts,
    names=lambda visits: [f"corr(lag {d})" for d in range(1, len(visits))],
)


def _on_path(T: int) -> Array:
    """(T-1, T, T): whether step k lies between visits i and j."""
    k, i, j = np.ogrid[: T - 1, :T, :T]
    return (np.minimum(i, j) <= k) & (k < np.maximum(i, j))


def _path_product(rho: Array, without: Array, T: int) -> Array:
    """Products of rho over the path from i to j, leaving out the steps in ``without`` (..., T-1)."""
    keep = _on_path(T) & ~without[..., None, None]
    return np.where(keep, rho[:, None, None], 1.0).prod(-3)


def _ante_second(rho: Array, T: int) -> Array:
    unit = np.eye(T - 1, dtype=bool)
    both = _on_path(T)[:, None] & _on_path(T)[None] & ~unit[..., None, None]
    return both * _path_product(rho, unit[:, None] | unit[None], T)


def _ante_starts(correlation: Array) -> list[Array]:
    lag1 = np.clip(np.diagonal(correlation, 1), -0.95, 0.95)
    return [lag1, np.full(len(lag1), lag1.mean() if len(lag1) else 0.0), 0.5 * lag1, np.zeros(len(lag1))]


ANTE_DEPENDENCE = Correlation(
    n_parameters=lambda T: T - 1,
    matrix=lambda rho, T: _path_product(rho, np.zeros(T - 1, bool), T),
    first=lambda rho, T: _on_path(T) * _path_product(rho, np.eye(T - 1, dtype=bool), T),
    second=_ante_second,
    starts=_ante_starts,
    names=lambda visits: [f"corr({a}, {b})" for a, b in pairwise(visits)],
)

CORRELATIONS = {
    "ar1": AR1,
    "compound-symmetry": COMPOUND_SYMMETRY,
    "toeplitz": TOEPLITZ,
    "ante-dependence": ANTE_DEPENDENCE,
}
