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
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rctflow.errors import RctflowError
from rctflow.outputs import sweep_partial

if TYPE_CHECKING:
    import psutil

LOCK_FILE = ".run.lock"
MARK = "RCTFLOW_RUN_IN"
SCANS = 10


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
        environment = os.environ | {MARK: str(folder)}
        _clear_leftovers(folder, environment)
        yield environment


def _clear_leftovers(folder: Path, environment: dict[str, str]) -> None:
    """End a killed run's processes and sweep its files; the unlocking is marked too, it may outlive a killed run."""
    locks = folder / ".snakemake" / "locks"
    if not (locks.is_dir() and any(locks.iterdir())):
        return
    _end_processes(folder)
    sweep_partial(folder / "results")
    unlock = [sys.executable, "-m", "snakemake", "--unlock", "--quiet", "all"]
    subprocess.run(unlock, cwd=folder, env=environment, check=False, capture_output=True)


def _end_processes(folder: Path) -> None:
    """Kill the processes that carry this folder's mark: we hold its lock, so they are a dead run's.

    A process that is just starting shows no environment yet, so the scan is repeated until it finds none.
    """
    import psutil

    for _ in range(SCANS):
        marked, strangers = _scan(folder)
        if not marked and not strangers:
            return
        for process in marked:
            process.kill()
        psutil.wait_procs(marked, timeout=10)
        time.sleep(0.1)
    if strangers:
        raise FolderBusyError(
            f"Snakemake (process {strangers[0].pid}) works in this folder; wait for it, or end it, then start again"
        )


def _scan(folder: Path) -> tuple[list[psutil.Process], list[psutil.Process]]:
    """The processes that carry the mark, and Snakemake's that do not but work in ``folder``."""
    import psutil

    marked, strangers = [], []
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid():
                continue
            if process.environ().get(MARK) == str(folder):
                marked.append(process)
            elif is_snakemake(process.cmdline()) and Path(process.cwd()) == folder:
                strangers.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return marked, strangers


def is_snakemake(command: Sequence[str]) -> bool:
    """Whether a command line is Snakemake itself, and not one of its scripts in ``.snakemake/scripts``."""
    return any(Path(word).name in ("snakemake", "rctflow.commands.snakemake") for word in command[:4])
