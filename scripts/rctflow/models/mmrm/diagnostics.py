"""What tells whether a fit can be trusted: convergence, conditioning, residuals; and the labels of its parts.

Standardized residuals: pearson = r / sqrt(Sigma_aa); normalized = C^-1 r with Sigma = C C' on a patient's visits,
which are uncorrelated with variance 1 under the model (Pinheiro & Bates 2000, sec. 4.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rctflow.models.mmrm.design import Column
from rctflow.models.mmrm.errors import OptionError

if TYPE_CHECKING:
    from rctflow.models.mmrm.result import MmrmFit

Array = np.ndarray

RESIDUALS = ("response", "pearson", "normalized")


@dataclass(frozen=True)
class Diagnostics:
    """gradient_norm: largest |d(-2 log L)/d theta| times the standard error of theta (scale-free).

    decrement: how far -2 log L can still fall, times two. condition: of each group's covariance matrix. correlation:
    (T, T) per group, as ``MmrmFit.covariance``.
    """

    converged: bool
    iterations: int
    starts: int
    gradient_norm: float
    condition: dict[str, float]
    correlation: pd.DataFrame


def diagnose(fit: "MmrmFit") -> Diagnostics:
    """The diagnostics of a fit."""
    optimum = fit.optimum
    norm = float(np.sqrt(max(optimum.decrement, 0.0) / 2))
    matrices = covariance_matrices(fit)
    groups = [str(g) for g in fit.model.records.groups]
    return Diagnostics(
        norm < 1e-3,
        optimum.iterations,
        optimum.starts,
        norm,
        {g: float(np.linalg.cond(m)) for g, m in zip(groups, matrices, strict=True)},
        _table(fit, [m / np.sqrt(np.outer(np.diag(m), np.diag(m))) for m in matrices]),
    )


def covariance_matrices(fit: "MmrmFit") -> list[Array]:
    """(T, T) per group; of a spatial structure, at the median coordinates of each visit."""
    point = fit.optimum.point
    found = []
    for block in point.likelihood.blocks:
        structure = block.structure
        sigma = structure.sigma(point.theta[block.place])
        if sigma is not None and sigma.ndim == 3:
            sigma = type(structure)(_median_distance(fit)[None], structure.power).sigma(point.theta[block.place])[0]  # type: ignore
        found.append(np.asarray(sigma))
    return found


def _median_distance(fit: "MmrmFit") -> Array:
    records = fit.model.records
    frame = pd.DataFrame(records.coordinates).groupby(records.visit).median().to_numpy()
    return np.sqrt(((frame[:, None] - frame[None]) ** 2).sum(2))


def covariance_table(fit: "MmrmFit") -> pd.DataFrame:
    """The covariance matrices as a labelled table."""
    return _table(fit, covariance_matrices(fit))


def _table(fit: "MmrmFit", matrices: list[Array]) -> pd.DataFrame:
    records = fit.model.records
    visits = pd.Index(records.visits, name=fit.model.visit)
    tables = [pd.DataFrame(m, visits, visits) for m in matrices]
    return (
        tables[0]
        if records.group is None
        else pd.concat(dict(zip(records.groups, tables, strict=True)), names=["group"])
    )


def parameter_names(fit: "MmrmFit") -> list[str]:
    """Labels of theta, with the group in front when there are several."""
    records = fit.model.records
    names = []
    for group, block in zip(records.groups, fit.optimum.point.likelihood.blocks, strict=True):
        prefix = "" if records.group is None else f"{group}: "
        names += [prefix + name for name in block.structure.names(records.visits)]
    return names


def notes(fit: "MmrmFit") -> tuple[str, ...]:
    """Sentences for the result row."""
    records = fit.model.records
    found = list(records.notes)
    if fit.lost:
        found.append(f"collinear or empty, dropped: {', '.join(fit.lost)}")
    if records.excluded:
        shown = ", ".join(map(str, records.excluded[:10])) + (", ..." if len(records.excluded) > 10 else "")
        found.append(f"{len(records.excluded)} patients without a usable record: {shown}")
    return tuple(found)


def lost_columns(dropped: Sequence[Column], constrain: tuple[str, int] | None, visit: str) -> tuple[str, ...]:
    """Names of the dropped columns, without the one of each arm that a constrained baseline makes redundant."""
    if constrain is None:
        return tuple(column.name for column in dropped)
    redundant: set[str] = set()
    lost = []
    for column in dropped:
        level = next((part.label for part in column.parts if part.variable == constrain[0]), "")
        if level and {part.variable for part in column.parts} <= {constrain[0], visit} and level not in redundant:
            redundant.add(level)
        else:
            lost.append(column.name)
    return tuple(lost)


def information_criteria(fit: "MmrmFit") -> dict[str, float]:
    """k covariance parameters: aic = f + 2k; aicc = f + 2k m/(m - k - 1); bic = f + k log n patients.

    m = N - p, but at least k + 2, as in SAS PROC MIXED (Hurvich & Tsai 1989 with that bound), so that it is finite.
    """
    f, k = -2 * fit.log_likelihood, len(fit.optimum.point.theta)
    m = max(fit.statistics.n_records - len(fit.names), k + 2)
    return {"aic": f + 2 * k, "aicc": f + 2 * k * m / (m - k - 1), "bic": f + k * np.log(fit.model.records.n_subjects)}


def residual_table(fit: "MmrmFit", kind: str = "response") -> pd.Series:
    """One residual per record used, indexed by its position in the data.

    kind: response, pearson or normalized; with weights the last two are those of the weighted outcome. Raises
    OptionError for another kind.
    """
    if kind not in RESIDUALS:
        raise OptionError(f"residual kind {kind!r} is not known. One of: {', '.join(RESIDUALS)}.")
    data, point = fit.statistics, fit.optimum.point
    residual = data.y - (data.c @ (data.D @ point.b).T) * np.repeat(data.mask, np.diff(data.bounds), axis=0)
    if kind != "response":
        for pattern, mask in enumerate(data.mask):
            rows, seen = slice(data.bounds[pattern], data.bounds[pattern + 1]), np.flatnonzero(mask)
            sigma = np.linalg.inv(point.W[pattern][np.ix_(seen, seen)])
            root = np.linalg.cholesky(sigma) if kind == "normalized" else np.diag(np.sqrt(np.diag(sigma)))
            residual[rows, seen] = np.linalg.solve(root, residual[rows][:, seen].T).T
    back = np.empty_like(residual)
    back[data.order] = residual
    records = fit.model.records
    values = back[records.subject, records.visit]
    if kind == "response" and records.weights is not None:
        values = values / np.sqrt(records.weights)
    return pd.Series(values, records.row, name=kind)
