"""Whether the likelihood of censored values has a maximum, and which values keep it from having one.

Along a direction d of the coefficients with x_i'd = 0 for every observed i and x_i'd <= 0 for every censored i the
likelihood never falls: where x_i'd < 0 the probability of lying below the limit goes to 1. An arm or a stratum of
which every value lies below the limit is the plain case. In the limit such values say nothing about anything else, and
the maximum over the other coefficients is that without them. The largest set of such values is that of the linear
program: maximize sum s_i with 0 <= s_i <= 1 and x_i'd <= -s_i over the censored (as Albert & Anderson 1984, Biometrika
71:1, and Konis 2007 decide separation in logistic regression).
"""

from __future__ import annotations

import numpy as np

from rctflow.models.censored.likelihood import Flags
from rctflow.models.linear import RANK_TOLERANCE, Array


def unbounded_values(design: Array, censored: Flags) -> Flags:
    """(n,) the censored values whose probability goes to 1 at the supremum of the likelihood; none when it is a
    maximum. design: (n, p) of full rank.
    """
    found = np.zeros(len(design), dtype=bool)
    free = _null_space(design[~censored], design.shape[1])
    if not free.shape[1]:
        return found
    from scipy.optimize import linprog

    directions = design[censored] @ free
    m, k = directions.shape
    solution = linprog(
        np.r_[np.zeros(k), -np.ones(m)],
        A_ub=np.column_stack([directions, np.eye(m)]),
        b_ub=np.zeros(m),
        bounds=[(None, None)] * k + [(0, 1)] * m,
        method="highs",
    )
    found[np.flatnonzero(censored)] = np.asarray(solution.x)[k:] > 0.5
    return found


def _null_space(matrix: Array, columns: int) -> Array:
    """(columns, k) orthonormal directions that ``matrix`` (m, columns) takes to zero."""
    if not len(matrix):
        return np.eye(columns)
    _, singular, right = np.linalg.svd(matrix)
    rank = int((singular > RANK_TOLERANCE * max(singular[0], 1e-300)).sum())
    return right[rank:].T
