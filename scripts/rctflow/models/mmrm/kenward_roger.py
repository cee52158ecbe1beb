"""Kenward-Roger adjustment of the covariance of the fixed effects, and its t and F tests, as SAS ddfm=kr.

With theta the parameters that SAS prints (structures.py), V = 2 H^-1 the inverse of their *observed* REML information
and P_h, Phi, W, S_h, S_hk as in likelihood.py,

    Q_hk  = X'W S_h W S_k W X,         R_hk = X'W S_hk W X
    Phi_A = Phi + 2 Phi [ sum_hk V_hk (Q_hk - P_h Phi P_k - R_hk / 4) ] Phi

and ``linear`` leaves R_hk out (SAS ddfm=kr(linear)). No loop over pairs of parameters is needed:

    sum_hk V_hk W S_h W S_k W = W [ sum_hk V_hk S_h W S_k ] W,   and the bracket is linear in W for a fixed array V S S.

For a contrast L (q, p), M = L'(L Phi L')^-1 L,

    A1 = sum V_hk tr(M Phi P_h Phi) tr(M Phi P_k Phi),    A2 = sum V_hk tr(M Phi P_h Phi M Phi P_k Phi)
    B  = (A1 + 6 A2) / 2q,        g = [(q+1) A1 - (q+4) A2] / [(q+2) A2]
    c1 = g / (3q + 2(1-g)),  c2 = (q-g) / (3q + 2(1-g)),  c3 = (q+2-g) / (3q + 2(1-g))
    E  = 1 / (1 - A2/q),     V* = (2/q) (1 + c1 B) / [(1 - c2 B)^2 (1 - c3 B)],    rho = V* / 2E^2
    m  = 4 + (q+2) / (q rho - 1),   lambda = m / [E (m-2)],    F = lambda (L b)'(L Phi_A L')^-1 (L b) / q  ~  F(q, m).

With one contrast m = 2 / A2, which is Satterthwaite's df, and lambda = 1.

Source: Kenward & Roger 1997, Biometrics 53:983, eqs 3-9; 2009, CSDA 53:2583, for the linear form.
"""

import numpy as np

from rctflow.models.mmrm.likelihood import Block, Point

Array = np.ndarray


def adjusted_covariance(point: Point, V: Array, linear: bool) -> Array:
    """Phi_A (p, p) in the working coefficients; V (m, m) is the covariance of the covariance parameters."""
    likelihood = point.likelihood
    P, _, T = likelihood.shape
    inner = np.zeros((P, T, T))
    for block, S, SS in zip(likelihood.blocks, point.first, point.second, strict=True):
        own = V[block.place, block.place]
        inner[block.patterns] = _weighted_pairs(point, block, S, own)
        if SS is not None and not linear:
            curvature = np.tensordot(own, SS, 2)
            inner[block.patterns] -= (curvature if curvature.ndim == 2 else curvature[block.patterns]) / 4
    middle = likelihood.information(point.W @ inner @ point.W)
    slopes = point.information_slopes
    weighted = np.tensordot(V, slopes, 1)
    middle -= (slopes @ point.phi @ weighted).sum(0)
    adjusted = point.phi + 2 * point.phi @ middle @ point.phi
    return (adjusted + adjusted.T) / 2


def _weighted_pairs(point: Point, block: Block, S: Array, V: Array) -> Array:
    """sum_hk V_hk S_h W_p S_k for each pattern of the block."""
    W = point.W[block.patterns]
    T = W.shape[1]
    if S.ndim == 3:
        flat = S.reshape(len(S), -1)
        pairs = (flat.T @ V @ flat).reshape(T, T, T, T)
        return (W.reshape(len(W), -1) @ pairs.transpose(1, 2, 0, 3).reshape(T * T, T * T)).reshape(W.shape)
    own = S[:, block.patterns]
    return np.einsum("hk,hpab,pbc,kpcd->pad", V, own, W, own, optimize=True)


def scaled_f(L: Array, point: Point, V: Array) -> tuple[float, float]:
    """Denominator df m and the scale lambda of the F test of L (q, p), in the working coefficients."""
    q = len(L)
    theta = L.T @ np.linalg.solve(L @ point.phi @ L.T, L)
    moved = (theta @ point.phi) @ point.information_slopes @ point.phi
    traces = np.trace(moved, axis1=1, axis2=2)
    A1 = float(traces @ V @ traces)
    pair = moved.reshape(len(V), -1) @ moved.swapaxes(1, 2).reshape(len(V), -1).T
    A2 = float((V * pair).sum())
    if q == 1:
        return 2 / A2, 1.0
    B = (A1 + 6 * A2) / (2 * q)
    g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
    below = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / below, (q - g) / below, (q + 2 - g) / below
    E = 1 / (1 - A2 / q)
    variance = (2 / q) * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
    m = 4 + (q + 2) / (q * variance / (2 * E**2) - 1)
    return m, m / (E * (m - 2))
