"""Who works in a folder."""

import subprocess
import sys

import psutil
import pytest
from rctflow.commands.occupancy import FolderBusyError, exclusive_run, is_snakemake


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["/venv/bin/python", "-m", "snakemake", "--cores", "2"], True),
        (["/venv/bin/python", "/venv/bin/snakemake", "-n"], True),
        (["/venv/bin/python", "-m", "rctflow.commands.snakemake", "-n"], True),
        (["python", "/study/.snakemake/scripts/tmpabc.form.py"], False),
        (["less", "/study/.snakemake/log/x.log"], False),
    ],
)
def test_snakemake_is_told_from_its_scripts(command, expected):
    assert is_snakemake(command) is expected


def test_a_folder_is_held_by_one_run_at_a_time(tmp_path):
    with exclusive_run(tmp_path), pytest.raises(FolderBusyError, match=r"another \./run"), exclusive_run(tmp_path):
        pass
    with exclusive_run(tmp_path) as environment:
        assert environment["RCTFLOW_RUN_IN"] == str(tmp_path)


def test_a_run_killed_while_it_unlocks_does_not_stop_the_next_one(tmp_path, monkeypatch):
    """The unlocking Snakemake that a killed ./run leaves is ended as its other children are, and is no stranger."""
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.input.lock").touch()
    left_alive = []

    def killed_while_unlocking(command, cwd, env=None, **_):
        left_alive.append(
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "snakemake"], cwd=cwd, env=env)
        )

    with monkeypatch.context() as patch:
        patch.setattr("rctflow.commands.occupancy.subprocess.run", killed_while_unlocking)
        with exclusive_run(tmp_path):
            pass
    try:
        with exclusive_run(tmp_path):
            assert not psutil.pid_exists(left_alive[0].pid)
    finally:
        left_alive[0].kill()
