"""Put a package together: the study, its run, and the room that archives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from rctflow.commands.deidentifying import pack_deidentified
from rctflow.commands.disclosing import deidentification, disclosed, is_restricted, refuse_patients, twin_of
from rctflow.outputs import sweep_partial
from rctflow.package.account import Account
from rctflow.package.bag import DECLARATION, INFO, MANIFEST, PAYLOAD, TAG_MANIFEST, bag_info, hash_list
from rctflow.package.citation import read_citation
from rctflow.package.contents import Contents, contents
from rctflow.package.crate import crate_json
from rctflow.package.deposit import bag_description, zenodo_json
from rctflow.package.jobs import read_jobs
from rctflow.package.machine import NAME as MACHINE
from rctflow.package.manifest import NAME, RECORD, Declared, RawForm, package_json
from rctflow.package.provenance import normalised, read_records, record_file, with_code
from rctflow.package.readme import readme
from rctflow.package.rules import read_rules
from rctflow.package.software import read_lock
from rctflow.package.unchanged import require_unchanged
from rctflow.package.wheels import fetched_wheels, sweep_wheels
from rctflow.package.zipped import Measured, Source, measured, write_zip
from rctflow.plan_status import PlanStatus
from rctflow.study.about import about_study
from rctflow.study.dag import Dag
from rctflow.study.files import dictionary_form, raw_form
from rctflow.study.locked import plan_status
from rctflow.study.planned import table_columns

VERIFY = Path("scripts/rctflow/package/verify.py")
TOLERANCE = {"relative": 1e-6, "absolute": 1e-9}  # of numbers, on another processor


def pack(folder: Path, file: str, *, wheels: bool) -> Path:
    """Write the package of the finished run of the study ``file`` in ``folder``; returns its path."""
    dag = Dag.open({"study": file})
    target = folder / dag.results / "package" / f"{dag.study.study.id}-{version_of(dag)}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep_partial(target.parent)
    sweep_wheels(target.parent)
    jobs = read_jobs(folder, dag.results)
    whole = contents(folder, dag.results, file, dag.declared_results(), jobs, raw_names(dag))
    if dag.study.package.deidentify and not is_restricted(dag):
        return pack_deidentified(folder, dag, whole, target, wheels=wheels)
    found, more = disclosed(dag, whole)
    payload: dict[str, Source] = {PAYLOAD + path: source for path, source in found.files.items()}
    payload |= {PAYLOAD + path: record for path, record in _records(folder, dag.results, found, more).items()}
    payload |= {PAYLOAD + path: text for path, text in more.items()}
    with ExitStack() as fetching:
        fetched = fetching.enter_context(fetched_wheels(folder, target.parent)) if wheels else {}
        payload |= {f"{PAYLOAD}wheels/{name}": wheel for name, wheel in fetched.items()}
        _write(dag, found, payload, target)
    return target


def version_of(dag: Dag) -> str:
    """The version of the archive: the config's, else the workflow's."""
    return dag.study.package.version or read_citation(Path("CITATION.cff")).version


def raw_names(dag: Dag) -> dict[str, str]:
    """Raw form as the run read it -> its name in the package: the file's own, in a folder when two have one name."""
    files = sorted(dag.raw_files())
    names = [Path(file).name for file in files]
    return {
        file: name if names.count(name) == 1 else f"{number}/{name}"
        for number, (file, name) in enumerate(zip(files, names, strict=True), start=1)
    }


def _write(dag: Dag, found: Contents, payload: dict[str, Source], target: Path) -> None:
    sizes = _sizes(payload)
    raw = _raw_forms(dag, found, sizes)
    payload[PAYLOAD + NAME] = package_json(_study(dag), raw, _declared(dag, found, sizes))
    sizes[PAYLOAD + NAME] = measured(payload[PAYLOAD + NAME])
    tags = _tag_files(dag, found, sizes, raw)
    refuse_patients(dag, payload | tags)
    write_zip(payload | tags, sizes | _sizes(tags), target)


def _sizes(files: Mapping[str, Source]) -> dict[str, Measured]:
    return {path: measured(source) for path, source in files.items()}


