"""secuTrial exports: a zip archive of delimited text, one table per form, with tables of items and of code lists.

Layout as of the exports that the R package secuTrialR (SCTO) documents: items are ``is`` or ``items``, code lists
``cl``; ExportOptions.html names the encoding.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

from rctflow.ingest.damage import undamaged
from rctflow.ingest.raw import IngestError, RawForm, Variable, check_header, declared_headers, listed
from rctflow.ingest.settings import DEFAULT_ENCODING, Ingest
from rctflow.ingest.sheets import Sheet, check_rows, read_sheets

YEAR = re.compile(r"\([^)]*(yyyy|jjjj|aaaa|rrrr)[^)]*\)", re.IGNORECASE)  # of an item that is a date, by language
CLOCK = re.compile(r"\(hh:mm\)", re.IGNORECASE)  # of an item that is a time of day
DIGITS = re.compile(r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(\d{2}))?)?)?")
ENCODINGS = ("UTF-8", "ISO-8859-15", "ISO-8859-1", "UTF-16", "MacRoman")  # -15 before -1, which it contains
PYTHON = {"MacRoman": "mac-roman", "UTF-8": DEFAULT_ENCODING}


def read_secutrial(path: Path, dictionary: Path, settings: Ingest, *, where: str) -> RawForm:
    """The rows of the form ``settings.form`` (its table, without the project's prefix or suffix), dates as ISO 8601.

    dictionary: not used, since the archive has its own. Raises IngestError for a form that is not there and for a file
    that is no zip archive (a folder of an export is read when it is zipped).
    """
    encoding = _encoding(path, settings, where=where)
    sheets = read_sheets(path, encoding, table=settings.table, where=where)
    sheet = _chosen(sheets, path, settings, where=where)
    check_header(sheet.header, path, settings, where=where)
    check_rows(sheet, path, where=where)
    variables = _variables(sheets, sheet.name)
    rows = [number for number, row in enumerate(sheet.rows, 1) if any(cell.strip() for cell in row)]
    columns = {
        name: _column([sheet.rows[row - 1][sheet.header.index(name)] for row in rows], variables.get(name, Variable()))
        for name in declared_headers(settings)
    }
    return RawForm(path, sheet.header, columns, rows, variables=variables)


def _encoding(path: Path, settings: Ingest, *, where: str) -> str:
    """The declared encoding, or the one that the export's options name."""
    if not zipfile.is_zipfile(path):
        raise IngestError(
            f"{where}: {path.name} is no zip archive. Name the export as secuTrial gives it, or zip its folder."
        )
    if settings.encoding != DEFAULT_ENCODING:
        return settings.encoding
    damaged = undamaged(f"{where}: {path.name} is no complete zip archive", "Export it again.")
    with damaged, zipfile.ZipFile(path) as archive:
        pages = [archive.read(name).decode("latin-1") for name in archive.namelist() if "ExportOptions" in name]
    named = next((one for page in pages for one in ENCODINGS if one in page), "UTF-8")
    return PYTHON.get(named, named)


def _chosen(sheets: list[Sheet], path: Path, settings: Ingest, *, where: str) -> Sheet:
    if not settings.form:
        names = listed([sheet.name for sheet in sheets], 40)
        raise IngestError(f"{where}: name the form under tables.{settings.table}.form. {path.name} has: {names}.")
    found = [sheet for sheet in sheets if sheet.name == settings.form]
    found = found or [sheet for sheet in sheets if _is_of(sheet.name, settings.form)]
    if len(found) == 1:
        return found[0]
    names = listed([sheet.name for sheet in found or sheets], 40)
    fault = f"several tables of the form '{settings.form}'" if found else f"no form '{settings.form}'"
    raise IngestError(f"{where}: {path.name} has {fault}: {names}. Name one under tables.{settings.table}.form.")


def _is_of(table: str, form: str) -> bool:
    """Whether a table's name is the form's with the project before it and the export's tag after it."""
    return bool(re.fullmatch(rf"(?:e?mnp\w*?)?{re.escape(form)}(?:_.*)?", table))


def _sheet_of(table: str, names: list[str]) -> str:
    """The sheet that holds a table of the items: mnptrialsae is sae and not ae, emnptrialdrugs is edrugs."""
    return max((name for name in names if _is_called(table, name)), key=len, default="")


def _is_called(table: str, sheet: str) -> bool:
    bases = {sheet, sheet.partition("_")[0]}
    return any(
        table == base
        or re.fullmatch(rf"e?mnp\w*?{re.escape(base)}", table)
        or (base.startswith("e") and re.fullmatch(rf"emnp\w*?{re.escape(base[1:])}", table))
        for base in bases
    )


def _variables(sheets: list[Sheet], chosen: str) -> dict[str, Variable]:
    names_of = [sheet.name for sheet in sheets]
    codes: dict[str, dict[str, str]] = {}
    told: dict[str, Variable] = {}
    for sheet in sheets:
        for column, code, value in sheet.records("column", "code", "value"):
            table, _, name = column.rpartition(".")
            if not table or _sheet_of(table, names_of) == chosen:
                codes.setdefault(name, {})[code] = value
        for table, name, kind, label in sheet.records("formtablename", "ffcolname", "itemtype", "fflabel"):
            if name and _sheet_of(table, names_of) == chosen:
                told[name] = Variable(label, kind)
    names = [*told, *(name for name in codes if name not in told)]
    return {
        name: Variable(
            told.get(name, Variable()).label, told.get(name, Variable()).format, codes.get(name, {}), name in codes
        )
        for name in names
    }


def _column(cells: list[str], variable: Variable) -> Any:
    import pyarrow as pa

    cells = [cell.strip() for cell in cells]
    if YEAR.search(variable.format):
        cells = [_date(cell) for cell in cells]
    elif CLOCK.search(variable.format):
        cells = [f"{cell[:2]}:{cell[2:]}" if re.fullmatch(r"\d{4}", cell) else cell for cell in cells]
    return pa.array(cells, pa.string())


def _date(cell: str) -> str:
    """20190426 as 2019-04-26, 201904 as 2019-04, 201904261340 as 2019-04-26T13:40:00; anything else as it is."""
    found = DIGITS.fullmatch(cell)
    if not found:
        return cell
    year, month, day, hour, minute = found.groups()
    date = "-".join(part for part in (year, month, day) if part)
    return f"{date}T{hour}:{minute}:00" if hour else date
