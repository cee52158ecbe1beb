"""The fixed effects: columns of the design, and their split into patient and visit.

A factor in a term is coded by treatment contrasts when the term without it is in the model, else by one indicator per
level (R's rule, Chambers & Hastie 1992, ch. 2). Type III hypotheses need the same columns in sum-to-zero coding.

Each column j is a product of a function of the visit and of patient-constant covariates,

    x_ij(a) = g_j(a) c_i,k(j),     so that     x_i(a) = D_a' c_i,

with D_a (k, p) known and c_i (k,) small. A covariate that changes within a patient enters c_i once per visit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from rctflow.models.mmrm.formula import Formula, Term
from rctflow.models.mmrm.records import Records, Variable

Array = np.ndarray


@dataclass(frozen=True)
class Part:
    """One variable's share in a column: a value per level of a factor, or the number itself (``by_level`` None)."""

    variable: str
    label: str
    by_level: tuple[float, ...] | None

    def evaluate(self, values: Array) -> Array:
        """The share for level codes or numbers of any shape."""
        if self.by_level is None:
            return np.asarray(values, float)
        return np.array(self.by_level)[values]


@dataclass(frozen=True)
class Column:
    """A column of the design; the intercept has no parts."""

    name: str
    term: Term
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Design:
    """c: (n, k) patient values; D: (T, k, p) so that the row of patient i at visit a is ``D[a].T @ c[i]``.

    steady: (p,) whether a column is constant within every patient.
    """

    columns: tuple[Column, ...]
    c: Array
    D: Array
    steady: Array


def design_columns(
    formula: Formula, variables: Mapping[str, Variable], coding: str = "treatment"
) -> tuple[Column, ...]:
    """The columns in R's order; ``coding`` is "treatment" or "sum"."""
    columns = [Column("(Intercept)", (), ())] if formula.intercept else []
    present: set[frozenset[str]] = {frozenset(t) for t in formula.terms} | (
        {frozenset()} if formula.intercept else set()
    )
    for term in formula.terms:
        choices = [_parts(variables[name], frozenset(term) - {name} in present, coding) for name in term]
        for parts in _first_fastest(choices):
            columns.append(Column(":".join(part.label for part in parts), term, parts))
        if not formula.intercept and len(term) == 1 and variables[term[0]].categorical:
            present.add(frozenset())  # the first factor without an intercept spans it
    return tuple(columns)


def design_rows(columns: Sequence[Column], settings: Mapping[str, Array], size: int) -> Array:
    """(size, p): rows of the design for level codes and numbers in ``settings``, each (size,).

    A factor without a setting is averaged over its levels, each with the same weight.
    """
    rows = np.ones((size, len(columns)))
    for j, column in enumerate(columns):
        for part in column.parts:
            if part.variable in settings:
                rows[:, j] *= part.evaluate(settings[part.variable])
            else:
                rows[:, j] *= np.mean(part.by_level or [np.nan])
    return rows


def split_design(columns: Sequence[Column], records: Records, visit: str) -> Design:
    """The patient values and the visit functions of every column."""
    T = len(records.visits)
    kind = {name: _kind(variable, records, name == visit) for name, variable in records.variables.items()}
    scale = None if records.weights is None else np.sqrt(records.weights)
    scale_varies = scale is not None and _varies(scale, records)
    start: dict[tuple[Part, ...], int] = {}
    blocks: list[Array] = []
    filled: list[tuple[Array, int, Array]] = []
    k = 0
    for j, column in enumerate(columns):
        own = tuple(p for p in column.parts if kind[p.variable] in ("patient", "row"))
        by_row = scale_varies or any(kind[p.variable] == "row" for p in own)
        if own not in start:
            start[own] = k
            blocks.append(_patient_values(own, records, by_row, scale))
            k += blocks[-1].shape[1]
        slots = start[own] + (np.arange(T) if by_row else np.zeros(T, int))
        filled.append((slots, j, _visit_function([p for p in column.parts if p not in own], records, visit)))
    D = np.zeros((T, k, len(columns)))
    for slots, j, g in filled:
        D[np.arange(T), slots, j] = g
    varies = [np.ptp(g) > 0 or any(kind[p.variable] == "row" for p in columns[j].parts) for _, j, g in filled]
    return Design(tuple(columns), np.hstack(blocks), D, ~np.array(varies))


def _kind(variable: Variable, records: Records, is_visit: bool) -> str:
    """Of what the variable is a function: "visit", "patient", or "row" when of both."""
    if is_visit:
        return "visit"
    if not _varies(variable.values, records):
        return "patient"
    at_visit = np.zeros(len(records.visits), variable.values.dtype)
    at_visit[records.visit] = variable.values
    return "visit" if (at_visit[records.visit] == variable.values).all() else "row"


def _varies(values: Array, records: Records) -> bool:
    """Whether any patient has two different values."""
    return bool((values[records.first][records.subject] != values).any())


def _visit_function(parts: Sequence[Part], records: Records, visit: str) -> Array:
    """(T,): the product of the parts that depend on the visit only."""
    g = np.ones(len(records.visits))
    for part in parts:
        if part.variable == visit:
            g *= part.evaluate(np.arange(len(records.visits)))
        else:
            values = records.variables[part.variable].values
            at_visit = np.zeros(len(records.visits), values.dtype)
            at_visit[records.visit] = values
            g *= part.evaluate(at_visit)
    return g


def _patient_values(parts: Sequence[Part], records: Records, by_row: bool, scale: Array | None) -> Array:
    """(n, 1) values of patients, or (n, T) when they change with the visit; times the root of the weights."""
    at = slice(None) if by_row else records.first
    factors = [part.evaluate(records.variables[part.variable].values[at]) for part in parts]
    if scale is not None:
        factors.append(scale[at])
    if by_row:
        return records.wide(reduce(np.multiply, factors, np.ones(records.n_records)))
    return reduce(np.multiply, factors, np.ones(records.n_subjects))[:, None]


def _parts(variable: Variable, contrast: bool, coding: str) -> list[Part]:
    if variable.levels is None:
        return [Part(variable.name, variable.name, None)]
    unit = np.eye(len(variable.levels))
    if contrast and coding == "treatment":
        unit = unit[1:]
    elif contrast:
        unit = unit[:-1] - unit[-1]
    names = variable.levels[1:] if contrast and coding == "treatment" else variable.levels
    return [
        Part(variable.name, f"{variable.name}{level}", tuple(values))
        for level, values in zip(names[: len(unit)], unit.tolist(), strict=True)
    ]


def _first_fastest(choices: list[list[Part]]) -> list[tuple[Part, ...]]:
    """All combinations, the first factor changing fastest, as R orders the columns of an interaction."""
    combinations: list[tuple[Part, ...]] = [()]
    for options in choices:
        combinations = [(*left, option) for option in options for left in combinations]
    return combinations
