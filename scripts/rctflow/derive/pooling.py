"""Small sites (or levels of any stratum) pooled, so that every level of a model's factor has patients of every arm.

A level with fewer than k patients in any arm joins the pool. While the pool itself has fewer than k in some arm, the
level with the fewest patients among the others joins it; a tie is drawn with the declared seed.
Source of the rule: CDISCPILOT01 statistical analysis plan, section 7.1.
"""

from __future__ import annotations

import pandas as pd

from rctflow.derive.errors import DeriveError
from rctflow.derive.settings import Pool


def pool_levels(levels: pd.Series, arms: pd.Series, pool: Pool, place: str) -> pd.Series:
    """(n,) text: the level of each subject, ``pool.label`` for those pooled.

    levels, arms: (n,) of the same subjects, planned arms. Raises DeriveError when two or more least-enrolling levels
    tie and no seed is declared, and when the pool has the name of a level.
    """
    if levels.eq(pool.label).any():
        raise DeriveError(f"{place}.pool.label: {pool.label!r} is the name of a level; give the pool another name.")
    counts = pd.crosstab(levels, arms)
    small = counts.index[(counts < pool.fewer_than).any(axis=1)].tolist()
    while small and (counts.loc[small].sum() < pool.fewer_than).any() and len(small) < len(counts):
        rest = counts.drop(index=small).sum(axis=1)
        small.append(_one_of(sorted(rest.index[rest == rest.min()]), pool, place))
    return levels.mask(levels.isin(small), pool.label)


def _one_of(tied: list[str], pool: Pool, place: str) -> str:
    if len(tied) == 1:
        return tied[0]
    if pool.seed is None:
        raise DeriveError(
            f"{place}.pool: {', '.join(tied)} enrolled equally few, and one of them joins the pool by chance. Declare "
            "`seed`, so that the same one is drawn again."
        )
    import numpy as np

    return tied[int(np.random.default_rng(pool.seed).integers(len(tied)))]
