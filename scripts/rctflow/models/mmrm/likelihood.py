"""(Restricted) likelihood of the covariance parameters, its gradient, and its observed and expected information.

With W_p the inverse of Sigma on the visits of pattern p (zero elsewhere), Phi = (X'WX)^-1 and r the residuals,

    f = -2 log L = sum_p n_p log|Sigma_p| + r'Wr + [REML: log|X'WX|] + (N - [REML: p]) log 2 pi

    A_p  = sum_{i in p} r_i r_i' + [REML: X_i Phi X_i']                    (T, T)
    f_h  = sum_p tr{(n_p W - W A W) S_h}                                   S_h = dSigma / dtheta_h
    f_hk = sum_p tr{S_h W S_k (2 W A W - n_p W)} + tr{(n_p W - W A W) S_hk}
           - 2 v_h' Phi v_k - [REML: tr(Phi P_h Phi P_k)]
    v_h  = X'W S_h W r,        P_h = -X'W S_h W X

and the expected information of maximum likelihood, sum_p n_p tr(W S_h W S_k). All sums run over patterns, not patients.
Source: Jennrich & Schluchter 1986; Lindstrom & Bates 1988; Wolfinger, Tobias & Sall 1994 (the REML derivatives).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rctflow.models.mmrm.structures import Structure
from rctflow.models.mmrm.sufficient import Sufficient

Array = np.ndarray

CHUNK = 2_000_000


@dataclass(frozen=True)
class Block:
    """The covariance of one group: its patterns, its structure, and the place of its parameters in theta."""

    group: int
    patterns: Array
    structure: Structure
    place: slice


class Likelihood:
    """The objective f on a data set; ``at(theta)`` evaluates it."""

    def __init__(self, data: Sufficient, structures: list[Structure], reml: bool) -> None:
        self.data = data
        self.reml = reml
        self.blocks: list[Block] = []
        start = 0
        for code, structure in enumerate(structures):
            stop = start + structure.n_parameters
            self.blocks.append(Block(code, np.flatnonzero(data.group == code), structure, slice(start, stop)))
            start = stop
        self.n_parameters = start
        P, r, T = data.cy.shape
        self.shape = (P, r, T)
        self.cc_flat = data.cc.reshape(P, r * r)
        self.both = data.mask[:, :, None] & data.mask[:, None]
        self.eye = np.eye(T)
        free = data.n_records - (len(data.kept) if reml else 0)
        self.constant = free * np.log(2 * np.pi) - data.log_weights
        if reml:
            self.constant += 2 * np.log(np.abs(np.diag(data.R))).sum()

    def at(self, theta: Array) -> "Point | None":
        """f at theta (m,), or None where a covariance matrix is not positive definite."""
        P, _, T = self.shape
        sigma = np.empty((P, T, T))
        for block in self.blocks:
            whole = block.structure.sigma(theta[block.place])
            if whole is None or not np.isfinite(whole).all():
                return None
            if whole.ndim == 2 and not _positive_definite(whole):
                return None
            sigma[block.patterns] = whole if whole.ndim == 2 else whole[block.patterns]
        sigma = np.where(self.both, sigma, self.eye)
        try:
            root = np.linalg.cholesky(sigma)
            W = np.where(self.both, np.linalg.inv(sigma), 0.0)
            return Point(self, theta, W, 2 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(1))
        except np.linalg.LinAlgError:
            return None

    def information(self, weights: Array) -> Array:
        """(..., p, p): sum over patterns of X' w X for weights (P, ..., T, T) put in the place of W."""
        return self.project(weights.reshape(len(weights), -1).T @ self.cc_flat, weights.shape[1:-2])

    def project(self, flat: Array, batch: tuple[int, ...]) -> Array:
        """(..., p, p): D'KD for sums K over patterns, stored as (... T T, r r)."""
        _, r, T = self.shape
        middle = flat.reshape(-1, T, T, r, r).transpose(0, 1, 3, 2, 4).reshape(-1, T * r, T * r)
        D = self.data.stacked
        half = (middle.reshape(-1, T * r) @ D).reshape(len(middle), T * r, -1)
        return (D.T @ half).reshape(*batch, D.shape[1], D.shape[1])


