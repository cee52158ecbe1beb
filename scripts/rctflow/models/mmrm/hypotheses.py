"""Type III and type II hypotheses: which contrasts a term's F test sets to zero.

Type III. In sum-to-zero coding the coefficients of a term are its effects averaged, with equal weights, over the levels
of all other factors; the type III hypothesis is that they are zero (Yates' weighted squares of means; Searle 1987; SAS
type 3 where no cell is empty). With X_s the design in that coding and X = X_s B, the coefficients are B beta, so the
contrasts are the rows of B that belong to the term. Covariates are not centred: with an arm-by-covariate interaction
the test of the arm is at 0.

Type II. The term adjusted for all terms that do not contain it. With the columns X1 of the term, X2 of those that
contain it, X0 of all others, and M = I - X0 (X0'X0)^-1 X0',

    L = [ 0,  I,  (X1'M X1)^-1 X1'M X2 ]       on the coefficients of (X0, X1, X2)     (SAS/STAT User's Guide, The Four
    Types).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rctflow.models.mmrm.design import Column, design_columns, design_rows
from rctflow.models.mmrm.errors import NotEstimableError, OptionError
from rctflow.models.mmrm.formula import Formula, Term
from rctflow.models.mmrm.records import Records

Array = np.ndarray


def term_of(text: str, formula: Formula) -> Term:
    """The term named ``text``, whatever the order of its factors. Raises OptionError when the model has none."""
    wanted = frozenset(name.strip().strip("`") for name in text.split(":"))
    for term in formula.terms:
        if frozenset(term) == wanted:
            return term
    raise OptionError(f"{text!r} is not a term of the model; terms: {', '.join(':'.join(t) for t in formula.terms)}.")


def type_three(term: Term, formula: Formula, columns: Sequence[Column], kept: Array, records: Records) -> Array:
    """(q, p) contrasts of the estimable coefficients. Raises NotEstimableError when empty cells leave none."""
    summed = design_columns(formula, records.variables, "sum")
    settings, size = _cells(records, sorted({p.variable for c in columns for p in c.parts}))
    X = design_rows([columns[j] for j in kept], settings, size)
    X_sum = design_rows(summed, settings, size)
    independent = _independent(X_sum)
    B, *_ = np.linalg.lstsq(X_sum[:, independent], X, rcond=None)
    if not np.allclose(X_sum[:, independent] @ B, X, atol=1e-8 * max(1.0, np.abs(X).max())):
        raise NotEstimableError(f"type III test of {':'.join(term)}: empty cells leave its hypothesis undefined.")
    rows = [i for i, j in enumerate(independent) if summed[j].term == term]
    if not rows:
        raise NotEstimableError(f"type III test of {':'.join(term)}: all its columns are collinear with other terms.")
    B[np.abs(B) < 1e-10] = 0.0
    return B[rows]


def refuse_empty_cells(term: Term, dropped: Sequence[Column]) -> None:
    """Raise NotEstimableError when a term that contains ``term`` lost a column: its hypothesis is not unique."""
    for column in dropped:
        if set(column.term) > set(term):
            raise NotEstimableError(
                f"type III test of {':'.join(term)}: {column.name} could not be estimated (an empty cell), so that the "
                "hypothesis depends on the coding. Use contrasts of least-squares means that exist, or kind='II'."
            )


def type_two(term: Term, columns: Sequence[Column], R: Array) -> Array:
    """(q, p) contrasts of the estimable coefficients, given their columns and R (p, p) with X'X = R'R.

    Raises NotEstimableError when all columns of the term are collinear with others.
    """
    place = [1 if column.term == term else 2 if set(column.term) > set(term) else 0 for column in columns]
    own, larger, rest = (np.array([j for j, p in enumerate(place) if p == kind], int) for kind in (1, 2, 0))
    if not len(own):
        raise NotEstimableError(f"type II test of {':'.join(term)}: all its columns are collinear with other terms.")
    G = R.T @ R
    left = G[own] - G[np.ix_(own, rest)] @ np.linalg.solve(G[np.ix_(rest, rest)], G[rest])
    L = np.zeros((len(own), len(columns)))
    L[:, own] = np.eye(len(own))
    L[:, larger] = np.linalg.solve(left[:, own], left[:, larger])
    return L


def _cells(records: Records, names: Sequence[str]) -> tuple[dict[str, Array], int]:
    """Settings with every observed combination of factor levels, each at several generic values of the covariates."""
    factors = [n for n in names if records.variables[n].categorical]
    numbers = [n for n in names if n not in factors]
    code = np.zeros(records.n_records, np.int64)
    for name in factors:
        code = code * len(records.variables[name].levels or ()) + records.variables[name].values
    cells = pd.Series(code).drop_duplicates().index.to_numpy()
    repeats = 1 + 2 ** len(numbers) if numbers else 1
    size = len(cells) * repeats
    settings = {name: np.tile(records.variables[name].values[cells], repeats) for name in factors}
    for k, name in enumerate(numbers):
        settings[name] = np.modf(np.arange(1, size + 1) * np.sqrt(_prime(k)))[0] - 0.5
    return settings, size


def _prime(k: int) -> int:
    primes: list[int] = []
    candidate = 2
    while len(primes) <= k:
        if all(candidate % p for p in primes):
            primes.append(candidate)
        candidate += 1
    return primes[-1]


def _independent(X: Array) -> list[int]:
    """Columns that are independent of those before them."""
    Q = np.zeros((len(X), 0))
    kept = []
    for j in range(X.shape[1]):
        rest = X[:, j] - Q @ (Q.T @ X[:, j])
        rest -= Q @ (Q.T @ rest)
        length, size = float(np.linalg.norm(rest)), float(np.linalg.norm(X[:, j]))
        if length > 1e-8 * max(size, 1e-300):
            kept.append(j)
            Q = np.column_stack([Q, rest / length])
    return kept
