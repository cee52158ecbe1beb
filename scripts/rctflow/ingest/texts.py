"""Bytes of character columns to text: which encoding they are in, and how they read in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rctflow.ingest.encodings import CANDIDATES
from rctflow.ingest.raw import IngestError

FOUND = "windows-1252"


def text_encoding(columns: Mapping[str, Any], declared: str, path: Path, *, table: str, where: str) -> tuple[str, str]:
    """(encoding of character columns, the same when it had to be found and is not certain, else "").

    columns: header -> (n, width) uint8. declared: by the study; else the file is UTF-8 (ASCII is), or what SAS on
    Windows writes. Raises IngestError, with column, row and readings, when the bytes are neither or not as declared.
    """
    beyond = {name: _rows_beyond_ascii(cells) for name, cells in columns.items()}
    beyond = {name: rows for name, rows in beyond.items() if len(rows)}
    if not beyond:
        return "ascii", ""
    tried = declared or "utf-8"
    try:
        misfit, fitting = _misfits(columns, beyond, tried)
    except LookupError:
        raise IngestError(
            f"{where}: '{tried}' is not an encoding. Declare one such as utf-8, windows-1252 or latin-1 under "
            f"tables.{table}.encoding."
        ) from None
    if misfit is None:
        return tried, ""
    # cells of both kinds: a name cut in the middle of a letter, or two encodings in one file; nobody can tell
    if not declared and not fitting and _misfits(columns, beyond, FOUND)[0] is None:
        return FOUND, FOUND
    raise IngestError(_message(columns[misfit[0]], *misfit, tried, path, table=table, where=where))


def fixed_width_text(cells: Any, encoding: str) -> Any:
    """pyarrow strings of (n, width) bytes without their trailing blanks (and NULs); leading blanks stay."""
    import numpy as np
    import pyarrow as pa

    kept = (cells != 0x20) & (cells != 0)
    width = cells.shape[1]
    lengths = np.where(kept.any(axis=1), width - np.argmax(kept[:, ::-1], axis=1), 0)
    flat = np.ascontiguousarray(cells)[np.arange(width) < lengths[:, None]]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    if encoding in ("ascii", "utf-8"):
        large = pa.LargeStringArray.from_buffers(
            len(lengths), pa.py_buffer(offsets.astype(np.int64)), pa.py_buffer(flat)
        )
        return large.cast(pa.string())
    data = flat.tobytes()
    distinct: dict[bytes, str] = {}
    texts = []
    for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        cell = data[start:end]
        if cell not in distinct:
            distinct[cell] = cell.decode(encoding)
        texts.append(distinct[cell])
    return pa.array(texts, pa.string())


def _rows_beyond_ascii(cells: Any) -> Any:
    import numpy as np

    return np.flatnonzero((cells >= 0x80).any(axis=1)) if cells.size else np.empty(0, np.int64)


def _misfits(
    columns: Mapping[str, Any], beyond: Mapping[str, Any], encoding: str
) -> tuple[tuple[str, int] | None, int]:
    """(the first cell that is not ``encoding``, the number of cells that are) of those with letters beyond ASCII."""
    first, fitting = None, 0
    for name, rows in beyond.items():
        for row in rows.tolist():
            try:
                columns[name][row].tobytes().decode(encoding)
                fitting += 1
            except UnicodeDecodeError:
                first = first or (name, row)
    return first, fitting


def _message(cells: Any, name: str, row: int, tried: str, path: Path, *, table: str, where: str) -> str:
    cell = cells[row].tobytes().rstrip(b" \0")
    readings = []
    for candidate in CANDIDATES:
        try:
            readings.append(f"    {candidate}: {cell.decode(candidate)}")
        except UnicodeDecodeError:
            continue
    return (
        f"{where}: {path.name} is not {tried} text: row {row + 1}, column {name}. Declare its encoding "
        f"under tables.{table}.encoding. That cell would read\n" + "\n".join(readings)
    )
