"""Words for variables that the config has none for: those of the files that the forms were read from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rctflow.report.settings import ReportSettings


def with_labels(settings: ReportSettings, descriptions: Iterable[str | Path]) -> ReportSettings:
    """``settings`` with the labels that ``descriptions`` (tables/<table>.json) have for its ``told`` variables."""
    files = {Path(file).stem: json.loads(Path(file).read_text(encoding="utf-8")) for file in descriptions}
    found = {
        name: files[table].get("variables", {}).get(column, {}).get("label", "")
        for name, (table, column) in settings.told.items()
        if table in files
    }
    return replace(settings, labels={name: label for name, label in found.items() if label} | settings.labels)
