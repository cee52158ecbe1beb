"""Castor EDC exports: a workbook, a zip archive or one CSV, with their variable lists and field options.

Source: Castor's help pages on export data formats and on user missings.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rctflow.ingest.raw import IngestError, RawForm, Variable, check_header, declared_headers, listed
from rctflow.ingest.settings import Ingest
from rctflow.ingest.sheets import Sheet, check_rows, read_sheets

# of a number -95 to -99, of a date a day of 2995 to 2999: in text the mark stands itself
NUMBER = re.compile(r"-(9[5-9])(?:\.0+)?")
DATE = re.compile(r"(?:\d{2}-\d{2}-29(9[5-9])|29(9[5-9])-\d{2}-\d{2})(?:[ T].*)?")
MARK = "##USER_MISSING_{}##"
NUMERIC = ("numeric", "number", "slider", "calculation")
CHECKED = {"0": "not selected", "1": "selected"}


def read_castor(path: Path, dictionary: Path, settings: Ingest, *, where: str) -> RawForm:
    """The rows of one form: ``settings.form`` of the export, the study's data when omitted.

    dictionary: the export that has variable lists and field options, when it is another file. User missings are
    ``##USER_MISSING_95##`` (measurement failed) to ``_99`` (not done) in numbers and dates too. Raises IngestError for
    a form that is not there.
    """
    sheets = read_sheets(path, settings.encoding, table=settings.table, where=where)
    sheet = _chosen(sheets, path, settings, where=where)
    check_header(sheet.header, path, settings, where=where)
    check_rows(sheet, path, where=where)
    lists = (
        sheets if dictionary == path else read_sheets(dictionary, settings.encoding, table=settings.table, where=where)
    )
    variables = _variables(sheet.header, lists)
    rows = [number for number, row in enumerate(sheet.rows, 1) if any(cell.strip() for cell in row)]
    columns = {
        name: _column([sheet.rows[row - 1][sheet.header.index(name)] for row in rows], variables.get(name, Variable()))
        for name in declared_headers(settings)
    }
    return RawForm(path, sheet.header, columns, rows, variables=variables)


def _chosen(sheets: list[Sheet], path: Path, settings: Ingest, *, where: str) -> Sheet:
    data = [sheet for sheet in sheets if sheet.index("Variable name") < 0 and sheet.index("Option group name") < 0]
    wanted = settings.form
    if not wanted:
        data = [sheet for sheet in data if len(data) == 1 or "study" in sheet.name.lower()][:1]
    else:
        exact = [sheet for sheet in data if sheet.name == wanted]
        data = exact or [sheet for sheet in data if wanted.lower() in sheet.name.lower()]
    if len(data) == 1:
        return data[0]
    names = listed([sheet.name for sheet in sheets], 30)
    fault = f"has several forms called '{wanted}'" if data else f"has no form '{wanted or 'study'}'"
    raise IngestError(f"{where}: {path.name} {fault}. It has: {names}. Name one under tables.{settings.table}.form.")


def _variables(header: list[str], sheets: list[Sheet]) -> dict[str, Variable]:
    """What the lists say of each column; a checkbox has a column ``variable#option`` per option."""
    options: dict[str, dict[str, str]] = {}
    for sheet in sheets:
        for group, value, name in sheet.records("Option group name", "Option value", "Option name"):
            options.setdefault(group, {})[value] = name
    told: dict[str, Variable] = {}
    for sheet in sheets:
        kind = "Original field type" if sheet.index("Original field type") >= 0 else "Field type"
        for name, kind_of, label, group in sheet.records("Variable name", kind, "Field label", "Optiongroup name"):
            codes = options.get(group, {})
            told[name] = Variable(label, kind_of, codes, bool(codes))
    boxes = {name: told[name.partition("#")[0]] for name in header if name.partition("#")[0] in told and "#" in name}
    marked = {
        name: Variable(f"{one.label}: {name.partition('#')[2]}", one.format, CHECKED, True)
        for name, one in boxes.items()
    }
    return told | marked


def _column(cells: list[str], variable: Variable) -> Any:
    import pyarrow as pa

    numeric = variable.format.lower() in NUMERIC and not variable.codes
    return pa.array([_missing(cell.strip(), numeric=numeric) for cell in cells], pa.string())


def _missing(cell: str, *, numeric: bool) -> str:
    found = DATE.fullmatch(cell) or (NUMBER.fullmatch(cell) if numeric else None)
    return MARK.format(next(filter(None, found.groups()))) if found else cell
