"""Whether the run of a study is finished and up to date: what is locked or packaged must be what a run gives."""

from __future__ import annotations

import subprocess
import sys

from rctflow.errors import RctflowError

NOTHING = "Nothing to be done"


class NotFinishedError(RctflowError):
    """The results are not those that a full run would give now."""


def require_finished(config_file: str, verb: str) -> None:
    """Return when a full run has nothing to do; raises NotFinishedError with the remedy when it has."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "-n", "--config", f"study={config_file}"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    said = told.stdout + told.stderr
    if told.returncode:
        errors = [line for line in said.splitlines() if line.startswith("ERROR: ")]
        raise NotFinishedError("\n".join(errors).removeprefix("ERROR: ") or said.strip()[-2000:])
    if NOTHING not in said:
        remedy = "./run" if config_file == "config/config.yaml" else f"./run --config study={config_file}"
        raise NotFinishedError(f"{verb}: there is no finished, up-to-date run of {config_file}. Make it with {remedy}")
