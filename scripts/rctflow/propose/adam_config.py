"""The config proposed for ADaM data: its sections, each guess with what was seen, and the questions that stay open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rctflow.propose.adam import Adam, Parameter
from rctflow.propose.adam_subjects import (
    FLAGS,
    actual,
    amounts,
    completed,
    dates,
    described,
    flags_of,
    own_flag,
    sites,
    status,
    subject_columns,
    subjects_lines,
)
from rctflow.propose.adam_tables import adam_tables
from rctflow.propose.events import Events, events_lines, events_questions, look_at_events
from rctflow.propose.names import identifier, label_and_unit
from rctflow.propose.sections import line
from rctflow.propose.standard_sections import analyses_lines, arms_lines, opening_lines
from rctflow.propose.summary_sections import findings_entries, findings_lines, summaries_lines
from rctflow.propose.values import better_when


def adam_config(found: Adam, name: str, folder: str, faults: Sequence[str] = ()) -> str:
    """The whole file. It loads as a study; open questions stand at its top as comments."""
    events = _events(found)
    analyses = analyses_lines([one.has_baseline for one in found.parameters])
    body = [
        *("", "# The arms of TRT01P.", *arms_lines(found.arms, found.reference)),
        *("", "# AVISIT says which visit a record belongs to. day: the median of ADY less one; the plan is for print."),
        *_visits(found),
        *(
            "",
            "# One entry per data set. Columns that are not declared are not read.",
            *adam_tables(found, subject_columns(found), events),
        ),
        *("", "# Where the facts of each subject stand. strata: what randomization was stratified by."),
        *subjects_lines(found),
        *("", "# Analysis sets, as ADSL flags them.", *_populations(found)),
        *events_lines(events, "safety" if "SAFFL" in flags_of(found) else ""),
        *findings_lines(found.findings),
        *summaries_lines(_summaries(found), {}),
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
    doses = [name for key, name in amounts(found).items() if key != "duration"]
    if doses:
        yield f"summaries.exposure.unit: In which unit are {' and '.join(doses)}?"
    for told in (found.doses, found.medication, *found.findings):
        yield from told.asked if told is not None else ()
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


def _populations(found: Adam) -> Iterator[str]:
    yield "populations:"
    flags = flags_of(found)
    if "ITTFL" not in flags:
        yield line(1, "itt", {"label": "Intention to treat", "where": "RANDFL == 'Y'", "flag": "ITTFL"})
    for name in flags:
        key, label, ours = FLAGS[name]
        body: dict[str, Any] = {"label": label, "where": f"{ours} == 'Y'", "flag": name}
        yield line(1, key, body | ({"arm": "actual"} if name == "SAFFL" and actual(found) else {}))


def _summaries(found: Adam) -> dict[str, dict[str, Any]]:
    """The study-level results that the data sets allow."""
    whose = {"population": "safety"} if "SAFFL" in flags_of(found) else {}
    baseline = [*found.strata(), *described(found)]
    entries: dict[str, dict[str, Any]] = {"baseline": {"variables": baseline}} if baseline else {}
    entries |= {"disposition": _disposition(found)} if "EOSSTT" in status(found) else {}
    entries |= {"sites": sites(found)} if sites(found) else {}
    entries |= {"data_quality": {"site": sites(found)["site"]}} if sites(found) else {}
    if found.doses is not None:
        entries["exposure"] = found.doses.body | whose
        if "end_of_study" not in dates(found):
            entries["exposure"].pop("missing_end", None)
    elif amounts(found):
        entries["exposure"] = {"adsl": amounts(found), **whose}
    entries |= {"medication": found.medication.body | whose} if found.medication is not None else {}
    entries |= {"adverse_events": whose} if _events(found) is not None else {}
    return entries | findings_entries(found.findings, {visit.id: visit.written for visit in found.visits})


def _disposition(found: Adam) -> dict[str, Any]:
    """Who completed treatment, and each week of which ADSL has a flag, beside the whole study."""
    labels = {name: found.subjects.labels.get(name, name).removesuffix(" Population Flag") for name in completed(found)}
    milestones = [{"label": label, "where": f"{own_flag(name)} == 'Y'"} for name, label in labels.items()]
    body: dict[str, Any] = {"milestones": milestones} if milestones else {}
    if "EOTSTT" in status(found):
        phase = {"id": "treatment", "label": "treatment", "completed": "EOTSTT == 'COMPLETED'"}
        body["phases"] = [phase | ({"reason": "DCTREAS"} if "DCTREAS" in status(found) else {})]
    return body


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
    label, unit = label_and_unit(one.name)
    body: dict[str, Any] = {"label": label} | ({"role": "primary"} if is_first else {})
    body |= {"table": one.table, "column": "AVAL", "where": where} | ({"unit": unit} if unit else {})
    body |= {"visits": list(one.visits)} | {"direction": _direction(one)}
    body |= {} if one.has_baseline else {"baseline": False}
    return body | {"analyses": ["ancova" if one.has_baseline else "ancova_value", "descriptive"]}
