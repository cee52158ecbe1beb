"""From a table with one row per patient and visit to arrays: which rows are used, and where each one stands.

A row is used when outcome, covariates, visit, patient, weight and coordinates are all present (as R and SAS do it).
Patients without a used row are named in ``excluded``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rctflow.models.mmrm.errors import ConstantOutcomeError, DataError, DuplicateVisitError, FormulaError
from rctflow.models.mmrm.formula import Formula
from rctflow.models.mmrm.levels import codes_and_levels, is_categorical, order_of_visits, refuse_numbers_as_objects
from rctflow.models.mmrm.records import Records, Variable

Array = np.ndarray

ROUNDING = 1e-12  # what is left of the digits of a constant that was computed, as of a change from baseline


def read_records(
    data: pd.DataFrame,
    formula: Formula,
    subject: str,
    visit: str,
    *,
    group: str | None = None,
    weights: str | None = None,
    coordinates: Sequence[str] = (),
    levels: Mapping[str, Sequence[Any]] | None = None,
    order_counts: bool = True,
) -> Records:
    """The used rows of ``data`` as arrays.

    Raises FormulaError for a column that is not there, DuplicateVisitError, VisitOrderError, DataError when nothing is
    left or a weight is not positive, ConstantOutcomeError.
    """
    levels = levels or {}
    needed = [formula.response, *formula.variables, subject, visit, *coordinates]
    needed += [name for name in (group, weights) if name is not None]
    _check_columns(data, needed, formula)
    _check_numbers(data, [*coordinates, *([weights] if weights else [])])
    with_covariates, response = _covariates_and_response(data, formula.response, needed)
    used = with_covariates & ~np.isnan(response)
    if not used.any():
        raise DataError(f"no row has {formula.response!r} and all of {needed[1:]}; nothing can be fitted.")
    row, inside = np.flatnonzero(used), np.flatnonzero(with_covariates)
    all_used = len(row) == len(data)  # then nothing is copied: a million patients are possible
    frame, response = (data, response) if all_used else (data.iloc[row], response[row])
    visit_code, visit_levels = order_of_visits(frame[visit], levels.get(visit), order_counts)
    visit_code, visits = _drop_unused(visit_code, visit_levels)
    subject_code, labels = pd.factorize(frame[subject])
    _refuse_duplicates(subject_code, visit_code, labels, visits, visit)
    variables = _variables(frame, formula, Variable(visit, visit_code, visits), levels)
    first = np.empty(len(labels), np.intp)
    first[subject_code[::-1]] = np.arange(len(row))[::-1]
    group_code, groups = _groups(frame, group, levels, subject_code, first)
    _refuse_constant(response, formula.response)
    return Records(
        subjects=pd.Index(labels, name=subject),
        visits=visits,
        row=row,
        subject=subject_code,
        visit=visit_code,
        first=first,
        response=response,
        variables=variables,
        margin={} if all_used else _margin(data, inside, variables, levels),
        margin_weights=None if weights is None else data[weights].to_numpy(float)[inside],
        weights=_weights(frame, weights),
        group=group_code,
        groups=groups,
        coordinates=np.column_stack([frame[c].to_numpy(float) for c in coordinates]) if coordinates else None,
        excluded=() if all_used else _excluded(data[subject], labels),
        notes=_notes(visit, visit_levels, visits),
    )


def _covariates_and_response(data: pd.DataFrame, response: str, needed: Sequence[str]) -> tuple[Array, Array]:
    """(rows,) bool: everything but the response is there; (rows,) the response, missing where it is."""
    present = np.ones(len(data), bool)
    for name in dict.fromkeys(needed):
        if name != response:
            present &= data[name].notna().to_numpy()
    values = data[response].to_numpy(float, na_value=np.nan)
    if np.isinf(values[present]).any():
        raise DataError(f"the outcome {response!r} has infinite values; mend or remove those rows.")
    return present, values


def _variables(
    frame: pd.DataFrame, formula: Formula, visit: Variable, levels: Mapping[str, Sequence[Any]]
) -> dict[str, Variable]:
    variables = {visit.name: visit}
    for name in formula.variables:
        if name != visit.name:
            variables[name] = _variable(frame[name], name in formula.categorical, levels.get(name))
    return variables


def _check_columns(data: pd.DataFrame, needed: Sequence[str], formula: Formula) -> None:
    missing = [name for name in dict.fromkeys(needed) if name not in data.columns]
    if missing:
        raise FormulaError(f"the data have no column {missing[0]!r}; they have: {', '.join(map(str, data.columns))}.")
    twice = [name for name in dict.fromkeys(needed) if (data.columns == name).sum() > 1]
    if twice:
        raise DataError(f"the data have more than one column named {twice[0]!r}; rename one of them.")
    if is_categorical(data[formula.response]):
        raise DataError(f"the outcome {formula.response!r} is not numeric ({data[formula.response].dtype}).")


def _check_numbers(data: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if is_categorical(data[name]):
            raise DataError(f"{name!r} must hold numbers, for weights or coordinates; it holds {data[name].dtype}.")


def _variable(values: pd.Series, as_factor: bool, given: Sequence[Any] | None) -> Variable:
    if not as_factor and given is None and values.dtype == object:
        refuse_numbers_as_objects(values)
    if not (as_factor or given is not None or is_categorical(values)):
        numbers = values.to_numpy(float)
        if not np.isfinite(numbers).all():
            raise DataError(f"{values.name}: the covariate has infinite values; mend or remove those rows.")
        return Variable(str(values.name), numbers)
    codes, levels = _drop_unused(*codes_and_levels(values, given))
    return Variable(str(values.name), codes, levels)


def _drop_unused(codes: Array, levels: Sequence[Any]) -> tuple[Array, tuple[Any, ...]]:
    present = np.bincount(codes, minlength=len(levels)) > 0
    if present.all():
        return codes, tuple(levels)
    return (np.cumsum(present) - 1)[codes], tuple(level for level, there in zip(levels, present, strict=True) if there)


def _refuse_duplicates(subject: Array, visit: Array, labels: Any, visits: Sequence[Any], name: str) -> None:
    seen = np.zeros((len(labels), len(visits)), bool)
    seen[subject, visit] = True
    if np.count_nonzero(seen) == len(subject):
        return
    pairs = pd.DataFrame({"subject": subject, "visit": visit})
    twice = pairs[pairs.duplicated()].drop_duplicates()
    shown = ", ".join(f"{labels[s]} at {name} {visits[v]}" for s, v in twice.head(5).itertuples(index=False))
    more = f" and {len(twice) - 5} more" if len(twice) > 5 else ""
    raise DuplicateVisitError(
        f"more than one record per patient and visit: {shown}{more}. Choose one of each (analysis flag, visit window)."
    )


def _groups(
    frame: pd.DataFrame, group: str | None, levels: Mapping[str, Sequence[Any]], subject: Array, first: Array
) -> tuple[Array | None, tuple[Any, ...]]:
    if group is None:
        return None, ("all",)
    codes, labels = _drop_unused(*codes_and_levels(frame[group], levels.get(group)))
    if (codes[first][subject] != codes).any():
        raise DataError(f"group {group!r} changes within a patient; the covariance can only differ between patients.")
    return codes[first], labels


def _weights(frame: pd.DataFrame, weights: str | None) -> Array | None:
    if weights is None:
        return None
    values = frame[weights].to_numpy(float)
    if not (np.isfinite(values) & (values > 0)).all():
        raise DataError(
            f"weights {weights!r} must be positive numbers; give excluded records no row instead of weight 0."
        )
    return values


def _refuse_constant(response: Array, name: str) -> None:
    if np.ptp(response) <= ROUNDING * np.abs(response).max():
        raise ConstantOutcomeError(
            f"the outcome {name!r} is {response[0]:g} in every record; there is nothing to model."
        )


def _margin(
    data: pd.DataFrame,
    inside: Array,
    variables: Mapping[str, Variable],
    levels: Mapping[str, Sequence[Any]],
) -> dict[str, Array]:
    """Level codes of the factors on all rows with covariates, -1 for a level that the model does not have."""
    frame, margin = data.iloc[inside], {}
    for name, variable in variables.items():
        if variable.levels is not None:
            codes, order = codes_and_levels(frame[name], levels.get(name))
            place = np.array([variable.levels.index(v) if v in variable.levels else -1 for v in order])
            margin[name] = place[codes]
    return margin


def _excluded(subjects: pd.Series, labels: Any) -> tuple[Any, ...]:
    everyone = pd.Index(subjects.dropna().unique())
    return tuple(everyone.difference(pd.Index(labels), sort=False))


def _notes(visit: str, before: Sequence[Any], after: Sequence[Any]) -> tuple[str, ...]:
    gone = [str(v) for v in before if v not in after]
    return (f"{visit}: no used record at {', '.join(gone)}; left out",) if gone else ()
