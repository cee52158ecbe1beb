"""XLSX: one sheet, its cells as text (dates as ISO 8601, numbers as they would be typed)."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

from rctflow.ingest.damage import undamaged
from rctflow.ingest.raw import IngestError, RawForm, check_header, declared_headers, listed
from rctflow.ingest.settings import Ingest


def read_excel(path: Path, settings: Ingest, *, where: str) -> RawForm:
    """The text of one sheet (the first when none is declared).

    Raises IngestError when the file is no XLSX workbook, the sheet is not there, or a formula has no stored value
    (the file was written by a program that does not calculate, so that the cell would be read as empty).
    """
    import pyarrow as pa

    with undamaged(
        f"{where}: {path.name} is not an XLSX workbook",
        f"Save it as .xlsx, export it again, or declare the right `format` under tables.{settings.table}.",
    ):
        records = _cells(path, settings, where=where, values=True)
        computed = _has_formulas(path)
    header = [written(cell, ".").strip() for cell in records[0]] if records else []
    check_header(header, path, settings, where=where)
    if computed:
        _check_formulas(path, settings, records, where=where)
    rows = [i for i, record in enumerate(records) if i and any(cell is not None and cell != "" for cell in record)]
    columns = {}
    for name in declared_headers(settings):
        at = header.index(name)
        cells = [written(records[i][at] if at < len(records[i]) else None, settings.decimal) for i in rows]
        columns[name] = pa.array(cells, pa.string())
    return RawForm(path, header, columns, rows)


def written(cell: Any, decimal: str) -> str:
    """The cell as a person would type it: 3 for 3.0, 2021-03-04 for a date, HH:MM:SS for a time, "" for nothing."""
    match cell:
        case None:
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            return repr(cell).removesuffix(".0").replace(".", decimal)
        case dt.datetime():
            midnight = cell.time() == dt.time()
            return cell.date().isoformat() if midnight else cell.isoformat(timespec="seconds")
        case dt.time():
            return cell.isoformat(timespec="seconds")
        case dt.timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
        case _:
            return str(cell)


def _cells(path: Path, settings: Ingest, *, where: str, values: bool) -> list[tuple[Any, ...]]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=values)
    try:
        if settings.sheet and settings.sheet not in book.sheetnames:
            raise IngestError(
                f"{where}: {path.name} has no sheet '{settings.sheet}'. It has: {listed(book.sheetnames)}. "
                f"Name one under tables.{settings.table}.sheet."
            )
        sheet = book[settings.sheet] if settings.sheet else book.worksheets[0]
        # files written by other programs may state wrong dimensions
        sheet.reset_dimensions()
        return list(sheet.iter_rows(values_only=True))
    finally:
        book.close()


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        return any(mark in data for data in map(archive.read, sheets) for mark in (b"<f>", b"<f "))


def _check_formulas(path: Path, settings: Ingest, records: list[tuple[Any, ...]], *, where: str) -> None:
    formulas = _cells(path, settings, where=where, values=False)
    unstored = [
        f"row {i}, column {records[0][j]}"
        for i, (shown, entered) in enumerate(zip(records, formulas, strict=True))
        for j, (value, formula) in enumerate(zip(shown, entered, strict=False))
        if value is None and isinstance(formula, str) and formula.startswith("=")
    ]
    if unstored:
        raise IngestError(
            f"{where}: {path.name} has formulas without a stored value: {listed(unstored)}. "
            f"Open the file in a spreadsheet program and save it, or paste the values."
        )
