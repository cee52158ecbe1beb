"""``./run bench truth [--trials 400] [--patients 1000000] [--seed 20240315]``: does each model recover its own truth?

Prints the tables of docs/truth.md: simulated trials of the default study through its real models, each held against
the truth of its own estimand from many virtual patients, and how often tests reject when treatment does nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rctflow.errors import RctflowError
from rctflow.recovery.catalogue import ALLOCATIONS, DECLARED, INFORMATIVE, LIMITED, NULL, Row
from rctflow.recovery.experiment import Laboratory
from rctflow.recovery.table import recovery_table, rejection_table
from rctflow.recovery.truths import Population, true_values, virtual_population
from rctflow.recovery.type_one import Randomized, rejections
from rctflow.recovery.variants import missing_at_random, near_the_limit, without_effect
from rctflow.recovery.virtual import virtual_settings
from rctflow.simulate.settings import SimulationSettings
from rctflow.study.form_model import Simulate
from rctflow.study.load import load_study
from rctflow.study.model import Study

CONFIG = Path("config/config.yaml")
TIMES = 10
PARTS = ("declared", "large", "informative", "limited", "null")


@dataclass(frozen=True)
class Bench:
    """How much is simulated. trials: of 30 patients; a quarter of it of 300."""

    study: Study
    settings: SimulationSettings
    trials: int
    patients: int
    seed: int

    @cached_property
    def population(self) -> Population:
        """Whose truth the simulator as declared has; limits of quantification and the size of trials change nothing."""
        return virtual_population(self.study, self.settings, DECLARED, self.patients, self.seed)

    def declared(self, times: int) -> Iterator[str]:
        """The simulator as declared, every stratum ``times`` as large."""
        yield f"### As declared, {30 * times} patients, {self._number(times)} trials"
        yield from self._recovery(DECLARED, self.population, virtual_settings(self.settings, times), times)

    def informative(self) -> Iterator[str]:
        """Dropout by what was seen."""
        yield f"### Missing at random, {30 * TIMES} patients, {self._number(TIMES)} trials"
        settings = missing_at_random(self.settings, TIMES)
        population = virtual_population(self.study, settings, INFORMATIVE, self.patients, self.seed)
        yield from self._recovery(INFORMATIVE, population, settings, TIMES, informative=True)

    def limited(self) -> Iterator[str]:
        """A quarter of the values below the limit."""
        yield f"### A higher limit of quantification, {30 * TIMES} patients, {self._number(TIMES)} trials"
        yield from self._recovery(LIMITED, self.population, near_the_limit(self.settings, TIMES), TIMES)

    def null(self) -> Iterator[str]:
        """No effect."""
        if self.study.randomization is None:
            raise RctflowError("bench truth: the default study declares no randomization scheme")
        yield f"### No effect, 30 patients, {self.trials} trials"
        laboratory = Laboratory(self.study, NULL)
        tests = tuple(Randomized(row, draws) for row, draws in ALLOCATIONS)
        settings = without_effect(self.settings)
        found = rejections(laboratory, tests, self.study.randomization, settings, self.seed, self.trials)
        yield from rejection_table(found)

    def _number(self, times: int) -> int:
        return self.trials if times == 1 else max(2, self.trials // 4)

    def _recovery(
        self,
        rows: Sequence[Row],
        population: Population,
        settings: SimulationSettings,
        times: int,
        informative: bool = False,
    ) -> Iterator[str]:
        truths = true_values(self.study, settings, rows, population)
        tallies = Laboratory(self.study, rows).trials(settings, self.seed, self._number(times), "trials")
        yield from recovery_table({row: tallies[row].against(truths[row]) for row in rows}, informative)


def main(arguments: Sequence[str]) -> int:
    """Print the tables of the parts that are asked for, all when none is; returns 0."""
    parser = argparse.ArgumentParser(prog="./run bench truth", description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--trials", type=int, default=400, help="trials of 30 patients; a quarter of it of 300")
    parser.add_argument(
        "--patients", type=int, default=1_000_000, help="virtual patients of which the truth is computed"
    )
    parser.add_argument("--seed", type=int, default=20240315)
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.part) - set(PARTS)):
        raise RctflowError(f"bench truth: {unknown[0]!r} is not known; one of: {', '.join(PARTS)}")
    study = load_study(CONFIG)
    if not isinstance(study.source, Simulate):
        raise RctflowError(f"bench truth: {CONFIG} has no simulator, so that nobody knows a truth")
    bench = Bench(study, study.source.settings, chosen.trials, chosen.patients, chosen.seed)
    tables = {
        "declared": lambda: bench.declared(1),
        "large": lambda: bench.declared(TIMES),
        "informative": bench.informative,
        "limited": bench.limited,
        "null": bench.null,
    }
    for part in chosen.part or PARTS:
        for line in tables[part]():
            print(line, flush=True)
        print()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
