"""Maximisation of the (restricted) likelihood in the SAS parameters.

Far from the optimum: Fisher scoring, which for complete data and a linear structure is exact in one step. Near it:
Newton with the observed information, quadratic, down to rounding. Every step is halved until f decreases; a step that
leaves the positive definite matrices is halved too. An unstructured covariance has two more resorts: the EM step
Sigma - Sigma G Sigma / n with G the gradient (Laird & Ware 1982 in matrix form), which cannot leave the positive
definite matrices, and the parameters of regressions.py, in which a nearly singular optimum is well conditioned.
Source: Jennrich & Schluchter 1986; Lindstrom & Bates 1988.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from rctflow.models.mmrm.errors import (
    ConvergenceError,
    EstimationError,
    SingularCovarianceError,
    SingularInformationError,
)
from rctflow.models.mmrm.likelihood import Likelihood, Point
from rctflow.models.mmrm.regressions import Regressions
from rctflow.models.mmrm.structures import Linear

Array = np.ndarray

FAR = 0.5
CLOSE = 1e-7
DONE = 1e-17
SINGULAR = 1e-10


@dataclass(frozen=True)
class Optimum:
    """The maximum and how it was reached.

    decrement: g' H^-1 g in units of f, twice the distance to the minimum. theta_covariance: (m, m), 2 H^-1.
    chain, chain_covariance: the same in the parameters of regressions.py where these were needed. Everything but the
    second-derivative term of Kenward-Roger, which is zero for an unstructured covariance, is the same in both.
    """

    point: Point
    decrement: float
    iterations: int
    starts: int
    theta_covariance: Array
    chain: Point | None = None
    chain_covariance: Array | None = None


def maximise(likelihood: Likelihood, starts: list[Array]) -> Optimum:
    """The best optimum from the first start that leads to one.

    Raises ConvergenceError when no start leads to an optimum, SingularCovarianceError when the path ends at a singular
    matrix, SingularInformationError when the observed information is not positive definite there.
    """
    errors: list[EstimationError] = []
    for number, start in enumerate(_ordered(likelihood, starts), 1):
        try:
            return _from_start(start, number)
        except EstimationError as error:
            errors.append(error)
    if not errors:
        raise ConvergenceError("no start gives a positive definite covariance matrix; use a simpler structure.")
    singular = [error for error in errors if isinstance(error, SingularCovarianceError)]
    raise (singular or errors)[0]


def _from_start(start: Point, number: int) -> Optimum:
    try:
        return _climb(start, number)
    except _StuckError as stuck:
        if _unstructured(start.likelihood):
            return _climb_regressions(stuck.point, number)
        raise stuck.reason from None


class _StuckError(Exception):
    """A climb ended before the optimum, at ``point``."""

    def __init__(self, point: Point, decrement: float, iterations: int) -> None:
        self.point = point
        self.reason = ConvergenceError(
            f"no convergence after {iterations} iterations (-2 log L can still fall by about {decrement / 2:.2g}). "
            "Use a simpler covariance structure or the fall-back chain."
        )


def _unstructured(likelihood: Likelihood) -> bool:
    structures = [block.structure for block in likelihood.blocks]
    return all(isinstance(s, Linear) and s.kind == "unstructured" for s in structures)


def _climb_regressions(point: Point, number: int) -> Optimum:
    """Go on in the parameters of regressions.py, then finish in the covariances."""
    natural = point.likelihood
    chain = Regressions(natural.shape[2])
    other = Likelihood(natural.data, [chain] * len(natural.blocks), natural.reml)
    sigmas = [np.asarray(b.structure.sigma(point.theta[b.place])) for b in natural.blocks]
    start = other.at(np.concatenate([chain.from_sigma(sigma) for sigma in sigmas]))
    try:
        found = _climb(start or point, number, 200)
    except _StuckError as stuck:
        _refuse_singular(stuck.point)
        raise stuck.reason from None
    lower = np.tril_indices(chain.T)
    sigmas = [np.asarray(chain.sigma(found.point.theta[b.place])) for b in other.blocks]
    back = natural.at(np.concatenate([sigma[lower] for sigma in sigmas]))
    if back is None:
        raise SingularCovarianceError(_singular_message(0.0))
    J = np.zeros_like(found.theta_covariance)
    for block, S in zip(other.blocks, found.point.first, strict=True):
        J[block.place, block.place] = S[:, lower[0], lower[1]].T
    V = found.theta_covariance
    return replace(found, point=back, theta_covariance=J @ V @ J.T, chain=found.point, chain_covariance=V)


def _ordered(likelihood: Likelihood, starts: list[Array]) -> Iterator[Point]:
    """The feasible starts, lowest f first; in the given order, one at a time, where the likelihood has one maximum."""
    points = (p for p in map(likelihood.at, starts) if p is not None)
    linear = all(isinstance(block.structure, Linear) for block in likelihood.blocks)
    return points if linear else iter(sorted(points, key=lambda p: p.f))


def _climb(point: Point, number: int, max_iterations: int = 50) -> Optimum:
    """From one start to the optimum. Raises _StuckError when it is not reached."""
    decrement, newton, iteration = np.inf, False, 0
    for iteration in range(1, max_iterations + 1):
        newton = newton or decrement < FAR
        direction, is_newton = _direction(point, newton)
        before, decrement = decrement, -float(direction @ point.gradient)
        small = decrement <= DONE * (1 + abs(point.f) * 1e-3)
        if is_newton and (small or (before < CLOSE and before / 4 < decrement < CLOSE)):  # at the level of rounding
            return _finish(point, decrement, iteration, number)
        newton = newton or decrement > 0.3 * before
        better = _line_search(point, direction, decrement) or _expectation_step(point)
        if better is None:
            if is_newton and decrement < CLOSE:
                return _finish(point, decrement, iteration, number)
            if is_newton:
                break
            newton = True
            continue
        point = better
        _refuse_singular(point)
    raise _StuckError(point, decrement, iteration)


def _direction(point: Point, newton: bool) -> tuple[Array, bool]:
    """A descent direction, and whether it is the Newton step."""
    if newton:
        step = _solve(point.hessian, point.gradient)
        if step is not None:
            return -step, True
    expected = point.expected_information()
    step = _curved(point.hessian, expected, point.gradient) if newton else _solve(expected, point.gradient)
    if step is None:
        step = point.gradient / np.maximum(np.abs(np.diag(expected)), 1e-300)
    return -step, False


def _curved(hessian: Array, expected: Array, gradient: Array) -> Array | None:
    """The Newton step with the absolute curvatures, relative to the expected information (Greenstadt 1967)."""
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(expected))
        curvature, axes = np.linalg.eigh(inverse @ hessian @ inverse.T)
    except np.linalg.LinAlgError:
        return None
    axes = inverse.T @ axes
    return axes @ ((axes.T @ gradient) / np.maximum(np.abs(curvature), 1e-3))


def _solve(matrix: Array, vector: Array) -> Array | None:
    """The solution for a positive definite matrix, scaled to a unit diagonal first; None otherwise."""
    diagonal = np.diag(matrix)
    if not np.isfinite(matrix).all() or (diagonal <= 0).any():
        return None
    scale = 1 / np.sqrt(diagonal)
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(matrix * scale[:, None] * scale))
    except np.linalg.LinAlgError:
        return None
    return scale * (inverse.T @ (inverse @ (scale * vector)))


def _line_search(point: Point, direction: Array, decrement: float) -> Point | None:
    """The first of the halved steps that lowers f; near the optimum, where f is flat, that lowers the gradient."""
    length = 1.0
    for _ in range(40):
        trial = point.likelihood.at(point.theta + length * direction)
        if trial is not None and np.isfinite(trial.f):
            if trial.f < point.f - 1e-4 * length * decrement:
                return trial
            flat = abs(trial.f - point.f) <= 1e-10 * (1 + abs(point.f))
            if (
                decrement < CLOSE
                and flat
                and np.abs(trial.gradient * direction).sum() < np.abs(point.gradient * direction).sum() * (1 - 1e-3)
            ):
                return trial
        length /= 2
    return None


def _expectation_step(point: Point) -> Point | None:
    """One EM step of every unstructured block, if it lowers f."""
    theta = point.theta.copy()
    for block in point.likelihood.blocks:
        if not (isinstance(block.structure, Linear) and block.structure.kind == "unstructured"):
            return None
        sigma = block.structure.sigma(theta[block.place])
        if sigma is None:
            return None
        count = point.likelihood.data.count[block.patterns].sum()
        moved = sigma - sigma @ point.slope[block.patterns].sum(0) @ sigma / count
        theta[block.place] = moved[np.tril_indices(len(moved))]
    trial = point.likelihood.at(theta)
    return trial if trial is not None and trial.f < point.f - 1e-9 else None


def _finish(point: Point, decrement: float, iterations: int, number: int) -> Optimum:
    _refuse_singular(point)
    H = point.hessian
    diagonal = np.diag(H)
    if (diagonal > 0).all():
        scale = 1 / np.sqrt(diagonal)
        try:
            inverse = np.linalg.inv(np.linalg.cholesky(H * scale[:, None] * scale)) * scale
            return Optimum(point, decrement, iterations, number, 2 * inverse.T @ inverse)
        except np.linalg.LinAlgError:
            pass
    raise SingularInformationError(
        "the observed information of the covariance parameters is not positive definite at the optimum. "
        "Use a simpler covariance structure or the fall-back chain."
    )


def _refuse_singular(point: Point) -> None:
    for block in point.likelihood.blocks:
        sigma = block.structure.sigma(point.theta[block.place])
        if sigma is None or sigma.ndim == 3:
            continue
        root = np.sqrt(np.diag(sigma))
        smallest = np.linalg.eigvalsh(sigma / np.outer(root, root))[0]
        if smallest < SINGULAR:
            raise SingularCovarianceError(_singular_message(smallest))


def _singular_message(smallest: float) -> str:
    return (
        "the likelihood increases towards a singular covariance matrix (smallest eigenvalue of the correlation matrix "
        f"{smallest:.1g}): too few patients for this structure. Use a simpler one or the fall-back chain."
    )
