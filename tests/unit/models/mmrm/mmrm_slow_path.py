"""The MMRM written down literally: stacked matrices, loops over parameters, numerical derivatives.

Nothing here is shared with the engine, so that agreement means something. Records are (patient, visit index, x row,
y); the covariance of a patient is a function of theta, its group and the visit indices (or times) of his records.
"""

import numpy as np


def sigma(structure, theta, T):
    """(T, T) in the parameters that SAS prints, element by element."""
    out = np.zeros((T, T))
    heterogeneous = structure.startswith("heterogeneous-")
    kind = structure.removeprefix("heterogeneous-")
    variances = list(theta[:T]) if heterogeneous else [theta[0]] * T
    rest = list(theta[T:]) if heterogeneous else list(theta[1:])
    for i in range(T):
        for j in range(T):
            lag, low, high = abs(i - j), min(i, j), max(i, j)
            if kind == "unstructured":
                out[i, j] = theta[high * (high + 1) // 2 + low]
            elif structure == "toeplitz":
                out[i, j] = theta[lag]
            elif structure == "compound-symmetry":
                out[i, j] = theta[0] + (theta[1] if i == j else 0)
            else:
                correlation = {
                    "ar1": lambda d=lag: rest[0] ** d,
                    "compound-symmetry": lambda d=lag: rest[0] if d else 1.0,
                    "toeplitz": lambda d=lag: rest[d - 1] if d else 1.0,
                    "ante-dependence": lambda a=low, b=high: np.prod(rest[a:b]) if b > a else 1.0,
                }[kind]()
                out[i, j] = np.sqrt(variances[i] * variances[j]) * correlation
    return out


class SlowModel:
    """patients: list of dicts with X (m, p), y (m,), visits (m,), weights (m,), group index, times (m,).

    Patients with the same number of records stand together in ``blocks``: rows, visits, times and scales, each
    (patients, records), and groups, (patients,).
    """

    def __init__(self, patients, structure, T, n_theta, reml=True):
        self.patients, self.structure, self.T, self.m, self.reml = patients, structure, T, n_theta, reml
        self.X, self.y = np.vstack([q["X"] for q in patients]), np.concatenate([q["y"] for q in patients])
        self.N, self.p = self.X.shape
        sizes = np.array([len(q["y"]) for q in patients])
        starts = np.cumsum(sizes) - sizes
        self.blocks = []
        for size in np.unique(sizes):
            own = [q for q in patients if len(q["y"]) == size]
            visits, times, weights = (np.array([q[name] for q in own]) for name in ("visits", "times", "weights"))
            rows = starts[sizes == size][:, None] + np.arange(size)
            self.blocks.append((rows, visits, times, 1 / np.sqrt(weights), np.array([q["group"] for q in own])))

    def covariances(self, theta):
        """The covariance of each patient's records, (patients, records, records) per block."""
        own = np.reshape(theta, (-1, self.m))
        if self.structure.startswith("spatial"):
            power = 2 if self.structure.endswith("gaussian") else 1
            return [
                own[group, 0, None, None]
                * np.exp(-((np.abs(times[:, :, None] - times[:, None]) / own[group, 1, None, None]) ** power))
                * (scale[:, :, None] * scale[:, None])
                for _, _, times, scale, group in self.blocks
            ]
        of_groups = np.array([sigma(self.structure, parameters, self.T) for parameters in own])
        return [
            of_groups[group[:, None, None], visits[:, :, None], visits[:, None]] * (scale[:, :, None] * scale[:, None])
            for _, visits, _, scale, group in self.blocks
        ]

    def stacked(self, theta):
        """The covariance of all records, (N, N)."""
        return self.spread(self.covariances(theta))

    def spread(self, blocks):
        """A matrix per patient as one block-diagonal matrix of all records, (N, N)."""
        whole = np.zeros((self.N, self.N))
        for (rows, *_), own in zip(self.blocks, blocks, strict=True):
            whole[rows[:, :, None], rows[:, None]] = own
        return whole

    def gls(self, theta):
        W = self.spread([np.linalg.inv(own) for own in self.covariances(theta)])
        WX = W @ self.X
        phi = np.linalg.inv(self.X.T @ WX)
        return phi @ WX.T @ self.y, phi, W

    def neg2loglik(self, theta):
        beta, phi, W = self.gls(theta)
        r = self.y - self.X @ beta
        value = sum(np.linalg.slogdet(own)[1].sum() for own in self.covariances(theta))
        value += r @ W @ r + (self.N - self.p * self.reml) * np.log(2 * np.pi)
        return value - (np.linalg.slogdet(phi)[1] if self.reml else 0.0)

    def theta_covariance(self, theta):
        return 2 * np.linalg.inv(hessian(self.neg2loglik, theta))

    def satterthwaite(self, theta, c, V_theta):
        slope = gradient(lambda t: c @ self.gls(t)[1] @ c, theta)
        return 2 * (c @ self.gls(theta)[1] @ c) ** 2 / (slope @ V_theta @ slope)

    def kenward_roger(self, theta, V_theta, linear):
        """Adjusted covariance and the P_h, pair by pair."""
        _, phi, W = self.gls(theta)
        WX = W @ self.X
        first = [jacobian(self.stacked, theta, h) @ WX for h in range(len(theta))]
        P = [-WX.T @ S for S in first]
        total = np.zeros_like(phi)
        for h in range(len(theta)):
            for k in range(len(theta)):
                term = first[h].T @ W @ first[k] - P[h] @ phi @ P[k]
                if not linear:
                    term = term - WX.T @ second(self.stacked, theta, h, k) @ WX / 4
                total += V_theta[h, k] * term
        return phi + 2 * phi @ total @ phi, P

    def kenward_roger_f(self, theta, V_theta, L, linear=False):
        """F, denominator df (Kenward & Roger 1997, section 3.2, written out)."""
        beta, phi, *_ = self.gls(theta)
        adjusted, P = self.kenward_roger(theta, V_theta, linear)
        q = len(L)
        M = L.T @ np.linalg.inv(L @ phi @ L.T) @ L
        A1 = A2 = 0.0
        for h in range(len(theta)):
            for k in range(len(theta)):
                one, two = M @ phi @ P[h] @ phi, M @ phi @ P[k] @ phi
                A1 += V_theta[h, k] * np.trace(one) * np.trace(two)
                A2 += V_theta[h, k] * np.trace(one @ two)
        B = (A1 + 6 * A2) / (2 * q)
        g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
        c = [x / (3 * q + 2 * (1 - g)) for x in (g, q - g, q + 2 - g)]
        expectation = 1 / (1 - A2 / q)
        variance = 2 / q * (1 + c[0] * B) / ((1 - c[1] * B) ** 2 * (1 - c[2] * B))
        rho = variance / (2 * expectation**2)
        m = 4 + (q + 2) / (q * rho - 1)
        scale = m / (expectation * (m - 2))
        wald = (L @ beta) @ np.linalg.inv(L @ adjusted @ L.T) @ (L @ beta)
        return scale * wald / q, m

    def sandwich(self, theta, kind):
        """Covariance and a function that gives the Bell-McCaffrey df of a contrast, from N x N matrices."""
        beta, phi, *_ = self.gls(theta)
        V, ends = self.stacked(theta), np.cumsum([len(q["y"]) for q in self.patients])
        own_rows = [slice(end - len(q["y"]), end) for end, q in zip(ends, self.patients, strict=True)]
        roots = [np.linalg.inv(np.linalg.cholesky(V[rows, rows])) for rows in own_rows]
        Z = np.vstack([root @ q["X"] for root, q in zip(roots, self.patients, strict=True)])
        e = np.concatenate([root @ (q["y"] - q["X"] @ beta) for root, q in zip(roots, self.patients, strict=True)])
        left = np.eye(self.N) - Z @ phi @ Z.T
        meat, parts = np.zeros((self.p, self.p)), []
        for rows in own_rows:
            own = left[rows, rows]
            power = {"CR0": 0.0, "CR2": -0.5, "CR3": -1.0}[kind]
            values, vectors = np.linalg.eigh(own)
            adjust = (vectors * values**power) @ vectors.T
            score = Z[rows].T @ adjust @ e[rows]
            meat += np.outer(score, score)
            parts.append((rows, adjust))

        def df(c):
            columns = [left[:, rows] @ adjust @ Z[rows] @ phi @ c for rows, adjust in parts]
            G = np.column_stack(columns)
            inner = G.T @ G
            return np.trace(inner) ** 2 / (inner**2).sum()

        return phi @ meat @ phi, df


def _steps(theta):
    return 1e-4 * np.maximum(np.abs(theta), 0.05)


def gradient(f, theta):
    """Central differences, fourth order."""
    out = []
    for h, step in enumerate(_steps(theta)):
        e = np.zeros(len(theta))
        e[h] = step
        out.append((8 * (f(theta + e) - f(theta - e)) - (f(theta + 2 * e) - f(theta - 2 * e))) / (12 * step))
    return np.array(out)


def jacobian(f, theta, h):
    """Derivative of a matrix with respect to theta_h."""
    e = np.zeros(len(theta))
    e[h] = _steps(theta)[h]
    return (8 * (f(theta + e) - f(theta - e)) - (f(theta + 2 * e) - f(theta - 2 * e))) / (12 * e[h])


def second(f, theta, h, k):
    """Mixed second derivative of a matrix."""
    steps = 10 * _steps(theta)
    e, d = np.zeros(len(theta)), np.zeros(len(theta))
    e[h], d[k] = steps[h], steps[k]

    def mixed(a):
        terms = f(theta + a * (e + d)) - f(theta + a * (e - d)) - f(theta - a * (e - d)) + f(theta - a * (e + d))
        return terms / (4 * a * a * steps[h] * steps[k])

    return (4 * mixed(0.5) - mixed(1.0)) / 3


def hessian(f, theta):
    """Mixed central differences with Richardson extrapolation."""
    m = len(theta)
    out = np.zeros((m, m))
    steps = 10 * _steps(theta)
    for h in range(m):
        for k in range(h + 1):

            def mixed(a, h=h, k=k):
                e, d = np.zeros(m), np.zeros(m)
                e[h], d[k] = a * steps[h], a * steps[k]
                terms = f(theta + e + d) - f(theta + e - d) - f(theta - e + d) + f(theta - e - d)
                return terms / (4 * e[h] * d[k])

            out[h, k] = out[k, h] = (4 * mixed(0.5) - mixed(1.0)) / 3
    return out
