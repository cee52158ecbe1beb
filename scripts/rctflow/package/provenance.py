"""Snakemake's own records, one JSON file per output under ``.snakemake/metadata`` (Snakemake 9, record format 6).

A record's file is named after its output: base64 of the path, cut into pieces of NAME_MAX - 1 characters, of which all
but the last are folders that begin with ``@``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rctflow.code_hashes import is_code_list, listed
from rctflow.package.errors import PackageError

METADATA = ".snakemake/metadata"
FORMAT = 6
PIECE = 254  # NAME_MAX of every common Linux file system is 255
EPOCH = 315532800.0  # 1980-01-01, the first moment that a zip knows

Record = dict[str, Any]


def record_file(output: str) -> str:
    """Where Snakemake keeps the record of ``output``, relative to the project folder."""
    name = base64.urlsafe_b64encode(output.encode()).decode()
    pieces = [name[start : start + PIECE] for start in range(0, len(name), PIECE)]
    return "/".join([METADATA, *(f"@{piece}" for piece in pieces[:-1]), pieces[-1]])


def output_of(parts: Iterable[str]) -> str:
    """The output that a record's file (its path under ``.snakemake/metadata``, in parts) belongs to.

    Raises PackageError for a file that is no record.
    """
    name = "".join(part.removeprefix("@") for part in parts)
    try:
        return base64.urlsafe_b64decode(name.encode()).decode()
    except (binascii.Error, ValueError):
        raise PackageError(
            f"{METADATA}/{name} is no record of Snakemake; remove the file and start ./run again"
        ) from None


def read_records(folder: Path, results: str) -> dict[str, Record]:
    """The records of all outputs under ``results``, by output, sorted.

    Raises PackageError when one is unreadable or was written in another format.
    """
    metadata = folder / METADATA
    named = ((output_of(file.relative_to(metadata).parts), file) for file in metadata.rglob("*") if file.is_file())
    return {output: _read(file, output) for output, file in sorted(named) if output.startswith(f"{results}/")}


def _read(file: Path, output: str) -> Record:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise PackageError(f"Snakemake's record of {output} is damaged ({file}); remove it and start ./run") from None
    if record.get("record_format_version") != FORMAT:
        raise PackageError(
            f"Snakemake's record of {output} has format {record.get('record_format_version')}, and only {FORMAT} "
            "(Snakemake 9) is understood; remove the folder .snakemake and start ./run with the locked Snakemake"
        )
    return dict(record)


def with_code(record: Record, folder: Path) -> Record:
    """The record with every file of its code lists among its inputs, beside the lists.

    Raises PackageError when a list is absent.
    """
    found: dict[str, str] = {}
    for path in filter(is_code_list, record["input"] or ()):
        try:
            found |= listed((folder / path).read_text(encoding="utf-8"))
        except OSError:
            raise PackageError(f"{path}, the list of the code that a job ran, is gone; start ./run again") from None
    checksums = {path: f"sha256:{sha256}" for path, sha256 in found.items()}
    return record | {
        "input": sorted({*(record["input"] or ()), *found}),
        "input_checksums": record["input_checksums"] | checksums,
    }


def normalised(record: Record, moved: Mapping[str, str], job: str, replaced: Mapping[str, str] | None = None) -> bytes:
    """The record without what differs between two runs: times, ids of the run; raw forms where the package has them.

    moved: path of a raw form as the run read it -> path in the package. job: names the job, so that its outputs go on
    sharing a job_hash. replaced: path of an input whose content is another in the package -> its sha256 there. The
    run's own times stand in ro-crate-metadata.json alone.
    """
    inputs = sorted(moved.get(path, path) for path in record["input"] or ())
    checksums = {moved.get(path, path): checksum for path, checksum in record["input_checksums"].items()}
    checksums |= {path: f"sha256:{sha256}" for path, sha256 in (replaced or {}).items() if path in checksums}
    constant = {
        "input": inputs,
        "input_checksums": checksums,
        "starttime": EPOCH,
        "endtime": EPOCH,
        "job_hash": int(hashlib.sha256(job.encode()).hexdigest()[:12], 16),
        "external_jobid": None,
        "conda_env": None,  # the text of environment.yml once more; what Snakemake compares is its hash
    }
    return (json.dumps(record | constant, sort_keys=True) + "\n").encode()


def is_normalised(record: Record) -> bool:
    """Whether a record was unpacked from a package: nobody ran its job in this folder."""
    return bool(record["endtime"] == EPOCH)
