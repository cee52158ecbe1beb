"""Which study a verb is for: ``--config study=FILE``, the same for every verb."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rctflow.plan.blinded import STAMPS, SUFFIXES, results_folder
from rctflow.plan.unblinding import ended_without_record, read_unblinding, record_path

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
        return Path(results_folder(self.study_id, self.blinding))

    @property
    def study_id(self) -> str:
        """The id of the study."""
        return str(self.document.get("study", {}).get("id", ""))

    @property
    def blinding(self) -> str:
        """How the study is blinded: none, dummy or masked; none once its unblinding is on record."""
        section = self.document.get("blinding")
        mode = section.get("mode", "none") if isinstance(section, dict) else "none"
        return mode if mode in SUFFIXES and not self.unblinding_record.exists() else "none"

    @property
    def unblinding_record(self) -> Path:
        """Where the record of the study's unblinding stands, or would stand."""
        return record_path(self.file, self.study_id)

    def blinding_line(self) -> str:
        """What a run says of the blinding: how the study is blinded, who unblinded it, or that nobody recorded it."""
        if self.blinding != "none":
            return f"{STAMPS[self.blinding]}: everything in {self.results}. Only ./run unblind ends it."
        record = read_unblinding(self.unblinding_record, self.study_id)
        return record.in_words() if record else ended_without_record(self.unblinding_record, self.study_id, "none")

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
