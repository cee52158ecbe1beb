"""Cluster-robust covariance of the fixed effects (a patient is a cluster) and its Bell-McCaffrey df.

Whitened by the Cholesky factor of each patient's covariance, Sigma_i = C C',  Z_i = C^-1 X_i,  e_i = C^-1 r_i,  and
with H_i = Z_i Phi Z_i',

    V = Phi [ sum_i Z_i' A_i e_i e_i' A_i Z_i ] Phi,
    A_i = I (CR0),  (I - H_i)^-1/2 (CR2),  (I - H_i)^-1 (CR3).

With the identity as working covariance of the whitened residuals, a contrast l has g_i = (I - H)_i' A_i Z_i Phi l and

    df = (sum_i g_i'g_i)^2 / sum_ij (g_i'g_j)^2,     g_i'g_j = [i = j] a_i'a_i - (Z_i'a_i)' Phi (Z_j'a_j),  a_i = A_i
    Z_i Phi l.

A direction in which a patient's fitted values are fixed by his own data has 1 - H = 0: CR2 leaves it out (the
generalized inverse), CR3 does not exist.
Source: Liang & Zeger 1986; Bell & McCaffrey 2002, Survey Methodology 28:169; Pustejovsky & Tipton 2018; R mmrm,
vignette "Details of Weighted Least Square Empirical Covariance".
"""

from collections.abc import Iterator

import numpy as np

from rctflow.models.mmrm.errors import NotEstimableError
from rctflow.models.mmrm.likelihood import Point
from rctflow.models.mmrm.records import Records

Array = np.ndarray

NONE_LEFT = 1e-9
CHUNK = 20_000
REMEMBERED = 20_000_000


class Sandwich:
    """The robust covariance (p, p) of the working coefficients, and the df of its contrasts."""

    def __init__(self, point: Point, kind: str, records: Records) -> None:
        self.point = point
        self.kind = kind
        self.records = records
        p = len(point.b)
        self.small = records.n_records * p <= REMEMBERED
        self.remembered: list[tuple[Array, Array, Array]] = []
        meat = np.zeros((p, p))
        for piece in self._pieces():
            _, KZ, e = piece
            score = np.einsum("iap,ia->ip", KZ, e)
            meat += score.T @ score
            if self.small:
                self.remembered.append(piece)
        self.covariance = point.phi @ meat @ point.phi

    def _pieces(self) -> Iterator[tuple[Array, Array, Array]]:
        """Z, A Z and e of some patients at a time: kept in memory, or for very many patients made anew each time."""
        if self.remembered:
            yield from self.remembered
            return
        for patients, Z, e in _whitened(self.point):
            yield Z, _adjust(Z, self.point.phi, self.kind, patients, self.records), e

    def degrees_of_freedom(self, l: Array) -> float:  # noqa: E741
        """Bell-McCaffrey df of one contrast (p,), NaN where no residual is left for it (callers refuse that)."""
        phi = self.point.phi
        direction = phi @ l
        total, own, M = 0.0, 0.0, np.zeros_like(phi)
        for Z, KZ, _ in self._pieces():
            a = KZ @ direction
            u = np.einsum("iap,ia->ip", Z, a)
            size = np.einsum("ia,ia->i", a, a)
            back = np.einsum("ip,ip->i", u @ phi, u)
            total += float((size - back).sum())
            own += float((size**2 - 2 * size * back).sum())
            M += u.T @ u
        crossed = phi @ M
        below = own + float((crossed * crossed.T).sum())
        return total**2 / below if below > 1e-12 * total**2 else float("nan")


def _whitened(point: Point) -> Iterator[tuple[Array, Array, Array]]:
    """Chunks of patients with one pattern: their codes, Z (i, visits, p) and e (i, visits)."""
    data = point.likelihood.data
    residual = data.y - (data.c @ (data.D @ point.b).T)
    for pattern, mask in enumerate(data.mask):
        seen = np.flatnonzero(mask)
        W = point.W[pattern][np.ix_(seen, seen)]
        root = np.linalg.cholesky(W)  # root' whitens as C^-1 does, up to a rotation, which leaves A_i and g_i'g_j alone
        D = np.tensordot(root, data.D[seen], ((0,), (0,)))
        for start in range(data.bounds[pattern], data.bounds[pattern + 1], CHUNK):
            stop = min(start + CHUNK, data.bounds[pattern + 1])
            Z = np.tensordot(data.c[start:stop], D, ((1,), (1,)))
            yield data.order[start:stop], Z, residual[start:stop][:, seen] @ root


def _adjust(Z: Array, phi: Array, kind: str, patients: Array, records: Records) -> Array:
    """A_i Z_i (i, visits, p)."""
    if kind == "CR0":
        return Z
    left = np.eye(Z.shape[1]) - Z @ phi @ Z.swapaxes(1, 2)
    values, vectors = np.linalg.eigh(left)
    fixed = values < NONE_LEFT
    if kind == "CR3" and fixed.any():
        who = records.subjects[patients[fixed.any(1).argmax()]]
        raise NotEstimableError(
            f"vcov='CR3' does not exist: patient {who!r} determines a fixed effect alone. Use 'CR2', or merge the cell."
        )
    power = -0.5 if kind == "CR2" else -1.0
    root = np.where(fixed, 0.0, np.where(fixed, 1.0, values) ** power)
    return (vectors * root[:, None, :]) @ (vectors.swapaxes(1, 2) @ Z)
