"""Families of hypotheses as the Snakefile sees them: files, inputs and params of the rule `multiplicity`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rctflow.settings import as_params
from rctflow.study.model import Study
from rctflow.study.multiplicity import (
    endpoints_by_randomization,
    endpoints_tested,
    families_of,
    multiplicity_settings,
)
from rctflow.study.presentation import display_settings


@dataclass(frozen=True)
class FamilyJobs:
    """The families of hypotheses of a study whose results stand in ``results``; none where the config declares none."""

    study: Study
    results: str

    def files(self) -> list[str]:
        """What is declared of families of hypotheses; nothing in a study without one."""
        if not self.study.multiplicity:
            return []
        tables = [f"{self.results}/tables/multiplicity.{end}" for end in ("html", "csv")]
        return [f"{self.results}/summaries/multiplicity/results.csv", *tables, *self.graphs()]

    def graphs(self) -> list[str]:
        """The figures of graphical procedures."""
        return [f"{self.results}/figures/multiplicity_{family}.svg" for family in self.graphical()]

    def graphical(self) -> list[str]:
        """Ids of the families that are tested by a graphical procedure."""
        return [name for name, family in families_of(self.study).items() if family.procedure == "graphical"]

    def tested_results(self) -> list[str]:
        """The result rows of the endpoints that a family tests, and of the randomization tests among the tests."""
        drawn = endpoints_by_randomization(self.study)
        return [
            *(f"{self.results}/endpoints/{endpoint}/results.csv" for endpoint in endpoints_tested(self.study)),
            *(f"{self.results}/endpoints/{endpoint}/resampling.csv" for endpoint in drawn),
        ]

    def displays(self) -> Any:
        """Params of the displays of the endpoints that a family tests."""
        return [as_params(display_settings(self.study, endpoint)) for endpoint in endpoints_tested(self.study)]

    def settings(self) -> Any:
        """Params of the families of hypotheses."""
        return as_params(multiplicity_settings(self.study))
