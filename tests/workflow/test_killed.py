"""A run that is killed at any moment leaves nothing behind that changes the next one's bytes."""

import os
import random
import shutil
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


def test_killed_at_ten_moments_and_run_again(finished, fresh):
    moments = random.Random(20240424)
    for _ in range(KILLS):
        process = start(fresh.folder)
        time.sleep(moments.uniform(0.5, 7))
        process.send_signal(signal.SIGKILL)
        process.wait()
    told = fresh.run()
    assert told.returncode == 0, told.stderr
    assert bytes_of(fresh.folder) == bytes_of(finished)


def test_two_runs_at_once(checkout):
    shutil.rmtree(checkout.folder / "results")
    first = start(checkout.folder)
    deadline = time.monotonic() + 60
    while not (checkout.folder / ".snakemake/locks").is_dir() or not any(
        (checkout.folder / ".snakemake/locks").iterdir()
    ):
        assert time.monotonic() < deadline and first.poll() is None
        time.sleep(0.05)
    second = checkout.run()
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"ERROR: another ./run (process {first.pid}) works in this folder" in second.stderr
    output, _ = first.communicate(timeout=300)
    assert first.returncode == 0, output


def test_two_runs_in_two_folders_are_byte_identical(finished, fresh):
    assert fresh.run().returncode == 0
    assert bytes_of(fresh.folder) == bytes_of(finished)
