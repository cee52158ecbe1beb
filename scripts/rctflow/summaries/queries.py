"""The query list for the data manager: one workbook with a sheet per site, and who has how many findings.

Every cell is text or a number that this program counted: a value of the raw data that begins with =, +, - or @ stays
the text that it is (Excel would otherwise take it for a formula), and keeps the mark of text when it is edited.
The same ledgers give the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from rctflow.outputs import written_whole
from rctflow.summaries.quality import NO_SITE
from rctflow.summaries.rows import require

if TYPE_CHECKING:
    from openpyxl.styles.cell_style import StyleArray
    from openpyxl.worksheet.worksheet import Worksheet
    from pandas import DataFrame

    Styles = Mapping[tuple[bool, bool], StyleArray]

EPOCH = datetime(1980, 1, 1)
SHEET_NAME = 31
HEADS = {
    "subject": "Patient",
    "table": "Form",
    "SRCROW": "Row in the file",
    "column": "Field",
    "old": "As written",
    "new": "As used",
    "rule": "Rule",
    "severity": "Kind",
    "message": "Finding",
}
TO_FILL = ("Answer of the site", "Corrected on")
WIDTHS = (14, 12, 8, 14, 18, 18, 20, 10, 60, 30, 14)


def findings(ledgers: Mapping[str, DataFrame], adsl: DataFrame, site: str) -> DataFrame:
    """All rows of the ledgers with their site (``no site`` for who is not in ADSL), by patient: within a site
    the queries, then what was changed or noted.

    Raises SummaryError on a missing column.
    """
    import pandas as pd

    for name, ledger in ledgers.items():
        require(ledger, list(HEADS), f"the ledger of {name}")
    found = pd.concat([ledger[list(HEADS)] for _, ledger in sorted(ledgers.items())], ignore_index=True).fillna("")
    sites = found["subject"].map(adsl.set_index("USUBJID")[site]) if site else found["subject"].map(lambda _: "all")
    found = found.assign(SITE=sites.map(str, na_action="ignore").fillna(NO_SITE))
    found = found.assign(LATER=found["severity"].ne("query"), ROW=pd.to_numeric(found["SRCROW"], errors="coerce"))
    ordered = found.sort_values(["SITE", "LATER", "subject", "table", "ROW", "column", "rule"], kind="stable")
    return ordered.drop(columns=["LATER", "ROW"])


def write_queries(found: DataFrame, title: str, path: str | Path) -> None:
    """Write the workbook: an overview by site and patient, then a sheet per site. title: with the study's stamp."""
    from openpyxl import Workbook

    book = Workbook()
    overview = book.active
    assert overview is not None
    overview.title = "Overview"
    kinds, styles = sorted(set(found["severity"])), _styles(overview)
    _line(overview, [title], styles, bold=True)
    _line(overview, ["Site", "Patient", *kinds, "all"], styles, bold=True)
    for (site, subject), mine in found.groupby(["SITE", "subject"], sort=True):
        _line(overview, [site, subject, *(int(mine["severity"].eq(kind).sum()) for kind in kinds), len(mine)], styles)
    _shape(overview, (12, 16, *[10] * (len(kinds) + 1)), "A3")
    names: set[str] = {overview.title.casefold()}
    for site, mine in found.groupby("SITE", sort=True):
        sheet = book.create_sheet(_sheet_name(str(site) if site in (NO_SITE, "all") else f"Site {site!s}", names))
        _line(sheet, [*HEADS.values(), *TO_FILL], styles, bold=True)
        for row in mine[list(HEADS)].itertuples(index=False):
            _line(sheet, list(row), styles)
        _shape(sheet, WIDTHS, "A2")
        sheet.auto_filter.ref = sheet.dimensions
    _save(book, path)


def _styles(sheet: Worksheet) -> Styles:
    """(text, bold) -> the style of such a cell: to look one up for each cell took two thirds of writing 160,000."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    found = {}
    for text, bold in ((True, True), (False, True), (True, False), (False, False)):
        cell = WriteOnlyCell(sheet)
        cell.quotePrefix = text
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        if bold:
            cell.font = Font(bold=True)
        found[text, bold] = cell._style
    return found


def _line(sheet: Worksheet, values: Sequence[object], styles: Styles, bold: bool = False) -> None:
    """One row; every text is stored as text, whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell

    cells = []
    for value in values:
        cell = WriteOnlyCell(sheet, value=None)
        text = not isinstance(value, int)
        if text:
            cell.value = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", str(value))
            cell.data_type = "s"
        else:
            cell.value = value
        cell._style = styles[text, bold]
        cells.append(cell)
    sheet.append(cells)


def _shape(sheet: Worksheet, widths: Sequence[int], frozen: str) -> None:
    from openpyxl.utils import get_column_letter

    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = frozen
    sheet.sheet_view.showGridLines = True


def _sheet_name(name: str, used: set[str]) -> str:
    """A name that Excel accepts and that no other sheet has."""
    clean = re.sub(r"[\[\]:*?/\\]", "-", name).strip("'")[:SHEET_NAME] or "Site"
    number, found = 1, clean
    while found.casefold() in used:
        number += 1
        found = f"{clean[: SHEET_NAME - len(str(number)) - 1]} {number}"
    used.add(found.casefold())
    return found


def _save(book: object, path: str | Path) -> None:
    """Save without the times at which the file was made."""
    from openpyxl.workbook.workbook import Workbook

    assert isinstance(book, Workbook)
    book.properties.created = EPOCH
    book.properties.creator = "rctflow"
    memory = BytesIO()
    book.save(memory)
    with zipfile.ZipFile(memory) as made, written_whole(path) as temporary, zipfile.ZipFile(temporary, "w") as target:
        for name in sorted(made.namelist()):
            content = made.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, EPOCH.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            target.writestr(entry, content)
