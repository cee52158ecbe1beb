"""A positive definite moment estimate of the covariance to start from, and what must be refused before starting.

At visit a the outcome is regressed on that visit's own rows of the design. Without a residual degree of freedom a
variance of that visit's own cannot be estimated; with one and no residual the likelihood is unbounded.
"""

import numpy as np

from rctflow.models.mmrm.errors import ConstantOutcomeError, SingularCovarianceError, ZeroVarianceError
from rctflow.models.mmrm.records import Records
from rctflow.models.mmrm.sufficient import Sufficient

Array = np.ndarray


def moment_estimates(data: Sufficient, records: Records, own_variances: bool) -> list[Array]:
    """(T, T) per group; own_variances: whether the structure has a variance per visit.

    Raises ConstantOutcomeError; ZeroVarianceError, naming the visit, when the fixed effects fit a visit without rest;
    SingularCovarianceError when a visit has too few records for a variance of its own.
    """
    if data.y_range == 0:
        raise ConstantOutcomeError("the outcome has one value in every record; there is nothing to model.")
    pairs = data.mask[:, :, None] & data.mask[:, None]
    estimates = []
    for code, group in enumerate(records.groups):
        own = data.group == code
        where = "" if records.group is None else f" in group {group}"
        for a, visit in enumerate(records.visits):
            _refuse_saturated_visit(data, own & data.mask[:, a], a, f"visit {visit}{where}", own_variances)
        count = (data.count[own, None, None] * pairs[own]).sum(0)
        total = data.yy[own].sum(0)
        if np.diag(total).max() <= (1e-7 * data.y_range) ** 2:
            raise ZeroVarianceError(
                f"the fixed effects explain the outcome without rest{where}, so there is no variance. Use fewer fixed "
                "effects, or check the data."
            )
        moments = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
        estimates.append(_repair(moments))
    return estimates


def _refuse_saturated_visit(data: Sufficient, patterns: Array, a: int, place: str, own_variances: bool) -> None:
    D = data.D[a]
    information = D.T @ data.cc[patterns].sum(0) @ D
    values, vectors = np.linalg.eigh(information)
    used = values > 1e-10 * max(values[-1], 1e-300)
    count, rank = data.count[patterns].sum(), used.sum()
    if count <= rank:
        if own_variances:
            raise SingularCovarianceError(
                f"{place}: {count:.0f} records for {rank} fixed effects, so it can have no variance of its own. "
                "Leave the visit out, use fewer fixed effects, or a structure with a common variance."
            )
        return
    moved = vectors[:, used].T @ (D.T @ data.cy[patterns].sum(0)[:, a])
    rest = data.yy[patterns].sum(0)[a, a] - (moved**2 / values[used]).sum()
    if rest <= (1e-7 * data.y_range) ** 2 * count:
        raise ZeroVarianceError(
            f"{place}: the fixed effects explain the outcome without rest, so it has no variance. Leave the visit out "
            "(a baseline among changes from baseline?), or check the data."
        )


def _repair(moments: Array) -> Array:
    """Fill variances that are missing, then shrink correlations until positive definite."""
    variance = np.diag(moments).copy()
    variance[variance <= 1e-8 * variance.max()] = variance.max()
    s = np.sqrt(variance)
    correlation = moments / np.outer(s, s)
    np.fill_diagonal(correlation, 1.0)
    smallest = np.linalg.eigvalsh(correlation)[0]
    if smallest < 0.02:
        correlation = (correlation + (0.02 - smallest) * np.eye(len(s))) / (1.02 - smallest)
    return correlation * np.outer(s, s)
