"""Ordinary least squares with arms, covariates at the point of the LS means, and estimability.

The design is X = [one indicator per arm | covariates]; numeric covariates are centred at their mean over the subjects
fitted, a factor of L levels is L - 1 indicators. With a the point at which a covariate column is held (0 for a
centred one; 1/L or the level's share for an indicator), the LS mean of arm j is e_j + a applied to the coefficients,
and a difference of arms is e_j - e_k (Searle, Speed & Milliken 1980). With X = U S V' of rank r (columns scaled to
length one), b = V S^-1 U'y, s2 = RSS / (n - r), var(l'b) = s2 |l'V S^-1|^2. A function l is estimable exactly when it
lies in the row space of X, l V0 = 0 (Searle 1971, section 5.4), as SAS decides it.

HC3, where the arms may have different variances (MacKinnon & White 1985, J Econometrics 29:305): with a = U S^-1 V'l,
so that l'b = a'y, residuals e and leverages h_i = |u_i|^2, var(l'b) = sum (a_i e_i / (1 - h_i))^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rctflow.description import t_quantile
from rctflow.models.contract import NotEstimable

Array = NDArray[np.float64]
RANK_TOLERANCE = 1e-9
"""A column whose part outside the others is shorter than this share of its length is determined by them."""
OUTSIDE_TOLERANCE = 1e-7
"""A function with a larger share outside the row space of the design is not estimable."""
ZERO_RESIDUAL = 1e-12
"""Residuals shorter than this share of the outcome's length are rounding noise: the fit is exact."""


@dataclass(frozen=True)
class Term:
    """A covariate: ``columns`` (n, k), a label per column, and the values ``at`` (k,) at which LS means hold them.

    lengths (k,): of the columns before centring, so that a constant is told from rounding noise.
    """

    name: str
    labels: tuple[str, ...]
    columns: Array
    at: Array
    lengths: Array


@dataclass(frozen=True)
class Design:
    """Arms and the covariates that could be kept. dropped: a sentence per term or column that could not."""

    arms: tuple[str, ...]
    matrix: Array
    at: Array
    terms: tuple[Term, ...]
    dropped: tuple[str, ...]

    def lsmean(self, arm: str) -> Array:
        """(columns,) the coefficients of the LS mean of ``arm``."""
        return np.concatenate([self._indicator(arm), self.at])

    def difference(self, arm: str, reference: str) -> Array:
        """(columns,) the coefficients of the difference ``arm`` minus ``reference``."""
        return np.concatenate([self._indicator(arm) - self._indicator(reference), np.zeros_like(self.at)])

    def _indicator(self, arm: str) -> Array:
        return np.array([float(name == arm) for name in self.arms])


@dataclass(frozen=True)
class Estimate:
    """A linear function of the coefficients, its standard error and the residual degrees of freedom."""

    value: float
    se: float
    df: int

    @property
    def t(self) -> float:
        """The statistic of the hypothesis that the function is zero."""
        return self.value / self.se

    @property
    def p_value(self) -> float:
        """Two-sided, from Student's t."""
        from scipy.special import stdtr

        return float(2 * stdtr(self.df, -abs(self.t)))

    def interval(self, confidence: float) -> tuple[float, float]:
        """The two-sided t interval."""
        half = t_quantile(confidence, self.df) * self.se
        return self.value - half, self.value + half


def numeric_term(name: str, values: Array) -> Term:
    """A numeric covariate, values (n,), held at its mean."""
    length = np.array([np.linalg.norm(values)])
    return Term(name, (name,), (values - values.mean())[:, None], np.zeros(1), length)


def factor_term(name: str, values: list[str], weights: str) -> Term:
    """A factor; its levels sorted, weighted equally or by their share of ``values``."""
    levels = sorted(set(values))
    full = np.array([[float(value == level) for level in levels] for value in values])
    share = full.mean(axis=0) if weights == "proportional" else np.full(len(levels), 1 / len(levels))
    labels = tuple(f"{name}={level}" for level in levels[1:])
    return Term(name, labels, full[:, 1:], share[1:], np.linalg.norm(full[:, 1:], axis=0))


def build_design(arm: list[str], arms: tuple[str, ...], terms: list[Term]) -> Design:
    """The design of these subjects: ``arm`` of each, the ``arms`` that occur, the covariates in the order of their
    declaration.

    A term without information (one level, constant) or determined by the earlier terms is dropped and named; of a
    factor that is determined in part, the columns are named.
    """
    kept: list[Term] = []
    dropped: list[str] = []
    basis = np.full((len(arm), 1), 1 / np.sqrt(len(arm)))
    for term in terms:
        new = []
        for label, column, length in zip(term.labels, term.columns.T, term.lengths, strict=True):
            rest = column - basis @ (basis.T @ column)
            rest = rest - basis @ (basis.T @ rest)
            if np.linalg.norm(rest) > RANK_TOLERANCE * length:
                basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
                new.append(label)
        if new:
            kept.append(term)
            dropped += [f"{label} is determined by the terms before it" for label in term.labels if label not in new]
        else:
            dropped.append(_why_dropped(term))
    indicators = np.array([[float(name == level) for level in arms] for name in arm])
    matrix = np.column_stack([indicators, *(term.columns for term in kept)])
    at = np.concatenate([np.zeros(0), *(term.at for term in kept)])
    return Design(arms, matrix, at, tuple(kept), tuple(dropped))


