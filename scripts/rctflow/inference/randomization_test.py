"""Randomization test: how often would the declared scheme have given a statistic as large, had treatment no effect?

Sharp null hypothesis: no patient's outcome, nor whether it was measured, depends on the arm. Then everything but the
arms is fixed, and the law of the statistic T under the scheme is known: it is computed by allocating the same patients
again and again, given their strata and the order in which they came,

    all allocations can be listed:  p = sum of P(a) over allocations a with |T(a)| >= |T(observed)|
    drawn at random:                p = (1 + b) / (1 + B),   b of B drawn ones with |T| >= |T(observed)|
                                    standard error sqrt(p (1 - p) / B)

An interval follows by inversion for a constant additive shift at one visit: it holds the shifts d that the test does
not reject when d is taken from every patient of the arm.
Source: Rosenberger, Uschner & Wang 2019, Stat Med 38:1; Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39 (the 1 +
in p); Garthwaite 1996, Biometrics 52:1387, and Ernst 2004, Stat Sci 19:676 (inversion).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Allocations = NDArray[np.int8]
Statistic = Callable[[Allocations], Array]
TIE = 1e-9
"""Statistics that differ by less than this share are equal: exactness rests on ties, which rounding must not break."""
STEPS = 60


@dataclass(frozen=True)
class Reference:
    """The allocations that the test looks at, (B, patients) positions in the arms; probability (B,), or None: drawn."""

    allocations: Allocations
    probability: Array | None = None

    @property
    def exact(self) -> bool:
        """Whether these are all allocations that the scheme can give."""
        return self.probability is not None

    def p_value(self, extreme: NDArray[np.bool_]) -> float:
        """p of the allocations that are as ``extreme`` (B,) as the observed one; a drawn one counts itself."""
        if self.probability is not None:
            return float(min(self.probability[extreme].sum(), 1.0))
        return float((1 + extreme.sum()) / (1 + len(extreme)))


@dataclass(frozen=True)
class RandomizationTest:
    """p_value: two-sided. se: of a drawn p, 0 when exact. n: allocations. undefined: of them, those under which the
    statistic could not be computed; they count as extreme, so that p errs on the side of the null hypothesis.
    """

    p_value: float
    se: float
    n: int
    exact: bool
    undefined: int


def randomization_test(observed: float, statistics: Array, reference: Reference) -> RandomizationTest:
    """The two-sided test of ``observed`` against the ``statistics`` (B,) of the reference allocations, nan where
    undefined. Raises ValueError when the observed statistic itself is undefined.
    """
    if not math.isfinite(observed):
        raise ValueError("the observed statistic is not a number")
    undefined = ~np.isfinite(statistics)
    p = reference.p_value(undefined | as_extreme(statistics, observed))
    se = 0.0 if reference.exact else math.sqrt(p * (1 - p) / len(statistics))
    return RandomizationTest(p, se, len(statistics), reference.exact, int(undefined.sum()))


def as_extreme(statistics: Array, observed: float | Array) -> NDArray[np.bool_]:
    """(B,) which statistics are at least as far from 0 as the observed one, ties included."""
    with np.errstate(invalid="ignore"):
        return np.abs(statistics) >= np.abs(observed) * (1 - TIE)


@dataclass(frozen=True)
class Shifts:
    """A least-squares difference of two arms under every allocation, for an outcome from which any shift was taken.

    With the covariates' part removed from outcome and indicators (Frisch & Waugh 1933), a the removed indicator of an
    allocation and o the observed one, y the outcome: the difference is a'(y - d o) / a'a and its residual sum of
    squares follows, so that one pass over the data serves every shift d.
    yy, yo, oo: products of outcome and observed indicator; ay, ao, aa: (B,) with the allocations' indicators.
    """

    yy: float
    yo: float
    oo: float
    ay: Array
    ao: Array
    aa: Array
    df: int

    @classmethod
    def of(cls, outcome: Array, covariates: Array, observed: Array, indicators: Array) -> Shifts:
        """outcome (n,); covariates (n, q) with intercept, of full rank; observed (n,), indicators (B, n) of 0 and 1."""
        basis, _ = np.linalg.qr(covariates)
        y = outcome - basis @ (basis.T @ outcome)
        o = observed - basis @ (basis.T @ observed)
        rest = indicators - (indicators @ basis) @ basis.T
        aa = np.einsum("bn,bn->b", rest, rest)
        flat = aa < 1e-9 * np.maximum((indicators**2).sum(axis=1), 1.0)  # determined by the covariates
        df = len(outcome) - basis.shape[1] - 1
        return cls(float(y @ y), float(y @ o), float(o @ o), rest @ y, rest @ o, np.where(flat, np.nan, aa), df)

    def statistics(self, shift: float = 0.0) -> tuple[float, Array]:
        """The observed t and those (B,) of the allocations, after ``shift`` was taken from the treated."""
        yy = self.yy - 2 * shift * self.yo + shift**2 * self.oo
        return (
            float(self._t(np.array([self.yo - shift * self.oo]), np.array([self.oo]), yy)[0]),
            self._t(self.ay - shift * self.ao, self.aa, yy),
        )

    def _t(self, product: Array, length: Array, yy: float) -> Array:
        rss = np.maximum(yy - product**2 / length, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return product / np.sqrt(length) / np.sqrt(rss / self.df)

    @property
    def estimate(self) -> float:
        """The observed difference."""
        return self.yo / self.oo


def inverted_interval(shifts: Shifts, reference: Reference, confidence: float) -> tuple[float, float]:
    """The shifts that the test does not reject at 1 - ``confidence``; infinite where no shift is ever rejected.

    p as a function of the shift is a staircase that falls on both sides of the estimate; each end is found by doubling
    outwards and bisection.
    """
    alpha = 1 - confidence
    estimate = shifts.estimate
    residual = max(shifts.yy - shifts.yo**2 / shifts.oo, 0.0)
    scale = math.sqrt(residual / shifts.df / shifts.oo) or 1.0

    def rejected(shift: float) -> bool:
        observed, statistics = shifts.statistics(shift)
        return reference.p_value(~np.isfinite(statistics) | as_extreme(statistics, observed)) <= alpha

    return _end(estimate, -scale, rejected), _end(estimate, scale, rejected)


def _end(inside: float, step: float, rejected: Callable[[float], bool]) -> float:
    """The last shift from ``inside`` in the direction of ``step`` that is not rejected."""
    outside = inside + step
    for _ in range(STEPS):
        if rejected(outside):
            break
        inside, outside = outside, outside + 2 * (outside - inside)
    else:
        return math.copysign(math.inf, step)
    for _ in range(STEPS):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if rejected(middle) else (middle, outside)
    return (inside + outside) / 2
