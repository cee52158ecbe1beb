"""Tests of a characteristic between all arms at once, for those whose journal or authority asks for them.

Numbers: one-way analysis of variance (F), or Kruskal-Wallis with its correction for ties. Categories: Pearson's
chi-square without continuity correction, or the exact test of Fisher, Freeman & Halton (1951): the probability, given
the margins, of all tables that are no more probable than the one found.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lgamma

import numpy as np
from numpy.typing import NDArray

MOST_STEPS = 2_000_000  # about two seconds
RELATIVE = 1e-7  # two tables are equally probable when they differ by less, as in R's fisher.test


def anova(samples: Sequence[NDArray[np.float64]]) -> float | None:
    """p of one-way analysis of variance; None with fewer than two samples (n_k,) or no variance within them."""
    from scipy.special import fdtrc

    samples = [sample for sample in samples if len(sample)]
    n, k = sum(map(len, samples)), len(samples)
    if k < 2 or n <= k:
        return None
    grand = np.concatenate(samples).mean()
    between = sum(len(sample) * (sample.mean() - grand) ** 2 for sample in samples) / (k - 1)
    within = sum(((sample - sample.mean()) ** 2).sum() for sample in samples) / (n - k)
    return float(fdtrc(k - 1, n - k, between / within)) if within else None


def kruskal_wallis(samples: Sequence[NDArray[np.float64]]) -> float | None:
    """p of Kruskal & Wallis 1952, eq. 1.4 with 1.6 for ties; None with fewer than two samples or one value for all."""
    from scipy.special import chdtrc

    samples = [sample for sample in samples if len(sample)]
    pooled = np.concatenate(samples) if samples else np.empty(0)
    n = len(pooled)
    _, place, tied = np.unique(pooled, return_inverse=True, return_counts=True)
    correction = 1 - float((tied**3 - tied).sum()) / (n**3 - n) if n > 1 else 0.0
    if len(samples) < 2 or not correction:
        return None
    ranks = (np.cumsum(tied) - (tied - 1) / 2)[place]
    parts = np.split(ranks, np.cumsum([len(sample) for sample in samples])[:-1])
    statistic = 12 / (n * (n + 1)) * sum(part.sum() ** 2 / len(part) for part in parts) - 3 * (n + 1)
    return float(chdtrc(len(samples) - 1, statistic / correction))


def chi_square(table: NDArray[np.int64]) -> float | None:
    """p of Pearson's chi-square of a table of levels x arms; None when it has one row or one column."""
    from scipy.special import chdtrc

    table = _filled(table)
    if min(table.shape) < 2:
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return float(chdtrc((table.shape[0] - 1) * (table.shape[1] - 1), statistic))


def fisher(table: NDArray[np.int64]) -> float | None:
    """Exact p of a table of levels x arms; None when it has one row or one column, or is too large (then: chi-square).

    Level by level: for the patients of each arm that are still to be placed, the distinct probabilities of the ways
    there and how much each weighs.
    """
    table = _filled(table)
    if min(table.shape) < 2:
        return None
    states: dict[tuple[int, ...], dict[float, float]] = {tuple(table.sum(axis=0)): {0.0: 1.0}}
    for level in np.sort(table.sum(axis=1)):  # the largest last: it takes whatever the arms have left
        states = _placed(states, int(level))
        if not states:
            return None
    ((_, found),) = states.items()
    observed = -sum(lgamma(int(n) + 1) for n in table.ravel())
    logs = np.array(list(found))
    weights = np.exp(logs - logs.max()) * np.array(list(found.values()))
    return float(min(1.0, weights[logs <= observed + RELATIVE].sum() / weights.sum()))


def _placed(states: dict[tuple[int, ...], dict[float, float]], level: int) -> dict[tuple[int, ...], dict[float, float]]:
    """The states after one more level of so many patients was shared among the arms; none when there are too many."""
    after: dict[tuple[int, ...], dict[float, float]] = {}
    logs = [lgamma(n + 1) for n in range(level + 1)]
    steps = 0
    for rest, ways in states.items():
        if steps > MOST_STEPS or (len(states) == 1 and _number_shared(level, rest) > MOST_STEPS):
            return {}
        for shares in _shared(level, rest):
            log = -sum(map(logs.__getitem__, shares))
            steps += len(ways)
            to = after.setdefault(tuple(r - n for r, n in zip(rest, shares, strict=True)), {})
            for before, weight in ways.items():
                key = round(before + log, 9)
                to[key] = to.get(key, 0.0) + weight
    return after


def _number_shared(level: int, rest: tuple[int, ...]) -> float:
    """How many ways ``_shared`` lists, which takes seconds where they are millions."""
    ways = np.ones(1)
    for n in rest:
        ways = np.convolve(ways, np.ones(min(level, n) + 1))
    return float(ways[level]) if len(ways) > level else 0.0


def _shared(level: int, rest: tuple[int, ...]) -> list[tuple[int, ...]]:
    """All ways to take ``level`` patients from what the arms have left."""
    if len(rest) == 1:
        return [(level,)] if level <= rest[0] else []
    later = sum(rest[1:])
    return [
        (n, *others)
        for n in range(max(0, level - later), min(level, rest[0]) + 1)
        for others in _shared(level - n, rest[1:])
    ]


def _filled(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Without levels and arms that nobody has."""
    table = np.asarray(table, dtype=np.int64)
    table = table[table.sum(axis=1) > 0]
    return table[:, table.sum(axis=0) > 0]
