"""A positive definite moment estimate of the covariance from ordinary least squares residuals, to start from."""

import numpy as np

from rctflow.models.mmrm.errors import ConstantOutcomeError, ZeroVarianceError
from rctflow.models.mmrm.records import Records
from rctflow.models.mmrm.sufficient import Sufficient

Array = np.ndarray


def moment_estimates(data: Sufficient, records: Records) -> list[Array]:
    """(T, T) per group. Raises ZeroVarianceError, naming the visit, when the residuals vanish at a visit."""
    if data.y_range == 0:
        raise ConstantOutcomeError("the outcome has one value in every record; there is nothing to model.")
    pairs = data.mask[:, :, None] & data.mask[:, None]
    estimates = []
    for code in range(len(records.groups)):
        own = data.group == code
        count = (data.count[own, None, None] * pairs[own]).sum(0)
        total = data.yy[own].sum(0)
        _refuse_zero_variance(np.diag(total), np.diag(count), data.y_range, records, code)
        estimates.append(_repair(np.divide(total, count, out=np.zeros_like(total), where=count > 0), count))
    return estimates


def _refuse_zero_variance(total: Array, count: Array, y_range: float, records: Records, code: int) -> None:
    for a, visit in enumerate(records.visits):
        if count[a] > 0 and total[a] > (1e-10 * y_range) ** 2 * count[a]:
            continue
        where = "" if records.group is None else f" in group {records.groups[code]}"
        why = "no record" if count[a] == 0 else "no variation left by the fixed effects"
        raise ZeroVarianceError(
            f"visit {visit}{where}: {why}, so its variance cannot be estimated. Leave the visit out, or use fewer "
            "fixed effects."
        )


def _repair(moments: Array, count: Array) -> Array:
    """Fill variances that are missing, then shrink correlations until positive definite."""
    variance = np.diag(moments).copy()
    s = np.sqrt(variance)
    correlation = moments / np.outer(s, s)
    np.fill_diagonal(correlation, 1.0)
    smallest = np.linalg.eigvalsh(correlation)[0]
    if smallest < 0.02:
        correlation = (correlation + (0.02 - smallest) * np.eye(len(s))) / (1.02 - smallest)
    return correlation * np.outer(s, s)
