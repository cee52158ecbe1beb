"""Put a package together: the study, its run, and the room that archives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rctflow.outputs import sweep_partial
from rctflow.package.bag import DECLARATION, INFO, MANIFEST, PAYLOAD, TAG_MANIFEST, bag_info, hash_list
from rctflow.package.contents import Contents, contents
from rctflow.package.jobs import read_jobs
from rctflow.package.manifest import NAME, RECORD, Declared, RawForm, package_json
from rctflow.package.provenance import normalised, read_records, record_file
from rctflow.package.zipped import Measured, Source, measured, write_zip
from rctflow.study.dag import Dag
from rctflow.study.files import raw_form
from rctflow.study.rooms import table_columns

VERIFY = "scripts/rctflow/package/verify.py"


def pack(folder: Path, file: str, *, wheels: bool) -> Path:
    """Write the package of the finished run of the study ``file`` in ``folder``; returns its path."""
    dag = Dag.open({"study": file})
    jobs = read_jobs(folder, dag.results)
    found = contents(folder, dag.results, file, dag.declared_results(), jobs, raw_names(dag))
    payload: dict[str, Source] = {PAYLOAD + path: source for path, source in found.files.items()}
    payload |= {PAYLOAD + path: record for path, record in _records(folder, dag.results, found).items()}
    sizes = {path: measured(source) for path, source in payload.items()}
    payload[PAYLOAD + NAME] = _package_json(dag, found, sizes)
    sizes[PAYLOAD + NAME] = measured(payload[PAYLOAD + NAME])
    tags = tag_files(dag, found, sizes)
    target = folder / dag.results / "package" / f"{dag.study.study.id}-{version_of(dag)}.zip"
    if target.parent.is_dir():
        sweep_partial(target.parent)
    write_zip(payload | tags, sizes, target)
    return target


def version_of(dag: Dag) -> str:
    """The version of the archive: the config's, else the workflow's."""
    import yaml

    return dag.study.package.version or str(yaml.safe_load(Path("CITATION.cff").read_text(encoding="utf-8"))["version"])


def raw_names(dag: Dag) -> dict[str, str]:
    """Raw form as the run read it -> its name in the package: the file's own, in a folder when two have one name."""
    files = sorted({dag.raw_file(table) for table in dag.study.tables})
    names = [Path(file).name for file in files]
    return {
        file: name if names.count(name) == 1 else f"{number}/{name}"
        for number, (file, name) in enumerate(zip(files, names, strict=True), start=1)
    }


def _records(folder: Path, results: str, found: Contents) -> dict[str, bytes]:
    """Snakemake's records of what is packed, without times."""
    records = read_records(folder, results)
    return {
        record_file(output): normalised(records[output], found.moved, job.outputs[0])
        for job in found.jobs
        for output in job.outputs
    }


def _package_json(dag: Dag, found: Contents, sizes: Mapping[str, Measured]) -> bytes:
    study = dag.study.study
    rules = {output: job.rule for job in found.jobs for output in job.outputs}
    about = {
        "study": study.id,
        "version": version_of(dag),
        "title": study.title,
        "synthetic": study.data == "synthetic",
        "config": dag.file,
        "data": dag.study.package.data,
        "twin": None,
        "deidentified": None,
        "plan": "",
    }
    results = [
        Declared(path, rules[path], endpoint, sizes[PAYLOAD + path].sha256, {"relative": 1e-6, "absolute": 1e-9})
        for path, endpoint in _endpoints(dag).items()
    ]
    return package_json(about, _raw(dag, found, sizes), results)


def _endpoints(dag: Dag) -> dict[str, str]:
    """Declared result -> the endpoint that it belongs to, "" when to none."""
    of_endpoint = {path: name for name in dag.study.endpoints for path in dag.endpoint_results(name)}
    return {path: of_endpoint.get(path, "") for path in dag.declared_results()}


def _raw(dag: Dag, found: Contents, sizes: Mapping[str, Measured]) -> dict[str, RawForm]:
    forms: dict[str, RawForm] = {}
    for table, plan in dag.study.tables.items():
        name, read = raw_form(dag.study, table), dag.raw_file(table)
        path = found.moved.get(read, read)
        told = json.loads(found.files[f"{dag.results}/tables/{table}.json"].read_text(encoding="utf-8"))
        columns: dict[str, Any] = forms[name].columns if name in forms else {}
        columns = columns | {column: kind.type for column, kind in table_columns(plan).items()}
        size = sizes[PAYLOAD + path]
        forms[name] = RawForm(path, size.sha256, size.bytes, told["rows"], columns, dag.study.package.access)
    return forms


def tag_files(dag: Dag, found: Contents, payload: Mapping[str, Measured]) -> dict[str, Source]:
    """The files beside the payload: what describes it, then the hash lists that cover everything."""
    study = dag.study.study
    tags: dict[str, Source] = {
        "README.md": f"# {study.title}\n".encode(),
        RECORD: b"{}\n",
        ".zenodo.json": b"{}\n",
        "bagit.txt": DECLARATION.encode(),
        INFO: bag_info(payload, {"External-Identifier": study.id, "External-Description": study.title}),
        MANIFEST: hash_list(payload),
    }
    if Path(VERIFY).is_file():
        tags["verify.py"] = Path(VERIFY)
    tags[TAG_MANIFEST] = hash_list({name: measured(source) for name, source in tags.items()})
    return tags
