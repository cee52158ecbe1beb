"""Code lists of a form: labels in place of codes, and cells that stand in no list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rctflow.ingest.blinding import REDACTED
from rctflow.ingest.raw import IngestError, RawForm, Variable, declared_headers, listed
from rctflow.ingest.settings import Column, Ingest
from rctflow.ingest.value_level import lists_of


def labelled(form: RawForm, settings: Ingest) -> RawForm:
    """The form with labels in place of codes, in the columns of which the study wants them."""
    columns = dict(form.columns)
    for header, column in _declared(settings):
        if column.labels:
            columns[header] = _replaced(form, header)
    return replace(form, columns=columns)


def findings(form: RawForm, settings: Ingest, *, where: str) -> list[dict[str, Any]]:
    """What reading found and cleaning writes to the ledger: SRCROW, column, text, rule, severity, message.

    A cell that its code list does not have is a query (for lists of a dictionary; labels of a statistical file name
    values and need not list them), and an error where the study says so. A column whose encoding had to be found has a
    note at its first such cell. Raises IngestError with the first ten cells.
    """
    found = [*_unlisted(form, settings)]
    if found and settings.unlisted == "error":
        cells = [f"  row {one['SRCROW']}, column {one['column']}: '{one['old']}' {one['message']}" for one in found]
        more = f"\n  and {len(cells) - 10} more" if len(cells) > 10 else ""
        raise IngestError(
            f"{where}: cells of {form.path.name} that no code list has ({len(cells)}):\n"
            + "\n".join(cells[:10])
            + more
            + "\n"
            f"  Correct the form, declare what they mean under `values` or `codes` of the column, or let them be "
            f"queried (tables.{settings.table}.unlisted: query)."
        )
    return [*found, *_encoded(form, settings)]


def _declared(settings: Ingest) -> Iterator[tuple[str, Column]]:
    for header, place in declared_headers(settings).items():
        yield header, settings.columns[place.rpartition(".")[2]]


def _replaced(form: RawForm, header: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = form.columns[header]
    trimmed = pc.utf8_trim_whitespace(text)
    for rows, codes in lists_of(form, header):
        keys, labels = pa.array(list(codes), pa.string()), pa.array(list(codes.values()), pa.string())
        text = pc.if_else(rows, pc.coalesce(labels.take(pc.index_in(trimmed, value_set=keys)), text), text)
    return text


def _unlisted(form: RawForm, settings: Ingest) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if settings.unlisted == "ignore":
        return
    for header, place in declared_headers(settings).items():
        name = place.rpartition(".")[2]
        column, variable = settings.columns[name], form.variables.get(header, Variable())
        if not (variable.listed or variable.within or settings.unlisted):
            continue
        text = pc.utf8_trim_whitespace(form.columns[header])
        for rows, codes in lists_of(form, header):
            allowed = list(codes.values() if column.labels else codes)
            here = pc.unique(text.filter(rows)).to_pylist()
            strange = [one for one in here if not _is_known(one, allowed, column, settings)]
            found = pc.and_(rows, pc.is_in(text, value_set=pa.array(strange, pa.string())))
            message = f"{header} is not in its code list: {listed(allowed, 12)}. Value kept."
            for i in pc.indices_nonzero(found).to_pylist():
                yield _finding(form.rows[i], name, text[i].as_py(), "unlisted", "query", message)


def _is_known(text: str, allowed: list[str], column: Column, settings: Ingest) -> bool:
    declared = {str(one).strip().casefold() for one in (*column.values, *column.codes)}
    if not text or text in settings.missing or text.casefold() in declared or REDACTED in text:
        return True
    return text in allowed or _number(text) in {_number(one) for one in allowed} - {None}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _encoded(form: RawForm, settings: Ingest) -> Iterator[dict[str, Any]]:
    import pyarrow.compute as pc

    if not form.encoding:
        return
    for header, place in declared_headers(settings).items():
        cells = pc.indices_nonzero(pc.match_substring_regex(form.columns[header], "[^\\x00-\\x7F]")).to_pylist()
        if cells:
            count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
            message = (
                f"{count} of {header} were read as {form.encoding}, because they are no UTF-8; this is the first. "
                f"Declare tables.{settings.table}.encoding when that is right."
            )
            text = form.columns[header][cells[0]].as_py()
            yield _finding(form.rows[cells[0]], place.rpartition(".")[2], text, "encoding", "note", message)


def _finding(row: int, column: str, text: str, rule: str, severity: str, message: str) -> dict[str, Any]:
    return {"SRCROW": row, "column": column, "old": text, "rule": rule, "severity": severity, "message": message}
