"""Blinding as the Snakefile sees it: the dummy allocation, the forms that it is drawn for, its end on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rctflow.plan.unblinding import ended_without_record, read_unblinding, record_path
from rctflow.settings import as_params
from rctflow.study import blinding
from rctflow.study.files import dictionary_file, raw_file
from rctflow.study.form_settings import clean_settings, ingest_settings
from rctflow.study.model import Study


@dataclass(frozen=True)
class BlindingJobs:
    """The blinding of a study. file: the config; declared: the study as the config has it; shown: as the rooms may see
    it.
    """

    file: str
    declared: Study
    shown: Study

    @property
    def is_anew(self) -> bool:
        """Whether a dummy allocation stands for the true one."""
        return self.declared.blinding.mode == "dummy"

    def files(self, table: str = "") -> list[str]:
        """The dummy allocation, of the study or for one of its tables; empty where none is needed."""
        needed = blinding.needs_allocation(self.declared, table) if table else self.is_anew
        return [f"{self.shown.folder}/blinding/allocation.csv"] if needed else []

    def forms(self) -> list[str]:
        """The raw forms that say who was randomized, in which stratum and when."""
        return [raw_file(self.shown, table) for table in sorted(blinding.enrolment_study(self.declared).tables)]

    def dictionaries(self) -> list[str]:
        """The dictionaries of these forms."""
        return [dictionary_file(self.shown, table) for table in sorted(blinding.enrolment_study(self.declared).tables)]

    def reading(self) -> Any:
        """Params of how these forms are read and cleaned, without the columns that say the arm."""
        study = blinding.enrolment_study(self.declared)
        return [
            {
                "clean": as_params(clean_settings(study, table)),
                "ingest": as_params(ingest_settings(study, table)),
                "place": f"tables.{table}",
            }
            for table in sorted(study.tables)
        ]

    def strata_and_order(self) -> Any:
        """Params of who was randomized, in which stratum and when."""
        return as_params(blinding.enrolment(self.declared))

    def dummy(self) -> Any:
        """Params of the dummy allocation."""
        return as_params(blinding.dummy_settings(self.declared))

    def unblinding(self) -> str:
        """What the report says of an unblinding: who, when and under which lock, or that nobody recorded one."""
        study, mode = self.declared.study.id, self.declared.blinding.mode
        path = record_path(self.file, study)
        record = read_unblinding(path, study)
        return record.in_words() if record else ended_without_record(path, study, mode)
