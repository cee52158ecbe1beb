"""secuTrial exports: a zip archive of tab-separated tables with items and code lists."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from rctflow.ingest.forms import ingest_form, load_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.outcome"
TABLES = {
    "outcome": [
        ["mnppid", "mnpaid", "mnpvislabel", "mnpvisstartdate", "follow_up", "death_date", "seen_at", "comment", ""],
        ["1204", "ABC-001", "Follow-up", "2019-04-01", "1", "20190426", "201904261340", "höher\tals", ""],
        ["1205", "ABC-002", "Follow-up", "2019-04-02", "7", "201904", "", "a, b; c", ""],
    ],
    "atoutcome": [["mnppid", "follow_up", ""], ["1204", "3", ""]],
    "is": [
        ["ffid", "formtablename", "ffcolname", "itemtype", "fflabel", "unit", ""],
        ["1", "mnptrialoutcome", "follow_up", "Horizontal-Radiobutton", "Follow-up", "", ""],
        ["2", "mnptrialoutcome", "death_date", "Datum (tt.mm.jjjj)", "Exact date of death", "", ""],
        ["3", "mnptrialoutcome", "seen_at", "Complete date (dd.mm.yyyy hh:mm)", "Seen at", "", ""],
        ["4", "mnptrialbaseline", "follow_up", "Textfeld 40", "Something else", "", ""],
    ],
    "cl": [
        ["column", "code", "value"],
        ["mnptrialoutcome.follow_up", "1", "death"],
        ["mnptrialoutcome.follow_up", "3", "ongoing", ""],
        ["mnptrialbaseline.follow_up", "7", "no"],
        ["mnphide", "1", "ja", ""],
    ],
}


def secutrial(*columns: str, **options: Any) -> Ingest:
    declared = {name: Column() for name in columns}
    return Ingest(**{"table": "outcome", "format": "secutrial", "columns": declared, "form": "outcome"} | options)


def export(folder: Path, encoding: str = "UTF-8", tag: str = "", prefix: str = "") -> Path:
    with zipfile.ZipFile(folder / "export.zip", "w") as packed:
        packed.writestr(f"ExportOptions{tag}.html", f"<td>Encoding</td><td><b>{encoding}</b></td>")
        for name, rows in TABLES.items():
            lines = "\n".join("\t".join(f'"{cell}"' for cell in row) for row in rows) + "\n"
            stem = prefix + name if name == "outcome" else name
            packed.writestr(f"{stem}{tag}.xls", lines.encode(encoding))
    return folder / "export.zip"


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-15", "ISO-8859-1"])
@pytest.mark.parametrize(("tag", "prefix"), [("", ""), ("_trial_20190710-110208", "mnptrial")])
def test_a_form_with_dates_and_codes(tmp_path: Path, encoding: str, tag: str, prefix: str) -> None:
    path = export(tmp_path, encoding, tag, prefix)
    settings = secutrial("mnpaid", "follow_up", "death_date", "seen_at", "comment")
    form = load_form(path, settings, where=WHERE)
    assert {name: column.to_pylist() for name, column in form.columns.items()} == {
        "mnpaid": ["ABC-001", "ABC-002"],
        "follow_up": ["1", "7"],
        "death_date": ["2019-04-26", "2019-04"],
        "seen_at": ["2019-04-26T13:40:00", ""],
        "comment": ["höher\tals", "a, b; c"],
    }
    _, told = ingest_form(path, settings, where=WHERE)
    assert told["variables"]["follow_up"]["codes"] == {"1": "death", "3": "ongoing"}
    assert told["variables"]["death_date"]["label"] == "Exact date of death"
    assert [(one["SRCROW"], one["old"]) for one in told["findings"]] == [(2, "7")]


def test_the_form_must_be_named_and_be_there(tmp_path: Path) -> None:
    path = export(tmp_path)
    with pytest.raises(IngestError, match=r"name the form under tables\.outcome\.form.*outcome, atoutcome, is, cl"):
        load_form(path, secutrial("mnpaid", form=""), where=WHERE)
    with pytest.raises(IngestError, match="no form 'labs'"):
        load_form(path, secutrial("mnpaid", form="labs"), where=WHERE)


def test_a_folder_or_a_single_table_is_told_to_be_zipped(tmp_path: Path) -> None:
    path = tmp_path / "outcome.xls"
    path.write_text("mnpaid\n1\n", encoding="utf-8")
    with pytest.raises(IngestError, match="or zip its folder"):
        load_form(path, secutrial("mnpaid"), where=WHERE)


def test_tables_whose_names_end_alike_keep_their_own_lists_and_times_are_times(tmp_path: Path) -> None:
    """The shape of the examples of secuTrialR: ae and sae side by side, esurgeries for emnp<project>surgeries."""
    tables = {
        "ae": [["mnpaid", "outcome", "onset_time", ""], ["A-1", "2", "1000", ""]],
        "sae": [["mnpaid", "outcome", ""], ["A-1", "2", ""]],
        "esurgeries": [["mnpaid", "organ", ""], ["A-1", "8", ""]],
        "is": [
            ["formtablename", "ffcolname", "itemtype", "fflabel"],
            ["mnpctu05ae", "outcome", "Horizontal-Radiobutton", "Outcome"],
            ["mnpctu05ae", "onset_time", "Complete time (hh:mm)", "Onset"],
            ["mnpctu05sae", "outcome", "Horizontal-Radiobutton", "Outcome of SAE"],
            ["emnpctu05surgeries", "organ", "Popup", "Organ"],
        ],
        "cl": [
            ["column", "code", "value"],
            ["mnpctu05sae.outcome", "2", "died"],
            ["mnpctu05ae.outcome", "2", "recovered"],
            ["emnpctu05surgeries.organ", "8", "Heart"],
        ],
    }
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as packed:
        for name, rows in tables.items():
            packed.writestr(f"{name}.xls", "\n".join("\t".join(f'"{cell}"' for cell in row) for row in rows))
    read = {
        form: load_form(tmp_path / "export.zip", secutrial(*names, form=form), where=WHERE)
        for form, names in {"ae": ["outcome", "onset_time"], "sae": ["outcome"], "esurgeries": ["organ"]}.items()
    }
    assert read["ae"].variables["outcome"].codes == {"2": "recovered"}
    assert read["ae"].columns["onset_time"].to_pylist() == ["10:00"]
    assert read["sae"].variables["outcome"].codes == {"2": "died"}
    assert read["esurgeries"].variables["organ"].codes == {"8": "Heart"}
