"""Words for variables come from the form's file where the config has none."""

import json
from pathlib import Path

from rctflow.report.labels import with_labels
from rctflow.report.settings import ReportSettings


def test_the_files_label_stands_in_where_the_config_has_none(tmp_path: Path) -> None:
    told = {"variables": {"AGE": {"label": "Age in years"}, "SEXCD": {"label": "Sex"}, "X": {"format": "8."}}}
    (tmp_path / "dm.json").write_text(json.dumps(told), encoding="utf-8")
    sources = {"AGE": ("dm", "AGE"), "SEX": ("dm", "SEXCD"), "X": ("dm", "X"), "Y": ("lb", "Y")}
    settings = ReportSettings("s", "S", (), (), (), (), labels={"RACE": "Race", "SEX": "Sex at birth"}, told=sources)
    found = with_labels(settings, [tmp_path / "dm.json"])
    assert found.labels == {"AGE": "Age in years", "RACE": "Race", "SEX": "Sex at birth"}
