"""Whether any file changed since the last full run: when none did, Snakemake would find nothing to do.

To find that out, Snakemake reads the whole workflow, more than a second. Here every file that a run reads or writes is
asked for its size, times and inode instead; whatever differs, Snakemake decides. An edit while a run is going on is
never taken for what that run saw: the files are asked before it and after it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from rctflow.code_hashes import FOLDER as CODE_LISTS
from rctflow.outputs import write_json

READ = (
    "Snakefile",
    "run",
    "config",
    "environment.yml",
    "package.json",
    "profiles",
    "requirements.lock",
    "scripts",
    "workflow",
)
LEFT_OUT = ("__pycache__", "package")  # compiled modules; archives of finished runs


class Settled:
    """The memory of the last full run of the study ``config`` in ``folder``, whose results are in ``results``."""

    def __init__(self, folder: Path, config: str, results: Path) -> None:
        self.folder, self.config, self.results = folder, config, folder / results
        name = hashlib.sha256(f"{config} {results}".encode()).hexdigest()[:16]
        self.memory = folder / ".snakemake" / "rctflow_settled" / f"{name}.json"
        self.began = time.time()
        self.read = self._read()

    def is_settled(self) -> bool:
        """Whether a full run ended well and no file has changed since."""
        try:
            known = json.loads(self.memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        now = {"read": self.read, "results": self._results(), "outside": _stats(map(Path, known["files_outside"]))}
        return all(known[part] == value for part, value in now.items())

    def remember(self) -> None:
        """Call after a full run that ended well: keep what the files look like, unless one was edited meanwhile."""
        from rctflow.package.jobs import read_jobs

        self.memory.unlink(missing_ok=True)
        jobs = read_jobs(self.folder, self.results.relative_to(self.folder).as_posix())
        inside = (*READ, CODE_LISTS, self.results.relative_to(self.folder).as_posix())
        inputs = sorted({file for job in jobs for file in job.inputs if not file.startswith(inside)})
        outside = [self.folder / file for file in inputs]
        edited = any(file.exists() and file.stat().st_mtime >= self.began for file in outside)
        if edited or self._read() != self.read:
            return
        write_json(
            {
                "read": self.read,
                "results": self._results(),
                "outside": _stats(outside),
                "files_outside": [str(file) for file in outside],
            },
            self.memory,
        )

    def _read(self) -> str:
        files = [self.folder / self.config, *(file for name in READ for file in _files(self.folder / name))]
        return f"{sys.version} {sys.prefix} {_stats(files)}"

    def _results(self) -> str:
        return _stats(_files(self.results))


def _files(place: Path) -> Iterator[Path]:
    """The files of a folder, or the file itself, sorted."""
    if not place.is_dir():
        yield place
        return
    for entry in sorted(os.scandir(place), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(Path(entry.path)) if entry.name not in LEFT_OUT else ()
        else:
            yield Path(entry.path)


def _stats(files: Iterable[Path]) -> str:
    """A hash of name, size, times and inode of every file; ctime, which no program can set, included."""
    digest = hashlib.sha256()
    for file in files:
        try:
            stat = file.stat()
            told = f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}"
        except OSError:
            told = "absent"
        digest.update(f"{file} {told}\n".encode())
    return digest.hexdigest()
