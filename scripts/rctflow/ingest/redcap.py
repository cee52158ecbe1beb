"""REDCap exports: one flat CSV of all instruments and events, raw or labelled; a form is the rows of one instrument."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from rctflow.ingest.delimited import delimited_cells
from rctflow.ingest.encodings import decode
from rctflow.ingest.raw import IngestError, RawForm, Variable, check_header, declared_headers, listed
from rctflow.ingest.redcap_dictionary import COMPLETE, Field, plain, read_fields
from rctflow.ingest.settings import Ingest

EVENT, INSTRUMENT = "redcap_event_name", "redcap_repeat_instrument"
LABELLED = {
    "Event Name": EVENT,
    "Repeat Instrument": INSTRUMENT,
    "Repeat Instance": "redcap_repeat_instance",
    "Data Access Group": "redcap_data_access_group",
    "Survey Identifier": "redcap_survey_identifier",
}
EMPTY = ("", "0", "unchecked")  # of a checkbox that nobody ticked


def read_redcap(path: Path, dictionary: Path, settings: Ingest, *, where: str) -> RawForm:
    """The rows of one instrument (``settings.form``) at ``settings.events``, with names and codes as in a raw export.

    dictionary: the project's data dictionary; the export itself when there is none, which must then be raw. A row
    belongs to an instrument when a field of it is filled, or when it is one of its repetitions. Raises IngestError for
    an instrument or event that is not there, and when an export with repeating instruments names none.
    """
    fields = [] if dictionary == path else read_fields(dictionary, table=settings.table, where=where)
    text = decode(path.read_bytes(), settings.encoding, path, table=settings.table, where=where)
    cells = delimited_cells(text, path, settings, where=where)
    header = raw_names(cells.header, fields)
    check_header(header, path, settings, where=where)
    variables = {name: variable for one in fields for name, _, variable in one.columns()}
    variables |= {f"{form}_complete": Variable("Complete?", "", COMPLETE, True) for form in {f.form for f in fields}}
    columns = {name: cells.columns[header.index(name)] for name in header if header.count(name) == 1}
    kept = _rows(columns, header, fields, path, settings, where=where)
    coded = {
        name: _coded(columns[name].filter(kept), variables.get(name, Variable())) for name in declared_headers(settings)
    }
    rows = [row for row, here in zip(cells.rows, kept.to_pylist(), strict=True) if here]
    return RawForm(path, header, coded, rows, variables=variables)


def raw_names(header: list[str], fields: list[Field]) -> list[str]:
    """The header with the variables' names in place of their labels, as far as the labels tell.

    A label that several fields have is told apart by their order, when the export has them all; else it stays.
    """
    columns = [(name, label) for one in fields for name, label, _ in one.columns()]
    if sum(name in header for name, _ in columns) >= sum(label in header for _, label in columns):
        return header
    of_label: dict[str, list[str]] = {}
    for name, label in columns:
        of_label.setdefault(label, []).append(name)
    seen = Counter(plain(label) for label in header)
    places = {label: iter(names) for label, names in of_label.items() if len(names) == seen[label]}
    forms = {name: one.form for one in fields for name, _, _ in one.columns()}
    named, form = [], ""
    for label in header:
        name = next(places.get(plain(label), iter(())), LABELLED.get(label, label))
        form = forms.get(name, form)
        named.append(f"{form}_complete" if label == "Complete?" and form else name)
    return named


def _rows(
    columns: dict[str, Any], header: list[str], fields: list[Field], path: Path, settings: Ingest, *, where: str
) -> Any:
    """Mask of the rows that belong to the form."""
    import pyarrow as pa
    import pyarrow.compute as pc

    count = len(next(iter(columns.values()), []))
    kept = pa.array([True] * count)
    if settings.events:
        kept = _at_events(columns, path, settings, where=where)
    repeated = columns.get(INSTRUMENT, pa.array([""] * count, pa.string()))
    if not settings.form:
        several = [one for one in pc.unique(repeated).to_pylist() if one]
        if several:
            raise IngestError(
                f"{where}: {path.name} has repeating instruments ({listed(several)}), so that its rows are those "
                f"of several forms. Name the instrument under tables.{settings.table}.form."
            )
        return kept
    wanted = _key(settings.form)
    filled = pa.array([_key(one) == wanted for one in repeated.to_pylist()], pa.bool_())
    for name in _data_columns(header, fields, path, settings, where=where):
        text = pc.utf8_lower(pc.utf8_trim_whitespace(columns[name]))
        blank = pa.array(EMPTY if "___" in name else ("",), pa.string())
        filled = pc.or_(filled, pc.invert(pc.is_in(text, value_set=blank)))
    found = pc.and_(kept, filled)
    if not pc.any(found).as_py():
        raise IngestError(
            f"{where}: no row of {path.name} has data of the instrument {settings.form}. Is it the right one?"
        )
    return found


def _at_events(columns: dict[str, Any], path: Path, settings: Ingest, *, where: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    place = f"tables.{settings.table}.events"
    if EVENT not in columns:
        raise IngestError(f"{where}: {path.name} has no events (no column {EVENT}). Remove {place}.")
    there = pc.unique(columns[EVENT]).to_pylist()
    absent = [event for event in settings.events if event not in there]
    if absent:
        raise IngestError(
            f"{where}: {path.name} has no event {listed(absent)}. It has: {listed(there, 30)}. Mend {place}."
        )
    return pc.is_in(columns[EVENT], value_set=pa.array(settings.events, pa.string()))


def _data_columns(header: list[str], fields: list[Field], path: Path, settings: Ingest, *, where: str) -> list[str]:
    """The columns of the form's fields, without the record's identifier and what REDCap adds."""
    if not fields:
        added = re.compile(r"redcap_.*|.*_complete|.*_timestamp")
        return [name for name in declared_headers(settings) if name != header[0] and not added.fullmatch(name)]
    forms = dict.fromkeys(one.form for one in fields)
    own = [one for one in fields[1:] if _key(one.form) == _key(settings.form)]
    if not own:
        raise IngestError(
            f"{where}: the dictionary of {path.name} has no instrument '{settings.form}'. It has: {listed(forms, 30)}. "
            f"Name one under tables.{settings.table}.form."
        )
    return [name for one in own for name, _, _ in one.columns() if header.count(name) == 1]


def _key(name: str) -> str:
    """An instrument by its name or its label: vital_signs for Vital Signs."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _coded(text: Any, variable: Variable) -> Any:
    """Codes in place of labels, in a column whose cells are labels."""
    import pyarrow as pa
    import pyarrow.compute as pc

    labels = [plain(label) for label in variable.codes.values()]
    if not labels or len(set(labels)) < len(labels):
        return text
    distinct = [plain(one) for one in pc.unique(text).to_pylist() if one]
    if sum(one in labels for one in distinct) <= sum(one in variable.codes for one in distinct):
        return text
    at = pc.index_in(pa.array([plain(one) for one in text.to_pylist()], pa.string()), value_set=pa.array(labels))
    return pc.coalesce(pa.array(list(variable.codes), pa.string()).take(at), text)
