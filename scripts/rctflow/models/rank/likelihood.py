"""The cumulative logit likelihood: logit P(Y >= k) = a_k + x'b, k = 1 .. K, for an outcome of K + 1 ordered levels.

With F the logistic function, u_i and l_i the linear predictors above and below the level y_i (F(u) = 1 at the lowest
level, F(l) = 0 at the highest), the probability of what was seen is p_i = F(u_i) - F(l_i), and with f = F (1 - F)

    d log p / du = f(u) / p,   d2 = f(u) (1 - 2 F(u)) / p - (f(u) / p)^2
    d log p / dl = -f(l) / p,  d2 = -f(l) (1 - 2 F(l)) / p - (f(l) / p)^2,   mixed: f(u) f(l) / p^2

The log-likelihood is concave (Burridge 1981, J R Stat Soc B 43:41), so that Newton's steps, halved when they overshoot,
find its maximum when there is one.
Source: McCullagh 1980, J R Stat Soc B 42:109; Agresti 2010, Analysis of Ordinal Categorical Data, 3.4 and 5.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rctflow.models.contract import NotEstimable
from rctflow.models.rank.samples import Array, Whole

ITERATIONS = 100
DECREMENT = 1e-16
SPREAD = 60.0
"""Linear predictors further apart than this say that the maximum lies at infinity. A prognostic covariate alone can set
patients e^25 apart in odds, with a finite maximum."""
STILL = 1e-3
"""A last step that moves no difference of linear predictors by more than this. Where the maximum lies at infinity the
likelihood gains nothing more, but each of Newton's steps still goes on by about 1."""

FLAT = 1e-13
"""The share of its size below which a curvature is rounding noise."""


class Separated(NotEstimable):
    """The likelihood has no finite maximum."""


@dataclass(frozen=True)
class OrdinalFit:
    """thresholds (K,), coefficients (p,), log-likelihood, observed information (K + p, K + p) of both."""

    thresholds: Array
    coefficients: Array
    log_likelihood: float
    information: Array


def fit_ordinal(level: Whole, X: Array, offset: Array | None = None, start: Array | None = None) -> OrdinalFit:
    """The maximum of the likelihood: level (n,) 0 .. K, each occurring; X (n, p) without intercept, of full rank.

    offset (n,): added to the linear predictor. start: (K + p,) parameters. Raises Separated.
    """
    offset = np.zeros(len(level)) if offset is None else offset
    top = int(level.max())
    if start is None:
        at_least = np.array([(level >= k).mean() for k in range(1, top + 1)])
        start = np.concatenate([np.log(at_least / (1 - at_least)) - offset.mean(), np.zeros(X.shape[1])])
    theta, value = start, _log_likelihood(start, level, X, offset)
    for _ in range(ITERATIONS if np.isfinite(value) else 0):
        gradient, information = _derivatives(theta, level, X, offset)
        try:
            step: Array = np.linalg.solve(information, gradient).astype(float)
        except np.linalg.LinAlgError:
            break
        if gradient @ step < DECREMENT:
            if (len(X) and np.ptp(X @ step[top:]) > STILL) or _is_flat(information):
                break
            return OrdinalFit(theta[:top], theta[top:], value, information)
        theta, value = _ascend(theta, value, step, level, X, offset)
        if len(X) and np.ptp(X @ theta[top:]) > SPREAD:
            break
    raise Separated("the likelihood of the proportional odds model has no finite maximum (separation)")


def _is_flat(information: Array) -> bool:
    """Whether the likelihood does not bend in some direction, but for rounding."""
    size = np.sqrt(np.diag(information))
    return not bool(size.all()) or not np.linalg.eigvalsh(information / np.outer(size, size))[0] > FLAT


def _ascend(theta: Array, value: float, step: Array, level: Whole, X: Array, offset: Array) -> tuple[Array, float]:
    """The parameters after the longest of the steps 1, 1/2, 1/4 ... that does not lose likelihood."""
    size = 1.0
    while size > 1e-8:
        found = _log_likelihood(theta + size * step, level, X, offset)
        if found >= value - 1e-12 * abs(value):
            return theta + size * step, found
        size /= 2
    return theta, value


