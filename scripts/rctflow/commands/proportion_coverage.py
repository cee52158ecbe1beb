"""How often the 95 % intervals of a risk difference cover it: ``PYTHONPATH=scripts python -m
rctflow.commands.proportion_coverage [TRIALS]``. Prints the table of docs/models.md (binary).

Two equal arms in two equal strata; the logit of the event is -1 + 1.5 arm + effect (x + stratum), x standard normal.
The truth is the marginal difference over 10^6 patients.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from rctflow.models.binary.logistic import Array, Separation, probabilities
from rctflow.models.binary.standardization import Variance, standardized
from rctflow.models.binary.stratified_score import stratified_interval
from rctflow.models.linear import Estimate
from rctflow.proportions.counts import Counts, Interval, normal_quantile
from rctflow.proportions.newcombe import newcombe
from rctflow.proportions.score import difference_interval

SEED, TRIALS, LEVEL, LARGE = 20240315, 1500, 0.95, 1_000_000
VARIANCES: tuple[Variance, ...] = ("ye", "ye_permuted_blocks", "ge")


@dataclass(frozen=True)
class Trial:
    """arm, stratum, covariate and outcome (n,) of one simulated trial."""

    arm: Array
    stratum: Array
    x: Array
    outcome: Array

    def counts(self, chosen: Array | None = None) -> Counts:
        """Events and subjects of the two arms, of all or of the chosen subjects."""
        kept = np.ones(len(self.arm), bool) if chosen is None else chosen
        one, zero = self.outcome[kept & (self.arm == 1)], self.outcome[kept & (self.arm == 0)]
        return Counts(int(one.sum()), len(one), int(zero.sum()), len(zero))

    def intervals(self) -> dict[str, Interval]:
        """Every method's interval; the standardized ones fall back as in the model ``binary``."""
        whole, strata = self.counts(), [self.counts(self.stratum == s) for s in (0, 1)]
        found = {
            "miettinen_nurminen": difference_interval(whole, LEVEL),
            "newcombe": newcombe(whole, LEVEL),
            "stratified_score": stratified_interval(strata, LEVEL),
        }
        empty = whole.x1 in (0, whole.n1) or whole.x0 in (0, whole.n0)
        for variance in VARIANCES:
            both = ("normal", "t")
            ends = dict.fromkeys(both, found["stratified_score"]) if empty else self._standardized(variance)
            found |= {f"standardized, {variance}, {name}": ends[name] for name in both}
        return found

    def _standardized(self, variance: Variance) -> dict[str, Interval]:
        arm = np.column_stack([self.arm == 0, self.arm == 1]).astype(float)
        covariates = np.column_stack([self.x - self.x.mean(), self.stratum])
        strata = [f"{s:g}" for s in self.stratum]
        try:
            fit = standardized(arm, covariates, self.outcome, variance, strata)
        except Separation:
            fit = standardized(arm, covariates, self.outcome, variance, strata, penalized=True)
        estimate, se = fit.difference(1, 0)
        n, df = len(self.arm), len(self.arm) - arm.shape[1] - covariates.shape[1]
        half = normal_quantile(LEVEL) * se
        low, high = Estimate(estimate, se * (n / df) ** 0.5, df).interval(LEVEL)
        return {"normal": Interval(estimate - half, estimate + half), "t": Interval(low, high)}


def simulated(n: int, effect: float, rng: np.random.Generator) -> Trial:
    """A trial of n patients, n divisible by four."""
    arm, stratum, x = np.tile([0.0, 1.0], n // 2), np.repeat([0.0, 1.0], n // 2), rng.normal(size=n)
    chance = probabilities(-1 + 1.5 * arm + effect * (x + stratum))
    return Trial(arm, stratum, x, (rng.random(n) < chance).astype(float))


def true_difference(effect: float, rng: np.random.Generator) -> float:
    """The marginal risk difference of the population that ``simulated`` draws from."""
    base = effect * (rng.normal(size=LARGE) + np.repeat([0.0, 1.0], LARGE // 2)) - 1
    return float((probabilities(base + 1.5) - probabilities(base)).mean())


def main(trials: int) -> None:
    """Print the share of the intervals that cover, by number of patients and effect of the covariates."""
    streams = iter(np.random.default_rng(SEED).spawn(12))
    for n in (32, 100, 60):
        for effect in (0.0, 1.0):
            truth, rng = true_difference(effect, next(streams)), next(streams)
            covers: dict[str, int] = {}
            for _ in range(trials):
                for name, limits in simulated(n, effect, rng).intervals().items():
                    covers[name] = covers.get(name, 0) + (limits.low <= truth <= limits.high)
            shares = ", ".join(f"{name} {100 * count / trials:.1f}" for name, count in covers.items())
            print(f"n {n}, covariate effect {effect:g}, difference {100 * truth:.1f}: {shares}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS)
