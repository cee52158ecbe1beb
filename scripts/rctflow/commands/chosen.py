"""Which study a verb is for: ``--config study=FILE``, the same for every verb."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

DEFAULT_STUDY = "config/config.yaml"


@dataclass(frozen=True)
class Chosen:
    """A config file, read without checking: enough to say where results are."""

    file: str

    @cached_property
    def document(self) -> dict[str, Any]:
        """What the file says; nothing when it cannot be read, which is left for the workflow to report."""
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            document = yaml.load(Path(self.file).read_text(encoding="utf-8"), Loader=loader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            document = None
        return document if isinstance(document, dict) else {}

    @property
    def results(self) -> Path:
        """The folder of the study's results."""
        return Path("results") / str(self.document.get("study", {}).get("id", ""))

    def closing_lines(self, whole: bool) -> list[str]:
        """What a finished run says: where the report is, and which folders belong to no endpoint any more."""
        report = self.results / "report.html"
        state = "" if whole else " (as of the last full run; ./run brings it up to date)"
        lines = [f"Report: {report}{state}"] if report.exists() else ["No report yet: ./run makes it."]
        if not whole:
            lines.insert(0, f"Results: {self.results / 'endpoints'}")
        for folder in self.removed_endpoints():
            lines.append(f"Note: {folder} belongs to no endpoint of {self.file}; it is kept, and never packaged.")
        return lines

    def removed_endpoints(self) -> list[Path]:
        """Result folders of endpoints that the config does not have any more."""
        known = set(self.document.get("endpoints", {}))
        return sorted(folder for folder in (self.results / "endpoints").glob("*/") if folder.name not in known)


def study_argument(arguments: list[str]) -> str:
    """The config file that the arguments choose."""
    for argument in arguments:
        if argument.startswith("study=") or argument.startswith("--config=study="):
            return argument.rpartition("study=")[2]
    return DEFAULT_STUDY


def chosen_study(arguments: list[str]) -> Chosen:
    """The chosen config, read when it is first asked for."""
    return Chosen(study_argument(arguments))
