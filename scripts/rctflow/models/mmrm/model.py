"""A model and its estimation: what a fit and its refits share."""

from dataclasses import dataclass

import numpy as np

from rctflow.models.mmrm.design import Column, Design
from rctflow.models.mmrm.errors import DataError
from rctflow.models.mmrm.formula import Formula
from rctflow.models.mmrm.likelihood import Likelihood
from rctflow.models.mmrm.moments import moment_estimates
from rctflow.models.mmrm.optimize import Optimum, maximise
from rctflow.models.mmrm.options import Options
from rctflow.models.mmrm.records import Records
from rctflow.models.mmrm.spatial import Spatial
from rctflow.models.mmrm.structures import Structure, structure_for
from rctflow.models.mmrm.sufficient import Sufficient

Array = np.ndarray


@dataclass(frozen=True)
class Model:
    """Formula, options and records, with the design that they make. constrain: (arm, baseline visit code) for cLDA."""

    formula: Formula
    visit: str
    options: Options
    records: Records
    columns: tuple[Column, ...]
    design: Design
    level: float
    constrain: tuple[str, int] | None


def estimate(model: Model, statistics: Sufficient, starts: list[Array]) -> Optimum:
    """The maximum of the model's likelihood, from ``starts`` and from moment estimates."""
    options, records = model.options, model.records
    _refuse_saturated(statistics)
    moments = moment_estimates(statistics, records, options.own_variances)
    structures = [_structure(options, statistics) for _ in records.groups]
    likelihood = Likelihood(statistics, structures, options.method == "reml")
    per_group = [s.starts(m) for s, m in zip(structures, moments, strict=True)]
    return maximise(likelihood, starts + [np.concatenate(s) for s in zip(*per_group, strict=True)])


def _structure(options: Options, statistics: Sufficient) -> Structure:
    if statistics.distance is not None:
        return Spatial(statistics.distance, 1 if options.covariance == "spatial-exponential" else 2)
    return structure_for(options.covariance, statistics.mask.shape[1])


def _refuse_saturated(statistics: Sufficient) -> None:
    if statistics.n_records <= len(statistics.kept):
        raise DataError(
            f"{statistics.n_records} records for {len(statistics.kept)} fixed effects: nothing is left to estimate the "
            "variance from. Use fewer fixed effects."
        )
