"""Negative binomial regression, the dispersion estimated.

With mu = exp(x'b + offset), k = 1 / a:
    l = sum log Gamma(y + k) - log Gamma(k) - log Gamma(y + 1) - k log(1 + a mu) + y log(a mu / (1 + a mu))

a maximizes l profiled over b: statsmodels GLM gives b for each a, a search in log a does the rest. Covariance of b: the
inverse of the observed information of b and a together, as SAS PROC GENMOD takes it. Own derivatives: hessian and
loglike of NegativeBinomial in statsmodels 0.15.0, asked before a fit, take the last parameter as a and as log a.
Source: Lawless 1987, Can J Stat 15:209.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rctflow.models.linear import Array

SMALLEST, LARGEST = math.log(1e-6), math.log(1e3)
"""Where the logarithm of the dispersion is sought."""
NONE = 1e-4
"""A dispersion below this: the counts vary no more than a Poisson distribution."""


def glm(value: Array, basis: Array, offset: Array, family: Any) -> Any:
    """The fit of statsmodels, taken to convergence; whether it went to infinity is for the caller to see.

    value: (n,) counts. basis: (n, p) design. offset: (n,) logarithm of the exposure.
    """
    import warnings

    from statsmodels.genmod.generalized_linear_model import GLM

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return GLM(value, basis, offset=offset, family=family).fit(tol=1e-12, maxiter=200)


def negative_binomial(value: Array, basis: Array, offset: Array) -> tuple[Array, Array, float] | None:
    """Coefficients (p,), their covariance (p, p) and the dispersion; None when the likelihood rises towards none.

    value, basis, offset: as for ``glm``.
    """
    from scipy.optimize import minimize_scalar
    from statsmodels.genmod.families import NegativeBinomial

    def given(log_dispersion: float) -> Any:
        return glm(value, basis, offset, NegativeBinomial(alpha=math.exp(log_dispersion)))

    search = minimize_scalar(
        lambda at: -given(at).llf, bounds=(SMALLEST, LARGEST), method="bounded", options={"xatol": 1e-9}
    )
    dispersion = math.exp(search.x)
    if dispersion < NONE:
        return None
    coefficients = np.asarray(given(search.x).params)
    information = _information(value, basis, np.exp(basis @ coefficients + offset), dispersion)
    return coefficients, np.asarray(np.linalg.inv(information)[:-1, :-1], float), dispersion


def _information(value: Array, basis: Array, mean: Array, a: float) -> Array:
    """Minus the second derivatives of the negative binomial log likelihood in the coefficients and a."""
    from scipy.special import polygamma, psi

    one, k = 1 + a * mean, 1 / a
    own = (basis.T * (mean * (1 + a * value) / one**2)) @ basis
    cross = basis.T @ ((value - mean) * mean / one**2)
    first = np.log(one) - psi(value + k) + psi(k)
    last = 2 * first / a**3 - (mean / one + (polygamma(1, value + k) - polygamma(1, k)) / a**2) / a**2
    last += (value - mean) * (one + a * mean) / (a * one) ** 2
    return np.block([[own, cross[:, None]], [cross[None, :], np.array([[last.sum()]])]])
