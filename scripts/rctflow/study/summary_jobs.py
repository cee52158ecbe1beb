"""The summaries as the Snakefile sees them: which there are, what each is made from, its params, its figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rctflow.figures.registry import SUMMARY_FIGURES
from rctflow.settings import as_params
from rctflow.study.model import Study
from rctflow.study.presentation import study_display
from rctflow.study.summaries import (
    declared_summaries,
    reconciled_tables,
    reconciliation,
    summary_settings,
    summary_study,
)
from rctflow.summaries.registry import modules_of
from rctflow.summaries.settings import Reads


@dataclass(frozen=True)
class SummaryJobs:
    """The summaries of a study whose results stand in ``results``. What is not declared reads nothing."""

    study: Study
    results: str

    def __contains__(self, summary: str) -> bool:
        return summary in declared_summaries(self.study)

    def files(self) -> list[str]:
        """The result rows of all declared summaries, in the order of print."""
        return [f"{self.results}/summaries/{name}/results.csv" for name in declared_summaries(self.study)]

    def listings(self) -> list[str]:
        """Files for the data manager, which name patients: no result that may be published."""
        return [f"{self.results}/listings/queries.xlsx"]

    def tables(self, summary: str) -> list[str]:
        """The clean tables that a summary is made from."""
        return [f"{self.results}/clean/{table}.parquet" for table in self._reads(summary).tables]

    def ledgers(self, summary: str) -> list[str]:
        """The ledgers that a summary is made from; that of data quality counts what ADAE queries, too."""
        derived = ["adam/adae"] if summary == "data_quality" and self.study.adverse_events else []
        places = [*(f"clean/{table}" for table in self._reads(summary).ledgers), *derived]
        return [f"{self.results}/{place}.ledger.csv" for place in places]

    def records(self, summary: str) -> list[str]:
        """The records of endpoints that a summary is made from."""
        return [f"{self.results}/adam/{endpoint}.parquet" for endpoint in self._reads(summary).endpoints]

    def endpoint_results(self, summary: str) -> list[str]:
        """The result rows of endpoints that a summary is reconciled with."""
        return [f"{self.results}/endpoints/{endpoint}/results.csv" for endpoint in self._reads(summary).results]

    def reconciled(self) -> str:
        """What is written once ADSL and the forms agree on who is in the flow; fits wait for it."""
        return f"{self.results}/summaries/flow/reconciled.txt"

    def reconciled_tables(self) -> list[str]:
        """The clean tables that ADSL is compared with."""
        return [f"{self.results}/clean/{table}.parquet" for table in reconciled_tables(self.study)]

    def reconciliation(self) -> Any:
        """Params of that comparison."""
        return reconciliation(self.study)

    def datasets(self, summary: str) -> list[str]:
        """The ADaM data sets beside ADSL that a summary is made from."""
        return [f"{self.results}/adam/{dataset}.parquet" for dataset in self._reads(summary).datasets]

    def modules(self, summary: str) -> list[str]:
        """The modules that make a summary."""
        return modules_of(summary)

    def params(self, summary: str) -> Any:
        """Params of a summary: its name, what it knows of the study, its own settings."""
        settings = as_params(summary_settings(self.study, summary)) if summary in self else {}
        return {"settings": settings, "study": as_params(summary_study(self.study)), "summary": summary}

    def figures(self) -> list[str]:
        """The figures of all declared summaries that the report shows, of open data those of single patients, too."""
        declared = declared_summaries(self.study)
        drawn = [f"{self.results}/summaries/{s}/{f}.svg" for s in declared for f in SUMMARY_FIGURES.get(s, ())]
        return drawn if self.study.package.suppressed_below else drawn + self.liver()[:1]

    def liver(self) -> list[str]:
        """Figure and list of the liver's tests, patient by patient: never in a restricted report or package."""
        declared = self.study.summaries.laboratory
        if declared is None or declared.liver is None:
            return []
        return [f"{self.results}/summaries/laboratory/{name}" for name in ("edish.svg", "liver.csv")]

    def drawn(self) -> str:
        """The summaries whose figures are drawn from their rows alone, as a pattern."""
        return "|".join(SUMMARY_FIGURES)

    def figure_modules(self, summary: str, figure: str) -> list[str]:
        """The module that draws a figure of a summary."""
        return [SUMMARY_FIGURES[summary][figure].partition(":")[0]]

    def display(self) -> Any:
        """Params of the figures."""
        return as_params(study_display(self.study))

    def _reads(self, summary: str) -> Reads:
        reads: Reads = summary_settings(self.study, summary).reads if summary in self else Reads()
        return reads