class Point:
    """f and what belongs to it at one theta; derivatives are computed when asked for."""

    def __init__(self, likelihood: Likelihood, theta: Array, W: Array, log_det: Array) -> None:
        data = likelihood.data
        self.likelihood, self.theta, self.W = likelihood, theta, W
        self.information = likelihood.information(W)
        root = np.linalg.cholesky(self.information)
        D = data.D
        xwy = np.einsum("arp,ra->p", D, np.tensordot(data.cy, W, ((0, 2), (0, 1))))
        inverse = np.linalg.inv(root)
        half = inverse @ xwy
        self.b = inverse.T @ half
        self.phi = inverse.T @ inverse
        self.f = float(data.count @ log_det + (W * data.yy).sum() - half @ half + likelihood.constant)
        if likelihood.reml:
            self.f += 2 * float(np.log(np.diag(root)).sum())

    @cached_property
    def residual_products(self) -> tuple[Array, Array]:
        """sum_i r_i r_i' (P, T, T) and sum_i c_i r_i' (P, r, T)."""
        data = self.likelihood.data
        fitted = (data.D @ self.b).T
        cr = data.cy - data.cc @ fitted
        rr = data.yy - data.cy.swapaxes(1, 2) @ fitted - fitted.T @ cr
        return np.where(self.likelihood.both, rr, 0.0), cr * data.mask[:, None, :]

    @cached_property
    def spread(self) -> Array:
        """A_p (P, T, T)."""
        rr, _ = self.residual_products
        if not self.likelihood.reml:
            return rr
        P, r, T = self.likelihood.shape
        D = self.likelihood.data.stacked
        leverage = (D @ self.phi @ D.T).reshape(T, r, T, r).transpose(1, 3, 0, 2).reshape(r * r, T * T)
        return rr + np.where(self.likelihood.both, (self.likelihood.cc_flat @ leverage).reshape(P, T, T), 0.0)

    @cached_property
    def slope(self) -> Array:
        """n_p W - W A W (P, T, T): the derivative of f with respect to Sigma, per pattern."""
        return self.likelihood.data.count[:, None, None] * self.W - self.W @ self.spread @ self.W

    @cached_property
    def first(self) -> list[Array]:
        """S_h of each group: (m, T, T), or (m, P, T, T) for a covariance per pattern."""
        return [b.structure.first(self.theta[b.place]) for b in self.likelihood.blocks]

    @cached_property
    def second(self) -> list[Array | None]:
        """S_hk of each group: (m, m, T, T), or (m, m, P, T, T); None when zero."""
        return [b.structure.second(self.theta[b.place]) for b in self.likelihood.blocks]

    @cached_property
    def gradient(self) -> Array:
        """f_h (m,)."""
        parts = []
        for block, S in zip(self.likelihood.blocks, self.first, strict=True):
            slope = self.slope[block.patterns]
            if S.ndim == 3:
                parts.append(S.reshape(len(S), -1) @ slope.sum(0).ravel())
            else:
                parts.append(np.einsum("hpab,pab->h", S[:, block.patterns], slope))
        return np.concatenate(parts)

    def _weighted_first(self, patterns: Array) -> Array:
        """W S_h W (patterns, m, T, T), zero for the parameters of other groups."""
        T = self.likelihood.shape[2]
        out = np.zeros((len(patterns), self.likelihood.n_parameters, T, T))
        for block, S in zip(self.likelihood.blocks, self.first, strict=True):
            mine = self.likelihood.data.group[patterns] == block.group
            W = self.W[patterns[mine]]
            if S.ndim == 3:
                left = (W.reshape(-1, T) @ S.transpose(1, 0, 2).reshape(T, -1)).reshape(len(W), T, len(S), T)
                left = left.transpose(0, 2, 1, 3)
            else:
                left = W[:, None] @ S[:, patterns[mine]].swapaxes(0, 1)
            out[mine, block.place] = (left.reshape(len(W), -1, T) @ W).reshape(len(W), len(S), T, T)
        return out

    @cached_property
    def _slopes(self) -> tuple[Array, Array]:
        """P_h (m, p, p) and v_h (m, p), a few patterns at a time to bound the memory."""
        likelihood, (_, cr) = self.likelihood, self.residual_products
        P, r, T = likelihood.shape
        m = likelihood.n_parameters
        flat, moved = np.zeros((m * T * T, r * r)), np.zeros((m, T, r))
        step = max(1, CHUNK // (m * T * T))
        for start in range(0, P, step):
            part = slice(start, min(start + step, P))
            weights = self._weighted_first(np.arange(P)[part])
            flat += weights.reshape(len(weights), -1).T @ likelihood.cc_flat[part]
            moved += np.tensordot(weights, cr[part], ((0, 3), (0, 2)))
        return -likelihood.project(flat, (m,)), np.einsum("arp,har->hp", likelihood.data.D, moved)

    @property
    def information_slopes(self) -> Array:
        """P_h = d X'WX / d theta_h = -X'W S_h W X (m, p, p)."""
        return self._slopes[0]

    def expected_information(self) -> Array:
        """sum_p n_p tr(W S_h W S_k) (m, m), for f = -2 log L of maximum likelihood."""
        return self._pair_traces(self.likelihood.data.count[:, None, None] * self.W)

    def _pair_traces(self, M: Array) -> Array:
        """sum_p tr(S_h W S_k M_p) (m, m), block diagonal over groups."""
        m, T = self.likelihood.n_parameters, self.likelihood.shape[2]
        out = np.zeros((m, m))
        for block, S in zip(self.likelihood.blocks, self.first, strict=True):
            W, N = self.W[block.patterns], M[block.patterns]
            if S.ndim == 3:
                flat = S.reshape(len(S), T * T)
                kernel = (W.reshape(len(W), -1).T @ N.reshape(len(W), -1)).reshape(T, T, T, T)
                left = flat @ kernel.transpose(3, 0, 1, 2).reshape(T * T, T * T)
                out[block.place, block.place] = left @ flat.T
            else:
                own = S[:, block.patterns]
                out[block.place, block.place] = np.einsum("hpij,kpji->hk", N @ own, W @ own)
        return (out + out.T) / 2

    @cached_property
    def hessian(self) -> Array:
        """f_hk (m, m), the observed information of f."""
        W, data = self.W, self.likelihood.data
        H = self._pair_traces(2 * (W @ self.spread @ W) - data.count[:, None, None] * W)
        for block, S in zip(self.likelihood.blocks, self.second, strict=True):
            if S is not None:
                slope = self.slope[block.patterns]
                if S.ndim == 4:
                    H[block.place, block.place] += np.tensordot(S, slope.sum(0), 2)
                else:
                    H[block.place, block.place] += np.einsum("hkpab,pab->hk", S[:, :, block.patterns], slope)
        v = self._slopes[1]
        H -= 2 * v @ self.phi @ v.T
        if self.likelihood.reml:
            phi_p = self.phi @ self.information_slopes
            H -= phi_p.reshape(len(H), -1) @ phi_p.swapaxes(1, 2).reshape(len(H), -1).T
        return (H + H.T) / 2


def _positive_definite(matrix: Array) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True
