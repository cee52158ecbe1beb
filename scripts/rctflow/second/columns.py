"""Linear dependence of a design's columns, column by column (modified Gram-Schmidt)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DEPENDENT = 1e-8
ROUNDING = 1e-11


def independent_columns(X: Array) -> list[int]:
    """The columns of X (n, p) that those before them do not determine.

    Any solution of the normal equations gives an estimable function the same value, so that the others may be left out
    (Searle 1971, section 5.4).
    """
    kept: list[int] = []
    basis: list[Array] = []
    for j in range(X.shape[1]):
        rest, length = X[:, j].copy(), np.linalg.norm(X[:, j])
        for _ in range(2):
            for unit in basis:
                rest -= unit * (unit @ rest)
        if length and np.linalg.norm(rest) > DEPENDENT * length:
            basis.append(rest / np.linalg.norm(rest))
            kept.append(j)
    return kept


def is_exact(X: Array, y: Array) -> bool:
    """Whether the columns of X (n, p) reproduce y (n,) but for rounding: residuals that are no residual variance."""
    rest = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return bool(np.linalg.norm(rest) <= ROUNDING * np.linalg.norm(y))


def is_estimable(X: Array, function: Array) -> bool:
    """Whether ``function`` (p,) is a combination of the rows of X (n, p): adding it as a row keeps the rank."""
    size = np.linalg.norm(X, axis=0)
    size[size == 0] = 1.0
    scaled = X / size
    largest = np.linalg.norm(scaled, 2)
    row = function / size
    row = row / np.linalg.norm(row) * largest
    ranks = [np.linalg.matrix_rank(each, tol=1e-8 * largest) for each in (scaled, np.vstack([scaled, row]))]
    return bool(ranks[0] == ranks[1])
