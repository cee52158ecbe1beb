"""Means of the model for rows of a data set: x'beta with its standard error and degrees of freedom."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rctflow.models.mmrm.design import design_rows
from rctflow.models.mmrm.errors import DataError

if TYPE_CHECKING:
    from rctflow.models.mmrm.result import MmrmFit


def predicted_means(fit: "MmrmFit", data: pd.DataFrame) -> pd.DataFrame:
    """One row per row of ``data``, which needs the covariates and the visit only, with the index of ``data``.

    Raises DataError for a missing covariate or a level that the fit has not seen.
    """
    settings = {}
    for name in {p.variable for column in fit.model.columns for p in column.parts}:
        variable = fit.model.records.variables[name]
        if name not in data:
            raise DataError(f"prediction: the data have no column {name!r}, which the model uses.")
        if variable.levels is None:
            settings[name] = data[name].to_numpy(float)
            bad = ~np.isfinite(settings[name])
        else:
            settings[name] = pd.Index(list(variable.levels)).get_indexer(pd.Index(data[name].astype(object)))
            bad = settings[name] < 0
        if bad.any():
            raise DataError(f"prediction: {name} is {data[name].iloc[bad.argmax()]!r}, which the fit cannot place.")
    if fit.model.constrain is not None:
        arm, baseline = fit.model.constrain
        settings[arm] = np.where(settings[fit.model.visit] == baseline, 0, settings[arm])
    rows = fit.estimable(design_rows(fit.model.columns, settings, len(data)))
    return fit.estimate(rows).set_index(data.index)
