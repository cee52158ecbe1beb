"""Left-censored normal regression (Tobit) by maximum likelihood.

    y_i = x_i'b + s e_i,   e_i ~ N(0, 1);   of a censored i only y_i < c_i is known

With g = b / s and h = 1 / s (Olsen 1978), and z_i = h y_i - x_i'g (c_i in the place of y_i for the censored),

    l(g, h) = sum over observed of (log h - z_i^2 / 2 - log(2 pi) / 2)  +  sum over censored of log Phi(z_i)

is concave, so that Newton's method with step halving finds its maximum. With w_i = (-x_i, y_i) and m = phi / Phi,

    gradient   -sum_obs z_i w_i + sum_cens m(z_i) w_i + (n_obs / h) e_h
    -Hessian    sum_obs w_i w_i' + sum_cens m(z_i) (z_i + m(z_i)) w_i w_i' + (n_obs / h^2) e_h e_h'

Covariance of (b, s): the inverse of -Hessian, carried over by the Jacobian of (g, h) -> (b, s). The values are first
replaced by their least-squares residuals in units of their size, which changes b and s in a known way and makes least
squares the starting point; with nothing censored it is the maximum.

Sources: Tobin 1958, Econometrica 26:24; Olsen 1978, Econometrica 46:1211 (the parameters in which l is concave).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rctflow.models.contract import NotEstimable
from rctflow.models.linear import ZERO_RESIDUAL, Array

Flags = NDArray[np.bool_]
ITERATIONS = 100
CONVERGED = 1e-10
"""Gain in l that a step promises, below which it is the last: its error, about the square of that, is rounding."""
HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True)
class CensoredFit:
    """The maximum: coefficients b (p,) of the design, sigma, their covariance (p, p) without a correction for small
    samples, and the log likelihood.
    """

    coefficients: Array
    sigma: float
    covariance: Array
    log_likelihood: float


def fit_censored_normal(design: Array, value: Array, censored: Flags) -> CensoredFit:
    """The maximum of the likelihood. design: (n, p) of full rank also over the observed values (existence.py);
    value: (n,) the value, or the limit below which it lies where ``censored`` (n,).

    Raises NotEstimable when the observed values leave no residual degree of freedom, are fitted exactly, or the
    maximum is not found.
    """
    n, rank = design.shape
    observed = ~censored
    if observed.sum() <= rank:
        raise NotEstimable(
            f"{int(observed.sum())} values above the limit for {rank} parameters leave no residual degree of freedom"
        )
    if _residual_size(design[observed], value[observed]) <= ZERO_RESIDUAL * float(np.linalg.norm(value)):
        raise NotEstimable("the residual variance is zero: the model reproduces every value above the limit exactly")
    start, *_ = np.linalg.lstsq(design, value, rcond=None)
    residual = value - design @ start
    size = float(np.sqrt(residual @ residual / n))
    w = np.column_stack([-design, residual / size])
    parameters, information = _maximum(w, censored)
    g, h = parameters[:-1], float(parameters[-1])
    jacobian = size * np.column_stack([np.eye(rank) / h, -g / h**2])
    return CensoredFit(
        coefficients=start + size * g / h,
        sigma=size / h,
        covariance=jacobian @ np.linalg.solve(information, jacobian.T),
        log_likelihood=_log_likelihood(parameters, w, censored) - float(observed.sum()) * math.log(size),
    )


def _residual_size(design: Array, value: Array) -> float:
    solution, *_ = np.linalg.lstsq(design, value, rcond=None)
    return float(np.linalg.norm(value - design @ solution))


def _maximum(w: Array, censored: Flags) -> tuple[Array, Array]:
    """(g, h) at the maximum, and -Hessian there."""
    parameters = np.zeros(w.shape[1])
    parameters[-1] = 1.0
    level = _log_likelihood(parameters, w, censored)
    for _ in range(ITERATIONS):
        gradient, information = _derivatives(parameters, w, censored)
        step = np.linalg.solve(information, gradient)
        if 0.5 * float(gradient @ step) < CONVERGED:
            parameters = parameters + step
            return parameters, _derivatives(parameters, w, censored)[1]
        share = 1.0
        while (new := _log_likelihood(parameters + share * step, w, censored)) < level:
            share /= 2
            if share < 1e-10:
                raise NotEstimable("the maximum of the likelihood was not found")
        parameters, level = parameters + share * step, new
    raise NotEstimable(f"the maximum of the likelihood was not found in {ITERATIONS} steps")


def _log_likelihood(parameters: Array, w: Array, censored: Flags) -> float:
    from scipy.special import log_ndtr

    h = parameters[-1]
    if h <= 0:
        return -math.inf
    z = w @ parameters
    seen = z[~censored]
    return float(len(seen) * (math.log(h) - HALF_LOG_2PI) - 0.5 * (seen @ seen) + log_ndtr(z[censored]).sum())


def _derivatives(parameters: Array, w: Array, censored: Flags) -> tuple[Array, Array]:
    from scipy.special import log_ndtr

    h, z = parameters[-1], w @ parameters
    at = z[censored]
    mills = np.exp(-0.5 * at**2 - HALF_LOG_2PI - log_ndtr(at))
    pull, weight = -z, np.ones(len(z))
    pull[censored] = mills
    weight[censored] = mills * (at + mills)
    n = float((~censored).sum())
    gradient, information = pull @ w, (w.T * weight) @ w
    gradient[-1] += n / h
    information[-1, -1] += n / h**2
    return gradient, information
