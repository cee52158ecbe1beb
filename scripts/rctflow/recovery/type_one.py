"""How often each test rejects at 5 % when treatment does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from rctflow.inference.allocations import reference_allocations
from rctflow.inference.progress import with_progress
from rctflow.inference.randomization_test import randomization_test
from rctflow.inference.statistics import comparisons
from rctflow.models.contract import NotEstimable
from rctflow.models.select import select_data
from rctflow.models.settings import Resampling
from rctflow.recovery.catalogue import Row
from rctflow.recovery.experiment import POPULATION, Laboratory, estimated, fitted
from rctflow.recovery.tally import ERRORS, percent_error
from rctflow.recovery.virtual import VirtualTrial, virtual_trial
from rctflow.simulate.settings import SimulationSettings

if TYPE_CHECKING:
    from rctflow.randomization import Scheme

ALPHA = 5.0


@dataclass(frozen=True)
class Randomized:
    """A randomization test of a row's statistic with so many allocations drawn."""

    row: Row
    draws: int


@dataclass
class Rejections:
    """tested: trials with a p-value; lost: without; rejected: at 5 %."""

    tested: int = 0
    rejected: int = 0
    lost: int = 0

    def add(self, p_value: float | None) -> None:
        """One trial."""
        self.lost += p_value is None
        self.tested += p_value is not None
        self.rejected += p_value is not None and p_value <= ALPHA / 100

    @property
    def percent(self) -> float:
        """Rejections in percent of the trials tested."""
        return 100 * self.rejected / self.tested

    @property
    def error(self) -> float:
        """Monte-Carlo error of a test that truly rejects at 5 %, in percentage points."""
        return percent_error(ALPHA, self.tested)

    @property
    def verdict(self) -> str:
        """Where the share lies, within Monte-Carlo error: at 5 %, below (careful) or above (wrong)."""
        if abs(self.percent - ALPHA) <= ERRORS * self.error:
            return f"at {ALPHA:g} %"
        return "below" if self.percent < ALPHA else "above"


def rejections(
    laboratory: Laboratory,
    randomized: tuple[Randomized, ...],
    scheme: Scheme,
    settings: SimulationSettings,
    seed: int,
    number: int,
) -> dict[Row | Randomized, Rejections]:
    """Rejections of every row of the laboratory, and of the randomization tests, in ``number`` trials."""
    tests: tuple[Row | Randomized, ...] = (*laboratory.rows, *randomized)
    found = {test: Rejections() for test in tests}
    for k in with_progress(range(number), "trials without effect"):
        trial = virtual_trial(settings, seed, k)
        bds = {name: trial.records(name, records) for name, records in laboratory.records.items()}
        for row in laboratory.rows:
            fit = laboratory.fits[row.endpoint]
            output = fitted(bds[row.endpoint], trial.adsl, laboratory.analyses[row], fit)
            found[row].add(estimated(row, output, laboratory.visit(row))[0].get("p_value"))
        for test in randomized:
            found[test].add(_randomization_p(test, laboratory, bds[test.row.endpoint], trial, scheme, k))
    return found


def _randomization_p(
    test: Randomized, laboratory: Laboratory, bds: pd.DataFrame, trial: VirtualTrial, scheme: Scheme, number: int
) -> float | None:
    row, fit, analysis = test.row, laboratory.fits[test.row.endpoint], laboratory.analyses[test.row]
    wanted = Resampling(randomization_test=test.draws, enumerate_up_to=0, seed=number)
    data = select_data(bds, trial.adsl, analysis, POPULATION, fit)
    try:
        patients, reference = reference_allocations(trial.adsl, data, fit, scheme, wanted)
        for found in comparisons(data, analysis, fit, patients, reference.allocations):
            if found.visit == laboratory.visit(row):
                return randomization_test(found.observed, found.statistics, reference).p_value
    except NotEstimable:
        pass
    return None
