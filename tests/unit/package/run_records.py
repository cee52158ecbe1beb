"""Snakemake records as they stand after a run, for tests of the room package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rctflow.package.provenance import record_file

RECORD: dict[str, Any] = {
    "rule": "fit",
    "input": ["scripts/fit.py", "results/t/clean/walk.parquet"],
    "log": ["results/t/logs/fit/walk.log"],
    "shellcmd": None,
    "params": ["'config/t.yaml'", "{'a': 1}"],
    "code": '"../../scripts/fit.py"\n',
    "record_format_version": 6,
    "conda_env": None,
    "container_img_url": None,
    "software_stack_hash": "d41d8cd98f00b204e9800998ecf8427e",
    "job_hash": 4711,
    "starttime": 1700000000.25,
    "endtime": 1700000003.5,
    "incomplete": False,
    "external_jobid": None,
    "input_checksums": {"scripts/fit.py": "sha256:aa", "results/t/clean/walk.parquet": "sha256:bb"},
}


def write_record(folder: Path, output: str, **changes: Any) -> dict[str, Any]:
    """Write the record of one output as Snakemake does; returns it."""
    record = RECORD | changes
    file = folder / record_file(output)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(record), encoding="utf-8")
    return record
