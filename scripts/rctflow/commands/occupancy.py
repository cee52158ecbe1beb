"""One run at a time in a folder, and no leftovers of a killed one.

Snakemake's own lock does not hold here: a run that finishes removes the lock of another, and a killed run leaves its
lock, its scripts still running, and half-written temporary files (docs/architecture.md). So ./run holds an flock of
its own, which the system frees when the process dies, and marks its children in their environment.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rctflow.errors import RctflowError
from rctflow.outputs import sweep_partial

LOCK_FILE = ".run.lock"
MARK = "RCTFLOW_RUN_IN"


class FolderBusyError(RctflowError):
    """Another run works in this folder."""


@contextmanager
def exclusive_run(folder: Path) -> Iterator[dict[str, str]]:
    """Hold ``folder`` for this run and clear what a killed one left; yields the environment that children must have.

    Raises FolderBusyError, naming the process, when another ./run or a plain Snakemake works there.
    """
    with (folder / LOCK_FILE).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip()
            raise FolderBusyError(
                f"another ./run (process {owner}) works in this folder; wait for it, or end it, then start again"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _clear_leftovers(folder)
        yield os.environ | {MARK: str(folder)}


def _clear_leftovers(folder: Path) -> None:
    locks = folder / ".snakemake" / "locks"
    if not (locks.is_dir() and any(locks.iterdir())):
        return
    _end_processes(folder)
    sweep_partial(folder / "results")
    subprocess.run(
        [sys.executable, "-m", "snakemake", "--unlock", "--quiet", "all"], cwd=folder, check=False, capture_output=True
    )


def _end_processes(folder: Path) -> None:
    """Kill the processes that carry this folder's mark: we hold its lock, so they are a dead run's."""
    import psutil

    leftovers = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == str(folder):
                leftovers.append(process)
            elif (
                "snakemake" in " ".join(process.cmdline())
                and Path(process.cwd()) == folder
                and process.pid != os.getpid()
            ):
                raise FolderBusyError(
                    f"Snakemake (process {process.pid}) works in this folder; wait for it, or end it, then start again"
                )
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    for process in leftovers:
        process.kill()
    psutil.wait_procs(leftovers, timeout=10)
