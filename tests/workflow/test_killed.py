"""A run that is killed at any moment leaves nothing behind that changes the next one's bytes."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workflow.conftest import STUDY

pytestmark = pytest.mark.workflow

KILLS = 10


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every result, logs and benchmarks aside."""
    files = (file for file in (folder / "results").rglob("*") if file.is_file())
    named = {file.relative_to(folder).as_posix(): file for file in files}
    return {
        name: file.read_bytes() for name, file in named.items() if "/logs/" not in name and "/benchmarks/" not in name
    }


def start(folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(folder / "scripts")}
    command = [sys.executable, "-m", "rctflow.commands", "--config", f"study={STUDY}"]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def files_below(folder: Path) -> int:
    """How many files a run has written, those included that are not whole yet."""
    return sum(len(files) for _, _, files in os.walk(folder))


def test_killed_at_ten_moments_and_run_again(finished, fresh):
    """Each moment is so many new files after the start, and a bit: a slow machine is as far then as a fast one."""
    moments = random.Random(20240424)
    for _ in range(KILLS):
        awaited = files_below(fresh.folder / "results") + moments.randint(0, 12)
        process = start(fresh.folder)
        while process.poll() is None and files_below(fresh.folder / "results") < awaited:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.8))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    told = fresh.run()
    assert told.returncode == 0, told.stderr
    assert bytes_of(fresh.folder) == bytes_of(finished)


def test_two_runs_at_once(checkout):
    """The first is stopped in the middle while the second starts, and then ends well."""
    (checkout.folder / "results/tiny/report.html").unlink()
    first = start(checkout.folder)
    locks = checkout.folder / ".snakemake/locks"
    deadline = time.monotonic() + 300
    while not locks.is_dir() or not any(locks.iterdir()):
        assert time.monotonic() < deadline and first.poll() is None
        time.sleep(0.02)
    first.send_signal(signal.SIGSTOP)
    second = checkout.run()
    first.send_signal(signal.SIGCONT)
    output, _ = first.communicate(timeout=300)
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"ERROR: another ./run (process {first.pid}) works in this folder" in second.stderr
    assert first.returncode == 0, output


def test_two_runs_in_two_folders_are_byte_identical(finished, run_again):
    assert bytes_of(run_again) == bytes_of(finished)