def _bounds(theta: Array, level: Whole, X: Array, offset: Array) -> tuple[Array, Array]:
    """u and l of each patient, infinite at the ends of the scale."""
    top = int(level.max())
    ends = np.concatenate([[np.inf], theta[:top], [-np.inf]])
    eta = X @ theta[top:] + offset
    return ends[level] + eta, ends[level + 1] + eta


def _logistic(x: Array) -> Array:
    from scipy.special import expit

    return np.asarray(expit(x))


def _between(upper: Array, lower: Array) -> Array:
    """F(upper) - F(lower), without loss of digits where both are nearly 1."""
    above = lower > 0
    return _logistic(np.where(above, -lower, upper)) - _logistic(np.where(above, -upper, lower))


def _log_likelihood(theta: Array, level: Whole, X: Array, offset: Array) -> float:
    p = _between(*_bounds(theta, level, X, offset))
    return float(np.log(p).sum()) if bool((p > 0).all()) else -np.inf


def _derivatives(theta: Array, level: Whole, X: Array, offset: Array) -> tuple[Array, Array]:
    """Gradient and observed information."""
    top = int(level.max())
    upper, lower = _bounds(theta, level, X, offset)
    Fu, Fl = _logistic(upper), _logistic(lower)
    p, fu, fl = _between(upper, lower), Fu * _logistic(-upper), Fl * _logistic(-lower)
    levels = np.eye(top + 2)[:, 1 : top + 1]  # the threshold below each level; none below the lowest
    U, L = np.hstack([levels[level], X]), np.hstack([levels[level + 1], X])
    gradient = U.T @ (fu / p) - L.T @ (fl / p)
    uu = fu * (1 - 2 * Fu) / p - (fu / p) ** 2
    ll = -fl * (1 - 2 * Fl) / p - (fl / p) ** 2
    mixed = (U * (fu * fl / p**2)[:, None]).T @ L
    hessian = (U * uu[:, None]).T @ U + (L * ll[:, None]).T @ L + mixed + mixed.T
    return gradient, -hessian


def proportionality(fit: OrdinalFit, level: Whole, X: Array, tested: NDArray[np.intp]) -> tuple[float, int]:
    """The score statistic of equal coefficients of the columns ``tested`` at all thresholds, and its df.

    The other columns keep one coefficient each; expected information, as in SAS PROC LOGISTIC. Raises NotEstimable
    with two levels only, and when the information is singular. Source: Peterson & Harrell 1990, Appl Stat 39:205.
    """
    top = len(fit.thresholds)
    df = (top - 1) * len(tested)
    if df < 1:
        raise NotEstimable("the outcome has two levels only, so that there is one odds ratio")
    score, information = _score_of_free(fit, level, X, tested)
    scale = np.sqrt(np.diag(information))
    if not bool((scale > 0).all()) or np.linalg.cond(information / np.outer(scale, scale)) > 1e10:
        raise NotEstimable("too few patients at some levels to tell the odds ratios of the thresholds apart")
    return float(score @ np.linalg.solve(information, score)), df


def _score_of_free(fit: OrdinalFit, level: Whole, X: Array, tested: NDArray[np.intp]) -> tuple[Array, Array]:
    """Score and expected information of thresholds, coefficients and each later threshold's own coefficients."""
    n, top = len(level), len(fit.thresholds)
    F = _logistic(fit.thresholds[None, :] + (X @ fit.coefficients)[:, None])  # (n, K): P(Y >= k)
    own = np.einsum("kj,nq->nkjq", np.eye(top)[:, 1:], X[:, tested]).reshape(n, top, -1)
    columns = [np.broadcast_to(np.eye(top), (n, top, top)), np.broadcast_to(X[:, None, :], (n, top, X.shape[1])), own]
    slope = (F * (1 - F))[:, :, None] * np.concatenate(columns, axis=2)
    end = np.zeros((n, 1, slope.shape[2]))
    of_level = np.concatenate([end, slope], axis=1) - np.concatenate([slope, end], axis=1)
    ends = np.ones((n, 1))
    p = np.concatenate([ends, F], axis=1) - np.concatenate([F, 0 * ends], axis=1)
    seen = np.arange(n), level
    score = (of_level[seen] / p[seen][:, None]).sum(axis=0)
    return score, np.einsum("nci,ncj,nc->ij", of_level, of_level, 1 / p)
