"""The config proposed for SDTM data: its sections, each guess with what was seen, and the questions that stay open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rctflow.propose.events import Events, events_lines, events_questions, look_at_events
from rctflow.propose.names import identifier, quoted
from rctflow.propose.sdtm import Sdtm, Test
from rctflow.propose.sdtm_tables import COVARIATES, sdtm_tables
from rctflow.propose.sections import line
from rctflow.propose.standard_sections import analyses_lines, arms_lines, opening_lines
from rctflow.propose.summary_sections import findings_entries, findings_lines, summaries_lines

ENDED = "DISPOSITION EVENT"
KEPT = ("COMPLETED", "SCREEN FAILURE")


def sdtm_config(found: Sdtm, name: str, folder: str, faults: Sequence[str] = ()) -> str:
    """The whole file. It loads as a study; open questions stand at its top as comments."""
    analyses = analyses_lines([one.has_baseline for one in found.tests])
    body = [
        *("", "# The arms of DM; who has none failed screening.", *arms_lines(found.arms, found.reference)),
        *("", "# Planned visits, by VISITDY less one: first dose is day 0 here, day 1 in SDTM. Windows meet halfway."),
        *_visits(found),
        *(
            "",
            "# One entry per data set. Columns that are not declared are not read.",
            *sdtm_tables(found, _events(found)),
        ),
        *(
            "",
            "# Where the facts of each subject stand. strata: what randomization was stratified by.",
            *_subjects(found),
        ),
        *("", "# Analysis sets: who belongs.", *_populations(found)),
        *events_lines(_events(found), _safety(found)),
        *findings_lines(found.findings),
        *summaries_lines(_summaries(found), _reasons(found)),
        *("", "# Named analyses that the endpoints refer to.", *analyses),
        *("", "# Outcomes. direction: which way is better.", *_endpoints(found)),
    ]
    opening = opening_lines("SDTM", name, folder, sdtm_questions(found, faults))
    return "\n".join([*opening, *body]) + "\n"


def sdtm_questions(found: Sdtm, faults: Sequence[str] = ()) -> list[str]:
    """Numbered questions that the data could not answer, each with the section that it belongs to."""
    return [f"{number}. {text}" for number, text in enumerate(_questions(found, faults), 1)]


def _questions(found: Sdtm, faults: Sequence[str]) -> Iterator[str]:
    yield f"arms: Is {found.reference!r} the comparator (reference), and are all of {', '.join(found.arms)} compared?"
    if not found.randomized:
        yield (
            "subjects.randomized: Which date is that of randomization? DS has no term RANDOMIZED, so that none is "
            "read. If it was the day of a visit, take SVSTDTC of SV at that VISITNUM; whoever has an arm counts as "
            "randomized."
        )
    if found.moved and _has_actual(found):
        yield (
            f"subjects.actual: {found.moved} patients have another arm in ACTARM than in ARM. Did they receive it, or "
            "is that the dose that they reached?"
        )
    if found.has("DM", "SITEID"):
        yield "subjects.strata: What was randomization stratified by? Nothing is taken; SITEID is the site."
    if found.passed:
        yield (
            f"visits: The plan also has {', '.join(found.passed)}, without a moment of their own (before first dose, "
            "or within 3 days of another visit). Records are assigned by day; write the protocol's days and windows."
        )
    points = sorted({f"{test.domain}TPT" for test in found.tests if test.timepoint})
    for column in points:
        yield f"endpoints: Which of the time points of {column} is the outcome? Taken: the commonest of each test."
    if found.tests:
        first = found.tests[0].code
        yield f"endpoints: Which endpoint is primary, and at which visit? Taken: {first}, the first, at its last visit."
        ways = ", ".join(test.code for test in found.tests)
        yield f"endpoints: Which way is better? Taken: lower is better in {ways}."
    else:
        yield "endpoints: No test looks like an outcome; a stand-in is proposed. Which test of which domain is it?"
    if found.has("QS", "QSTESTCD"):
        yield (
            "instruments: Totals of QS are read as the data have them. Should a questionnaire be scored from its items "
            "(instruments: {file:, table: qs, long:, items:})?"
        )
    if found.several_ends:
        yield (
            "subjects.covariates.EOSSTT: DS ends the study of some patients more than once. Which row says how? "
            "Taken: the last one by date."
        )
    for told in (found.doses, found.medication, *found.findings):
        yield from told.asked if told is not None else ()
    if "AE" in found.forms:
        yield from events_questions(_events(found), found.forms["AE"].name)
    for fault in faults:
        yield f"tables: {fault}."


def _events(found: Sdtm) -> Events | None:
    return look_at_events(found.forms["AE"], "ae") if "AE" in found.forms else None


def _visits(found: Sdtm) -> Iterator[str]:
    yield "visits:"
    for visit in found.visits:
        body: dict[str, Any] = {"label": visit.label, "day": visit.day, "window": list(visit.window)}
        yield line(1, visit.id, body | ({"baseline": True} if visit.baseline else {}), visit.why)


def _subjects(found: Sdtm) -> Iterator[str]:
    no_arm = " and ".join(f"{{0}} != {quoted(other)}" for other in found.others)

    def source(column: str) -> dict[str, str]:
        return {"table": "dm", "column": column} | ({"where": no_arm.format(column)} if no_arm else {})

    yield "subjects:"
    yield line(1, "table", "dm")
    yield line(1, "planned", source("ARM"), f"no arms: {', '.join(found.others)}" if found.others else "")
    if _has_actual(found):
        yield line(1, "actual", source("ACTARM"), "the arm received; planned when omitted")
    if found.randomized:
        where = f"DSDECOD == {quoted(found.randomized)}"
        yield line(1, "randomized", {"table": "ds", "column": "DSSTDTC", "where": where, "pick": "min"})
    yield from _dates(found)
    yield "  covariates:"
    for name in (*COVARIATES, "SITEID"):
        if found.has("DM", name):
            yield line(2, name, {"table": "dm", "column": name})
    if found.disposition:
        only = _ended(found)
        body: dict[str, Any] = {"table": "ds", "column": "DSDECOD", "pick": "last"} | ({"where": only} if only else {})
        status = {term: term if term in KEPT else "DISCONTINUED" for term in found.disposition}
        terms = ", ".join(f"{term} {n}" for term, n in found.disposition.items())
        yield line(2, "EOSSTT", body | {"map": status}, f"how the study ended: {terms}")
        reason = " and ".join(filter(None, [only, "DSDECOD != 'COMPLETED'"]))
        yield line(2, "DCSREAS", body | {"where": reason})


def _ended(found: Sdtm) -> str:
    """The rows of DS that say how the study ended; "" for all."""
    return f"DSCAT == {quoted(ENDED)}" if found.has("DS", "DSCAT") else ""


def _dates(found: Sdtm) -> Iterator[str]:
    table, column = found.first_dose()
    if table:
        yield line(1, "first_dose", {"table": table, "column": column} | ({"pick": "min"} if table == "ex" else {}))
    if found.doses is not None:
        end = found.doses.body.get("end", found.doses.body["start"])
        yield line(1, "last_dose", {"table": "ex", "column": end, "pick": "max"})
    if found.disposition:
        where = {"where": _ended(found)} if _ended(found) else {}
        yield line(1, "end_of_study", {"table": "ds", "column": "DSSTDTC", **where, "pick": "max"})
    if found.has("DM", "DTHDTC") and found.forms["DM"].cells["DTHDTC"].ne("").any():
        yield line(1, "death", {"table": "dm", "column": "DTHDTC"})


def _has_actual(found: Sdtm) -> bool:
    """Whether ACTARM names the same arms."""
    if not found.has("DM", "ACTARM"):
        return False
    return set(found.forms["DM"].cells["ACTARM"]) <= {*found.arms, *found.others, ""}


def _populations(found: Sdtm) -> Iterator[str]:
    yield "populations:"
    yield line(1, "itt", {"label": "Intention to treat", "where": "RANDFL == 'Y'", "flag": "ITTFL"})
    if _safety(found):
        actual = {"arm": "actual"} if _has_actual(found) else {}
        body = {"label": "Safety", "where": "RANDFL == 'Y' and TRTSDT != missing", "flag": "SAFFL", **actual}
        yield line(1, "safety", body, "randomized, with a date of first dose")


def _safety(found: Sdtm) -> str:
    """The population of whoever was dosed; "" when the data have no doses."""
    return "safety" if found.first_dose()[0] else ""


def _summaries(found: Sdtm) -> dict[str, dict[str, Any]]:
    """The study-level results that the domains allow."""
    whose = {"population": _safety(found)} if _safety(found) else {}
    entries: dict[str, dict[str, Any]] = {"flow": _flow(found)}
    described = [name for name in COVARIATES if found.has("DM", name)]
    entries |= {"baseline": {"variables": described}} if described else {}
    entries |= {"disposition": {}} if found.disposition else {}
    if found.has("DM", "SITEID"):
        entries |= {"sites": {"site": "SITEID"}, "data_quality": {"site": "SITEID"}}
    if found.doses is not None:
        known = found.disposition or "missing_end" not in found.doses.body
        body = found.doses.body if known else {k: v for k, v in found.doses.body.items() if k != "missing_end"}
        entries["exposure"] = body | whose
    entries |= {"medication": found.medication.body | whose} if found.medication is not None else {}
    entries |= {"adverse_events": whose} if _events(found) is not None else {}
    return entries | findings_entries(found.findings, {visit.id: visit.written for visit in found.visits})


def _flow(found: Sdtm) -> dict[str, Any]:
    """Who was screened, and the forms that must name the same patients as ADSL does."""
    forms: dict[str, Any] = {}
    if found.has("EX", "EXSTDTC"):
        ex = found.forms["EX"].cells
        dated = set(ex["USUBJID"][ex["EXSTDTC"].ne("")])
        forms |= {"treated": {"table": "ex"}} if dated == set(ex["USUBJID"]) else {}
    if "COMPLETED" in found.disposition and not found.several_ends:
        where = " and ".join(filter(None, [_ended(found), "DSDECOD == 'COMPLETED'"]))
        forms["completed"] = {"table": "ds", "where": where}
    return ({"screened": {"table": "dm"}} if found.others else {}) | ({"forms": forms} if forms else {})


def _reasons(found: Sdtm) -> dict[str, str]:
    return {"flow": "forms: ADSL is reconciled with them; a mismatch stops the run and names the patients"}


def _endpoints(found: Sdtm) -> Iterator[str]:
    yield "endpoints:"
    ids: list[str] = []
    for test in found.tests:
        ids.append(identifier(test.code.lower(), "endpoint", ids))
        why = f"{test.category}; {test.people} patients" if test.category != test.code else f"{test.people} patients"
        yield line(1, ids[-1], _endpoint(test, is_first=len(ids) == 1), why)
    if not found.tests:
        body = {"label": "TODO_OUTCOME", "role": "primary", "table": "dm", "column": "AGE", "direction": "lower"}
        yield line(1, "outcome", body | {"baseline": False, "analyses": ["descriptive"]}, "TODO: a stand-in")


def _endpoint(test: Test, *, is_first: bool) -> dict[str, Any]:
    where = f"{test.domain}TESTCD == {quoted(test.code)}"
    where += f" and {test.domain}TPT == {quoted(test.timepoint)}" if test.timepoint else ""
    named: dict[str, Any] = {
        "label": test.name,
        **({"role": "primary"} if is_first else {}),
        "table": test.domain.lower(),
    }
    named |= {"column": f"{test.domain}STRESN", "where": where, **({"unit": test.unit} if test.unit else {})}
    named |= {"visits": list(test.visits)} if len(test.visits) > test.has_baseline else {}
    baseline = {} if test.has_baseline else {"baseline": False}
    model = "ancova" if test.has_baseline else "ancova_value"
    return {**named, "direction": "lower", "windowing": "by_day", **baseline, "analyses": [model, "descriptive"]}
