"""The lock of a study beside its config: what differs from it now, and which files say so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rctflow.nested import Difference, differences
from rctflow.plan.lock import Lock, lock_path, read_lock
from rctflow.plan.settings import PopulationSet, Since
from rctflow.plan.status import read_status
from rctflow.plan_status import PlanStatus
from rctflow.settings import as_params
from rctflow.study.analysis_plan import analysis_plan, bears_on
from rctflow.study.model import Study
from rctflow.study.planned import endpoint_table, population_flag


@dataclass(frozen=True)
class Locked:
    """A study and its lock, if it has one; ``file``: its config file."""

    file: str
    study: Study

    @cached_property
    def path(self) -> Path:
        """Where the lock stands, or would stand."""
        return lock_path(self.file, self.study.study.id)

    @cached_property
    def lock(self) -> Lock | None:
        """The lock; None when the plan is not locked. Raises LockError when the file is not to be believed."""
        return read_lock(self.path) if self.path.exists() else None

    @cached_property
    def changes(self) -> list[Difference]:
        """What in the config decides an analysis and is not as it was locked."""
        return list(differences(self.lock.plan, analysis_plan(self.study))) if self.lock else []

    def since(self, endpoints: list[str] | None = None) -> Since | None:
        """What is to be said of the lock: of the whole study, or in a table of these endpoints; None without a lock."""
        if self.lock is None:
            return None
        whole = endpoints is None
        chosen = self.changes if endpoints is None else [c for c in self.changes if self._bears(c, endpoints)]
        return Since(
            settings=tuple(map(str, chosen)),
            populations={
                name: PopulationSet(population_flag(self.study, name), plan.where)
                for name, plan in self.study.populations.items()
                if endpoints is None or any(bears_on(f"populations.{name}", self.study, e) for e in endpoints)
            },
            deviations=self.study.protocol_deviations if whole else None,
            whole=whole,
            ids=self.study.package.data == "open",
        )

    def tables(self, endpoints: list[str] | None = None) -> list[str]:
        """The tables whose outlier decisions are compared: all, or those of these endpoints; none without a lock."""
        if self.lock is None:
            return []
        if endpoints is None:
            return sorted(self.study.tables)
        return sorted({endpoint_table(self.study, self.study.endpoints[name]) for name in endpoints})

    def _bears(self, change: Difference, endpoints: list[str]) -> bool:
        return any(bears_on(change.path, self.study, endpoint) for endpoint in endpoints)


def plan_status(study: Study, file: str, results: str | Path) -> PlanStatus:
    """Not locked, locked, or changed since, with what changed: the words that the report prints.

    file: the study's config file, beside which the lock stands. results: the folder of the study's finished results.
    """
    locked, folder = Locked(file, study), Path(results)
    since, declared = locked.since(), study.protocol_deviations
    return read_status(
        as_params(since) if since else None,
        [str(locked.path)],
        f"{folder}/adam/adsl.parquet",
        [f"{folder}/clean/{table}.ledger.csv" for table in locked.tables()],
        [f"{folder}/clean/{declared.table}.parquet"] if declared else [],
    )
