"""The section adverse_events of data in CDISC names (AE or ADAE): what each variable that is there says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rctflow.propose.columns import look_at
from rctflow.propose.forms import Form
from rctflow.propose.sections import line
from rctflow.propose.vocabulary import NOT_RELATED, RELATED, SEVERITIES

STARTS, ENDS = ("ASTDT", "AESTDTC"), ("AENDT", "AEENDTC")
SYSTEMS, TERM, CODED = ("AEBODSYS", "AESOC"), "AETERM", "AEDECOD"


@dataclass(frozen=True)
class Events:
    """body: the section as it is written; columns: what the table declares; unread: the variables of which a value is
    not understood, with the value."""

    body: dict[str, Any]
    columns: dict[str, dict[str, Any]]
    unread: dict[str, str]


def look_at_events(form: Form, table: str) -> Events | None:
    """What adverse events are by their names; None when the form has no column of dates of onset."""
    start = _date(form, STARTS)
    if not start or TERM not in form.headers:
        return None
    body: dict[str, Any] = {"table": table, "term": TERM}
    columns: dict[str, dict[str, Any]] = {TERM: {"required": True}}
    body |= {"preferred": CODED} if CODED in form.headers else {}
    system = next((name for name in SYSTEMS if name in form.headers), "")
    body |= {"system": system} if system else {}
    columns |= {name: {} for name in (CODED, system) if name in form.headers}
    body["start"] = start
    columns[start] = _dated(form, start) | {"partial": "first"}
    end = _date(form, ENDS)
    if end:
        body["end"], columns[end] = end, _dated(form, end)
    if "AESEQ" in form.headers and not form.cells.duplicated(["USUBJID", "AESEQ"]).any():
        body["sequence"], columns["AESEQ"] = "AESEQ", {"type": "integer"}
    if "TRTEMFL" in form.headers:
        body["emergent"], columns["TRTEMFL"] = {"flag": "TRTEMFL"}, {}
    body |= _grade(form, columns)
    criteria, unread = {}, {}
    for name, column, criterion in _criteria(form):
        if isinstance(criterion, str):
            unread[column] = criterion
        else:
            criteria[name], columns[column] = {"column": column} | criterion, {}
    return Events(body | criteria, columns, unread)


def events_questions(events: Events | None, name: str) -> Iterator[str]:
    """What the data set ``name`` of adverse events leaves open."""
    if events is None:
        yield f"adverse_events: Which column of {name} is the term, and which the date of onset? None by its name is."
        return
    for column, value in events.unread.items():
        yield f"adverse_events: What does {value!r} mean in {column}? It is left out until its values are declared."


def events_lines(events: Events | None, population: str) -> Iterator[str]:
    """The section adverse_events; none without events. population: whose, "" for the first."""
    if events is None:
        return
    whose = {"population": population} if population else {}
    yield from ("", "# Adverse events: what their variables say.", "adverse_events:")
    yield from (line(1, key, value) for key, value in (events.body | whose).items())


def _levels(form: Form, column: str) -> list[str]:
    return look_at(form.cells[column], column).levels if column in form.headers else []


def _date(form: Form, names: tuple[str, ...]) -> str:
    """The first of ``names`` that holds dates; --DTC is ISO 8601 by the standard, a year alone too."""
    for name in names:
        if name in form.headers and _dated(form, name):
            return name
    return ""


def _dated(form: Form, name: str) -> dict[str, Any]:
    """How the column of dates is declared; {} when it holds something else."""
    if name.endswith("DTC"):
        return {"type": "datetime" if form.cells[name].str.contains("T").any() else "date"}
    look = look_at(form.cells[name], name)
    dates = look.kind in ("date", "datetime")
    return {"type": look.kind} | ({"format": look.format} if look.format else {}) if dates else {}


def _grade(form: Form, columns: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if (grades := _levels(form, "AETOXGR")) and set(grades) <= set("12345"):
        columns["AETOXGR"] = {"type": "integer"}
        return {"grade": {"column": "AETOXGR"}}
    words = _levels(form, "AESEV")
    if words and {word.lower() for word in words} <= set(SEVERITIES):
        columns["AESEV"] = {}
        return {"grade": {"column": "AESEV", "order": sorted(words, key=lambda word: SEVERITIES.index(word.lower()))}}
    return {}


def _criteria(form: Form) -> Iterator[tuple[str, str, dict[str, Any] | str]]:
    """Name, column and the criterion; the value that is not understood in its place."""
    for name, column, yes, no in (
        ("related", "AEREL", RELATED, NOT_RELATED),
        ("serious", "AESER", ("y", "yes"), ("n", "no")),
    ):
        levels = _levels(form, column)
        odd = [level for level in levels if level.lower() not in (*yes, *no)]
        if odd:
            yield name, column, odd[0]
        elif levels:
            counts = [level for level in levels if level.lower() in yes]
            yield name, column, {"counts": counts or [yes[0].upper()], "others": [x for x in levels if x not in counts]}
    for name, column, word in (("withdrawal", "AEACN", "drug withdrawn"), ("fatal", "AEOUT", "fatal")):
        levels = _levels(form, column)
        counts = [level for level in levels if level.lower() == word]
        if counts:
            yield name, column, {"counts": counts, "others": [level for level in levels if level not in counts]}
