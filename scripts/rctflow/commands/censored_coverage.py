"""How often the 95 % intervals of the model ``censored`` cover at 30 patients: ``PYTHONPATH=scripts python -m
rctflow.commands.censored_coverage [TRIALS]``. Prints the table of docs/models.md (censored).

Two arms of 15; on the log scale y = 0.4 arm + 0.5 baseline + e, baseline and e standard normal; the limit is the
quantile of y that leaves the declared share of all values below it. ``t`` and ``profile`` are the options of the model,
``unscaled`` the Wald interval of maximum likelihood without n / (n - p) and with the normal quantile; ``half`` is
least squares with half the limit in the place of such values.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from rctflow.models.censored.existence import unbounded_values
from rctflow.models.censored.likelihood import Flags, fit_censored_normal
from rctflow.models.censored.profile import Profile
from rctflow.models.contract import NotEstimable
from rctflow.models.linear import Array, Estimate
from rctflow.proportions.counts import normal_quantile

SEED, TRIALS, LEVEL, PATIENTS, TRUTH = 20240316, 2000, 0.95, 30, 0.4
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
LARGE = 1_000_000
ALONG = np.array([-1.0, 1.0, 0.0])
"""The difference of the arms over the columns of the design: two arms, baseline."""


def simulated(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """Design (n, 3) and outcome (n,) of n patients, n even."""
    arm, baseline = np.tile([0.0, 1.0], n // 2), rng.normal(size=n)
    value = TRUTH * arm + 0.5 * baseline + rng.normal(size=n)
    return np.column_stack([1 - arm, arm, baseline]), value


def intervals(design: Array, value: Array, censored: Flags) -> dict[str, tuple[float, float]]:
    """The intervals of the difference by every method. value: the limit where ``censored``. Raises NotEstimable."""
    kept = ~unbounded_values(design, censored)
    fit = fit_censored_normal(design[kept], value[kept], censored[kept])
    n, p = design[kept].shape
    estimate, se = float(ALONG @ fit.coefficients), float(np.sqrt(ALONG @ fit.covariance @ ALONG))
    half = normal_quantile(LEVEL) * se
    found = {
        "t": Estimate(estimate, se * math.sqrt(n / (n - p)), n - p).interval(LEVEL),
        "profile": Profile(fit, design[kept], value[kept], censored[kept], ALONG).interval(LEVEL),
        "unscaled": (estimate - half, estimate + half),
    }
    found["half"] = least_squares(design, np.where(censored, value - math.log(2), value))
    return found


def least_squares(design: Array, value: Array) -> tuple[float, float]:
    """The t interval of the difference of ordinary least squares."""
    n, p = design.shape
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ value
    s2 = float(((value - design @ coefficients) ** 2).sum() / (n - p))
    return Estimate(float(ALONG @ coefficients), math.sqrt(s2 * float(ALONG @ inverse @ ALONG)), n - p).interval(LEVEL)


def main(trials: int) -> None:
    """Print the share of intervals that cover, by the share of values below the limit."""
    for share, rng in zip(SHARES, np.random.default_rng(SEED).spawn(len(SHARES)), strict=True):
        limit = float(np.quantile(simulated(rng, LARGE)[1], share)) if share else -math.inf
        covers: dict[str, int] = {}
        lost = 0
        for _ in range(trials):
            design, value = simulated(rng, PATIENTS)
            censored = value < limit
            try:
                found = intervals(design, np.where(censored, limit, value), censored)
            except NotEstimable:
                lost += 1
                continue
            for name, (low, high) in found.items():
                covers[name] = covers.get(name, 0) + (low <= TRUTH <= high)
        shares = ", ".join(f"{name} {100 * count / (trials - lost):.1f}" for name, count in covers.items())
        print(f"{100 * share:.0f} % below: {shares}; not estimable {lost} of {trials}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS)
