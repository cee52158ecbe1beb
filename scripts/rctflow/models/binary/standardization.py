"""The covariate-adjusted marginal risk difference by standardization (g-computation) of a logistic model.

m_a(x) is the predicted probability under arm a of somebody with covariates x, from one model of all arms (arm and
covariates, no interaction). The adjusted proportion of arm a is averaged over everybody, whatever their arm:

    theta_a = mean_i m_a(x_i) + mean of (y_i - m_a(x_i)) over arm a

The second mean is exactly zero for maximum likelihood, whose score equations have it, and makes theta_a consistent for
any working model, a wrong or penalized one included. Differences theta_a - theta_b are marginal: nobody's covariates
are set to a mean, and no odds ratio is turned into a difference.

Variances of n^1/2 (theta_a), pi_a = n_a / n, var_a and cov_a over arm a, var and cov over everybody (divisor less one):

- Ye et al.: V_aa = (var_a(y) - 2 cov_a(y, m_a) + var(m_a)) / pi_a + 2 cov_a(y, m_a) - var(m_a),
  V_ab = cov_a(y, m_b) + cov_b(y, m_a) - cov(m_a, m_b). Robust to a wrong model; under stratified randomization it is
  right or too large (conservative).
- Ye et al. with permuted blocks: less sum_b P(b) R_b (diag(pi) - pi pi') R_b, R_b = diag(mean residual of arm a in
  stratum b / pi_a): what the balance of the arms within the strata b removes.
- Ge et al.: the delta method, D I^-1 D' with D_a = mean_i m_a(1 - m_a) (x_i under arm a); the covariates are fixed,
  and theta_a is the mean prediction alone (another number for a penalized model only).

Source: Ye, Bannick, Yi & Shao 2023, Stat Theory Relat Fields 7:159 (with the decomposition of var_a(y - m_a) of
Bannick et al. 2025, Biometrics 81:ujaf043); Ye, Shao, Yi & Zhao 2023, J Am Stat Assoc 118:2370, eq. 18 (permuted
blocks); Ge et al. 2011, Drug Inf J 45:481.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rctflow.models.binary.logistic import Array, Logistic, firth, maximum_likelihood, probabilities

Variance = Literal["ye", "ye_permuted_blocks", "ge"]


@dataclass(frozen=True)
class Standardized:
    """The adjusted proportions (k,) in the order of the arms, and their covariance (k, k)."""

    proportions: Array
    covariance: Array

    def difference(self, arm: int, reference: int) -> tuple[float, float]:
        """``arm`` minus ``reference``, and its standard error."""
        c = np.zeros(len(self.proportions))
        c[arm], c[reference] = 1.0, -1.0
        return float(c @ self.proportions), float(np.sqrt(c @ self.covariance @ c))


def standardized(
    arm: Array, covariates: Array, outcome: Array, variance: Variance, strata: Sequence[str], penalized: bool = False
) -> Standardized:
    """Adjusted proportions of the arms.

    arm (n, k): an indicator per arm, each with two subjects or more. covariates (n, q). outcome (n,): 0 or 1. strata
    (n,): as randomized, for ``ye_permuted_blocks``. penalized: Firth's likelihood. Raises Separation when the
    likelihood has no maximum, NotEstimable when arms and covariates are confounded.
    """
    matrix = np.column_stack([arm, covariates])
    fit = (firth if penalized else maximum_likelihood)(matrix, outcome)
    k = arm.shape[1]
    rest = covariates @ fit.coefficients[k:]
    predicted = probabilities(rest[:, None] + fit.coefficients[:k])
    if variance == "ge":
        return Standardized(predicted.mean(axis=0), _delta(fit, predicted, covariates))
    found = marginal(arm, predicted, outcome)
    if variance == "ye_permuted_blocks":
        balanced = _balanced(arm, outcome[:, None] - predicted, strata) / len(outcome)
        return Standardized(found.proportions, found.covariance - balanced)
    return found


def marginal(arm: Array, predicted: Array, outcome: Array) -> Standardized:
    """Proportions and the covariance of Ye et al. from the predictions (n, k) of each subject under each arm.

    arm (n, k): an indicator per arm, each with two subjects or more. outcome (n,): 0 or 1.
    """
    residual = outcome[:, None] - predicted
    proportions = predicted.mean(axis=0) + (arm * residual).sum(axis=0) / arm.sum(axis=0)
    return Standardized(proportions, _robust(arm, predicted, outcome) / len(outcome))


def _delta(fit: Logistic, predicted: Array, covariates: Array) -> Array:
    spread = predicted * (1 - predicted)
    slopes = np.column_stack([np.diag(spread.mean(axis=0)), spread.T @ covariates / len(covariates)])
    return np.asarray(slopes @ fit.covariance @ slopes.T)


def _robust(arm: Array, predicted: Array, outcome: Array) -> Array:
    share, k = arm.mean(axis=0), arm.shape[1]
    of_all = np.cov(predicted, rowvar=False).reshape(k, k)
    with_outcome = np.empty((k, k))  # [a, b]: cov over arm a of the outcome and the prediction under b
    own = np.empty(k)
    for a in range(k):
        inside = arm[:, a] > 0
        joint = np.cov(np.column_stack([outcome, predicted])[inside], rowvar=False)
        with_outcome[a], own[a] = joint[0, 1:], joint[0, 0]
    of_residuals = own - 2 * np.diag(with_outcome) + np.diag(of_all)
    return np.asarray(np.diag(of_residuals / share) + with_outcome + with_outcome.T - of_all)


def _balanced(arm: Array, residual: Array, strata: Sequence[str]) -> Array:
    """What the balance within the strata removes; an arm without subjects in a stratum has no residual there."""
    share, labels = arm.mean(axis=0), np.array(strata)
    removed = np.zeros((arm.shape[1], arm.shape[1]))
    for stratum in sorted(set(strata)):
        inside = arm * (labels == stratum)[:, None]
        n = inside.sum(axis=0)
        mean = np.divide((inside * residual).sum(axis=0), n, out=np.zeros(len(n)), where=n > 0)
        scale = np.diag(mean / share)
        removed += (n.sum() / len(labels)) * scale @ (np.diag(share) - np.outer(share, share)) @ scale
    return removed
