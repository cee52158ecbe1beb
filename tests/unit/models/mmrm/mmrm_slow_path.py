"""The MMRM written down literally: stacked matrices, loops over patients and parameters, numerical derivatives.

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
    """patients: list of dicts with X (m, p), y (m,), visits (m,), weights (m,), group index, times (m,)."""

    def __init__(self, patients, structure, T, n_theta, reml=True):
        self.patients, self.structure, self.T, self.m, self.reml = patients, structure, T, n_theta, reml
        self.p = patients[0]["X"].shape[1]
        self.N = sum(len(q["y"]) for q in patients)

    def covariance(self, theta, q):
        own = theta[q["group"] * self.m : (q["group"] + 1) * self.m]
        if self.structure.startswith("spatial"):
            apart = np.abs(np.subtract.outer(q["times"], q["times"])) / own[1]
            whole = own[0] * np.exp(-(apart ** (2 if self.structure.endswith("gaussian") else 1)))
        else:
            whole = sigma(self.structure, own, self.T)[np.ix_(q["visits"], q["visits"])]
        scale = 1 / np.sqrt(q["weights"])
        return whole * np.outer(scale, scale)

    def stacked(self, theta):
        V = np.zeros((self.N, self.N))
        at = 0
        for q in self.patients:
            k = len(q["y"])
            V[at : at + k, at : at + k] = self.covariance(theta, q)
            at += k
        return V, np.vstack([q["X"] for q in self.patients]), np.concatenate([q["y"] for q in self.patients])

    def gls(self, theta):
        V, X, y = self.stacked(theta)
        W = np.linalg.inv(V)
        phi = np.linalg.inv(X.T @ W @ X)
        return phi @ X.T @ W @ y, phi, W, V, X, y

    def neg2loglik(self, theta):
        beta, _, W, V, X, y = self.gls(theta)
        r = y - X @ beta
        value = np.linalg.slogdet(V)[1] + r @ W @ r + (self.N - self.p * self.reml) * np.log(2 * np.pi)
        return value + (np.linalg.slogdet(X.T @ W @ X)[1] if self.reml else 0.0)

    def theta_covariance(self, theta):
        return 2 * np.linalg.inv(hessian(self.neg2loglik, theta))

    def satterthwaite(self, theta, c, V_theta):
        slope = gradient(lambda t: c @ self.gls(t)[1] @ c, theta)
        return 2 * (c @ self.gls(theta)[1] @ c) ** 2 / (slope @ V_theta @ slope)

    def kenward_roger(self, theta, V_theta, linear):
        """Adjusted covariance and the P_h, pair by pair."""
        _, phi, W, _, X, _ = self.gls(theta)
        first = [jacobian(lambda t: self.stacked(t)[0], theta, h) for h in range(len(theta))]
        P = [-X.T @ W @ S @ W @ X for S in first]
        total = np.zeros_like(phi)
        for h in range(len(theta)):
            for k in range(len(theta)):
                Q = X.T @ W @ first[h] @ W @ first[k] @ W @ X
                term = Q - P[h] @ phi @ P[k]
                if not linear:
                    term = term - X.T @ W @ second(lambda t: self.stacked(t)[0], theta, h, k) @ W @ X / 4
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
        roots = [np.linalg.inv(np.linalg.cholesky(self.covariance(theta, q))) for q in self.patients]
        Z = np.vstack([root @ q["X"] for root, q in zip(roots, self.patients, strict=True)])
        e = np.concatenate([root @ (q["y"] - q["X"] @ beta) for root, q in zip(roots, self.patients, strict=True)])
        left = np.eye(self.N) - Z @ phi @ Z.T
        ends = np.cumsum([len(q["y"]) for q in self.patients])
        meat, parts = np.zeros((self.p, self.p)), []
        for i, q in zip(ends, self.patients, strict=True):
            rows = slice(i - len(q["y"]), i)
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
