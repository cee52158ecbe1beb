"""Sufficient statistics: one pass over the patients, then nothing depends on their number.

With the row of patient i at visit a written D_a' c_i (design.py), the likelihood needs, per missingness pattern p (and
group), only the cross-products of (c_i, y_i):

    S_p = sum_{i in p} (c_i, y_i)(c_i, y_i)'                              (r + T, r + T)
    X'WX = sum_ab D_a' [ sum_p W_p(a, b) S_p ] D_b                        and so on.

To keep all digits, c is replaced by an orthonormal basis of its columns, the columns of the design by an orthonormal
basis in their own order (which also finds the aliased ones), and y by its ordinary least squares residual.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from rctflow.models.mmrm.design import Design
from rctflow.models.mmrm.records import Records

Array = np.ndarray

ALIASED = 1e-8
DEPENDENT = 1e-13
NO_VARIATION = 1e-12  # of the largest eigenvalue at a visit


@dataclass(frozen=True)
class Sufficient:
    """Cross-products per pattern (P patterns, T visits, r patient values, p estimable columns).

    cc: (P, r, r); cy: (P, r, T); yy: (P, T, T); count: (P,); mask: (P, T); group: (P,); D: (T, r, p) in the
    orthonormal basis; R: (p, p) with beta = R^-1 (ols + b) for the working coefficients b; kept, dropped: columns of
    the design; alias: (p, dropped): the dropped columns as combinations of the kept ones. order: (n,) patients sorted
    by pattern; bounds: (P + 1,); c: (n, r) and y: (n, T) in that order.
    """

    cc: Array
    cy: Array
    yy: Array
    count: Array
    mask: Array
    group: Array
    D: Array
    R: Array
    ols: Array
    kept: Array
    dropped: Array
    alias: Array
    order: Array
    bounds: Array
    c: Array
    y: Array
    distance: Array | None
    n_records: int
    log_weights: float
    y_range: float

    @property
    def stacked(self) -> Array:
        """(T r, p): the blocks of D one under another."""
        return self.D.reshape(-1, self.D.shape[2])

    def coefficients(self, b: Array) -> Array:
        """beta (p,) of the estimable columns from the working coefficients."""
        return np.linalg.solve(self.R, self.ols + b)


def sufficient_statistics(records: Records, design: Design) -> Sufficient:
    """All that the likelihood needs from the records."""
    wide = _weighted(records, records.response)
    observed = np.zeros(wide.shape, bool)
    observed[records.subject, records.visit] = True
    basis, A = _orthonormal(design.c)
    D = np.einsum("rk,akp->arp", A, design.D)
    pattern, mask, group, distance = _patterns(records, observed)
    order = np.argsort(pattern, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(pattern, minlength=len(mask)))])
    c = basis[order]
    cc = _products(c, c, bounds)
    kept, dropped, R, alias = _reduce(D, np.tensordot(mask.T.astype(float), cc, 1))
    r, T = len(A), mask.shape[1]
    D = np.linalg.solve(R.T, D[:, :, kept].reshape(T * r, -1).T).T.reshape(T, r, len(kept))
    y_range = float(np.ptp(records.response))
    log_weights = 0.0 if records.weights is None else float(np.log(records.weights).sum())
    ols, y, cy, yy = _response_products(c, wide[order], bounds, mask, D)
    count = np.diff(bounds).astype(float)
    return Sufficient(
        cc, cy, yy, count, mask, group, D, R, ols, kept, dropped, alias, order, bounds, c, y, distance,
        records.n_records, log_weights, y_range,
    )  # fmt: skip


def replace_response(data: Sufficient, records: Records, response: Array) -> Sufficient:
    """The statistics of another outcome (N,) of the same records."""
    wide = _weighted(records, response)[data.order]
    ols, y, cy, yy = _response_products(data.c, wide, data.bounds, data.mask, data.D)
    return replace(data, ols=ols, y=y, cy=cy, yy=yy, y_range=float(np.ptp(response)))


def _weighted(records: Records, response: Array) -> Array:
    return records.wide(response if records.weights is None else response * np.sqrt(records.weights))


def _products(left: Array, right: Array, bounds: Array) -> Array:
    """left'right of the patients of each pattern."""
    return np.array([left[i:j].T @ right[i:j] for i, j in pairwise(bounds)])


