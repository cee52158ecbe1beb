"""Follow Snakemake: one line of progress, long jobs beside it, and on failure the failed job's message alone."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_STEPS = re.compile(r"^(\d+) of (\d+) steps")
_LONG = re.compile(r": \d+ of \d+, about \d+ s left$")
_ERROR = "ERROR: "


class Progress:
    """What Snakemake and its jobs said. logs: tells the folder where jobs write theirs, once it is wanted."""

    def __init__(self, logs: Callable[[], Path]) -> None:
        self.logs = logs
        self.said: list[str] = []

    def follow(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run Snakemake to its end; returns its exit status."""
        began = time.time()
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, errors="replace") as process:
            assert process.stderr is not None
            try:
                for line in process.stderr:
                    self._hear(line.rstrip("\n"))
                status = process.wait()
            except KeyboardInterrupt:  # Snakemake got it too, and ends its jobs
                status = process.wait()
        if sys.stderr.isatty() and any(_STEPS.match(line) for line in self.said):
            print(file=sys.stderr)
        if status:
            print(self._failure(began), file=sys.stderr)
        return status

    def _hear(self, line: str) -> None:
        self.said.append(line)
        if _LONG.search(line):
            print(line, file=sys.stderr, flush=True)
        steps = _STEPS.match(line)
        if steps:
            end = "\r" if sys.stderr.isatty() else "\n"
            print(f"{steps[1]} of {steps[2]} jobs done", end=end, file=sys.stderr, flush=True)

    def _failure(self, began: float) -> str:
        """What failed jobs wrote to their logs since the run began; else what was said from the first error on."""
        logs = [log for log in sorted(self.logs().rglob("*.log")) if log.stat().st_mtime >= began - 1]
        messages = dict.fromkeys(message for log in logs if (message := _message(log)))
        if messages:
            return "\n".join(messages)
        first = next((n for n, line in enumerate(self.said) if line.startswith(_ERROR)), 0)
        return "\n".join(self.said[first:])


def _message(log: Path) -> str:
    """The error in a job's log, or nothing."""
    text = log.read_text(encoding="utf-8", errors="replace")
    if text.startswith("Traceback") or "\nTraceback" in text:
        return (
            f"{_ERROR}a job failed for a reason that is not the study's; please report it with {log}:\n{text.strip()}"
        )
    place = 0 if text.startswith(_ERROR) else text.find("\n" + _ERROR) + 1
    return text[place:].strip() if place or text.startswith(_ERROR) else ""
