"""What is compared: a package (zip or unzipped) or a results folder, opened."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from rctflow.errors import RctflowError

NOT_CODE = ("results", ".snakemake", "wheels", "config")


class CompareError(RctflowError):
    """Two things that cannot be compared."""


@dataclass(frozen=True)
class Opened:
    """name: as the user wrote it. results: the folder of the study's results. payload: ``data`` of a package."""

    name: str
    results: Path
    payload: Path | None = None

    @cached_property
    def config(self) -> dict[str, Any]:
        """The config as it was understood. Raises CompareError when the folder has none."""
        import yaml

        file = self.results / "config.yaml"
        if not file.is_file():
            raise CompareError(f"{self.name}: no config.yaml among the results; finish the run first (./run)")
        document: dict[str, Any] = yaml.load(
            file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
        return document

    def code(self) -> dict[str, str] | None:
        """sha256 of every file of the workflow, by path; None for a results folder, which has none."""
        if self.payload is None:
            return None
        files = (file for file in self.payload.rglob("*") if file.is_file() and file.name != "package.json")
        named = {file.relative_to(self.payload).as_posix(): file for file in files}
        code = {name: file for name, file in named.items() if name.split("/")[0] not in NOT_CODE}
        return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in code.items()}


def open_results(name: str, scratch: Path) -> Opened:
    """Open a package or a results folder; a zip is unpacked into ``scratch``. Raises CompareError."""
    path = Path(name)
    if path.is_file():
        path = _unpacked(path, scratch)
    if (path / "endpoints").is_dir():
        return Opened(name, path)
    payload = path / "data" if (path / "data").is_dir() else path
    found = sorted(folder.parent for folder in (payload / "results").glob("*/endpoints"))
    if len(found) == 1:
        return Opened(name, found[0], payload)
    what = "no results" if not found else f"results of {', '.join(folder.name for folder in found)}"
    raise CompareError(
        f"{name}: {what}. Name a package (its zip or unzipped folder) or one study's folder, such as results/frailty"
    )


def _unpacked(file: Path, scratch: Path) -> Path:
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                parts = PurePosixPath(member.filename.replace("\\", "/"))
                if parts.is_absolute() or ".." in parts.parts or stat.S_ISLNK(member.external_attr >> 16):
                    raise CompareError(f"{file}: the entry {member.filename!r} leads outside; this is no package")
            archive.extractall(scratch)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise CompareError(f"{file}: not a readable zip ({error})") from None
    roots = [entry for entry in scratch.iterdir() if entry.is_dir()]
    inside = len(roots) == 1 and roots[0].name not in ("data", "results")
    return roots[0] if inside and not (scratch / "data").exists() else scratch
