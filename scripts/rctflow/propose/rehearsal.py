"""The rooms up to the records, run in memory: what a config makes of its data, and every problem on the way."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rctflow.errors import RctflowError
from rctflow.study import rooms
from rctflow.study.blinding import blinded_ingest, dummy_settings, enrolment, enrolment_study, shown_study
from rctflow.study.files import dictionary_file, raw_file
from rctflow.study.form_model import Simulate
from rctflow.study.form_settings import clean_settings, ingest_settings
from rctflow.study.model import Study
from rctflow.study.planned import endpoint_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Rehearsal:
    """tables: clean, by id; ledger: of all tables; adsl: None when it could not be made; records: BDS by endpoint;
    problems: messages.
    """

    study: Study
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    ledger: pd.DataFrame | None = None
    adsl: pd.DataFrame | None = None
    records: dict[str, pd.DataFrame] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def attempt(self, step: Callable[[], Any]) -> Any:
        """What ``step`` returns; None, with its message noted once, when the data or the config stop it."""
        try:
            return step()
        except RctflowError as error:
            if str(error) not in self.problems:
                self.problems.append(str(error))
            return None


def rehearse(study: Study, file: str) -> Rehearsal:
    """Read, clean and derive everything in memory; a form that fails stops only what needs it.

    A blinded study stays blinded. file: the config, for messages.
    """
    rehearsal = Rehearsal(shown_study(study))
    with tempfile.TemporaryDirectory() as folder:
        files = _raw_files(rehearsal, Path(folder))
        allocation = (
            rehearsal.attempt(lambda: _allocation(study, files, file)) if study.blinding.mode == "dummy" else {}
        )
        if allocation is not None:
            _forms(rehearsal, study, files, allocation, file)
    _subjects(rehearsal, file)
    _adverse_events(rehearsal, file)
    _flow(rehearsal)
    _records(rehearsal, file)
    return rehearsal


def _raw_files(rehearsal: Rehearsal, folder: Path) -> dict[str, Path]:
    """Where each raw form is; a simulated trial is written to the temporary ``folder``."""
    study = rehearsal.study
    if not isinstance(study.source, Simulate):
        found = {name: rehearsal.attempt(partial(raw_file, study, name)) for name in study.tables}
        return {name: Path(path) for name, path in found.items() if path}
    from rctflow.simulate.trial import simulate_forms

    forms, _, _ = simulate_forms(study.source.settings, study.source.seed)
    for name, form in forms.items():
        form.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    return {name: folder / table.file for name, table in study.tables.items()}


def _dictionary(study: Study, name: str) -> Path | None:
    return Path(dictionary_file(study, name)) if study.tables[name].dictionary else None


def _allocation(declared: Study, files: dict[str, Path], file: str) -> dict[str, str]:
    """Patient -> arm of the dummy allocation."""
    from rctflow.clean.table import clean_table
    from rctflow.derive.enrolment import derive_enrolment
    from rctflow.ingest.forms import read_form
    from rctflow.plan.allocation import dummy_allocation

    study, tables = enrolment_study(declared), {}
    for name in study.tables:
        where = f"{file}: tables.{name}"
        dictionary = _dictionary(study, name)
        source = read_form(files[name], ingest_settings(study, name), dictionary=dictionary, where=where)
        tables[name], _ = clean_table(source, clean_settings(study, name), where=where)
    drawn = dummy_allocation(derive_enrolment(tables, enrolment(declared), where=file), dummy_settings(declared))
    return dict(zip(drawn["USUBJID"], drawn["ARM"], strict=True))


def _forms(
    rehearsal: Rehearsal, declared: Study, files: dict[str, Path], allocation: dict[str, str], file: str
) -> None:
    import pandas as pd

    from rctflow.clean.table import clean_table
    from rctflow.ingest.forms import ingest_form

    study, ledgers = rehearsal.study, []
    for name, path in files.items():
        where = f"{file}: tables.{name}"

        def made(name: str = name, path: Path = path, where: str = where) -> Any:
            dictionary = _dictionary(study, name)
            source, told = ingest_form(path, blinded_ingest(declared, name), allocation, dictionary, where=where)
            return clean_table(source, clean_settings(study, name), told.get("findings", ()), where=where)

        clean = rehearsal.attempt(made)
        if clean is not None:
            rehearsal.tables[name], ledger = clean
            ledgers.append(ledger)
    rehearsal.ledger = pd.concat(ledgers, ignore_index=True) if ledgers else None


def _subjects(rehearsal: Rehearsal, file: str) -> None:
    from rctflow.derive.subjects import derive_subjects

    needed = rooms.subject_tables(rehearsal.study)
    if set(needed) <= set(rehearsal.tables):
        tables = {name: rehearsal.tables[name] for name in needed}
        settings = rooms.subjects_settings(rehearsal.study)
        rehearsal.adsl = rehearsal.attempt(lambda: derive_subjects(tables, settings, where=f"{file}: subjects"))


def _adverse_events(rehearsal: Rehearsal, file: str) -> None:
    """ADAE, for what cannot be true in it; its queries join the ledger."""
    import pandas as pd

    from rctflow.derive.adverse_events.records import derive_adverse_events

    settings, adsl = rooms.adverse_event_settings(rehearsal.study), rehearsal.adsl
    if (
        settings is None
        or adsl is None
        or not set(rooms.adverse_event_tables(rehearsal.study)) <= set(rehearsal.tables)
    ):
        return
    derived = rehearsal.attempt(
        lambda: derive_adverse_events(rehearsal.tables, adsl, settings, where=f"{file}: adverse_events")
    )
    if derived is not None:
        rehearsal.ledger = pd.concat([rehearsal.ledger, derived[1]], ignore_index=True)


def _flow(rehearsal: Rehearsal) -> None:
    """What would end a run after ADSL: a participant flow that does not add up, dosing that ends before it starts."""
    from rctflow.study.summaries import reconciled_tables, reconciliation
    from rctflow.summaries.reconcile import reconciled
    from rctflow.summaries.sources import Sources

    needed = reconciled_tables(rehearsal.study)
    if rehearsal.adsl is not None and set(needed) <= set(rehearsal.tables):
        sources = Sources(rehearsal.adsl, {name: rehearsal.tables[name] for name in needed})
        rehearsal.attempt(lambda: reconciled(reconciliation(rehearsal.study), sources))


def rehearse_findings(rehearsal: Rehearsal, file: str) -> None:
    """Laboratory and vital signs, for what keeps them from being derived: the longest part of a rehearsal."""
    from rctflow.derive.findings.records import derive_findings, stacked

    for name, declared in rehearsal.study.findings.items():
        needed = (declared.table, *declared.more_tables)
        if rehearsal.adsl is None or not set(needed) <= set(rehearsal.tables):
            continue
        table = stacked({table: rehearsal.tables[table] for table in needed})
        settings, place = rooms.findings_settings(rehearsal.study, name), f"{file}: findings.{name}"
        rehearsal.attempt(partial(derive_findings, table, rehearsal.adsl, settings, where=place))


def _records(rehearsal: Rehearsal, file: str) -> None:
    from rctflow.derive.records import derive_records

    study, adsl = rehearsal.study, rehearsal.adsl
    for name, endpoint in study.endpoints.items():
        table = rehearsal.tables.get(endpoint_table(study, endpoint))
        if table is None or adsl is None:
            continue

        def made(name: str = name, table: pd.DataFrame = table) -> Any:
            return derive_records(table, adsl, rooms.records_settings(study, name), where=f"{file}: endpoints.{name}")

        records = rehearsal.attempt(made)
        if records is not None:
            rehearsal.records[name] = records
