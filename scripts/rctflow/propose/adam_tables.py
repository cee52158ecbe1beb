"""The section tables proposed for ADaM data: ADSL, the BDS data sets that are used, events, doses and medication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rctflow.propose.adam import Adam
from rctflow.propose.events import Events
from rctflow.propose.forms import Form
from rctflow.propose.sections import line

RECORD_COLUMNS = {"ADT": "date", "ADY": "integer", "AVAL": "number", "BASE": "number", "CHG": "number"}
RECORD_COLUMNS |= {"PCHG": "number", "ABLFL": "", "ANL01FL": "", "DTYPE": ""}


def adam_tables(found: Adam, subjects: Sequence[str], events: Events | None) -> Iterator[str]:
    """The lines. subjects: the columns of ADSL that are read, text where they are strata."""
    yield "tables:"
    columns = {name: {"required": True} if name == "TRT01P" else _typed(found, name) for name in subjects}
    yield from _opening(found.subjects)
    yield from _columns(columns)
    for name in dict.fromkeys(one.table for one in found.parameters):
        yield from _records(found, name)
    for name, columns in _findings(found).items():
        yield from _measured(found, name, columns)
    for form, told in ((found.events, events), (found.dosed, found.doses), (found.taken, found.medication)):
        if form is not None and told is not None:
            yield from _opening(form)
            yield from _columns(told.columns)


def _opening(form: Form) -> Iterator[str]:
    yield line(1, form.id)
    for key, value in form.source.items():
        yield line(2, key, value)
    yield line(2, "subject", "USUBJID", f"{form.cells['USUBJID'].nunique()} subjects in {len(form.cells)} rows")


def _columns(columns: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    yield "    columns:"
    yield from (line(3, header, body) for header, body in columns.items())


def _placed(found: Adam, name: str) -> Iterator[str]:
    """How a BDS data set says which visit and day a record belongs to."""
    yield from _opening(found.records[name])
    yield line(2, "role", "bds")
    yield line(2, "visit", "AVISIT")
    if found.unplanned[name]:
        yield line(2, "unplanned", found.unplanned[name])
    if "ADT" in _dated(found, name):
        yield line(2, "date", "ADT")


def _dated(found: Adam, name: str) -> dict[str, dict[str, Any]]:
    look = found.look("ADT", found.records[name])
    if look is None or look.kind not in ("date", "datetime"):
        return {}
    return {"ADT": {"type": look.kind} | ({"format": look.format} if look.format else {})}


def _records(found: Adam, name: str) -> Iterator[str]:
    form, key = found.records[name], found.keys[name]
    points = [*(["ATPT"] if any(one.timepoint for one in found.parameters if one.table == name) else [])]
    columns: dict[str, dict[str, Any]] = {"PARAMCD": {"required": True}} | _dated(found, name)
    for header in dict.fromkeys([*RECORD_COLUMNS, *points, *key[3:]]):
        look = found.look(header, form)
        if look is None or header == "ADT":
            continue
        kind = RECORD_COLUMNS.get(header, look.kind if look.numeric else "")
        columns[header] = {"type": kind} if kind else {}
    columns |= {header: body for header, body in _findings(found).get(name, {}).items() if header not in columns}
    yield from _placed(found, name)
    yield from _columns(columns)
    yield line(2, "duplicates", {"key": key}, "what tells its records apart")


def _findings(found: Adam) -> dict[str, dict[str, dict[str, Any]]]:
    """Data set of laboratory or vital signs -> its columns."""
    tables = {one.dataset: (one.body["table"], *one.body.get("more_tables", ())) for one in found.findings}
    return {name: one.columns for one in found.findings for name in tables[one.dataset]}


def _measured(found: Adam, name: str, columns: dict[str, dict[str, Any]]) -> Iterator[str]:
    if any(one.table == name for one in found.parameters):
        return
    form, key = found.records[name], found.keys[name]
    extra = {header: look for header in key[3:] if header not in columns and (look := found.look(header, form))}
    told = {header: {"type": look.kind} if look.numeric else {} for header, look in extra.items()}
    yield from _placed(found, name)
    yield from _columns(_dated(found, name) | columns | {h: b for h, b in told.items() if h != "ADT"})
    yield line(2, "duplicates", {"key": key}, "what tells its records apart")


def _typed(found: Adam, header: str) -> dict[str, Any]:
    look = found.look(header)
    label = found.subjects.labels.get(header, "")
    said = {"label": label} if label else {}
    if look is None or look.kind in ("text", "empty") or header in found.strata():
        return said
    return {"type": look.kind} | ({"format": look.format} if look.format else {}) | said
