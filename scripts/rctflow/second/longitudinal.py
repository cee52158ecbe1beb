"""The design of a model of all visits: cell means, slopes of the baseline, factors and covariates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctflow.second.columns import Array
from rctflow.second.errors import NoSecondPathError
from rctflow.second.selection import (
    analysed,
    at_baseline,
    baseline,
    complete,
    constant_columns,
    logarithm,
    outcome,
)
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame


SAME = 1e-12
"""Outcomes that differ by less than this share of the values are equal: a change is a difference of two numbers."""


def rows_of_all_visits(bds: DataFrame, adsl: DataFrame, declared: Declared) -> tuple[DataFrame, Array]:
    """The records of the model and their outcome (n,); with the baseline as an outcome (cLDA), its records too.

    Raises NoSecondPathError when they are of fewer than two arms.
    """
    from pandas import concat

    rows = analysed(bds, adsl, declared)
    if is_constrained(declared):
        before = at_baseline(bds, adsl, declared)
        if before.empty:
            raise NoSecondPathError("a baseline that is an outcome, and no baseline value")
        rows = concat([before, rows], ignore_index=True)
        y = logarithm(rows["AVAL"]) if declared.log else rows["AVAL"].to_numpy(float)
    else:
        rows = complete(rows, declared)
        y = outcome(rows, declared)
    if rows["ARM"].nunique() < 2:
        raise NoSecondPathError("records of fewer than two arms")
    if np.ptp(y) <= SAME * rows["AVAL"].abs().max():
        raise NoSecondPathError("the outcome is the same in every record")
    return rows, y


def is_constrained(declared: Declared) -> bool:
    """Whether the baseline is one of the visits, at which the arms are equal."""
    return bool(declared.options.get("baseline") == "outcome")


def visits_seen(rows: DataFrame, declared: Declared) -> list[str]:
    """The visits with records, in the order of the plan."""
    return [v for v in (declared.baseline_visit, *declared.visits) if (rows["AVISIT"] == v).any()]


def design(rows: DataFrame, declared: Declared) -> tuple[Array, list[tuple[str, str]]]:
    """X (n, p): a mean per visit and arm (one at a baseline that is an outcome), a slope of the baseline per visit,
    factors and covariates. names (p,): visit and arm of a mean, ("", "") of the others.
    """
    order = visits_seen(rows, declared)
    columns: list[Array] = []
    names: list[tuple[str, str]] = []
    for visit in order:
        at = (rows["AVISIT"] == visit).to_numpy()
        for arm in ("",) if visit == declared.baseline_visit else declared.arms:
            own = at if not arm else at & (rows["ARM"] == arm).to_numpy()
            if own.any():
                columns.append(own.astype(float))
                names.append((visit, arm))
    if declared.baseline and not is_constrained(declared):
        slope = baseline(rows, declared)
        columns += [slope * (rows["AVISIT"] == visit).to_numpy(float) for visit in order]
    columns += constant_columns(rows, declared)
    return np.column_stack(columns), [*names, *[("", "")] * (len(columns) - len(names))]


def difference(names: list[tuple[str, str]], visit: str, arm: str, reference: str) -> Array | None:
    """The function (p,) of the coefficients that compares two arms at a visit; None when a cell is empty."""
    cells = (visit, arm), (visit, reference)
    if not set(cells) <= set(names):
        return None
    return np.array([float(name == cells[0]) - float(name == cells[1]) for name in names])
