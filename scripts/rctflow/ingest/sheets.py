"""An export of several tables, a workbook or a zip archive of text files: every table as text."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from rctflow.ingest.damage import undamaged
from rctflow.ingest.encodings import decode
from rctflow.ingest.raw import IngestError

DELIMITERS = "\t;,'@|"
TEXTS = (".csv", ".tsv", ".txt", ".xls")  # secuTrial calls tab-separated text .xls


@dataclass(frozen=True)
class Sheet:
    """One table: the rows under its header, each as long as the header, wholly blank ones included."""

    name: str
    header: list[str]
    rows: list[list[str]]

    def index(self, name: str) -> int:
        """The place of a column, whatever the case and spacing of its name; -1 when it is not there."""
        keys = ["".join(one.lower().split()) for one in self.header]
        wanted = "".join(name.lower().split())
        return keys.index(wanted) if wanted in keys else -1

    def records(self, *names: str) -> list[tuple[str, ...]]:
        """The named columns, row by row; empty when one of them is not there."""
        places = [self.index(name) for name in names]
        return [] if -1 in places else [tuple(row[at] for at in places) for row in self.rows]


def read_sheets(path: Path, encoding: str, *, table: str, where: str) -> list[Sheet]:
    """Every table of a workbook (.xlsx) or a zip archive, or the one of a text file; raises IngestError."""
    if path.suffix.lower() == ".xlsx":
        return _workbook(path, where=where)
    if path.suffix.lower() != ".zip":
        return [_sheet(path.stem, decode(path.read_bytes(), encoding, path, table=table, where=where))]
    damaged = undamaged(f"{where}: {path.name} is no complete zip archive", "Export it again.")
    with damaged, zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if Path(name).suffix.lower() in TEXTS]
        texts = {name: decode(archive.read(name), encoding, Path(name), table=table, where=where) for name in names}
    return [_sheet(Path(name).stem, text) for name, text in texts.items()]


def _workbook(path: Path, *, where: str) -> list[Sheet]:
    from openpyxl import load_workbook

    from rctflow.ingest.excel import written

    sheets = []
    with undamaged(f"{where}: {path.name} is not an XLSX workbook", "Export it again."):
        book = load_workbook(path, read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            records = [[written(cell, ".") for cell in row] for row in sheet.iter_rows(values_only=True)]
            sheets.append(_squared(sheet.title, records))
        book.close()
    return sheets


def _sheet(name: str, text: str) -> Sheet:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    csv.field_size_limit(2**31 - 1)
    return _squared(name, [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row])


def _squared(name: str, records: list[list[str]]) -> Sheet:
    """Rows as long as the header: exports end lines with empty cells more, or leave them out."""
    header = [cell.strip() for cell in records[0]] if records else []
    while header and not header[-1]:
        header.pop()
    width = len(header)
    rows = [(row + [""] * width)[:width] if not any(row[width:]) else row for row in records[1:]]
    return Sheet(name, header, rows)


def check_rows(sheet: Sheet, path: Path, *, where: str) -> None:
    """Raise IngestError when a row has more cells than the header: a delimiter stands in a cell without quotes."""
    uneven = [number for number, row in enumerate(sheet.rows, 1) if len(row) > len(sheet.header)]
    if uneven:
        raise IngestError(
            f"{where}: {path.name}: row {uneven[0]} of {sheet.name} has more cells than its header "
            f"({len(sheet.header)}). A cell that contains the delimiter must stand in quotation marks."
        )
