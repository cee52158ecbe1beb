"""The study as the Snakefile sees it: file names, and the params of each rule."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rctflow.errors import RctflowError
from rctflow.models.registry import modules_of, subgroup_modules_of
from rctflow.settings import as_params
from rctflow.study import blinding, presentation, rooms
from rctflow.study.adverse_event_jobs import AdverseEventJobs
from rctflow.study.analyses import analyses_of
from rctflow.study.blinding_jobs import BlindingJobs
from rctflow.study.family_jobs import FamilyJobs
from rctflow.study.files import dictionary_file, instrument_files, missing_forms, raw_file
from rctflow.study.form_model import Simulate
from rctflow.study.form_settings import clean_settings
from rctflow.study.load import load_study, study_file
from rctflow.study.messages import ConfigError
from rctflow.study.model import Study
from rctflow.study.plan_jobs import PlanJobs
from rctflow.study.planned import endpoint_table
from rctflow.study.reported import report_settings
from rctflow.study.second_jobs import SecondJobs
from rctflow.study.submission_jobs import SubmissionJobs
from rctflow.study.summary_jobs import SummaryJobs
from rctflow.study.variable_labels import subgroup_labels, told_labels

ENDPOINT_DISPLAYS = ("profile.svg", "trajectories.svg", "diagnostics.svg", "ladder.svg", "table.html", "table.csv")


@dataclass(frozen=True)
class Dag:
    """A checked study and the config file that it came from.

    declared: the study as the config has it, blinded unless its unblinding is on record.
    """

    file: str
    declared: Study

    @cached_property
    def study(self) -> Study:
        """The study as the rooms may see it."""
        return blinding.shown_study(self.declared)

    @classmethod
    def open(cls, snakemake_config: Mapping[str, Any]) -> Dag:
        """The study that Snakemake's config chooses; a config problem ends the program with its message alone."""
        try:
            file = study_file(snakemake_config)
            study = load_study(file)
            if problems := missing_forms(study):
                raise ConfigError(file, problems)
            dag = cls(file, study)
            dag.plan.files()
        except RctflowError as error:
            sys.exit(f"ERROR: {error}")
        return dag

    @cached_property
    def results(self) -> str:
        """The folder of this study's results."""
        return self.study.folder

    @property
    def is_simulated(self) -> bool:
        """Whether the raw forms come from the simulator."""
        return isinstance(self.study.source, Simulate)

    def raw_file(self, table: str) -> str:
        """The file of one raw form."""
        return raw_file(self.study, table)

    def dictionary_file(self, table: str) -> str:
        """The file that says what the columns of one raw form mean; the form itself when there is no other."""
        return dictionary_file(self.study, table)

    def raw_files(self) -> set[str]:
        """Every file that forms are read from: the forms and their dictionaries."""
        return {file for table in self.study.tables for file in (self.raw_file(table), self.dictionary_file(table))}

    def raw_forms(self) -> list[str]:
        """File names of all raw forms."""
        return sorted({table.file for table in self.study.tables.values() if table.file})

    def subject_tables(self) -> list[str]:
        """Ids of the tables that ADSL is made from."""
        return rooms.subject_tables(self.study)

    def other_tables(self) -> list[str]:
        """Ids of all other tables: ADSL waits until each form was read, so that bad data end a run before a result."""
        return sorted(set(self.study.tables) - set(self.subject_tables()))

    def clean_table(self, endpoint: str) -> str:
        """The clean table that an endpoint's records come from."""
        return f"{self.results}/clean/{endpoint_table(self.study, self.study.endpoints[endpoint])}.parquet"

    def instrument_files(self, endpoint: str) -> list[str]:
        """The instrument's YAML, the tables that it names, and the user's hook."""
        use = self.study.instruments.get(self.study.endpoints[endpoint].instrument)
        return list(instrument_files(use.file)) if use else []

    def model_modules(self, endpoint: str) -> list[str]:
        """Modules of the models that the config chose for an endpoint."""
        analyses = analyses_of(self.study, endpoint).values()
        within = {analysis.model for analysis in analyses if analysis.subgroups}
        return [*modules_of({analysis.model for analysis in analyses}), *subgroup_modules_of(within)]

    def endpoint_results(self, endpoint: str) -> list[str]:
        """Everything declared of one endpoint."""
        files = ("results.csv", "records.parquet", *ENDPOINT_DISPLAYS)
        own = [f"{self.results}/adam/{endpoint}.parquet", *(f"{self.results}/endpoints/{endpoint}/{f}" for f in files)]
        return [*own, *self.resampled(endpoint), *self.subgroup_displays(endpoint), *self.left_out(endpoint)]

    def resampled(self, *endpoints: str) -> list[str]:
        """The result rows of resampling, of the endpoints whose analyses ask for it (of all when none is named)."""
        return [
            f"{self.results}/endpoints/{endpoint}/resampling.csv"
            for endpoint in endpoints or self.study.endpoints
            if rooms.resample_settings(self.study, endpoint).fit.analyses
        ]

    def subgroup_displays(self, *endpoints: str) -> list[str]:
        """Forests and tables of subgroups, of the endpoints whose analyses name some (of all when none is named)."""
        return [
            f"{self.results}/endpoints/{endpoint}/subgroups.{end}"
            for endpoint in endpoints or self.study.endpoints
            if any(analysis.subgroups for analysis in analyses_of(self.study, endpoint).values())
            for end in ("svg", "html")
        ]

    def left_out(self, *endpoints: str) -> list[str]:
        """Figures of leaving one patient out, of the endpoints whose analyses ask for it (of all when none named)."""
        return [
            f"{self.results}/endpoints/{endpoint}/leave_one_out.svg"
            for endpoint in endpoints or self.study.endpoints
            if any(a.resampling and a.resampling.leave_one_out for a in analyses_of(self.study, endpoint).values())
        ]

    def subgroup_labels(self) -> dict[str, str]:
        """The words printed for each factor of subgroups."""
        return subgroup_labels(self.study)

    @cached_property
    def plan(self) -> PlanJobs:
        """The lock of the analysis plan."""
        return PlanJobs(self.file, self.declared, self.study)

    @cached_property
    def blinding(self) -> BlindingJobs:
        """Who may know the arms."""
        return BlindingJobs(self.file, self.declared, self.study)

    @cached_property
    def adverse_events(self) -> AdverseEventJobs:
        """ADAE and its listings."""
        return AdverseEventJobs(self.study, self.results)

    @cached_property
    def second(self) -> SecondJobs:
        """The second computation."""
        return SecondJobs(self.study)

    @cached_property
    def families(self) -> FamilyJobs:
        """Families of hypotheses."""
        return FamilyJobs(self.study, self.results)

    @cached_property
    def summaries(self) -> SummaryJobs:
        """The study-level results."""
        return SummaryJobs(self.study, self.results)

    @cached_property
    def submission(self) -> SubmissionJobs:
        """Derived data in standard files."""
        return SubmissionJobs(self.study, self.results)

    def all_displays(self) -> list[str]:
        """The figures and tables of all endpoints that the report shows."""
        return [f"{self.results}/endpoints/{e}/{f}" for e in self.study.endpoints for f in ENDPOINT_DISPLAYS[:-1]]

    def declared_results(self) -> list[str]:
        """Every result that a full run makes."""
        return [
            f"{self.results}/report.html",
            f"{self.results}/config.yaml",
            f"{self.results}/adam/adsl.parquet",
            *(f"{self.results}/adam/{dataset}.parquet" for dataset in self.study.findings),
            *self.blinding.files(),
            *self.adverse_events.files(),
            *self.adverse_events.listings(),
            *([f"{self.results}/tables/adverse_events.csv"] if "adverse_events" in self.summaries else []),
            *(f"{self.results}/figures/forest.svg", f"{self.results}/tables/overview.csv"),
            *self.summaries.files(),
            *self.summaries.figures(),
            *self.summaries.liver(),
            *self.summaries.listings(),
            f"{self.results}/summaries/second/results.csv",
            *self.families.files(),
            *(f"{self.results}/clean/{t}.{end}" for t in self.study.tables for end in ("parquet", "ledger.csv")),
            *(file for endpoint in self.study.endpoints for file in self.endpoint_results(endpoint)),
            *self.submission.files(),
        ]

    def simulation(self) -> Any:
        """Params of the simulator."""
        source = self.study.source
        return as_params(source.settings) if isinstance(source, Simulate) else {}

    def ingest(self, table: str) -> Any:
        """Params of the ingest room for one table."""
        return as_params(blinding.blinded_ingest(self.declared, table))

    def clean(self, table: str) -> Any:
        """Params of the clean room for one table."""
        return as_params(clean_settings(self.study, table))

    def subjects(self) -> Any:
        """Params of ADSL."""
        return as_params(rooms.subjects_settings(self.study))

    def records(self, endpoint: str) -> Any:
        """Params of one endpoint's records."""
        return as_params(rooms.records_settings(self.study, endpoint))

    def finding_tables(self, dataset: str) -> list[str]:
        """The clean tables that a data set of findings comes from."""
        declared = self.study.findings[dataset]
        return [f"{self.results}/clean/{table}.parquet" for table in (declared.table, *declared.more_tables)]

    def findings(self, dataset: str) -> Any:
        """Params of a data set of findings."""
        return as_params(rooms.findings_settings(self.study, dataset))

    def fit(self, endpoint: str) -> Any:
        """Params of one endpoint's analyses."""
        return as_params(rooms.fit_settings(self.study, endpoint))

    def resample(self, endpoint: str) -> Any:
        """Params of what is resampled of one endpoint."""
        return as_params(rooms.resample_settings(self.study, endpoint))

    def display(self, endpoint: str) -> Any:
        """Params of one endpoint's figures and table."""
        return as_params(presentation.display_settings(self.study, endpoint))

    def displays(self) -> Any:
        """Params of all endpoints' displays, in the order of print."""
        return [self.display(endpoint) for endpoint in presentation.endpoint_order(self.study)]

    def report(self) -> Any:
        """Params of the report."""
        return as_params(report_settings(self.study, self.file, self.blinding.unblinding()))

    def label_sources(self) -> list[str]:
        """The descriptions of the forms whose files may have words for variables of the report."""
        tables = {table for table, _ in told_labels(self.study).values()}
        return [f"{self.results}/tables/{table}.json" for table in sorted(tables)]

    def resolved(self) -> Any:
        """The whole study, defaults filled in, templates resolved."""
        document = self.study.model_dump(mode="json")
        for endpoint in self.study.endpoints:
            resolved = {name: as_params(a) for name, a in analyses_of(self.study, endpoint).items()}
            document["endpoints"][endpoint]["analyses"] = resolved
        return blinding.withheld(self.declared, document)
