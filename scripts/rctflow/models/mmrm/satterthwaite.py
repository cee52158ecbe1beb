"""Satterthwaite degrees of freedom.

For one contrast l, with V = 2 H^-1 the inverse observed information of theta and Phi(theta) the covariance of b,

    df = 2 (l'Phi l)^2 / (d' V d),      d_h = d(l'Phi l)/d theta_h = -l'Phi P_h Phi l.

For a contrast matrix L of rank q: L Phi L' = U diag(e) U', each row of U'L has its own df nu_k, and

    E = sum_{nu_k > 2} nu_k / (nu_k - 2),      df = 2E / (E - q)      (2 when any nu_k <= 2).

Source: Satterthwaite 1946; Giesbrecht & Burns 1985; Fai & Cornelius 1996, J Stat Comput Simul 54:363.
"""

from collections.abc import Callable

import numpy as np

from rctflow.models.mmrm.likelihood import Point

Array = np.ndarray


def one_dimensional(l: Array, point: Point, V: Array) -> float:  # noqa: E741
    """df of one contrast (p,) of the working coefficients."""
    moved = point.phi @ l
    d = -(point.information_slopes @ moved) @ moved
    return float(2 * (l @ moved) ** 2 / (d @ V @ d))


def several(L: Array, covariance: Array, one: Callable[[Array], float]) -> float:
    """df of a contrast matrix of full row rank (q, p); ``one`` gives the df of one row."""
    _, U = np.linalg.eigh(L @ covariance @ L.T)
    nu = np.array([one(row) for row in U.T @ L])
    if len(nu) == 1 or np.ptp(nu) < 1e-8 * nu.mean():
        return float(nu.mean())
    if (nu <= 2).any():
        return 2.0
    E = (nu / (nu - 2)).sum()
    return float(2 * E / (E - len(nu)))
