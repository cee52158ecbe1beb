"""A zip of the same bytes whenever and wherever it is written: sorted names, fixed times and modes."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rctflow.outputs import written_whole
from rctflow.package.errors import PackageError

Source = Path | bytes
EXECUTABLE = ("verify.py", "data/run")
STORED = (".whl", ".gz", ".png", ".compress")  # compressed already
DATE = (1980, 1, 1, 0, 0, 0)
LEVEL = 9


@dataclass(frozen=True)
class Measured:
    """Size in bytes and SHA-256 of a file."""

    bytes: int
    sha256: str


def measured(source: Source) -> Measured:
    """Size and hash of a file, or of bytes."""
    content = source if isinstance(source, bytes) else source.read_bytes()
    return Measured(len(content), hashlib.sha256(content).hexdigest())


def write_zip(members: Mapping[str, Source], expected: Mapping[str, Measured], path: Path) -> None:
    """Write ``members`` (path in the zip -> content) to ``path``, whole or not at all.

    Raises PackageError when a member is not what was ``expected`` of it (somebody changed it meanwhile), and when the
    file system refuses.
    """
    try:
        with written_whole(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for name in sorted(members):
                source = members[name]
                content = source if isinstance(source, bytes) else source.read_bytes()
                if name in expected and measured(content) != expected[name]:
                    raise PackageError(f"{name} changed while it was packed; nothing was written. Pack it again")
                archive.writestr(_info(name), content, compresslevel=LEVEL)
    except OSError as error:
        raise PackageError(f"{path}: {error.strerror or error}; nothing was written") from None


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, DATE)
    info.create_system = 3
    info.external_attr = (0o100755 if name in EXECUTABLE else 0o100644) << 16
    info.compress_type = zipfile.ZIP_STORED if name.endswith(STORED) else zipfile.ZIP_DEFLATED
    return info
