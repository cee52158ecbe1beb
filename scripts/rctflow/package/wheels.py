"""The packages of the locks as files, so that the environment can be made again without any index."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rctflow.package.errors import PackageError

LOCKS = ("requirements-build.lock", "requirements.lock")
HIDDEN = ".wheels-"


@contextmanager
def fetched_wheels(folder: Path, beside: Path) -> Iterator[dict[str, Path]]:
    """File name -> file of every package that the locks in ``folder`` name, for this system and this Python.

    They are fetched with pip, from where pip is told to fetch, into a hidden folder in ``beside`` that is removed at
    the end. What is published as source only stays source; its build needs are in requirements-build.lock. Raises
    PackageError with pip's last words when one cannot be had with the locked hash.
    """
    sweep_wheels(beside)
    wheels = beside / f"{HIDDEN}partial"
    try:
        for lock in LOCKS:
            _download(folder / lock, wheels)
        yield {file.name: file for file in sorted(wheels.iterdir())}
    finally:
        shutil.rmtree(wheels, ignore_errors=True)


def sweep_wheels(folder: Path) -> None:
    """Remove the packages that a killed process left in ``folder``."""
    for left in folder.glob(f"{HIDDEN}*"):
        shutil.rmtree(left)


def _download(lock: Path, target: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    command = [*pip, "--require-hashes", "--no-deps", "--no-build-isolation", "--dest", str(target), "-r", str(lock)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        errors = (line for line in told.stderr.splitlines() if line.startswith("ERROR: "))
        raise PackageError(
            f"{lock.name}: its packages could not be fetched ({next(errors, 'pip does not say why')[:300]}); is the "
            "package index reachable, and the lock as it was?"
        )
