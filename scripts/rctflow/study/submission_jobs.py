"""The standard files as the Snakefile sees them: which there are, from which tables, and the params of their rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rctflow.settings import as_params
from rctflow.study.model import Study
from rctflow.study.submission import dataset_names, standard_settings
from rctflow.submission.settings import Format

SUFFIXES: dict[Format, str] = {"xpt": "xpt", "dataset_json": "json"}
PAGES = ("define.xml", "variables.html")


@dataclass(frozen=True)
class SubmissionJobs:
    """The standard files of a study whose results stand in ``results``; none where the config does not ask."""

    study: Study
    results: str

    def files(self) -> list[str]:
        """The datasets in each format, define.xml, and the page of variables."""
        if self.study.submission is None:
            return []
        files = [f"{name}.{suffix}" for kind, suffix in SUFFIXES.items() for name in self.datasets(kind)]
        return [f"{self.results}/submission/{name}" for name in (*files, *PAGES)]

    def datasets(self, kind: Format) -> list[str]:
        """Names of the datasets that are written in a format."""
        declared = self.study.submission
        return dataset_names(self.study, self._adae) if declared and kind in declared.formats else []

    def tables(self) -> list[str]:
        """The derived tables that they are made from."""
        stems = ["adsl", *["adae"] * self._adae, *self.study.findings, *self.study.endpoints]
        return [f"{self.results}/adam/{stem}.parquet" for stem in stems]

    def params(self) -> Any:
        """Params of the rule."""
        return as_params(standard_settings(self.study, self._adae)) if self.study.submission else {}

    @property
    def _adae(self) -> bool:
        return self.study.adverse_events is not None
