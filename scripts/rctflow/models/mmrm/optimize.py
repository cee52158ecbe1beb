"""Maximisation of the (restricted) likelihood in the SAS parameters.

Far from the optimum: Fisher scoring, which for complete data and a linear structure is exact in one step. Near it: Newton
with the observed information, quadratic, down to rounding. Every step is halved until f decreases; a step that leaves the
positive definite matrices is halved too. Unstructured blocks have one more resort, the EM step Sigma - Sigma G Sigma / n
with G the gradient (Laird & Ware 1982 in matrix form), which cannot leave the positive definite matrices.
Source: Jennrich & Schluchter 1986; Lindstrom & Bates 1988.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rctflow.models.mmrm.errors import (
    ConvergenceError,
    EstimationError,
    SingularCovarianceError,
    SingularInformationError,
)
from rctflow.models.mmrm.likelihood import Likelihood, Point
from rctflow.models.mmrm.structures import Linear

Array = np.ndarray

FAR = 0.5
CLOSE = 1e-7
DONE = 1e-17
SINGULAR = 1e-10


@dataclass(frozen=True)
class Optimum:
    """The maximum and how it was reached. ``decrement``: g' H^-1 g in units of f, twice the distance to the minimum."""

    point: Point
    decrement: float
    iterations: int
    starts: int
    history: tuple[str, ...] = ()


def maximise(likelihood: Likelihood, starts: list[Array], max_iterations: int = 150) -> Optimum:
    """The best optimum from the first start that leads to one.

    Raises ConvergenceError when no start leads to an optimum, SingularCovarianceError when the path ends at a singular
    matrix, SingularInformationError when the observed information is not positive definite there.
    """
    errors: list[EstimationError] = []
    for number, start in enumerate(_ordered(likelihood, starts), 1):
        try:
            return _climb(start, max_iterations, number)
        except EstimationError as error:
            errors.append(error)
    if not errors:
        raise ConvergenceError("no starting value gives a positive definite covariance matrix; use a simpler structure.")
    raise errors[0]


def _ordered(likelihood: Likelihood, starts: list[Array]) -> Iterator[Point]:
    """The feasible starts, lowest f first; in the given order, one at a time, where the likelihood has one maximum."""
    points = (p for p in map(likelihood.at, starts) if p is not None)
    linear = all(isinstance(block.structure, Linear) for block in likelihood.blocks)
    return points if linear else iter(sorted(points, key=lambda p: p.f))


def _climb(point: Point, max_iterations: int, number: int) -> Optimum:
    decrement, newton, iteration = np.inf, False, 0
    for iteration in range(1, max_iterations + 1):
        newton = newton or decrement < FAR
        direction, is_newton = _direction(point, newton)
        new_decrement = -float(direction @ point.gradient)
        if is_newton and new_decrement <= DONE * (1 + abs(point.f) * 1e-3):
            return _finish(point, new_decrement, iteration, number)
        newton = newton or new_decrement > 0.3 * decrement
        decrement = new_decrement
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
    raise ConvergenceError(
        f"no convergence after {iteration} iterations (f can still fall by about {decrement / 2:.2g}). "
        "Use a simpler covariance structure or the fall-back chain."
    )


def _direction(point: Point, newton: bool) -> tuple[Array, bool]:
    """A descent direction, and whether it is the Newton step."""
    if newton:
        step = _solve(point.hessian, point.gradient)
        if step is not None:
            return -step, True
    step = _solve(point.expected_information(), point.gradient)
    if step is None:
        step = point.gradient / np.maximum(np.abs(np.diag(point.expected_information())), 1e-300)
    return -step, False


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
    """The first of the halved steps that lowers f; near the optimum, where f is flat to rounding, the gradient decides."""
    length = 1.0
    for _ in range(40):
        trial = point.likelihood.at(point.theta + length * direction)
        if trial is not None and np.isfinite(trial.f):
            if trial.f < point.f - 1e-4 * length * decrement:
                return trial
            flat = abs(trial.f - point.f) <= 1e-10 * (1 + abs(point.f))
            if decrement < CLOSE and flat and np.abs(trial.gradient * direction).sum() < np.abs(
                point.gradient * direction
            ).sum() * (1 - 1e-3):
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
    if _solve(point.hessian, point.gradient) is None:
        raise SingularInformationError(
            "the observed information of the covariance parameters is not positive definite at the optimum. "
            "Use a simpler covariance structure or the fall-back chain."
        )
    return Optimum(point, decrement, iterations, number)


def _refuse_singular(point: Point) -> None:
    for block in point.likelihood.blocks:
        sigma = block.structure.sigma(point.theta[block.place])
        if sigma is None or sigma.ndim == 3:
            continue
        root = np.sqrt(np.diag(sigma))
        smallest = np.linalg.eigvalsh(sigma / np.outer(root, root))[0]
        if smallest < SINGULAR:
            raise SingularCovarianceError(
                f"the likelihood increases towards a singular covariance matrix (smallest eigenvalue of the correlation "
                f"matrix {smallest:.1g}): too few patients for this structure. Use a simpler one or the fall-back chain."
            )
