"""Package a study without what identifies its patients: de-identify the raw forms, run on them, pack that run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from rctflow.outputs import write_json, write_text, written_whole
from rctflow.package.contents import Contents
from rctflow.package.deidentify import moved_rows
from rctflow.package.disclosed import refuse_ids
from rctflow.package.errors import PackageError
from rctflow.results import read_results
from rctflow.settings import as_params
from rctflow.study.dag import Dag
from rctflow.study.deidentified import CHANGES, deidentified_config, deidentified_files

LOCK_STAYS = (
    "the analysis plan of the study is locked; the lock names patients by their old identifiers, so it is not in this "
    "package, and the report of the run on de-identified forms says that no plan is locked"
)


def pack_deidentified(folder: Path, dag: Dag, found: Contents, target: Path, *, wheels: bool) -> Path:
    """Write the package of a run on de-identified forms to ``target``; returns it.

    found: contents of the package of the original run, for the workflow's own files. The run and the forms stand in a
    temporary folder, which is removed. Raises PackageError when the run on the de-identified forms fails (the message
    of the failed job follows), and when an original identifier is left.
    """
    import pandas as pd

    raw = sorted(dag.raw_files())
    secret = "".join(hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in raw)
    adsl = pd.read_parquet(folder / dag.results / "adam/adsl.parquet")
    files = deidentified_files(dag.study, dag.file, adsl, secret)
    with tempfile.TemporaryDirectory(prefix="rctflow-") as temporary:
        project = Path(temporary) / "project"
        _copy_workflow(found, {*raw, dag.file, *dag.plan.files()}, dag.results, project)
        for path, text in files.items():
            write_text(text, project / path)
        config = f"study={deidentified_config(dag.study)}"
        _call(["snakemake", "--cores", "all", "--config", config], project)
        write_json(_account(folder, project, dag), project / CHANGES)
        _call(["rctflow.commands", "package", "--config", config, *(["--with-wheels"] if wheels else [])], project)
        made = project / dag.results / "package" / target.name
        _refuse_patients(dag, made, set(adsl["USUBJID"]))
        with written_whole(target) as whole:
            shutil.copyfile(made, whole)
    return target


def _copy_workflow(found: Contents, without: set[str], results: str, project: Path) -> None:
    """The workflow and its config's files, without data and results."""
    for path, file in found.files.items():
        if path not in without and not path.startswith(f"{results}/"):
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, project / path)


def _call(command: list[str], project: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(project / "scripts")}
    told = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if told.returncode:
        errors = [line for line in (told.stderr + told.stdout).splitlines() if "ERROR" in line or "Error:" in line]
        raise PackageError(
            "the workflow does not run on the de-identified forms; change `package.deidentify` (a column that the "
            f"study needs cannot be dropped): {' '.join(errors)[:600] or told.stderr[-600:]}"
        )


def _account(folder: Path, project: Path, dag: Dag) -> dict[str, object]:
    """What was done, and which result rows it moved against the original run."""
    before, after = (_values(place / dag.results) for place in (folder, project))
    return {
        "config": dag.file,
        "how": as_params(dag.study.package.deidentify),
        "dates": "study days: day 0 of each patient is written 2000-01-01",
        "plan": LOCK_STAYS if dag.plan.files() else "",
        "rows": len(after),
        "moved": moved_rows(before, after),
    }


def _values(results: Path) -> dict[str, float | None]:
    """result_id -> value, of all result rows."""
    files = sorted([*results.glob("endpoints/*/results.csv"), *results.glob("summaries/*/results.csv")])
    return {row.result_id: row.value for file in files for row in read_results(file)}


def _refuse_patients(dag: Dag, made: Path, ids: set[str]) -> None:
    """Raise PackageError when patients got new identifiers and an old one is left anywhere."""
    how = dag.study.package.deidentify
    if how and how.subjects:
        with zipfile.ZipFile(made) as archive:
            refuse_ids({name: archive.read(name) for name in archive.namelist()}, ids)