def _records(folder: Path, results: str, found: Contents, more: Mapping[str, Source]) -> dict[str, bytes]:
    """Snakemake's records of what is packed, without times. more: what is packed instead of a file.

    Raises PackageError when a file was changed since.
    """
    records = read_records(folder, results)
    made = {output: job.outputs[0] for job in found.jobs for output in job.outputs}
    originals = {target: path for path, target in found.moved.items()}
    read = {**found.files, **found.withheld}
    hashes = {originals.get(path, path): measured(file).sha256 for path, file in read.items()}
    require_unchanged(folder, {output: with_code(records[output], folder) for output in made}, made, hashes)
    kept = {output: job for output, job in made.items() if output in found.files}
    instead = {path: measured(content).sha256 for path, content in more.items()}
    return {record_file(output): normalised(records[output], found.moved, job, instead) for output, job in kept.items()}


def _study(dag: Dag) -> dict[str, object]:
    study = dag.study.study
    return {
        "study": study.id,
        "version": version_of(dag),
        "title": study.title,
        "synthetic": study.data == "synthetic",
        "config": dag.file,
        "data": dag.study.package.data,
        "twin": twin_of(dag),
        "deidentified": deidentification(dag),
        "plan": _plan(dag).words,
    }


def _plan(dag: Dag) -> PlanStatus:
    return plan_status(dag.study, dag.file, dag.results)


def _declared(dag: Dag, found: Contents, sizes: Mapping[str, Measured]) -> list[Declared]:
    rules = {output: job.rule for job in found.jobs for output in job.outputs}
    endpoints = {path: name for name in dag.study.endpoints for path in dag.endpoint_results(name)}
    sizes = {**sizes, **{PAYLOAD + path: measured(file) for path, file in found.withheld.items()}}
    return [
        Declared(path, rules[path], endpoints.get(path, ""), sizes[PAYLOAD + path].sha256, TOLERANCE)
        for path in dag.declared_results()
    ]


def _raw_forms(dag: Dag, found: Contents, sizes: Mapping[str, Measured]) -> dict[str, RawForm]:
    """Raw form as the config names it -> what it is; tables that read one file share it."""
    forms: dict[str, RawForm] = {}
    files = {**found.files, **found.withheld}
    for table, plan in dag.study.tables.items():
        name, read = raw_form(dag.study, table), dag.raw_file(table)
        path = found.moved.get(read, read)
        told = json.loads(files[f"{dag.results}/tables/{table}.json"].read_text(encoding="utf-8"))
        columns: dict[str, str] = forms[name].columns if name in forms else {}
        columns = columns | {column: kind.type for column, kind in table_columns(plan).items()}
        size = sizes[PAYLOAD + path] if path in found.files else measured(files[path])
        packed, access = (path, "") if path in found.files else (None, dag.study.package.access)
        forms[name] = RawForm(packed, size.sha256, size.bytes, told["rows"], columns, access)
        if plan.dictionary:
            name, read = dictionary_form(dag.study, table), dag.dictionary_file(table)
            path = found.moved.get(read, read)
            size = sizes[PAYLOAD + path] if path in found.files else measured(files[path])
            packed = path if path in found.files else None
            forms[name] = RawForm(packed, size.sha256, size.bytes, 0, {}, access)
    return forms


def _tag_files(
    dag: Dag, found: Contents, payload: Mapping[str, Measured], raw: Mapping[str, RawForm]
) -> dict[str, Source]:
    """The files beside the payload: what describes it, then the hash lists that cover everything."""
    machine = Path(dag.results) / "benchmarks" / MACHINE
    account = Account(
        about=about_study(dag.study, dag.file, _plan(dag)),
        citation=read_citation(Path("CITATION.cff")),
        rules=read_rules(Path()),
        jobs=found.jobs,
        files=payload,
        declared=tuple(dag.declared_results()),
        software=read_lock(Path()),
        machine=json.loads(machine.read_text(encoding="utf-8")) if machine.is_file() else {},
        moved=found.moved,
        raw=raw,
    )
    tags: dict[str, Source] = {
        "README.md": readme(account).encode(),
        ".zenodo.json": zenodo_json(account).encode(),
        "verify.py": VERIFY.read_bytes(),
        "bagit.txt": DECLARATION.encode(),
        INFO: bag_info(payload, bag_description(account)),
        MANIFEST: hash_list(payload),
    }
    documents = {path: tags[path] for path in ("README.md", ".zenodo.json", "verify.py")}
    tags[RECORD] = crate_json(replace(account, files={**payload, **_sizes(documents)})).encode()
    return tags | {TAG_MANIFEST: hash_list(_sizes(tags))}
