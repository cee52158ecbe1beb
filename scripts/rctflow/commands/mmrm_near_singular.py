"""How the optimizer fares when the covariance is nearly singular and most patients are lost.

    PYTHONPATH=scripts python -m rctflow.commands.mmrm_near_singular [--datasets 200] [--seed 20240402]

Each data set: 30 patients in two arms, 6 visits, AR(1)-like truth with a correlation drawn between 0.9 and 0.999 and
standard deviations that differ up to tenfold between visits; patients are lost monotonely until between 6 and 14
remain.

With means by arm and visit and monotone loss the likelihood factors into the regressions of each visit on those before
it (Anderson 1957, JASA 52:200). Its maximum is at a positive definite matrix when every one of these regressions has a
residual degree of freedom, n_t - 2 - (t - 1) >= 1 at the t-th visit, and the covariance is singular otherwise. So the
data themselves say which sets are singular, and every other one must converge.
"""

import argparse
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from rctflow.models.mmrm import fit_mmrm
from rctflow.models.mmrm.errors import EstimationError

VISITS = tuple(f"Visit {k}" for k in range(1, 7))
PATIENTS = 30


def simulate(seed: int, number: int) -> pd.DataFrame:
    """Data set ``number``: one row per patient and visit attended."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    T = len(VISITS)
    correlation = 1 - 10 ** rng.uniform(-3, -1)
    deviation = 10 ** rng.uniform(0, 1, T)
    C = correlation ** np.abs(np.subtract.outer(np.arange(T), np.arange(T)))
    y = rng.standard_normal((PATIENTS, T)) @ np.linalg.cholesky(C).T * deviation
    remaining = int(rng.integers(6, 15))
    last = np.full(PATIENTS, T)
    lost = rng.permutation(PATIENTS)[remaining:]
    last[lost] = rng.integers(1, T, len(lost))
    arms = np.where(np.arange(PATIENTS) % 2 == 0, "placebo", "active")
    patient, visit = np.nonzero(np.arange(T) < last[:, None])
    return pd.DataFrame(
        {
            "USUBJID": patient,
            "AVISIT": pd.Categorical.from_codes(visit, pd.Index(VISITS), ordered=True),
            "TRT01P": pd.Categorical(arms[patient], ["placebo", "active"]),
            "CHG": y[patient, visit],
        }
    )


def is_singular(data: pd.DataFrame) -> bool:
    """Whether some visit leaves no residual degree of freedom to its regression on the visits before it."""
    at_visit = data.groupby("AVISIT", observed=False)
    patients, arms = at_visit.size().to_numpy(), at_visit["TRT01P"].nunique().to_numpy()
    return bool((patients - arms - np.arange(len(VISITS)) < 1).any())


def outcome(data: pd.DataFrame) -> str:
    """The outcome of a fit: converged, or the type of its error."""
    try:
        fit = fit_mmrm(data, "CHG ~ TRT01P * AVISIT", "USUBJID", "AVISIT")
        fit.coefficients()
    except EstimationError as error:
        return type(error).__name__
    return "converged" if fit.diagnostics.converged else "not converged"


def run(datasets: int, seed: int) -> Counter[tuple[str, str]]:
    """Counts of (singular or not, outcome)."""
    counts: Counter[tuple[str, str]] = Counter()
    for number in range(datasets):
        data = simulate(seed, number)
        counts["singular" if is_singular(data) else "non-singular", outcome(data)] += 1
    return counts


def main(argv: Sequence[str] | None = None) -> int:
    """Print the counts; 0 when every non-singular data set converges."""
    parser = argparse.ArgumentParser(prog="mmrm_near_singular", description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20240402)
    chosen = parser.parse_args(argv)
    counts = run(chosen.datasets, chosen.seed)
    print(f"{chosen.datasets} data sets, seed {chosen.seed}, unstructured covariance, REML")
    for (kind, result), count in sorted(counts.items()):
        print(f"{kind:13} {result:28} {count:5d}")
    return int(any(kind == "non-singular" and result != "converged" for kind, result in counts))


if __name__ == "__main__":
    raise SystemExit(main())
