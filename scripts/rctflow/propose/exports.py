"""Exports of data capture systems in a folder: which files they are, and the forms that each holds."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rctflow.ingest.raw import IngestError
from rctflow.ingest.redcap_dictionary import Field, read_fields
from rctflow.ingest.sheets import Sheet, read_sheets

REDCAP = ("redcap_event_name", "redcap_repeat_instrument", "Event Name", "Repeat Instrument")
REDCAP_ADDED = ("redcap_event_name", "redcap_repeat_instance")
DICTIONARY = ("Variable / Field Name", "field_name")
PEOPLE = ("mnpaid", "mnppid", "Participant Id", "Record Id", "Castor Participant ID", "Castor Record Id")
META = ("cn", "casenodes", "ctr", "centres", "miv", "qac", "queries", "cts", "comments")  # of secuTrial


def export_sources(files: Sequence[Path], faults: list[str]) -> dict[Path, list[dict[str, str]]]:
    """File -> the keys of each of its forms, for the files that belong to an export; dictionaries have none."""
    found: dict[Path, list[dict[str, str]]] = {}
    texts = [path for path in files if path.suffix.lower() == ".csv"]
    heads = {path: _head(path) for path in texts}
    dictionaries = [path for path in texts if heads[path].lstrip('"').startswith(DICTIONARY)]
    for path in texts:
        if path not in dictionaries and any(mark in heads[path] for mark in REDCAP):
            found[path] = list(_redcap(path, dictionaries, faults))
    found |= {path: [] for path in dictionaries if found}
    for path in files:
        if path.suffix.lower() in (".zip", ".xlsx"):
            sources = list(_sheets(path, faults))
            found |= {path: sources} if sources else {}
    return found


def own_columns(source: dict[str, str], folder: Path) -> list[str]:
    """The columns of one form of a REDCap export, which has those of all; empty for other sources."""
    if source.get("format") != "redcap":
        return []
    fields = _fields(folder / source["dictionary"])
    own = [fields[0], *(one for one in fields[1:] if one.form == source["form"])]
    first, *rest = [name for one in own for name, _, _ in one.columns()]
    return [first, *REDCAP_ADDED, *rest]


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.readline(100_000).decode("utf-8-sig", errors="replace")


def _fields(path: Path) -> list[Field]:
    return read_fields(path, table="", where=path.name)


def _redcap(path: Path, dictionaries: Sequence[Path], faults: list[str]) -> Iterator[dict[str, str]]:
    if len(dictionaries) != 1:
        how_many = "no data dictionary stands" if not dictionaries else "several data dictionaries stand"
        faults.append(f"{path.name} is a REDCap export, and {how_many} beside it: put the project's one there")
        return
    try:
        fields = _fields(dictionaries[0])
    except IngestError as error:
        faults.append(str(error))
        return
    for form in dict.fromkeys(one.form for one in fields[1:]):
        yield {"file": path.name, "format": "redcap", "form": form, "dictionary": dictionaries[0].name}


def _sheets(path: Path, faults: list[str]) -> Iterator[dict[str, str]]:
    """The forms of a secuTrial archive, or of a Castor archive or workbook; none of another file."""
    format = _system(path)
    if not format:
        return
    try:
        sheets = read_sheets(path, "utf-8-sig", table="", where=path.name)
    except IngestError as error:
        faults.append(str(error).splitlines()[0])
        return
    if format == "castor" and all(sheet.index("Variable name") < 0 for sheet in sheets):
        return
    for sheet in _data(sheets, format):
        yield {"file": path.name, "format": format, "form": sheet.name}


def _system(path: Path) -> str:
    if path.suffix.lower() == ".xlsx":
        return "castor" if zipfile.is_zipfile(path) else ""
    if not zipfile.is_zipfile(path):
        return ""
    with zipfile.ZipFile(path) as archive:
        return "secutrial" if any("ExportOptions" in name for name in archive.namelist()) else "castor"


def _data(sheets: Iterable[Sheet], format: str) -> Iterator[Sheet]:
    for sheet in sheets:
        is_meta = format == "secutrial" and (sheet.name in META or sheet.name.startswith("at"))
        if sheet.rows and not is_meta and any(sheet.index(name) >= 0 for name in PEOPLE):
            yield sheet
