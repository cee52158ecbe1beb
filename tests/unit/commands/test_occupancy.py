"""Who works in a folder."""

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
