"""``fit_mmrm``: a mixed model for repeated measures from a long table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rctflow.models.mmrm.clda import constrained_baseline
from rctflow.models.mmrm.design import design_columns, split_design
from rctflow.models.mmrm.errors import DataError, FormulaError, OptionError
from rctflow.models.mmrm.formula import parse_formula
from rctflow.models.mmrm.model import Model, estimate
from rctflow.models.mmrm.options import ORDER_FREE, read_options
from rctflow.models.mmrm.reading import read_records
from rctflow.models.mmrm.result import MmrmFit
from rctflow.models.mmrm.sufficient import sufficient_statistics


def fit_mmrm(
    data: pd.DataFrame,
    formula: str,
    subject: str,
    visit: str,
    covariance: str = "unstructured",
    method: str = "reml",
    df: str = "kenward-roger",
    vcov: str = "model",
    *,
    group: str | None = None,
    weights: str | None = None,
    coordinates: Sequence[str] = (),
    levels: Mapping[str, Sequence[Any]] | None = None,
    clda: tuple[str, Any] | None = None,
    level: float = 0.95,
) -> MmrmFit:
    """Fit an MMRM to ``data``, one row per patient and visit.

    formula: ``"FEV1 ~ RACE + SEX + ARMCD * AVISIT"``; strings, Categoricals and ``C(name)`` are factors in treatment
    contrasts against the first level, the visit always is one. covariance, method, df, vcov: options.py lists the
    names. group: a covariance matrix per level of this column. weights: precision weights, Cov(y) = w^-1/2 Sigma
    w^-1/2. coordinates: columns for a spatial covariance. levels: the order of factor levels. clda: (arm, baseline
    visit) for a constrained baseline (clda.py). level: coverage of the confidence intervals.

    Raises a subclass of MmrmError: FormulaError and OptionError for the call, DataError for the records,
    EstimationError when the covariance cannot be estimated. Source: Mallinckrodt et al 2008; Jennrich & Schluchter
    1986; each method's file names its own.
    """
    options = read_options(covariance, method, df, vcov, coordinates)
    _check_call(data, formula, level, coordinates, clda)
    parsed = parse_formula(formula)
    _check_levels(levels, [*parsed.variables, visit, *data.columns])
    if clda is not None:
        data = constrained_baseline(data, parsed, visit, *clda, levels)
    records = read_records(
        data,
        parsed,
        subject,
        visit,
        group=group,
        weights=weights,
        coordinates=coordinates,
        levels=levels,
        order_counts=options.covariance not in ORDER_FREE and not options.spatial,
    )
    columns = design_columns(parsed, records.variables)
    if not columns:
        raise OptionError(f"formula {formula!r} has no fixed effect; keep the intercept or add a term.")
    if clda is not None and clda[1] not in records.visits:
        raise DataError(
            f"clda: no record at {clda[1]!r} has an outcome and all covariates; there is no baseline to share."
        )
    constrain = None if clda is None else (clda[0], records.visits.index(clda[1]))
    design = split_design(columns, records, visit)
    model = Model(parsed, visit, options, records, columns, design, level, constrain)
    return MmrmFit(model, estimate(model, sufficient_statistics(records, design), []))


def _check_levels(levels: Any, factors: list[str]) -> None:
    for name in levels or {}:
        if name not in factors:
            raise OptionError(
                f"levels: {name!r} is no variable and no column of the data; there are: "
                f"{', '.join(dict.fromkeys(factors))}."
            )


def _check_call(data: Any, formula: Any, level: Any, coordinates: Any, clda: Any) -> None:
    if not isinstance(formula, str):
        raise FormulaError(f"formula must be text, such as 'CHG ~ BASE + ARM * AVISIT'; found {formula!r}.")
    if isinstance(level, bool) or not isinstance(level, int | float | np.number) or not 0 < level < 1:
        raise OptionError(f"level={level!r} must be a number between 0 and 1.")
    if not isinstance(data, pd.DataFrame):
        raise OptionError(
            f"data must be a pandas DataFrame, one row per patient and visit; found {type(data).__name__}."
        )
    if isinstance(coordinates, str):
        raise OptionError(f"coordinates must be a list of column names; write coordinates=[{coordinates!r}].")
    if clda is not None and (isinstance(clda, str) or len(clda) != 2):
        raise OptionError(f"clda must be (arm column, baseline visit); found {clda!r}.")
