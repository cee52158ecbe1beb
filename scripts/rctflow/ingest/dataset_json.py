"""CDISC Dataset-JSON 1.1: one object, or NDJSON (metadata in the first line, then a line per row), compressed too.

Source: CDISC, "Dataset-JSON v1.1" specification and API schema.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from rctflow.ingest.raw import IngestError, RawForm, Variable, check_header, declared_headers
from rctflow.ingest.settings import Ingest


def read_dataset_json(path: Path, settings: Ingest, *, where: str) -> RawForm:
    """The text of the declared columns.

    Raises IngestError for text that is no JSON (cut, not UTF-8), for another version, and for rows that are not as many
    or as long as the file itself tells.
    """
    about, rows = _loaded(path, where=f"{where}: {path.name}")
    described = about["columns"]
    header = [str(column.get("name", "")) for column in described]
    check_header(header, path, settings, where=where)
    _check_rows(about, rows, len(header), where=f"{where}: {path.name}")
    columns = {name: _text(rows, header.index(name), settings.decimal) for name in declared_headers(settings)}
    variables = {
        name: Variable(str(column.get("label", "")), str(column.get("displayFormat") or column.get("dataType", "")))
        for name, column in zip(header, described, strict=True)
    }
    numbers = list(range(1, len(rows) + 1))
    return RawForm(path, header, columns, numbers, str(about.get("label", "")), variables)


def _loaded(path: Path, *, where: str) -> tuple[dict[str, Any], list[Any]]:
    """What the file says of itself, and its rows."""
    data = path.read_bytes()
    try:
        text = (zlib.decompress(data) if path.suffix.lower() == ".dsjc" else data).decode("utf-8-sig")
        first, _, rest = text.partition("\n")
        if path.suffix.lower() == ".json" or not first.rstrip().endswith("}"):
            about = json.loads(text)
            rows = about.pop("rows", []) if isinstance(about, dict) else []
        else:
            about = json.loads(first)
            lines = ",".join(line for line in rest.splitlines() if line.strip())
            rows = about.pop("rows", None) or json.loads(f"[{lines}]")
    except (ValueError, zlib.error) as error:
        raise IngestError(
            f"{where} is no complete Dataset-JSON ({error}): it was cut or damaged. Export it again."
        ) from None
    if not isinstance(about, dict) or not isinstance(about.get("columns"), list):
        older = " It is of version 1.0; write it as 1.1." if isinstance(about, dict) and "clinicalData" in about else ""
        raise IngestError(f"{where} is no Dataset-JSON 1.1: it has no `columns`.{older}")
    version = str(about.get("datasetJSONVersion", "1.1"))
    if not version.startswith("1.1"):
        raise IngestError(f"{where} is Dataset-JSON {version}; only 1.1 is read. Write it as 1.1.")
    return about, rows


def _check_rows(about: dict[str, Any], rows: list[Any], width: int, *, where: str) -> None:
    told = about.get("records")
    if isinstance(told, int) and told != len(rows):
        raise IngestError(f"{where} has {len(rows)} rows, but tells {told} (`records`): it was cut. Export it again.")
    uneven = next((i for i, row in enumerate(rows) if not isinstance(row, list) or len(row) != width), None)
    if uneven is not None:
        raise IngestError(f"{where}: row {uneven + 1} has not the {width} cells that `columns` tells. Export it again.")


def _text(rows: list[list[Any]], at: int, decimal: str) -> Any:
    import pyarrow as pa

    return pa.array([_written(row[at], decimal) for row in rows], pa.string())


def _written(value: Any, decimal: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return repr(value).removesuffix(".0").replace(".", decimal)
        case _:
            return str(value).rstrip(" ")
