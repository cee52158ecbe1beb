"""Least-squares means: which linear function of the coefficients a mean is.

A mean of arm g at visit a is the average of the design rows over the levels of the other factors, with covariates at
their mean over the records used (Searle, Speed & Milliken 1980, Am Stat 34:216). The weights of that average:

    equal          every combination of the other factors' levels alike (SAS default, emmeans default)
    proportional   their joint frequencies in the records used (emmeans "proportional")
    observed       their joint frequencies in all records with covariates, whether the outcome is there or not,
                   times the weights if there are any (SAS OM)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from rctflow.models.mmrm.design import Column, design_rows
from rctflow.models.mmrm.errors import OptionError
from rctflow.models.mmrm.records import Records, Variable

Array = np.ndarray

WEIGHTS = ("equal", "proportional", "observed")


@dataclass(frozen=True)
class MeanRows:
    """labels: one row per mean; L: (means, columns) over all columns of the design."""

    labels: pd.DataFrame
    L: Array


def names_of(names: str | Sequence[str] | None) -> list[str]:
    """A list of names from one name, several, or none."""
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(names)


def mean_rows(
    columns: Sequence[Column],
    records: Records,
    visit: str,
    factors: Sequence[str],
    weights: str = "equal",
    at: Mapping[str, Any] | None = None,
    constrain: tuple[str, int] | None = None,
) -> MeanRows:
    """The design rows of the least-squares means of every combination of ``factors``, the last one changing fastest.

    at: covariates and factors held at a value. constrain: (arm, visit code) at which all arms are the reference arm
    (cLDA). Raises OptionError for an unknown factor, level or weighting.
    """
    at = dict(at or {})
    variables = _variables(columns, records, factors, list(at))
    fixed = {name: _value(variables[name], at[name]) for name in at}
    if constrain is not None and visit in variables and visit not in [*factors, *at]:
        each = mean_rows(columns, records, visit, [*factors, visit], weights, at, constrain)
        return _over_visits_after_baseline(each, len(records.visits), constrain[1])
    others = [n for n, v in variables.items() if v.categorical and n not in factors and n not in fixed]
    weights = _weighting(weights)
    evenly = set(others) if weights == "equal" else set()
    share, inner = _frequencies([n for n in others if n not in evenly], variables, records, weights)
    outer = _grid([variables[name] for name in factors])
    size = len(outer) * len(inner)
    settings: dict[str, Array] = {name: np.repeat(outer[:, k], len(inner)) for k, name in enumerate(factors)}
    settings |= {str(name): np.tile(values, len(outer)) for name, values in inner.items()}
    for name, variable in variables.items():
        if name not in settings and name not in evenly:
            value = fixed[name] if name in fixed else float(variable.values.mean())
            settings[name] = np.full(size, value)
    if constrain is not None and constrain[0] in settings and visit in settings:
        settings[constrain[0]] = np.where(settings[visit] == constrain[1], 0, settings[constrain[0]])
    rows = design_rows(columns, settings, size).reshape(len(outer), len(inner), len(columns))
    labels = pd.DataFrame({n: [variables[n].levels[i] for i in outer[:, k]] for k, n in enumerate(factors)})  # type: ignore[index]
    return MeanRows(labels, np.einsum("i,oic->oc", share, rows))


def _variables(
    columns: Sequence[Column], records: Records, factors: Sequence[str], at: Sequence[str]
) -> dict[str, Variable]:
    """The variables of the model; raises OptionError for names of ``factors`` and ``at`` that cannot stand there."""
    model = {p.variable for column in columns for p in column.parts}
    for name in (name for name in [*factors, *at] if name not in model):
        levels = (records.variables[name].levels or ()) if name in records.variables else ()
        if len(levels) == 1:
            raise OptionError(f"{name!r} has one level in the records used ({levels[0]}); leave it out of by= and at=.")
        raise OptionError(f"{name!r} is not in the model; it has: {', '.join(sorted(model))}.")
    variables = {name: variable for name, variable in records.variables.items() if name in model}
    for name in factors:
        if not variables[name].categorical:
            raise OptionError(f"{name!r} is a covariate; hold it at values with at={{{name!r}: ...}}.")
    return variables


def _over_visits_after_baseline(rows: MeanRows, T: int, baseline: int) -> MeanRows:
    """With a constrained baseline, means over visits are over those after baseline, each with the same weight."""
    after = np.arange(T) != baseline
    L = rows.L.reshape(-1, T, rows.L.shape[1])[:, after].mean(1)
    return MeanRows(rows.labels.iloc[::T, :-1].reset_index(drop=True), L)


def _grid(variables: Sequence[Variable]) -> Array:
    """(combinations, variables): level codes, the last variable changing fastest."""
    combinations = list(product(*(range(len(v.levels or ())) for v in variables)))
    return np.array(combinations, int).reshape(len(combinations), len(variables))


def _weighting(weights: str) -> str:
    name = {"om": "observed", "observed-margins": "observed"}.get(weights.lower(), weights.lower())
    if name not in WEIGHTS:
        raise OptionError(f"weights={weights!r} is not known. One of: {', '.join(WEIGHTS)}.")
    return name


def _frequencies(
    names: Sequence[str], variables: Mapping[str, Variable], records: Records, weights: str
) -> tuple[Array, pd.DataFrame]:
    """Shares (combinations,) and level codes (combinations, factors) of the combinations that occur."""
    if not names:
        return np.ones(1), pd.DataFrame(index=[0])
    frame = pd.DataFrame({name: variables[name].values for name in names})
    mass = np.ones(len(frame))
    if weights == "observed" and records.margin:
        frame = pd.DataFrame({name: records.margin[name] for name in names})
        mass = np.ones(len(frame))
    if weights == "observed":
        own = records.margin_weights
        mass = mass if own is None else own
    inside = (frame >= 0).all(axis=1)
    total = pd.Series(mass)[inside].groupby([frame.loc[inside, name] for name in names]).sum()
    combinations = total.index.to_frame(index=False)
    return (total / total.sum()).to_numpy(), combinations


def _value(variable: Variable, value: Any) -> float:
    if variable.levels is None:
        if not isinstance(value, int | float | np.number) or not np.isfinite(value):
            raise OptionError(f"at: {variable.name} is a covariate and is held at a number; {value!r} is none.")
        return float(value)
    if value not in variable.levels:
        raise OptionError(f"{variable.name}: {value!r} is not a level; levels: {', '.join(map(str, variable.levels))}.")
    return variable.levels.index(value)
