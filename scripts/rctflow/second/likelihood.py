"""The restricted likelihood of an unstructured covariance, from the patients' own rows, with numerical derivatives.

With C_i C_i' the covariance of patient i's visits and [Z e] = C_i^-1 [X_i y_i] stacked over patients, [Z e] = Q R, p
the number of columns of X, and r the last diagonal element of R,

    -2 log L = sum_i log|C_i C_i'| + 2 sum_(j<=p) log|R_jj| + r^2 + (N - p) log 2 pi      (Harville 1977, JASA 72:320)

Derivatives are differences in the coordinates E of Sigma = L (I + E) L' around a given Sigma = L L': there all
directions have the same scale, however strongly the visits are correlated, and E is linear in Sigma.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STEP = 0.005
MEMORY = 2_000_000
"""Numbers held at a time while several covariances are tried at once."""


@dataclass(frozen=True)
class Stacked:
    """data (N, p + 1): the columns of X, then y, sorted by patient and visit. visit: (N,) numbers 0 .. T - 1.

    groups: the rows (patients, visits) of the patients who were seen at the same visits, with these visits.
    """

    data: Array
    visit: NDArray[np.int64]
    groups: list[tuple[NDArray[np.int64], list[int]]]
    T: int

    @classmethod
    def of(cls, X: Array, y: Array, subject: list[str], visit: NDArray[np.int64], T: int) -> Stacked:
        """From rows in any order; one row per subject and visit."""
        order = np.lexsort((visit, np.array(subject)))
        rows: dict[str, list[int]] = {}
        for place, row in enumerate(order):
            rows.setdefault(subject[row], []).append(place)
        sorted_visit = visit[order]
        alike: dict[tuple[int, ...], list[list[int]]] = {}
        for own in rows.values():
            alike.setdefault(tuple(sorted_visit[own].tolist()), []).append(own)
        groups = [(np.array(alike[seen]), list(seen)) for seen in sorted(alike)]
        return cls(np.column_stack([X, y])[order], sorted_visit, groups, T)

    @property
    def p(self) -> int:
        """The number of fixed effects."""
        return self.data.shape[1] - 1


def whitened(stacked: Stacked, sigmas: Array) -> tuple[Array, Array]:
    """sum_i log|V_i| (K,) and the rows [Z e] (K, N, p + 1) for K covariances (K, T, T), each positive definite."""
    out = np.empty((len(sigmas), *stacked.data.shape))
    logdet = np.zeros(len(sigmas))
    for rows, seen in stacked.groups:
        C = np.linalg.cholesky(sigmas[:, seen][:, :, seen])
        logdet += 2 * len(rows) * np.log(np.diagonal(C, axis1=1, axis2=2)).sum(1)
        out[:, rows] = np.linalg.inv(C)[:, None] @ stacked.data[rows]
    return logdet, out


def minus2_log_likelihoods(stacked: Stacked, sigmas: Array) -> Array:
    """-2 log L (REML) of each of K covariances (K, T, T)."""
    N, p = len(stacked.data), stacked.p
    found = []
    for part in np.array_split(sigmas, max(1, len(sigmas) * stacked.data.size // MEMORY)):
        logdet, rows = whitened(stacked, part)
        diagonal = np.abs(np.diagonal(np.linalg.qr(rows, mode="r"), axis1=1, axis2=2))
        found.append(logdet + 2 * np.log(diagonal[:, :p]).sum(1) + diagonal[:, p] ** 2 + (N - p) * np.log(2 * np.pi))
    return np.concatenate(found)


def directions(T: int) -> Array:
    """The basis of symmetric matrices, (m, T, T), m = T (T + 1) / 2."""
    basis = []
    for a in range(T):
        for b in range(a + 1):
            e = np.zeros((T, T))
            e[a, b] = e[b, a] = 1.0
            basis.append(e)
    return np.array(basis)


def around(L: Array, shifts: Array) -> Array:
    """Sigma = L (I + E) L' for K shifts (K, m)."""
    E = np.tensordot(shifts, directions(len(L)), 1)
    return L @ (np.eye(len(L)) + E) @ L.T


def gradient(stacked: Stacked, L: Array) -> Array:
    """d(-2 log L)/dE at E = 0, (m,): differences of fourth order."""
    h = STEP / 4
    unit = np.eye(len(directions(len(L)))) * h
    f = minus2_log_likelihoods(stacked, around(L, np.vstack([unit, -unit, 2 * unit, -2 * unit]))).reshape(4, -1)
    return (8 * (f[0] - f[1]) - (f[2] - f[3])) / (12 * h)


def hessian(stacked: Stacked, L: Array) -> Array:
    """d2(-2 log L)/dE dE' at E = 0, (m, m): second differences at two steps, extrapolated."""
    coarse, fine = _second_differences(stacked, L, STEP), _second_differences(stacked, L, STEP / 2)
    return (4 * fine - coarse) / 3


def _second_differences(stacked: Stacked, L: Array, h: float) -> Array:
    m = len(directions(len(L)))
    unit = np.eye(m) * h
    pairs = [(j, k) for j in range(m) for k in range(j)]
    both = np.array([unit[j] + unit[k] for j, k in pairs]).reshape(-1, m)
    f = minus2_log_likelihoods(stacked, around(L, np.vstack([np.zeros((1, m)), unit, -unit, both, -both])))
    plus, minus = f[1 : m + 1], f[m + 1 : 2 * m + 1]
    out = np.diag(plus + minus - 2 * f[0])
    for (j, k), forward, back in zip(pairs, f[2 * m + 1 :], f[2 * m + 1 + len(pairs) :], strict=False):
        out[j, k] = out[k, j] = (forward + back - plus[j] - minus[j] - plus[k] - minus[k] + 2 * f[0]) / 2
    return out / h**2