def _why_dropped(term: Term) -> str:
    constant = not term.labels or bool(np.all(np.ptp(term.columns, axis=0) == 0))
    why = "has one value only" if constant else "is determined by the terms before it"
    return f"{term.name} dropped: it {why}"


class ColumnSpace:
    """What a design can tell of its coefficients: an orthonormal ``basis`` (n, rank) of its columns.

    With the coefficients c of the basis, a function l'b of the design's coefficients is ``coordinates(l) @ c``.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        self._scale = np.linalg.norm(design.matrix, axis=0)
        left, singular, right = np.linalg.svd(design.matrix / self._scale, full_matrices=False)
        kept = singular > RANK_TOLERANCE * singular[0]
        self.basis, self._singular, self._right = left[:, kept], singular[kept], right[kept]

    @property
    def rank(self) -> int:
        """The number of coefficients that can be told apart."""
        return len(self._singular)

    def coordinates(self, function: Array) -> Array:
        """(rank,) the function over the basis. Raises NotEstimable, naming the term that hides it."""
        scaled = function / self._scale
        if not _in_row_space(self._right, scaled):
            raise NotEstimable(f"confounded with {self._culprit(function)}")
        return (self._right @ scaled) / self._singular

    def _culprit(self, function: Array) -> str:
        """The first term without which the function would be estimable."""
        start = len(self.design.arms)
        for term in self.design.terms:
            columns = np.r_[start : start + len(term.labels)]
            start += len(term.labels)
            if _estimable(np.delete(self.design.matrix, columns, axis=1), np.delete(function, columns)):
                return term.name
        return " and ".join(term.name for term in self.design.terms)


class LeastSquares:
    """The fit of ``outcome`` (n,) on a design.

    Raises NotEstimable without residual degrees of freedom or residual variance.
    """

    def __init__(self, design: Design, outcome: Array) -> None:
        self.space = ColumnSpace(design)
        self.df = len(outcome) - self.space.rank
        if self.df < 1:
            raise NotEstimable(
                f"{len(outcome)} values for {self.space.rank} parameters leave no residual degree of freedom"
            )
        basis = self.space.basis
        self._scores = basis.T @ outcome
        residual = outcome - basis @ self._scores
        length = float(np.linalg.norm(residual))
        if length <= ZERO_RESIDUAL * float(np.linalg.norm(outcome)):
            raise NotEstimable("the residual variance is zero: the model reproduces every value exactly")
        self.variance = length**2 / self.df
        self._residual = residual

    def estimate(self, function: Array, vcov: str = "classical") -> Estimate:
        """The estimate of ``function`` (p,) of the coefficients; vcov: classical or HC3.

        Raises NotEstimable, naming the term that hides it, or where HC3 has no value.
        """
        along = self.space.coordinates(function)
        se = self._hc3(along) if vcov == "HC3" else float(np.sqrt(self.variance) * np.linalg.norm(along))
        return Estimate(float(along @ self._scores), se, self.df)

    def wald(self, functions: Array, vcov: str = "classical") -> float:
        """F of the hypothesis that all ``functions`` (q, p), independent of one another, are zero; q numerator df.

        Raises NotEstimable as ``estimate`` does, and where their covariance is singular.
        """
        along = np.array([self.space.coordinates(function) for function in functions])
        values = np.array([self.estimate(function, vcov).value for function in functions])
        if vcov == "HC3":
            basis = self.space.basis
            free = 1 - (basis**2).sum(axis=1)
            bears = free >= RANK_TOLERANCE  # ``estimate`` refused what hangs on the others
            weights = (along @ basis.T)[:, bears] * self._residual[bears] / free[bears]
            covariance = weights @ weights.T
        else:
            covariance = self.variance * along @ along.T
        size = np.sqrt(np.diag(covariance))
        scaled = covariance / np.outer(size, size)
        if np.linalg.eigvalsh(scaled)[0] < RANK_TOLERANCE:
            raise NotEstimable("the differences to be tested together are not independent")
        return float((values / size) @ np.linalg.solve(scaled, values / size)) / len(functions)

    def _hc3(self, along: Array) -> float:
        basis = self.space.basis
        weight, free = basis @ along, 1 - (basis**2).sum(axis=1)
        alone = free < RANK_TOLERANCE
        if (np.abs(weight[alone]) > OUTSIDE_TOLERANCE * np.linalg.norm(weight)).any():
            raise NotEstimable("HC3 has no value: one subject alone determines a part of the estimate")
        se = float(np.linalg.norm(weight[~alone] * self._residual[~alone] / free[~alone]))
        if se <= ZERO_RESIDUAL * float(np.linalg.norm(self._scores)):
            raise NotEstimable("HC3 is zero: the residuals that bear on the estimate are")
        return se


def _estimable(matrix: Array, function: Array) -> bool:
    scale = np.linalg.norm(matrix, axis=0)
    _, singular, right = np.linalg.svd(matrix / scale, full_matrices=False)
    return _in_row_space(right[singular > RANK_TOLERANCE * singular[0]], function / scale)


def _in_row_space(rows: Array, function: Array) -> bool:
    outside = function - rows.T @ (rows @ function)
    return bool(np.linalg.norm(outside) <= OUTSIDE_TOLERANCE * np.linalg.norm(function))
