"""What a package holds of restricted or de-identified data: what stays out, what stands for it, what is said of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rctflow.package.contents import Contents
from rctflow.package.disclosed import refuse_ids, restricted
from rctflow.package.zipped import Source
from rctflow.plan.lock import publishable, read_lock, write_lock
from rctflow.study.dag import Dag
from rctflow.study.deidentified import CHANGES
from rctflow.study.twin import TWIN_NOTE, twin_config, twin_files


def disclosed(dag: Dag, found: Contents) -> tuple[Contents, dict[str, Source]]:
    """The contents that may leave, and path -> content of what is added or stands for a file: of restricted data a twin
    and the plan's lock without patients; of de-identified data the account.
    """
    if is_restricted(dag):
        raw = dag.raw_files()
        twin = {path: text.encode() for path, text in twin_files(dag.study, dag.file).items()}
        return restricted(found, raw), {**twin, **_lock(dag, found)}
    account = Path(CHANGES)
    return found, {CHANGES: account.read_bytes()} if account.is_file() else {}


def _lock(dag: Dag, found: Contents) -> dict[str, bytes]:
    """The lock of the analysis plan without the members of populations; nothing when the plan is not locked."""
    made = {}
    for path in set(dag.plan.files()) & set(found.files):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "lock.json"
            write_lock(publishable(read_lock(found.files[path])), copy)
            made[path] = copy.read_bytes()
    return made


def is_restricted(dag: Dag) -> bool:
    """Whether patient data may not leave."""
    return dag.study.package.data == "restricted"


def twin_of(dag: Dag) -> dict[str, str] | None:
    """What package.json says of the synthetic twin."""
    return {"config": twin_config(dag.study), "note": TWIN_NOTE} if is_restricted(dag) else None


def deidentification(dag: Dag) -> dict[str, Any] | None:
    """What package.json says of a de-identification; None when the forms are as they were."""
    account = Path(CHANGES)
    if is_restricted(dag) or not account.is_file():
        return None
    told: dict[str, Any] = json.loads(account.read_text(encoding="utf-8"))
    return told


def refuse_patients(dag: Dag, members: Mapping[str, Source]) -> None:
    """Raise PackageError when the package of restricted data names a patient of any form."""
    if is_restricted(dag):
        from pyarrow.parquet import ParquetFile

        clean = (Path(f"{dag.results}/clean/{table}.parquet") for table in dag.study.tables)
        ids = {name for file in clean for name in ParquetFile(file).read(["USUBJID"]).column(0).to_pylist() if name}
        refuse_ids(members, ids)
