"""One column of text to typed values, every cell that does not fit kept as a fault with its row and remedy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rctflow.ingest.dates import DateError, iso_text
from rctflow.ingest.settings import Column, Ingest

if TYPE_CHECKING:
    import pandas as pd

NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
CENSORED = r"^(?P<sign><=?|>=?|≤|≥)\s*(?P<limit>.*)$"
SIGNS = {"<": "<", "<=": "<", "≤": "<", ">": ">", ">=": ">", "≥": ">"}


@dataclass(frozen=True)
class Fault:
    """One cell that does not fit its declaration."""

    row: int
    header: str
    text: str
    reason: str
    remedy: str


@dataclass
class Faults:
    """All faults of a form: how many, and the first ten of each column."""

    count: int = 0
    first: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Cells:
    """One column before typing.

    text: trimmed pyarrow strings; meaning: code of a coded cell, else null; open: the cell still has
    to be read as its type; mapped: ``values`` gave its text, which is in the study's notation (decimal point).
    """

    text: Any
    meaning: Any
    open: Any
    mapped: Any


def type_column(
    text: Any, name: str, header: str, rows: list[int], settings: Ingest, faults: Faults
) -> dict[str, pd.Series]:
    """The typed column ``name`` and, when codes or censoring are declared, ``<name>_CODE``.

    text: pyarrow string array. Faults are appended to ``faults``; their cells are missing in the result.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = settings.columns[name]
    cells = recognize(text, column, settings.missing)
    report = _reporter(text, name, header, rows, settings, faults)
    if column.required:
        report(
            pc.and_(pc.invert(cells.open), pc.is_null(cells.meaning)), "is empty, but a value is required", "required"
        )
    sign = None
    if column.type in ("number", "integer"):
        values, sign = _numbers(cells, column, settings, report)
    elif column.type == "text":
        values = pc.if_else(cells.open, cells.text, pa.scalar(None, pa.string()))
    else:
        values = _dates(cells, column, report)
    typed = {name: _series(values)}
    if column.codes or column.censored:
        code = pc.coalesce(cells.meaning, sign if sign is not None else "", "")
        typed[f"{name}_CODE"] = _series(pc.if_else(pc.equal(code, "missing"), "", code))
    return typed


def recognize(text: Any, column: Column, missing: tuple[str, ...]) -> Cells:
    """What each cell is, by precedence: a mapped value, a code, missing, or open."""
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(text)
    replaced = _lookup(trimmed, column.values)
    mapped = pc.is_valid(replaced)
    trimmed = pc.coalesce(replaced, trimmed)
    meaning = pc.if_else(mapped, pa.scalar(None, pa.string()), _lookup(trimmed, column.codes))
    absent = pc.is_in(trimmed, value_set=pa.array(list(missing), pa.string()))
    absent = pc.or_(pc.and_not(absent, mapped), pc.equal(trimmed, ""))
    return Cells(trimmed, meaning, pc.and_not(pc.is_null(meaning), absent), mapped)


def _lookup(text: Any, table: dict[str, str]) -> Any:
    """``table[text]``, null where there is none; as written first, then whatever the case."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not table:
        return pa.nulls(len(text), pa.string())
    targets = pa.array([str(value) for value in table.values()], pa.string())
    keys = pa.array([str(key).strip() for key in table], pa.string())
    exact = pc.index_in(text, value_set=keys)
    return targets.take(pc.coalesce(exact, pc.index_in(pc.utf8_lower(text), value_set=pc.utf8_lower(keys))))


def _numbers(cells: Cells, column: Column, settings: Ingest, report: Any) -> tuple[Any, Any]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    body, sign = cells.text, None
    if column.censored:
        found = pc.extract_regex(body, CENSORED)
        sign = _lookup(pc.struct_field(found, "sign"), SIGNS)
        sign = pc.if_else(cells.open, sign, pa.scalar(None, pa.string()))
        body = pc.coalesce(pc.struct_field(found, "limit"), body)
    if settings.decimal == ",":
        # a point then makes the cell unreadable: it may be a thousands separator
        swapped = pc.replace_substring(pc.replace_substring(body, ".", "?"), ",", ".")
        body = pc.if_else(cells.mapped, body, swapped)
    readable = pc.and_(cells.open, pc.match_substring_regex(body, NUMBER))
    plain = pc.if_else(readable, pc.utf8_ltrim(body, "+"), pa.scalar(None, pa.string()))
    numbers = pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False)
    readable = pc.and_not(readable, pa.array(np.isinf(numbers)))
    report(pc.and_not(cells.open, readable), "is not a number", "number")
    if column.type == "integer":
        whole = ~(np.abs(numbers % 1) > 0)
        report(pc.and_(readable, pa.array(~whole)), "is not a whole number", "integer")
    return pa.array(numbers), sign


def _dates(cells: Cells, column: Column, report: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    assert kind in ("date", "datetime", "time")
    written = pc.if_else(cells.open, cells.text, pa.scalar(None, pa.string())).dictionary_encode()
    iso: list[str | None] = []
    reasons: dict[str, list[int]] = {}
    for index, text in enumerate(written.dictionary.to_pylist()):
        try:
            iso.append(iso_text(text, kind, column.format))
        except DateError as fault:
            iso.append(None)
            reasons.setdefault(f"{'impossible' if fault.impossible else kind}:{fault}", []).append(index)
    for reason, indices in reasons.items():
        remedy, _, words = reason.partition(":")
        report(pc.is_in(written.indices, value_set=pa.array(indices, pa.int32())), words, remedy)
    return pa.array(iso, pa.string()).take(written.indices)


def _reporter(text: Any, name: str, header: str, rows: list[int], settings: Ingest, faults: Faults) -> Any:
    """A function that adds the cells under a mask to ``faults``."""

    def report(mask: Any, reason: str, remedy: str) -> None:
        import numpy as np

        at = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
        faults.count += len(at)
        for i in at[:10].tolist():
            cell = text[i].as_py()
            faults.first.append(Fault(rows[i], header, cell, reason, _remedy(remedy, cell, name, settings)))

    return report


def _remedy(kind: str, text: str, name: str, settings: Ingest) -> str:
    place = f"tables.{settings.table}.columns.{name}"
    column = settings.columns[name]
    if kind == "required":
        return f"Fill the cell in, or remove {place}.required"
    if kind == "impossible":
        return "Correct the date in the raw form: no rule can guess it"
    if kind == "integer":
        return f"Correct the cell, or declare {place}.type: number"
    if kind == "number":
        if settings.decimal == "." and text.count(",") == 1 and text.replace(",", "").strip("+- ").isdigit():
            return f"If the comma is a decimal comma, declare tables.{settings.table}.decimal: ','"
        if settings.decimal == "," and text.count(".") == 1:
            return f"A decimal comma is declared under tables.{settings.table}.decimal: write the number with it"
        if text.strip().startswith(tuple(SIGNS)) and not column.censored:
            return f"If it is a limit of detection, declare {place}.censored: true"
        return f"Correct the cell, or declare what it means under {place}.codes"
    if not column.format:
        return f"Correct the cell, or declare how dates and times are written under {place}.format, such as '%d/%m/%Y'"
    return f"Correct the cell, or mend {place}.format, or declare what the text means under {place}.codes"


def _series(values: Any) -> pd.Series:
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_floating(values.type):
        return pd.Series(values.to_numpy(zero_copy_only=False))
    return pd.Series(values.to_pandas(), dtype="str")