def _response_products(c: Array, y: Array, bounds: Array, mask: Array, D: Array) -> tuple[Array, Array, Array, Array]:
    """Ordinary least squares coefficients, its residuals (n, T), and their cross-products per pattern."""
    ols = np.einsum("arp,ra->p", D, c.T @ y)
    y = y - (c @ (D @ ols).T) * np.repeat(mask, np.diff(bounds), axis=0)
    return ols, y, _products(c, y, bounds), _products(y, y, bounds)


def _orthonormal(c: Array) -> tuple[Array, Array]:
    """(n, r) with c = basis @ A; r is the rank. Two passes, so that the second repairs the first one's rounding."""
    size = np.sqrt(np.einsum("ik,ik->k", c, c))
    empty = size == 0
    size[empty] = 1.0
    basis, A = c / size, np.diag(size)
    for smallest in (DEPENDENT, 1e-4):
        values, vectors = np.linalg.eigh(basis.T @ basis)
        keep = values > smallest * values[-1]
        root = np.sqrt(values[keep])
        basis = basis @ (vectors[:, keep] / root)
        A = (vectors[:, keep] * root).T @ A
    A[:, empty] = 0.0  # not rounding, so that the columns made of them are seen to be empty
    return basis, A


def _patterns(records: Records, observed: Array) -> tuple[Array, Array, Array, Array | None]:
    """Pattern code of each patient; mask, group and distances of each pattern."""
    group = np.zeros(len(observed), np.intp) if records.group is None else records.group
    coordinates = None
    if records.coordinates is not None:
        coordinates = np.stack([records.wide(x) for x in records.coordinates.T], axis=2)
        key = np.column_stack([group, observed, coordinates.reshape(len(observed), -1)])
        _, first, pattern = np.unique(key, axis=0, return_index=True, return_inverse=True)
    else:
        code = group.copy()
        for seen in observed.T:
            code = np.unique(2 * code + seen, return_inverse=True)[1] if code.max() > 2**60 else 2 * code + seen
        _, first, pattern = np.unique(code, return_index=True, return_inverse=True)
    mask = observed[first]
    distance = None
    if coordinates is not None:
        apart = coordinates[first][:, :, None] - coordinates[first][:, None]
        distance = np.sqrt((apart**2).sum(3)) * (mask[:, :, None] & mask[:, None])
    return pattern.ravel(), mask, group[first], distance


def _reduce(D: Array, per_visit: Array) -> tuple[Array, Array, Array, Array]:
    """Columns that are independent of those before them, the aliased ones, and the triangle R of the kept ones.

    D: (T, r, p); per_visit: (T, r, r) cross-products of c over the records of each visit.
    """
    values, vectors = np.linalg.eigh(per_visit)
    values[values < NO_VARIATION * values[:, -1:]] = 0.0  # the root of rounding noise would outgrow ALIASED
    root = np.sqrt(values)[:, :, None] * vectors.swapaxes(1, 2)
    Z = (root @ D).reshape(-1, D.shape[2])
    size = np.linalg.norm(Z, axis=0)
    everywhere = np.linalg.norm(D.reshape(-1, D.shape[2]), axis=0)  # were every patient seen at every visit
    Q = np.zeros((len(Z), 0))
    kept = []
    for j in range(Z.shape[1]):
        rest = Z[:, j] - Q @ (Q.T @ Z[:, j])
        rest -= Q @ (Q.T @ rest)
        length = np.linalg.norm(rest)
        if length > ALIASED * size[j] and size[j] > ALIASED * everywhere[j]:
            kept.append(j)
            Q = np.column_stack([Q, rest / length])
    keep = np.array(kept, int)
    drop = np.setdiff1d(np.arange(Z.shape[1]), keep)
    R = np.triu(Q.T @ Z[:, keep])
    return keep, drop, R, np.linalg.solve(R, Q.T @ Z[:, drop])
