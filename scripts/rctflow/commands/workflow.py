"""``./run [anything that Snakemake takes]``: run the workflow, show progress, end with where the report is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rctflow.commands.chosen import chosen_study
from rctflow.commands.occupancy import exclusive_run
from rctflow.commands.progress import Progress

LOOKS_ONLY = {
    "-n",
    "--dry-run",
    "--dryrun",
    "--lint",
    "--list",
    "--list-rules",
    "-l",
    "--list-target-rules",
    "--lt",
    "--summary",
    "-S",
}
LOOKS_ONLY |= {"--detailed-summary", "-D", "--dag", "--rulegraph", "--filegraph", "--version", "-v", "--report"}


def main(arguments: list[str]) -> int:
    """Run Snakemake in this folder; returns its exit status."""
    folder = Path.cwd()
    command = [sys.executable, "-m", "snakemake", *_cores(arguments), *arguments]
    if LOOKS_ONLY.intersection(arguments):
        return subprocess.call(command)
    study = chosen_study(arguments)
    with exclusive_run(folder) as environment:
        progress = Progress(study.results / "logs")
        status = progress.follow([*command, "--quiet", "rules", "host", "reason"], environment)
    if status == 0:
        for line in study.closing_lines(whole=not any(argument.startswith("endpoint_") for argument in arguments)):
            print(line)
    return status


def _cores(arguments: list[str]) -> list[str]:
    given = any(argument.split("=")[0] in ("--cores", "-c", "--jobs", "-j") for argument in arguments)
    return [] if given else ["--cores", "all"]
