"""The likelihood of a covariance of the visits, restricted or not, from the patients' own rows.

With C_i C_i' the covariance of patient i's visits and [Z e] = C_i^-1 [X_i y_i] stacked over patients, [Z e] = Q R, p
the number of columns of X, and r the last diagonal element of R,

    -2 log L = sum_i log|C_i C_i'| + r^2 + N log 2 pi                                                        (ML)
    -2 log L = sum_i log|C_i C_i'| + 2 sum_(j<=p) log|R_jj| + r^2 + (N - p) log 2 pi      (REML; Harville 1977)

Patients belong to one of G groups (arms), each with a covariance of its own, or G is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MEMORY = 2_000_000
"""Numbers held at a time while several covariances are tried at once."""


class Pattern(NamedTuple):
    """The rows (patients, visits) of the patients of one group who were seen at the same visits, with these visits."""

    rows: NDArray[np.int64]
    seen: list[int]
    group: int


@dataclass(frozen=True)
class Stacked:
    """data (N, p + 1): the columns of X, then y, sorted by patient and visit. T visits, G groups."""

    data: Array
    patterns: list[Pattern]
    T: int
    G: int
    restricted: bool

    @classmethod
    def of(
        cls,
        X: Array,
        y: Array,
        subject: Sequence[str],
        visit: NDArray[np.int64],
        T: int,
        group: Sequence[int] | None = None,
        restricted: bool = True,
    ) -> Stacked:
        """From rows in any order; one row per subject and visit (0 .. T - 1). group: of each row, 0 .. G - 1."""
        order = np.lexsort((visit, np.array(subject)))
        rows: dict[str, list[int]] = {}
        for place, row in enumerate(order):
            rows.setdefault(subject[row], []).append(place)
        groups = np.zeros(len(y), int) if group is None else np.array(group)
        sorted_visit, sorted_group = visit[order], groups[order]
        alike: dict[tuple[int, ...], list[list[int]]] = {}
        for own in rows.values():
            alike.setdefault((sorted_group[own[0]], *sorted_visit[own].tolist()), []).append(own)
        patterns = [Pattern(np.array(alike[key]), list(key[1:]), int(key[0])) for key in sorted(alike)]
        return cls(np.column_stack([X, y])[order], patterns, T, int(groups.max()) + 1, restricted)

    @property
    def p(self) -> int:
        """The number of fixed effects."""
        return self.data.shape[1] - 1

    @property
    def n(self) -> int:
        """The number of patients."""
        return sum(len(pattern.rows) for pattern in self.patterns)


def whitened(stacked: Stacked, sigmas: Array) -> tuple[Array, Array]:
    """sum_i log|V_i| (K,) and the rows [Z e] (K, N, p + 1) for K covariances (K, G, T, T), each positive definite."""
    out = np.empty((len(sigmas), *stacked.data.shape))
    logdet = np.zeros(len(sigmas))
    for rows, seen, group in stacked.patterns:
        C = np.linalg.cholesky(sigmas[:, group][:, seen][:, :, seen])
        logdet += 2 * len(rows) * np.log(np.diagonal(C, axis1=1, axis2=2)).sum(1)
        out[:, rows] = np.linalg.inv(C)[:, None] @ stacked.data[rows]
    return logdet, out


def minus2_log_likelihoods(stacked: Stacked, sigmas: Array) -> Array:
    """-2 log L of each of K covariances (K, G, T, T); infinite where one is not positive definite."""
    found = np.full(len(sigmas), np.inf)
    definite = np.flatnonzero(np.linalg.eigvalsh(sigmas)[..., 0].min(axis=-1) > 0)
    parts = np.array_split(definite, max(1, len(definite) * stacked.data.size // MEMORY))
    for part in (part for part in parts if len(part)):
        found[part] = _minus2(stacked, sigmas[part])
    return found


def _minus2(stacked: Stacked, sigmas: Array) -> Array:
    N, p = len(stacked.data), stacked.p
    logdet, rows = whitened(stacked, sigmas)
    diagonal = np.abs(np.diagonal(np.linalg.qr(rows, mode="r"), axis1=1, axis2=2))
    if not stacked.restricted:
        return np.asarray(logdet + diagonal[:, p] ** 2 + N * np.log(2 * np.pi))
    return np.asarray(logdet + 2 * np.log(diagonal[:, :p]).sum(1) + diagonal[:, p] ** 2 + (N - p) * np.log(2 * np.pi))
