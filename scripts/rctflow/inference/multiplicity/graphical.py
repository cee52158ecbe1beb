"""Graphical procedures: hypotheses hand their share of alpha on, once rejected, along a weighted graph.

Shares w_i (sum at most 1) and transitions g_ij (rows sum to at most 1, g_ii = 0). H_i is rejected when p_i <= w_i
alpha; then, for the hypotheses that are left,

    w_k <- w_k + w_i g_ik,      g_kl <- (g_kl + g_ki g_il) / (1 - g_ki g_ik)   (k != l; 0 where g_ki g_ik = 1)

whatever the order of rejections. Adjusted p-values: take the hypothesis with the least p_i / w_i, its adjusted p-value
is that ratio or the last one's, whichever is larger, pass its share on, and so on (algorithm 2).

Source: Bretz, Maurer, Brannath & Posch 2009, Stat Med 28:586, algorithms 1 and 2. Each intersection is tested by a
weighted Bonferroni test, so that no assumption on the dependence is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from rctflow.inference.multiplicity.adjustment import Adjustment, ranks

METHOD = (
    "graphical procedure (Bretz et al. 2009), weighted Bonferroni tests: controls the family-wise error rate whatever "
    "the dependence"
)
LOOP = 1 - 1e-12
"""Two hypotheses that pass everything to each other: what would remain after such a loop is nothing."""

Matrix = list[list[float]]


def adjust(p: Sequence[float], weights: Sequence[float], transitions: Sequence[Sequence[float]]) -> Adjustment:
    """Adjusted p-values of ``p`` (m,); weights (m,) and transitions (m, m) as above.

    A hypothesis that no share of alpha can reach has the adjusted p-value 1.
    """
    shares, graph = list(weights), [list(row) for row in transitions]
    left, order, largest = list(range(len(p))), [], 0.0
    adjusted = [1.0] * len(p)
    while left:
        chosen = min(left, key=lambda i: _ratio(p[i], shares[i]))
        largest = max(largest, _ratio(p[chosen], shares[chosen]))
        adjusted[chosen] = min(1.0, largest)
        order.append(chosen)
        left.remove(chosen)
        shares, graph = passed_on(shares, graph, chosen, left)
    return Adjustment(tuple(adjusted), ranks(order), tuple(weights))


def passed_on(shares: Sequence[float], graph: Matrix, rejected: int, left: Sequence[int]) -> tuple[list[float], Matrix]:
    """Shares and transitions of the hypotheses in ``left`` once ``rejected`` is; zero for all others."""
    i, m = rejected, len(shares)
    new_shares, new = [0.0] * m, [[0.0] * m for _ in range(m)]
    for k in left:
        new_shares[k] = shares[k] + shares[i] * graph[i][k]
        back = graph[k][i] * graph[i][k]
        for other in left:
            if other != k and back < LOOP:
                new[k][other] = (graph[k][other] + graph[k][i] * graph[i][other]) / (1 - back)
    return new_shares, new


def _ratio(p: float, share: float) -> float:
    return p / share if share > 0 else inf
