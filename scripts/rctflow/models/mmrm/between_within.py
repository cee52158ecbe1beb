"""Between-within and residual degrees of freedom.

    residual         N - p
    between          n - (1 with an intercept, else 0) - (columns that change between patients only)
    within           N - n - (columns that change within a patient)

The intercept takes the within df. A contrast takes the smallest df among the coefficients that it involves.
Source: Schluchter & Elashoff 1990, J Stat Comput Simul 37:69; R mmrm, vignette "Between-Within", for general contrasts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rctflow.models.mmrm.design import Column, Design

Array = np.ndarray


@dataclass(frozen=True)
class BetweenWithin:
    """df of each coefficient (p,)."""

    df: Array

    def of(self, L: Array) -> float:
        """df of a contrast (p,) or (q, p) of the estimable coefficients."""
        involved = (np.atleast_2d(L) != 0).any(0)
        return float(self.df[involved].min())


def between_within(
    columns: Sequence[Column], design: Design, kept: Array, n_subjects: int, n_records: int
) -> BetweenWithin:
    """The df of every kept column."""
    intercept = np.array([not columns[j].parts for j in kept])
    steady = design.steady[kept]
    between = steady & ~intercept
    df_between = n_subjects - int(intercept.any()) - int(between.sum())
    df_within = n_records - n_subjects - int((~steady).sum())
    return BetweenWithin(np.where(between, df_between, df_within).astype(float))
