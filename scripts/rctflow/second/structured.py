"""Structured covariances in the parameters that SAS PROC MIXED prints, maximized in logarithms and angles.

    toeplitz s_|i-j|     compound-symmetry s_1 + s_0 [i = j]     ar1 v r^|i-j|     ante-dependence v prod r_k
    heterogeneous-...    sqrt(v_i v_j) times the correlation

A function of the parameters is all that is written: derivatives of Sigma are complex steps (Squire & Trapp 1998, SIAM
Rev 40:110) and differences of those, derivatives of the likelihood are differences. At the maximum the Hessian by the
parameters follows from that by the coordinates of the search, as the slope is zero: 2 H^-1 = J (2 H_x^-1) J'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rctflow.second.differences import gradient, hessian
from rctflow.second.errors import NoSecondPathError
from rctflow.second.estimation import NO_MAXIMUM, Maximum, moments
from rctflow.second.likelihood import Stacked, minus2_log_likelihoods

Array = NDArray[np.float64]
STEPS = 200
FARTHEST = 12.0
"""A logarithm or angle beyond this from its start: the likelihood rises towards a singular covariance."""
TINY = 1e-30


@dataclass(frozen=True)
class Structure:
    """A covariance of T visits by its name."""

    name: str
    T: int

    @property
    def plain(self) -> str:
        """The name of the correlation."""
        return self.name.removeprefix("heterogeneous-")

    @property
    def variances(self) -> int:
        """1 or T."""
        return self.T if self.plain != self.name else 1

    @property
    def size(self) -> int:
        """The number of parameters: variances, then correlations (covariances where the structure is linear)."""
        return self.variances + min({"ar1": 1, "compound-symmetry": 1}.get(self.plain, self.T - 1), self.T - 1)

    def parameters(self, x: Any) -> Any:
        """(size,) from logarithms of variances and angles of correlations, real or complex."""
        v, r = np.exp(x[: self.variances]), np.tanh(x[self.variances :])
        if self.plain == "compound-symmetry" and self.T > 1:  # from -1 / (T - 1) to 1
            r = (r * self.T + self.T - 2) / (2 * (self.T - 1))
        if self.name == "toeplitz":
            r = v * r
        if self.name == "compound-symmetry" and self.T > 1:
            return np.concatenate([v * r, v * (1 - r)])
        return np.concatenate([v, r])

    def sigma(self, theta: Any) -> Any:
        """(T, T) of the parameters (size,), real or complex."""
        lag = np.abs(np.subtract.outer(np.arange(self.T), np.arange(self.T)))
        v, r = theta[: self.variances], theta[self.variances :]
        if self.T == 1:
            return v[None] if v.ndim == 1 else v
        if self.name == "toeplitz":
            return theta[lag]
        if self.name == "compound-symmetry":
            return theta[0] + theta[1] * np.eye(self.T)
        s = np.sqrt(v) * np.ones(self.T)
        return s[:, None] * s * self._correlation(r, lag)

    def _correlation(self, r: Any, lag: Any) -> Any:
        if self.plain == "compound-symmetry":
            return r[0] + (1 - r[0]) * np.eye(self.T)
        if self.plain == "toeplitz":
            return np.concatenate([[1.0], r])[lag]
        steps = r[0] * np.ones(self.T - 1) if self.plain == "ar1" else r
        out = np.ones((self.T, self.T), dtype=r.dtype)
        for i in range(self.T):
            for j in range(i):
                out[i, j] = out[j, i] = np.prod(steps[j:i])
        return out

    def start(self, moment: Array, share: float) -> Array:
        """x from a covariance (T, T); share: of its mean correlations."""
        s = np.sqrt(np.diag(moment))
        C = moment / np.outer(s, s)
        v = np.log(s**2) if self.variances > 1 else np.log([np.mean(s**2)])
        lags = [float(np.mean(np.diagonal(C, d))) for d in range(1, self.T)]
        steps = {
            "ar1": lags[:1],
            "compound-symmetry": [float(np.mean(C[np.tril_indices(self.T, -1)]))] if self.T > 1 else [],
            "toeplitz": lags,
            "ante-dependence": np.diagonal(C, 1).tolist(),
        }[self.plain]
        r = np.clip(share * np.array(steps), -0.9, 0.9)
        if self.plain == "compound-symmetry":
            r = (2 * (self.T - 1) * np.maximum(r, -0.5 / max(self.T - 1, 1)) - (self.T - 2)) / self.T
        return np.concatenate([v, np.arctanh(np.clip(r, -0.99, 0.99))])


def structured(stacked: Stacked, name: str) -> Maximum:
    """The maximum from several starts. Raises NoSecondPathError when none of them leads to one."""
    search, found = Search(stacked, Structure(name, stacked.T)), None
    for share in (1.0, 0.5, 0.0):
        try:
            x, value = search.from_start(share)
        except (NoSecondPathError, np.linalg.LinAlgError):
            continue
        if found is None or value < found[1] - 1e-7:
            found = x, value
    if found is None:
        raise NoSecondPathError(NO_MAXIMUM)
    return search.at(found[0])


@dataclass(frozen=True)
class Search:
    """x: (G * size,), the groups one after the other."""

    stacked: Stacked
    structure: Structure

    def values(self, points: Array) -> Array:
        """-2 log L of K points (K, G * size)."""
        sigmas = [
            [self.structure.sigma(self.structure.parameters(own)) for own in point.reshape(self.stacked.G, -1)]
            for point in points
        ]
        return minus2_log_likelihoods(self.stacked, np.array(sigmas))

    def from_start(self, share: float) -> tuple[Array, float]:
        """x (m,) at the maximum that damped Newton steps reach, and -2 log L there. Raises NoSecondPathError."""
        x = np.concatenate([self.structure.start(moment, share) for moment in moments(self.stacked)])
        begin, value = x, self.values(x[None])[0]
        if not np.isfinite(value):
            raise NoSecondPathError(NO_MAXIMUM)
        damping = 1e-3
        for _ in range(STEPS):
            g, H = self._derivatives(x, np.eye(len(x)), 1e-3)
            w, U = np.linalg.eigh(H)
            floor = max(0.0, 1e-3 * np.abs(w).max() - w[0]) if w[0] <= 1e-9 * np.abs(w).max() else 0.0
            step, new = np.zeros(len(x)), np.inf
            while damping < 1e12:
                step = -U @ ((U.T @ g) / (w + floor + damping * np.abs(w).max()))
                step *= min(1.0, 1.0 / np.abs(step).max())
                new = self.values((x + step)[None])[0]
                if new <= value + 1e-11 * abs(value):
                    break
                damping = max(10 * damping, 1e-6)
            x, value, damping = x + step, new, damping / 10 if damping > 1e-12 else 0.0
            if np.abs(x - begin).max() > FARTHEST:
                break
            if np.abs(step).max() < 1e-7 and not floor:
                return x, float(value)
        raise NoSecondPathError(NO_MAXIMUM)

    def _derivatives(self, x: Array, scale: Array, h: float) -> tuple[Array, Array]:
        """Gradient and Hessian of -2 log L in the coordinates s of x + scale s; steps are cut where they lead out."""

        def values(shifts: Array) -> Array:
            return self.values(x + shifts @ scale.T)

        for cut in (1.0, 0.1, 0.01):
            g, H = gradient(values, len(x), cut * h / 2), hessian(values, len(x), cut * h)
            if np.isfinite(g).all() and np.isfinite(H).all():
                return g, H
        raise NoSecondPathError(NO_MAXIMUM)

    def at(self, x: Array) -> Maximum:
        """The last Newton steps from x (m,) in coordinates in which H is about the identity, and what inference needs.

        Raises NoSecondPathError where x is no maximum.
        """
        scale, h = np.eye(len(x)), 1e-3
        for _ in range(8):
            H = self._derivatives(x, scale, h)[1]
            if not np.linalg.eigvalsh(H)[0] > 0:
                raise NoSecondPathError(NO_MAXIMUM)
            scale, h = scale @ np.linalg.inv(np.linalg.cholesky(H / 2)).T, 0.05
            g, H = self._derivatives(x, scale, h)
            step = -np.linalg.solve(H, g)
            x = x + scale @ step
            if np.abs(step).max() < 1e-8:
                break
        else:
            raise NoSecondPathError("the likelihood was not maximized in the second computation")
        Vx = scale @ (2 * np.linalg.inv(self._derivatives(x, scale, h)[1])) @ scale.T
        return self._maximum(x, Vx)

    def _maximum(self, x: Array, Vx: Array) -> Maximum:
        G, q, T = self.stacked.G, self.structure.size, self.stacked.T
        J = np.zeros((G * q, G * q))
        sigma, first = np.zeros((G, T, T)), np.zeros((G, q, G, T, T))
        second = np.zeros((G, q, G, q, G, T, T))
        for group, own in enumerate(x.reshape(G, q)):
            theta = self.structure.parameters(own)
            at = slice(group * q, (group + 1) * q)
            J[at, at] = np.array([self.structure.parameters(own + 1j * TINY * e).imag / TINY for e in np.eye(q)]).T
            sigma[group] = self.structure.sigma(theta)
            first[group, :, group] = self._slopes(theta)
            for k in range(q):
                h = 1e-4 * (abs(theta[k]) if k < self.structure.variances else 1.0)
                e = h * np.eye(q)[k]
                second[group, :, group, k, group] = (self._slopes(theta + e) - self._slopes(theta - e)) / (2 * h)
        m = G * q
        linear = self.structure.name in ("toeplitz", "compound-symmetry")
        return Maximum(
            sigma, first.reshape(m, G, T, T), None if linear else second.reshape(m, m, G, T, T), J @ Vx @ J.T
        )

    def _slopes(self, theta: Array) -> Array:
        """(size, T, T)."""
        return np.array([self.structure.sigma(theta + 1j * TINY * e).imag / TINY for e in np.eye(len(theta))])
