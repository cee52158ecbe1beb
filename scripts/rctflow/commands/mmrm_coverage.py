"""Coverage of the MMRM's confidence intervals at the size of the default trial, by simulation.

    PYTHONPATH=scripts python -m rctflow.commands.mmrm_coverage [--datasets 2000] [--seed 20240401]

Truth: 30 patients in two arms, 6 visits, a random intercept and slope plus noise, so that variances grow and
correlations fall with the lag unevenly; 15 % of the patients are lost by the last visit, after a visit of their own
(monotone, completely at random). Each data set is fitted three ways and the 95 % interval of the last visit's
difference is compared with the truth, 0:

    unstructured + Kenward-Roger            should cover 95 %
    AR(1) + Kenward-Roger                   wrong for this truth: seen to fail
    AR(1) + CR2 + Satterthwaite             wrong too, but robust: should cover 95 %

No data set is dropped: an interval that cannot be computed counts as a failure and is shown.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from rctflow.models.mmrm import fit_mmrm
from rctflow.models.mmrm.errors import MmrmError

VISITS = tuple(f"Visit {k}" for k in range(1, 7))
PATIENTS = 30
LOST = 0.15
METHODS = {
    "unstructured, Kenward-Roger": ("unstructured", "kenward-roger", "model"),
    "AR(1), Kenward-Roger": ("ar1", "kenward-roger", "model"),
    "AR(1), CR2 + Satterthwaite": ("ar1", "satterthwaite", "CR2"),
}


def true_covariance() -> np.ndarray:
    """(6, 6): random intercept (variance 1), random slope (variance 0.15 per visit squared), noise (variance 1)."""
    time = np.arange(len(VISITS))
    return 1.0 + 0.15 * np.outer(time, time) + np.eye(len(VISITS))


def simulate(seed: int, number: int) -> pd.DataFrame:
    """Data set ``number``: one row per patient and visit attended."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    y = rng.standard_normal((PATIENTS, len(VISITS))) @ np.linalg.cholesky(true_covariance()).T
    lost = rng.random(PATIENTS) < LOST
    last = np.where(lost, rng.integers(1, len(VISITS), PATIENTS), len(VISITS))
    patient, visit = np.nonzero(np.arange(len(VISITS)) < last[:, None])
    arms = np.where(np.arange(PATIENTS) % 2 == 0, "placebo", "active")
    return pd.DataFrame(
        {
            "USUBJID": patient,
            "AVISIT": pd.Categorical.from_codes(visit, pd.Index(VISITS), ordered=True),
            "TRT01P": pd.Categorical(arms[patient], ["placebo", "active"]),
            "CHG": y[patient, visit],
        }
    )


@dataclass
class Tally:
    """What happened to the intervals of one method."""

    covered: int = 0
    missed: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def coverage(self) -> float:
        """Percent of all data sets, failures counted as not covered."""
        return 100 * self.covered / (self.covered + self.missed + len(self.failures))


def run(datasets: int, seed: int) -> dict[str, Tally]:
    """The tally of every method over data sets 0 .. datasets - 1."""
    tallies = {name: Tally() for name in METHODS}
    for number in range(datasets):
        data = simulate(seed, number)
        for name, (covariance, df, vcov) in METHODS.items():
            try:
                fit = fit_mmrm(data, "CHG ~ TRT01P * AVISIT", "USUBJID", "AVISIT", covariance, df=df, vcov=vcov)
                row = fit.contrasts("TRT01P", by="AVISIT").iloc[-1]
            except MmrmError as error:
                tallies[name].failures.append(f"data set {number}: {type(error).__name__}: {error}")
                continue
            if row.ci_low <= 0 <= row.ci_high:
                tallies[name].covered += 1
            else:
                tallies[name].missed += 1
    return tallies


def main(argv: Sequence[str] | None = None) -> int:
    """Print the counts; 0 when fewer than 0.5 % of the unstructured fits fail."""
    parser = argparse.ArgumentParser(prog="mmrm_coverage", description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20240401)
    chosen = parser.parse_args(argv)
    tallies = run(chosen.datasets, chosen.seed)
    print(
        f"{chosen.datasets} data sets, seed {chosen.seed}, n = {PATIENTS}, last of {len(VISITS)} visits, 95 % intervals"
    )
    print(f"{'method':32} {'covered':>8} {'missed':>8} {'failed':>8} {'coverage %':>11} {'MC error':>9}")
    for name, tally in tallies.items():
        error = np.sqrt(tally.coverage * (100 - tally.coverage) / chosen.datasets)
        counts = f"{tally.covered:8d} {tally.missed:8d} {len(tally.failures):8d}"
        print(f"{name:32} {counts} {tally.coverage:11.2f} {error:9.2f}")
    failures = [f"  {name}: {text}" for name, tally in tallies.items() for text in tally.failures]
    print("\n".join(["failures:", *failures]) if failures else "failures: none")
    return int(max(len(t.failures) for t in tallies.values()) >= 0.005 * chosen.datasets)


if __name__ == "__main__":
    raise SystemExit(main())
