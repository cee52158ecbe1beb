"""Snakemake's own records, one JSON file per output under ``.snakemake/metadata`` (Snakemake 9, record format 6).

A record's file is named after its output: base64 of the path, cut into pieces of NAME_MAX - 1 characters, of which all
but the last are folders that begin with ``@``.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rctflow.package.errors import PackageError

METADATA = ".snakemake/metadata"
FORMAT = 6
PIECE = 254  # NAME_MAX of every common Linux file system is 255

Record = dict[str, Any]


def record_file(output: str) -> str:
    """Where Snakemake keeps the record of ``output``, relative to the project folder."""
    name = base64.urlsafe_b64encode(output.encode()).decode()
    pieces = [name[start : start + PIECE] for start in range(0, len(name), PIECE)]
    return "/".join([METADATA, *(f"@{piece}" for piece in pieces[:-1]), pieces[-1]])


def output_of(parts: Iterable[str]) -> str:
    """The output that a record's file (its path under ``.snakemake/metadata``, in parts) belongs to."""
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
