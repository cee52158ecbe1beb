"""Follow Snakemake: one line of progress, and on failure the message of the job that failed, alone."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_STEPS = re.compile(r"^(\d+) of (\d+) steps")
_LOG = re.compile(r"^\s*log: (\S+)")
_FAILURE = re.compile(
    r"^\[?.*Error in rule|^RuleException|^WorkflowError|Error in file|^MissingInputException|^Traceback"
)


class Progress:
    """What Snakemake said so far."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.failing = False
        self.logs: list[str] = []

    def follow(self, command: list[str], environment: Mapping[str, str]) -> int:
        """Run Snakemake to its end; returns its exit status."""
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, errors="replace") as process:
            assert process.stderr is not None
            for line in process.stderr:
                self.hear(line.rstrip("\n"))
            try:
                status = process.wait()
            except KeyboardInterrupt:
                status = process.wait()
        if sys.stderr.isatty():
            print(file=sys.stderr)
        if status:
            print(self.failure(), file=sys.stderr)
        return status

    def hear(self, line: str) -> None:
        """Take one line: show progress, remember the rest for a failure."""
        steps = _STEPS.match(line)
        if steps:
            end = "\r" if sys.stderr.isatty() else "\n"
            print(f"{steps[1]} of {steps[2]} jobs done", end=end, file=sys.stderr, flush=True)
            return
        self.said.append(line)
        self.failing = self.failing or bool(_FAILURE.search(line))
        log = _LOG.match(line)
        if self.failing and log:
            self.logs.append(log[1])

    def failure(self) -> str:
        """The messages of the failed jobs (each once), or all that Snakemake said when no job wrote one."""
        messages = dict.fromkeys(_message(Path(log)) for log in self.logs)
        messages.pop("", None)
        if messages:
            return "\n".join(messages)
        errors = [line for line in self.said if line.startswith("ERROR:")]
        return "\n".join(errors) if errors else "\n".join(self.said)


def _message(log: Path) -> str:
    if not log.is_file():
        return ""
    text = log.read_text(encoding="utf-8", errors="replace")
    start = text.find("ERROR: ")
    if start >= 0:
        return text[start:].strip()
    return (
        f"ERROR: a job failed for a reason that is not the study's; please report it with {log}:\n{text.strip()}"
        if text
        else ""
    )
