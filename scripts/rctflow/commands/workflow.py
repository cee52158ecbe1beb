"""``./run [anything that Snakemake takes]``: run the workflow, show progress, end with where the report is."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from rctflow.commands.chosen import Chosen, chosen_study
from rctflow.commands.occupancy import exclusive_run
from rctflow.commands.progress import Progress
from rctflow.commands.settled import Settled
from rctflow.errors import RctflowError

DRY = {"-n", "--dry-run", "--dryrun"}
LOOKS_ONLY = DRY | {"--lint", "--list", "--list-rules", "-l", "--list-target-rules", "--lt", "--summary", "-S"}
LOOKS_ONLY |= {
    "--detailed-summary",
    "-D",
    "--dag",
    "--rulegraph",
    "--filegraph",
    "--version",
    "-v",
    "--report",
    "--help",
}
LONGEST = 400


def main(arguments: list[str]) -> int:
    """Run Snakemake in this folder; returns its exit status."""
    folder = Path.cwd()
    arguments = targets_first(arguments)
    study = chosen_study(arguments)
    _check_targets(arguments, study)
    command = [sys.executable, "-m", "rctflow.commands.snakemake", *_cores(arguments), *arguments]
    if DRY.intersection(arguments):
        return _shortened(command)
    if LOOKS_ONLY.intersection(arguments):
        return subprocess.call(command)
    _refuse_open_lines(study.file)
    if told := study.blinding_line():
        print(told, flush=True)
    with exclusive_run(folder) as environment:
        settled = Settled(folder, study.file, study.results) if _is_full(arguments) else None
        if settled and settled.is_settled():
            print("Nothing to be done: no file changed since the last full run.")
            status = 0
        else:
            progress = Progress(lambda: study.results / "logs")
            status = progress.follow([*command, "--quiet", "rules", "host", "reason"], environment)
            if settled and status == 0:
                settled.remember()
    if status == 0:
        for line in study.closing_lines(whole=not any(argument.startswith("endpoint_") for argument in arguments)):
            print(line)
        if told:
            print(told)
    return status


def targets_first(arguments: Sequence[str]) -> list[str]:
    """``arguments`` with the targets that follow ``--config study=FILE`` moved to the front.

    Snakemake takes every word up to the next option for a part of its config; one without ``=`` cannot be.
    """
    targets: list[str] = []
    others: list[str] = []
    in_config = False
    for word in arguments:
        in_config = word in ("--config", "-C") or (in_config and not word.startswith("-"))
        is_target = in_config and "=" not in word and not word.startswith("-")
        (targets if is_target else others).append(word)
    return [*targets, *others]


def _is_full(arguments: Sequence[str]) -> bool:
    """Whether all results of a study are asked for, and nothing else of Snakemake."""
    return all(word == "--config" or word.startswith(("study=", "--config=study=")) for word in arguments)


def _refuse_open_lines(file: str) -> None:
    """Raises RctflowError when the config still says TODO, as ``./run new`` writes what it did not know."""
    from rctflow.propose.unanswered import todo_lines

    try:
        lines = todo_lines(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):  # left for the workflow to report
        return
    if lines:
        number, line = lines[0]
        more = f" ({len(lines)} such lines)" if len(lines) > 1 else ""
        raise RctflowError(
            f"{file}: line {number} says TODO{more}: {line} Write what is true, or delete a comment that is answered; "
            f"./run check --config study={file} lists all that is open."
        )


def _cores(arguments: list[str]) -> list[str]:
    given = any(argument.split("=")[0] in ("--cores", "-c", "--jobs", "-j") for argument in arguments)
    return [] if given else ["--cores", "all"]


def _check_targets(arguments: Sequence[str], study: Chosen) -> None:
    """Refuse a word before all options that is neither a file, an endpoint of the study, nor a rule."""
    words = [word for word in takewhile(lambda word: not word.startswith("-"), arguments) if "/" not in word]
    endpoints = [f"endpoint_{name}" for name in study.document.get("endpoints", {})]
    if not words or not endpoints:
        return
    files = Path("workflow/rules").glob("*.smk")
    rules = re.findall(r"^ *rule (\w+):", "".join(file.read_text() for file in files), re.M)
    for word in words:
        if word not in (*endpoints, *rules, "all"):
            from rctflow.commands.__main__ import VERBS
            from rctflow.study.messages import did_you_mean

            hint = did_you_mean(word, [*VERBS, *endpoints, "all"])
            raise RctflowError(f"./run {word}: no such verb or endpoint. {hint}")


def _shortened(command: Sequence[str]) -> int:
    """A dry run whose longest lines (params before and now) are cut: they would hold the whole config."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            text = line.rstrip("\n")
            print(text if len(text) <= LONGEST else f"{text[:LONGEST]} ...")
    return process.returncode
