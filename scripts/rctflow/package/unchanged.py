"""Whether the files of a run are still those that its jobs read and wrote: Snakemake looks at dates, and not at all at
what no job reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from rctflow.package.errors import PackageError
from rctflow.package.provenance import Record, is_normalised

SLACK = 1.0  # seconds, for file systems that round dates


def require_unchanged(
    folder: Path, records: Mapping[str, Record], outputs: Iterable[str], hashes: Mapping[str, str]
) -> None:
    """Raise PackageError when a file of the run was changed since, with the command that makes it again.

    records: by output; outputs: those to be packed; hashes: SHA-256 of each file of the run, by its path then.
    """
    for output in outputs:
        record = records[output]
        if is_normalised(record):
            raise PackageError(
                f"{output} was unzipped from a package and not made in this folder; make everything here first: "
                "./run --forceall"
            )
        if (folder / output).stat().st_mtime > record["endtime"] + SLACK:
            raise PackageError(f"{output} was changed after its job had ended; delete it, then make it again: ./run")
        for path, checksum in record["input_checksums"].items():
            if path in hashes and checksum.removeprefix("sha256:") != hashes[path]:
                raise PackageError(
                    f"{path} is not the file that the rule {record['rule']} read; make again what came from it: "
                    f"./run --forcerun {record['rule']}"
                )
