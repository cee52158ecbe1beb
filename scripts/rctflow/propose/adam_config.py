"""The config proposed for ADaM data: its sections, each guess with what was seen, and the questions that stay open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rctflow.propose.adam import Adam, Parameter
from rctflow.propose.events import Events, events_lines, events_questions, look_at_events
from rctflow.propose.names import identifier
from rctflow.propose.sections import line
from rctflow.propose.standard_sections import analyses_lines, arms_lines, opening_lines
from rctflow.propose.values import better_when

COVARIATES = ("AGE", "SEX", "RACE", "ETHNIC", "BMIBL", "WEIGHTBL", "HEIGHTBL")
DATES = {
    "randomized": ("RANDDT",),
    "first_dose": ("TRTSDT",),
    "last_dose": ("TRTEDT",),
    "end_of_study": ("EOSDT", "RFENDT"),
    "death": ("DTHDT",),
    "birth": ("BRTHDT",),
}
FLAGS = {
    "ITTFL": ("itt", "Intention to treat", "INITT"),
    "SAFFL": ("safety", "Safety", "INSAFETY"),
    "FASFL": ("full_analysis", "Full analysis set", "INFULL"),
    "EFFFL": ("efficacy", "Efficacy", "INEFFICACY"),
    "PPROTFL": ("per_protocol", "Per protocol", "INPERPROTOCOL"),
    "COMPLFL": ("completers", "Completers", "INCOMPLETERS"),
}
RECORD_COLUMNS = {"ADT": "date", "ADY": "integer", "AVAL": "number", "BASE": "number", "CHG": "number"}
RECORD_COLUMNS |= {"PCHG": "number", "ABLFL": "", "ANL01FL": "", "DTYPE": ""}
UNIT = re.compile(r"(.+?) \(([^()]*[A-Za-z%/][^()]*)\)$")


def adam_config(found: Adam, name: str, folder: str, faults: Sequence[str] = ()) -> str:
    """The whole file. It loads as a study; open questions stand at its top as comments."""
    events = _events(found)
    analyses = analyses_lines([one.has_baseline for one in found.parameters])
    body = [
        *("", "# The arms of TRT01P.", *arms_lines(found.arms, found.reference)),
        *("", "# AVISIT says which visit a record belongs to. day: the median of ADY less one; the plan is for print."),
        *_visits(found),
        *("", "# One entry per data set. Columns that are not declared are not read.", *_tables(found, events)),
        *("", "# Where the facts of each subject stand. strata: what randomization was stratified by."),
        *_subjects(found),
        *("", "# Analysis sets, as ADSL flags them.", *_populations(found)),
        *events_lines(events, "safety" if "SAFFL" in _flags(found) else ""),
        *("", "# Named analyses that the endpoints refer to.", *analyses),
        *("", "# Outcomes, taken as the data sets have them. direction: which way is better.", *_endpoints(found)),
    ]
    opening = opening_lines("ADaM", name, folder, adam_questions(found, faults))
    return "\n".join([*opening, *body]) + "\n"


def adam_questions(found: Adam, faults: Sequence[str] = ()) -> list[str]:
    """Numbered questions that the data could not answer, each with the section that it belongs to."""
    return [f"{number}. {text}" for number, text in enumerate(_questions(found, faults), 1)]


def _questions(found: Adam, faults: Sequence[str]) -> Iterator[str]:
    yield f"arms: Is {found.reference!r} the comparator (reference), and are all of {', '.join(found.arms)} compared?"
    if not found.is_date("RANDDT"):
        yield "subjects.randomized: Which date is that of randomization? ADSL has no RANDDT; who has an arm counts."
    yield "subjects.strata: What was randomization stratified by? Nothing is taken."
    odd = sorted({label for labels in found.unplanned.values() for label in labels})
    if odd:
        yield f"visits: AVISIT also says {', '.join(odd)}: no day of their own, or days far apart. Not in the plan."
    for name, key in found.keys.items():
        if found.records[name].cells.duplicated(key).any():
            yield f"tables.{name}.duplicates: Which columns tell its records apart? None that was looked at does."
    if any(one.timepoint for one in found.parameters):
        yield "endpoints: Which of the time points of ATPT is the outcome? Taken: the commonest of each parameter."
    if found.parameters:
        first = found.parameters[0].code
        yield f"endpoints: Which endpoint is primary, and at which visit? Taken: {first}, the first, at its last visit."
        ways = ", ".join(f"{one.code} ({_direction(one)})" for one in found.parameters)
        yield f"endpoints: Which way is better? Taken: {ways}."
    else:
        yield "endpoints: No parameter looks like an outcome; a stand-in is proposed. Which PARAMCD is it?"
    for name, why in found.unread.items():
        yield f"tables: {name} gives no endpoint: {why}. Is there an outcome in it?"
    if found.events is not None:
        yield from events_questions(_events(found), found.events.name)
    for fault in faults:
        yield f"tables: {fault}."


def _events(found: Adam) -> Events | None:
    return look_at_events(found.events, found.events.id) if found.events is not None else None


def _visits(found: Adam) -> Iterator[str]:
    yield "visits:"
    for visit in found.visits:
        body: dict[str, Any] = {"label": visit.label, "day": visit.day, "window": list(visit.window)}
        body |= {"baseline": True} if visit.baseline else {}
        same = (visit.label.casefold(), visit.id)
        body |= {"values": [visit.written]} if visit.written and visit.written.casefold() not in same else {}
        yield line(1, visit.id, body, visit.why)


def _tables(found: Adam, events: Events | None) -> Iterator[str]:
    adsl = found.subjects
    wanted = ["TRT01P", *([_actual(found)] if _actual(found) else []), *_dates(found).values()]
    wanted += [*_strata(found), *(name for name in COVARIATES if name in adsl.headers)]
    wanted += [*(column for column, _ in _status(found).values()), *_flags(found)]
    yield "tables:"
    yield from _opening(adsl)
    yield "    columns:"
    for header in dict.fromkeys(wanted):
        yield line(3, header, {"required": True} if header == "TRT01P" else _typed(found, header))
    for name in dict.fromkeys(one.table for one in found.parameters):
        yield from _records(found, name)
    if found.events is not None and events is not None:
        yield from _opening(found.events)
        yield "    columns:"
        for header, body in events.columns.items():
            yield line(3, header, body)


def _opening(form: Any) -> Iterator[str]:
    yield line(1, form.id)
    for key, value in form.source.items():
        yield line(2, key, value)
    yield line(2, "subject", "USUBJID", f"{form.cells['USUBJID'].nunique()} subjects in {len(form.cells)} rows")


def _records(found: Adam, name: str) -> Iterator[str]:
    form, key = found.records[name], found.keys[name]
    yield from _opening(form)
    yield line(2, "role", "bds")
    yield line(2, "visit", "AVISIT")
    if found.unplanned[name]:
        yield line(2, "unplanned", found.unplanned[name])
    dated = found.look("ADT", form)
    if dated is not None and dated.kind in ("date", "datetime"):
        yield line(2, "date", "ADT")
    yield "    columns:"
    yield line(3, "PARAMCD", {"required": True})
    points = [*(["ATPT"] if any(one.timepoint for one in found.parameters if one.table == name) else [])]
    for header in dict.fromkeys([*RECORD_COLUMNS, *points, *key[3:]]):
        look = found.look(header, form)
        if look is None:
            continue
        kind = RECORD_COLUMNS.get(header, "number" if look.numeric else "")
        kind = look.kind if header == "ADT" else kind
        dates = {"format": look.format} if kind in ("date", "datetime") and look.format else {}
        yield line(3, header, ({"type": kind} if kind and kind not in ("text", "empty") else {}) | dates)
    yield line(2, "duplicates", {"key": key}, "what tells its records apart")


def _typed(found: Adam, header: str) -> dict[str, Any]:
    look = found.look(header)
    label = found.subjects.labels.get(header, "")
    said = {"label": label} if label else {}
    if look is None or look.kind in ("text", "empty") or header in _strata(found):
        return said
    return {"type": look.kind} | ({"format": look.format} if look.format else {}) | said


def _dates(found: Adam) -> dict[str, str]:
    """The dates of the section subjects -> the column of ADSL."""
    chosen = {key: next((name for name in names if found.is_date(name)), "") for key, names in DATES.items()}
    return {key: name for key, name in chosen.items() if name}


def _actual(found: Adam) -> str:
    """TRT01A, when it names the same arms."""
    look = found.look("TRT01A")
    return "TRT01A" if look is not None and set(look.levels) <= {*found.arms, *found.others} else ""


def _strata(found: Adam) -> list[str]:
    """The strata as randomized (STRAT1R, ...), which ADaM names so."""
    return [name for name in found.subjects.headers if re.fullmatch(r"STRAT\dR", name)]


def _status(found: Adam) -> dict[str, tuple[str, str]]:
    """How and why the study ended -> the column of ADSL, and the rows that count."""
    if "EOSSTT" not in found.subjects.headers and "DCDECOD" in found.subjects.headers:
        return {"EOSSTT": ("DCDECOD", ""), "DCSREAS": ("DCDECOD", "DCDECOD != 'COMPLETED'")}
    return {name: (name, "") for name in ("EOSSTT", "DCSREAS") if name in found.subjects.headers}


def _flags(found: Adam) -> list[str]:
    return [name for name in FLAGS if name in found.subjects.headers]


def _subjects(found: Adam) -> Iterator[str]:
    table = found.subjects.id
    no_arm = " and ".join(f"{{0}} != {other!r}" for other in found.others)

    def source(column: str, *, is_arm: bool = False) -> dict[str, str]:
        where = {"where": no_arm.format(column)} if is_arm and no_arm else {}
        return {"table": table, "column": column} | where

    yield "subjects:"
    yield line(1, "table", table)
    yield line(1, "planned", source("TRT01P", is_arm=True))
    if _actual(found):
        yield line(1, "actual", source("TRT01A", is_arm=True))
    for key, column in _dates(found).items():
        yield line(1, key, source(column))
    if _strata(found):
        yield "  strata:"
        yield from (line(2, name, source(name)) for name in _strata(found))
    taken = {name: source(name) for name in COVARIATES if name in found.subjects.headers}
    taken |= {name: source(column) | ({"where": w} if w else {}) for name, (column, w) in _status(found).items()}
    if taken:
        yield "  covariates:"
        yield from (line(2, name, body) for name, body in taken.items())
    if _flags(found):
        yield "  flags:"
        for name in _flags(found):
            yield line(2, FLAGS[name][2], {"table": table, "where": f"{name} == 'Y'"}, f"{name} as ADSL has it")


def _populations(found: Adam) -> Iterator[str]:
    yield "populations:"
    flags = _flags(found)
    if "ITTFL" not in flags:
        yield line(1, "itt", {"label": "Intention to treat", "where": "RANDFL == 'Y'", "flag": "ITTFL"})
    for name in flags:
        key, label, ours = FLAGS[name]
        body: dict[str, Any] = {"label": label, "where": f"{ours} == 'Y'", "flag": name}
        yield line(1, key, body | ({"arm": "actual"} if name == "SAFFL" and _actual(found) else {}))


def _endpoints(found: Adam) -> Iterator[str]:
    yield "endpoints:"
    ids: list[str] = []
    for one in found.parameters:
        ids.append(identifier(one.code.lower(), "endpoint", ids))
        yield line(1, ids[-1], _endpoint(one, is_first=len(ids) == 1), f"{one.people} subjects")
    if not found.parameters:
        stand_in: dict[str, Any] = {"label": "TODO_OUTCOME", "role": "primary", "table": found.subjects.id}
        stand_in |= {"column": "AGE", "direction": "lower", "baseline": False, "analyses": ["descriptive"]}
        yield line(1, "outcome", stand_in, "TODO: a stand-in")


def _direction(one: Parameter) -> str:
    way, is_said = better_when(one.name, None)
    return way if is_said else "lower"


def _endpoint(one: Parameter, *, is_first: bool) -> dict[str, Any]:
    where = f"PARAMCD == {one.code!r}" + (f" and ATPT == {one.timepoint!r}" if one.timepoint else "")
    named = UNIT.match(one.name)
    body: dict[str, Any] = {"label": named.group(1) if named else one.name} | ({"role": "primary"} if is_first else {})
    body |= {"table": one.table, "column": "AVAL", "where": where} | ({"unit": named.group(2)} if named else {})
    body |= {"visits": list(one.visits)} | {"direction": _direction(one)}
    body |= {} if one.has_baseline else {"baseline": False}
    return body | {"analyses": ["ancova" if one.has_baseline else "ancova_value", "descriptive"]}
