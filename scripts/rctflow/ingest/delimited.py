"""CSV and TSV: any declared encoding, quotes, line breaks in cells; every row must be as long as the header."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rctflow.ingest.encodings import decode
from rctflow.ingest.raw import IngestError, RawForm, check_header, declared_headers
from rctflow.ingest.settings import Ingest

DELIMITERS = ",;\t|"


def read_delimited(path: Path, settings: Ingest, *, where: str) -> RawForm:
    """The text of a CSV or TSV file; raises IngestError for another encoding, a wrong header and ragged rows."""
    text = decode(path.read_bytes(), settings.encoding, path, table=settings.table, where=where)
    cells = delimited_cells(text, path, settings, where=where, is_form=True)
    columns = {name: cells.columns[cells.header.index(name)] for name in declared_headers(settings)}
    return RawForm(path, cells.header, columns, cells.rows)


@dataclass(frozen=True)
class Cells:
    """All cells of a text file: pyarrow strings, one array per header, and the number of each row in the file."""

    header: list[str]
    columns: list[Any]
    rows: list[int]


def delimited_cells(text: str, path: Path, settings: Ingest, *, where: str, is_form: bool = False) -> Cells:
    """The cells of ``text``, wholly blank rows left out; raises as ``read_delimited``.

    is_form: the header must have what the study declares, and is looked at first.
    """
    import numpy as np
    import pyarrow as pa

    delimiter = settings.delimiter or ("\t" if settings.format == "tsv" else sniff_delimiter(text))
    header = [name.strip() for name in next(_records(text, delimiter), [])]
    if is_form:
        check_header(header, path, settings, where=where)
    _check_quotes(text, delimiter, path, where=where)
    cells = _parse(text, delimiter, len(header), path, where=where)
    filled = _filled(cells)
    kept = cells if filled.all() else [column.filter(pa.array(filled)) for column in cells]
    return Cells(header, kept, (np.flatnonzero(filled) + 1).tolist())


def sniff_delimiter(text: str) -> str:
    """The mark of ``,`` ``;`` tab ``|`` that stands most often in the header outside quotes; a comma when none does."""
    header = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0])
    return max(DELIMITERS, key=header.count)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(2**31 - 1)
    return (record for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if record)


def _check_quotes(text: str, delimiter: str, path: Path, *, where: str) -> None:
    """Raise IngestError when a quoted cell never ends: it would swallow the rest of the file."""
    if text.count('"') % 2 == 0:
        return
    complete = 0
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            complete += 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise IngestError(
                f"{where}: {path.name}: a quotation mark opens in row {complete} and never closes, so that the rest of "
                "the file would become one cell. Close it, or double it when it belongs to the text."
            ) from None


def _parse(text: str, delimiter: str, width: int, path: Path, *, where: str) -> list[Any]:
    """One pyarrow string array per column, the header row left out."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    data = text.encode("utf-8")
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            # one block: a quoted line break may otherwise stand across two
            read_options=arrow_csv.ReadOptions(autogenerate_column_names=True, block_size=len(data) + 1),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types={f"f{i}": pa.string() for i in range(width)}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise IngestError(_ragged(text, delimiter, width, path, str(error), where=where)) from None
    return [column.combine_chunks().slice(1) for column in table.columns]


def _ragged(text: str, delimiter: str, width: int, path: Path, reason: str, *, where: str) -> str:
    uneven = [(row, len(record)) for row, record in enumerate(_records(text, delimiter)) if len(record) != width]
    if not uneven:
        return f"{where}: {path.name} cannot be split into columns ({reason}). Is a quotation mark left open?"
    lines = [f"  row {row} has {cells} cells" for row, cells in uneven[:10]]
    more = f"\n  and {len(uneven) - 10} more rows" if len(uneven) > 10 else ""
    return (
        f"{where}: {path.name}: the header has {width} columns, but\n" + "\n".join(lines) + more + "\n"
        f"  A cell that contains the delimiter '{delimiter}' must stand in quotation marks; a decimal comma needs "
        "another delimiter."
    )


def _filled(columns: list[Any]) -> Any:
    """True for rows with at least one cell that is not blank: spreadsheets export blank rows as delimiters alone."""
    import numpy as np
    import pyarrow.compute as pc

    blank = np.ones(len(columns[0]), dtype=bool)
    for column in columns:
        blank &= pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy(zero_copy_only=False)
        if not blank.any():
            break
    return ~blank
