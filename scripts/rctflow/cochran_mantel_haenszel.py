"""Cochran-Mantel-Haenszel statistics of any number of arms and response levels, over strata.

With n_h (R x C) the counts of stratum h, row totals r_h, column totals c_h and N_h patients, under no association the
counts have E n_h = r_h c_h' / N_h and cov_h = (D_r - r_h r_h'/N_h) x (D_c - c_h c_h'/N_h) / (N_h - 1), x Kronecker's
product and D the diagonal matrix of the totals. With a linear function B of the counts,
G = sum B (n_h - E n_h) and V = sum B cov_h B',

    Q = G' V^- G   is chi-squared with rank(V) degrees of freedom.

nonzero correlation       B = c' x r': scores of response and arm (the doses, or 0, 1, 2, ...), 1 df
row mean scores differ    B = c' x I: mean score of each arm, R - 1 df
general association       B = I x I, (R - 1)(C - 1) df

Scores of the response are its values (table scores), so that the row mean scores test compares means by strata.
Source: Landis, Heyman & Koch 1978, Int Stat Rev 46:237; SAS PROC FREQ, option CMH.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rctflow.errors import NotEstimable

Array = NDArray[np.float64]
NAMES = {
    "correlation": "nonzero correlation",
    "row_means": "row mean scores differ",
    "general": "general association",
}
SINGULAR = 1e-10


class Cmh(NamedTuple):
    """A CMH statistic and its degrees of freedom."""

    chi2: float
    df: int

    @property
    def p_value(self) -> float:
        """From the chi-squared distribution."""
        from scipy.special import chdtrc

        return float(chdtrc(self.df, self.chi2))


def cmh(tables: Array, kind: str, columns: Array, rows: Array) -> Cmh:
    """One of ``NAMES`` for tables (strata, R, C); columns (C,) and rows (R,): scores of response levels and of arms.

    Strata of fewer than two patients say nothing. Raises NotEstimable when no stratum has two arms and two levels.
    """
    tables = tables[tables.sum((1, 2)) > 1]
    R, C = tables.shape[1:]
    left, right = {
        "correlation": (rows[None, :], columns[None, :]),
        "row_means": (np.eye(R), columns[None, :]),
        "general": (np.eye(R), np.eye(C)),
    }[kind]
    B = np.kron(left, right)
    G, V = np.zeros(len(B)), np.zeros((len(B), len(B)))
    for table in tables:
        n, r, c = table.sum(), table.sum(1), table.sum(0)
        G += B @ (table - np.outer(r, c) / n).ravel()
        spread = np.kron(np.diag(r) - np.outer(r, r) / n, np.diag(c) - np.outer(c, c) / n) / (n - 1)
        V += B @ spread @ B.T
    values, vectors = np.linalg.eigh(V)
    kept = values > SINGULAR * max(values.max(initial=0.0), SINGULAR)
    if not kept.any():
        raise NotEstimable("no stratum has patients of two arms with different values")
    along = vectors[:, kept].T @ G
    return Cmh(float((along**2 / values[kept]).sum()), int(kept.sum()))
