"""Because of what numbers moved: records, ledgers, settings, code, raw files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rctflow.compare.opened import Opened
from rctflow.compare.records import Change, Rows, ledger_changes, read_rows, record_changes, subject_changes
from rctflow.ledger import read_ledger
from rctflow.nested import Difference, differences


@dataclass(frozen=True)
class Causes:
    """What differs beside the numbers. records: by table (endpoint, or adsl). unknown: what could not be compared."""

    records: dict[str, list[Change]] = field(default_factory=dict)
    ledgers: list[Change] = field(default_factory=list)
    settings: list[Difference] = field(default_factory=list)
    code: list[Difference] = field(default_factory=list)
    raw: list[Difference] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def causes(old: Opened, new: Opened) -> Causes:
    """Everything that differs in what both have; what one of them lacks is named in ``unknown``."""
    found = Causes(settings=list(differences(old.config, new.config)))
    endpoints = [name for name in old.config["endpoints"] if name in new.config["endpoints"]]
    absent: set[str] = set()
    for table in ("adsl", *endpoints):
        files = [opened.results / "adam" / f"{table}.parquet" for opened in (old, new)]
        lacking = {opened.name for opened, file in zip((old, new), files, strict=True) if not file.is_file()}
        absent |= lacking
        if not lacking:
            one, other = map(read_rows, files)
            changes = subject_changes(one, other) if table == "adsl" else record_changes(table, one, other)
            found.records.update({table: changes} if changes else {})
    for name in sorted(absent):
        found.unknown.append(f"{name} holds no records of patients (restricted data): whose records moved is not known")
    found.ledgers.extend(_ledgers(old, new, found.unknown))
    _add_code(found, old, new)
    before, after = _raw_files(old), _raw_files(new)
    if before and after:
        found.raw.extend(differences(before, after))
    else:
        found.unknown.append("raw files: no hashes in one of the two")
    return found


def _ledgers(old: Opened, new: Opened, unknown: list[str]) -> list[Change]:
    changes: list[Change] = []
    for table in sorted(old.config["tables"].keys() & new.config["tables"].keys()):
        files = [opened.results / "clean" / f"{table}.ledger.csv" for opened in (old, new)]
        if all(file.is_file() for file in files):
            changes += ledger_changes(*map(_ledger, files))
        elif any(file.is_file() for file in files):
            unknown.append(f"ledger of {table}: in one of the two only")
    return changes


def _ledger(file: Path) -> Rows:
    return [{str(name): str(cell) for name, cell in row.items()} for row in read_ledger(file).to_dict("records")]


def _add_code(found: Causes, old: Opened, new: Opened) -> None:
    one, other = old.code(), new.code()
    if one is None or other is None:
        found.unknown.append("code: a results folder does not hold the code that made it (a package does)")
        return
    before, after = ({name: digest[:12] for name, digest in files.items()} for files in (one, other))
    found.code.extend(differences(before, after))


def _raw_files(opened: Opened) -> dict[str, Any]:
    """sha256 and rows of each raw form, as ingest wrote them down."""
    forms = {}
    for file in sorted((opened.results / "tables").glob("*.json")):
        form = json.loads(file.read_text(encoding="utf-8"))
        if "sha256" in form:
            forms[file.stem] = f"sha256 {form['sha256'][:12]}, {form.get('rows', '?')} rows"
    return forms


def settings_of(changes: list[Difference], endpoint: str, config: dict[str, Any]) -> list[Difference]:
    """Of changed settings those that can have moved the numbers of an endpoint."""
    plan = config["endpoints"].get(endpoint, {})
    instrument = plan.get("instrument", "")
    used = {
        "endpoints": {endpoint},
        "instruments": {instrument},
        "tables": {plan.get("table") or config.get("instruments", {}).get(instrument, {}).get("table", "")},
    }
    kept = []
    for change in changes:
        section, *names = change.path.split(".")
        if section == "analyses" or (section in used and names and names[0] not in used[section]):
            continue  # templates are resolved in each endpoint
        kept.append(change)
    return kept
