"""The plan's lock as the Snakefile sees it: its file, what is compared with it, and what changed since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from rctflow.settings import as_params
from rctflow.study import blinding
from rctflow.study.locked import Locked
from rctflow.study.model import Study


@dataclass(frozen=True)
class PlanJobs:
    """The lock of a study's analysis plan. file: the config; declared: the study as the config has it; shown: as the
    rooms may see it.
    """

    file: str
    declared: Study
    shown: Study

    @cached_property
    def locked(self) -> Locked:
        """The lock of the analysis plan, and what changed since."""
        return Locked(self.file, self.declared)

    def files(self) -> list[str]:
        """The lock, when the plan is locked."""
        return [self.locked.path.as_posix()] if self.locked.lock else []

    def ledgers(self, *endpoints: str) -> list[str]:
        """The ledgers that are compared with the lock, when there is one: of the whole study, or of these endpoints."""
        return [f"{self.shown.folder}/clean/{t}.ledger.csv" for t in self.locked.tables(list(endpoints) or None)]

    def deviations(self) -> list[str]:
        """The clean table of protocol deviations, when the plan is locked and the study declares one."""
        declared = self.shown.protocol_deviations if self.locked.lock else None
        return [f"{self.shown.folder}/clean/{declared.table}.parquet"] if declared else []

    def since(self, *endpoints: str) -> Any:
        """Params of the plan's status in the report, or in a table of these endpoints; None without a lock."""
        since = self.locked.since(list(endpoints) or None)
        if since is not None:
            shown = tuple(blinding.without_treatments(self.declared, change) for change in since.settings)
            since = replace(since, settings=shown)
        return as_params(since)
