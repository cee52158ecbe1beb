"""Parquet files: the declared columns as text, dates and times as ISO 8601."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rctflow.ingest.damage import undamaged
from rctflow.ingest.numerals import number_text
from rctflow.ingest.raw import IngestError, RawForm, Variable, check_header, declared_headers
from rctflow.ingest.settings import Ingest

LABELS = (b"label", b"description")


def read_parquet(path: Path, settings: Ingest, *, where: str) -> RawForm:
    """The text of the declared columns.

    Raises IngestError when the file is cut or no Parquet file, and for a column of lists or records, which is no form.
    """
    import pyarrow.parquet as pq

    with undamaged(
        f"{where}: {path.name} cannot be read as Parquet",
        "It was cut, damaged, or is of another format. Export it again, or declare the right `format` under "
        f"tables.{settings.table}.",
    ):
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            check_header(schema.names, path, settings, where=where)
            wanted = list(declared_headers(settings))
            read = file.read(columns=wanted)
        read.validate(full=True)
        columns = {name: _text(read[name], name, settings, where=f"{where}: {path.name}") for name in wanted}
        variables = {field.name: Variable(_label(field), str(field.type)) for field in schema}
    return RawForm(path, list(schema.names), columns, list(range(1, rows + 1)), variables=variables)


def _text(values: Any, name: str, settings: Ingest, *, where: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    column = values.combine_chunks() if values.num_chunks != 1 else values.chunk(0)
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if types.is_floating(kind) and kind.bit_width > 16:
        return number_text(column.to_numpy(zero_copy_only=False), decimal=settings.decimal)
    if types.is_boolean(kind):
        text = pc.if_else(column, "TRUE", "FALSE")
    elif types.is_timestamp(kind):
        text = _moments(column)
    elif types.is_decimal(kind):
        text = pa.array([None if v is None else f"{v.normalize():f}" for v in column.to_pylist()], pa.string())
        text = text if settings.decimal == "." else pc.replace_substring(text, ".", settings.decimal)
    elif types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_null(kind):
        text = pc.utf8_rtrim(pc.cast(column, pa.string()), characters=" ")
    elif types.is_integer(kind) or types.is_date(kind) or types.is_time(kind):
        text = pc.cast(column, pa.string())
    else:
        raise IngestError(
            f"{where}: column {name} holds {kind}, which is no cell of a form. Write it as text or numbers, or do not "
            f"declare it under tables.{settings.table}.columns."
        )
    return pc.fill_null(text, "")


def _moments(column: Any) -> Any:
    """ISO 8601 in the time zone that the file names; a column of midnights alone is one of dates."""
    import pyarrow as pa
    import pyarrow.compute as pc

    local = (pc.local_timestamp(column) if column.type.tz else column).cast(pa.timestamp("ns"))
    text = pc.replace_substring(pc.cast(local, pa.string()), " ", "T")
    text = pc.replace_substring_regex(text, r"\.?0+$|(\.\d*[1-9])0+$", r"\1")
    midnight = pc.equal(pc.cast(pc.floor_temporal(local, unit="day"), pa.int64()), pc.cast(local, pa.int64()))
    return pc.utf8_slice_codeunits(text, 0, 10) if pc.all(midnight).as_py() else text


def _label(field: Any) -> str:
    found = field.metadata or {}
    return next((found[key].decode("utf-8", "replace") for key in LABELS if key in found), "")
