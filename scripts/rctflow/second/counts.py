"""Rates by the likelihood written with products instead of gamma functions, maximized in all parameters at once.

With mu = exp(x'b) exposure, and the convention that an empty sum is 0 (Lawless 1987, Can J Stat 15:209),

    l(b, a) = sum_i [ sum_(j < y_i) log(1 + a j) + y_i log mu_i - (y_i + 1/a) log(1 + a mu_i) ] + constant

and the Poisson likelihood is its limit at a = 0. Both are maximized over b and log a together by a trust region with
their analytic second derivatives; the covariance is that of b and a together at the maximum. The first path fits b for
each a by the generalized linear model of statsmodels and searches in a.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from rctflow.second.columns import Array, independent_columns, is_estimable
from rctflow.second.errors import NoSecondPathError
from rctflow.second.normal import ratio_statistics
from rctflow.second.selection import analysed, baseline, complete, constant_columns
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame

NO_DISPERSION = 1e-4
"""Below it the declared fall-back is the Poisson model (docs/models.md)."""
INFINITE = 20.0
Surface = Callable[[Array], tuple[float, Array, Array]]


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Contrast -> its statistics at ``declared.visit``; arms without events and contrasts not estimable are absent.

    Raises NoSecondPathError when the likelihood has no maximum that this path finds.
    """
    rows = analysed(bds, adsl, declared)
    rows = complete(rows[rows["AVISIT"] == declared.visit], declared)
    with_events = [arm for arm in declared.arms if rows.loc[rows["ARM"] == arm, "AVAL"].sum() > 0]
    rows = rows[rows["ARM"].isin(with_events)]
    if declared.arms[0] not in with_events or len(with_events) < 2:
        raise NoSecondPathError("fewer than two arms to compare have events")
    own = [baseline(rows, declared)] if declared.baseline else []
    arms = [(rows["ARM"] == arm).to_numpy(float) for arm in with_events]
    X, y = np.column_stack([*arms, *own, *constant_columns(rows, declared)]), rows["AVAL"].to_numpy(float)
    kept = independent_columns(X)
    if len(y) <= len(kept):
        raise NoSecondPathError("no residual degree of freedom")
    offset = np.log(_exposure(rows, adsl, declared.options["exposure"]))
    b, covariance = _fitted(X[:, kept], y, offset, declared.options["distribution"] == "poisson")
    found = {}
    for place, arm in enumerate(with_events[1:], 1):
        c = np.zeros(X.shape[1])
        c[place], c[0] = 1.0, -1.0
        if is_estimable(X, c):
            log, se = float(c[kept] @ b), float(np.sqrt(c[kept] @ covariance @ c[kept]))
            found[declared.contrast(arm, ratio=True)] = ratio_statistics(log, se, declared.confidence)
    return found


def _exposure(rows: DataFrame, adsl: DataFrame, column: str) -> Array:
    if not column:
        return np.ones(len(rows))
    return np.asarray(rows["USUBJID"].map(dict(zip(adsl["USUBJID"], adsl[column], strict=True))), np.float64)


def _fitted(X: Array, y: Array, offset: Array, poisson: bool) -> tuple[Array, Array]:
    """b and its covariance; Poisson also when the likelihood rises towards no dispersion."""
    b, information = _maximum(_poisson(X, y, offset), np.zeros(X.shape[1]), X)
    alone = b, np.asarray(np.linalg.inv(information))
    mu = np.exp(X @ b + offset)
    excess = float(((y - mu) ** 2 - y).sum() / (mu**2).sum())
    if poisson or excess <= 0:
        return alone
    surface = _negative_binomial(X, y, offset)
    theta, information = _maximum(surface, np.append(b, np.log(max(excess, 0.01))), X)
    if np.exp(theta[-1]) < NO_DISPERSION:
        return alone
    return theta[:-1], np.asarray(np.linalg.inv(information)[:-1, :-1])


def _maximum(surface: Surface, start: Array, X: Array) -> tuple[Array, Array]:
    """The parameters at the maximum, and minus the second derivatives there."""
    from scipy import optimize

    minimize: Any = optimize.minimize  # its stubs know no trust-exact with a Hessian of floats
    found = minimize(
        lambda theta: surface(theta)[0],
        start,
        jac=lambda theta: surface(theta)[1],
        hess=lambda theta: surface(theta)[2],
        method="trust-exact",
        options={"gtol": 1e-9, "maxiter": 500},
    )
    theta: Array = np.asarray(found.x, np.float64)
    for _ in range(3):  # the trust region ends when rounding hides the gain, Newton's step does not need to see it
        _, slope, curvature = surface(theta)
        theta = theta - np.linalg.solve(curvature, slope)
    _, slope, curvature = surface(theta)
    if np.abs(X @ theta[: X.shape[1]]).max() > INFINITE or not np.linalg.eigvalsh(curvature)[0] > 0:
        raise NoSecondPathError("the likelihood has no maximum that the second path can find")
    if not np.abs(np.linalg.solve(curvature, slope)).max() < 1e-7:
        raise NoSecondPathError("the likelihood was not maximized in the second computation")
    return theta, curvature


def _poisson(X: Array, y: Array, offset: Array) -> Surface:
    def surface(b: Array) -> tuple[float, Array, Array]:
        eta = X @ b + offset
        mu = np.exp(eta)
        return float((mu - y * eta).sum()), X.T @ (mu - y), (X.T * mu) @ X

    return surface


def _negative_binomial(X: Array, y: Array, offset: Array) -> Surface:
    """Minus l in (b, log a), its gradient and its second derivatives."""
    j = np.arange(int(y.max()))
    beyond = (y[:, None] > j).sum(0)  # how many counts have the factor 1 + a j

    def surface(theta: Array) -> tuple[float, Array, Array]:
        a, eta = float(np.exp(theta[-1])), X @ theta[:-1] + offset
        mu = np.exp(eta)
        one, k = 1 + a * mu, 1 / a
        value = -(beyond @ np.log1p(a * j)) - (y * eta - (y + k) * np.log(one)).sum()
        by_mu = mu * (1 + a * y) / one
        by_a = beyond @ (j / (1 + a * j)) + (np.log(one) * k**2 - (y + k) * mu / one).sum()
        twice = -(beyond @ (j / (1 + a * j)) ** 2)
        twice += (2 * mu * k**2 / one - 2 * np.log(one) * k**3 + (y + k) * (mu / one) ** 2).sum()
        cross = X.T @ ((y - mu) * mu / one**2)
        slope = np.append(X.T @ (by_mu - y), -a * by_a)
        inner = (X.T * (by_mu / one)) @ X
        edge = a * cross[:, None]
        return float(value), slope, np.block([[inner, edge], [edge.T, np.array([[-(a * a * twice + a * by_a)]])]])

    return surface
