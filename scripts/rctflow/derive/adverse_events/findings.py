"""What cannot be true of adverse events: findings that end the run before any result, and queries for the site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from rctflow.derive.adverse_events.moments import clean_span
from rctflow.derive.adverse_events.onset import of_patients
from rctflow.derive.adverse_events.settings import AdverseEvents
from rctflow.derive.errors import DeriveError
from rctflow.ledger import Entries, entries, listed_rows

SHOWN = 10


@dataclass(frozen=True)
class Finding:
    """Rows of the table of events (mask) of which ``message`` is said; column: the cell that is in doubt."""

    check: str
    rows: pd.Series
    column: str
    message: str
    remedy: str


def judge(findings: list[Finding], events: pd.DataFrame, settings: AdverseEvents) -> Entries:
    """The ledger's part of the findings that are queries. Raises DeriveError when a finding ends the run; it names the
    patients and rows of all of them.
    """
    stops = [f for f in findings if settings.action(f.check) == "stop" and f.rows.any()]
    if stops:
        raise DeriveError("\n".join(_said(finding, events, settings) for finding in stops))
    told: Entries = []
    for finding in findings:
        if settings.action(finding.check) == "query":
            old = events.loc[finding.rows, finding.column]
            name, rule = settings.table, finding.check
            told += entries(events, finding.rows, name, rule, "query", finding.message, finding.column, old, old)
    return told


def _said(finding: Finding, events: pd.DataFrame, settings: AdverseEvents) -> str:
    rows = events[finding.rows]
    patients = list(dict.fromkeys(rows["USUBJID"].astype("str")))
    more = f" and {len(patients) - SHOWN} more" if len(patients) > SHOWN else ""
    where = listed_rows([int(row) for row in rows["SRCROW"]])
    return (
        f"adverse_events: {finding.message} {len(rows)} {'event' if len(rows) == 1 else 'events'} of "
        f"{', '.join(patients[:SHOWN])}{more} ({where} of table {settings.table!r}). {finding.remedy}"
    )


def find_strangers(events: pd.DataFrame, known: set[str], settings: AdverseEvents) -> Finding:
    """Patients with events whom no other form knows."""
    return Finding(
        "unknown_subject",
        ~events["USUBJID"].isin(known),
        settings.term,
        f"The patient is not in table {settings.subjects!r}.",
        "Correct the identifier, or name the table that lists everybody (adverse_events.subjects).",
    )


def find_values(events: pd.DataFrame, settings: AdverseEvents) -> Iterator[Finding]:
    """Values that no criterion declares, and cells without the answer that one needs."""
    for name, criterion in settings.criteria.items():
        values = events[criterion.column]
        empty = values.isna() | values.eq("")
        declared = {*criterion.counts, *criterion.others}
        if criterion.others:
            yield _undeclared(name, criterion.column, ~empty & ~values.isin(declared), events)
            yield _unanswered(criterion.column, empty)
    if settings.grade:
        column, order = settings.grade.column, settings.grade.order
        values = events[column]
        empty = values.isna() | values.eq("")
        if order:
            yield _undeclared("grade", column, ~empty & ~values.isin(order), events)
        yield _unanswered(column, empty)
    if settings.preferred:
        coded = events[settings.preferred]
        message = "The term is not coded; it is counted as itself."
        yield Finding("not_coded", coded.isna() | coded.eq(""), settings.preferred, message, "Code the term.")


def _undeclared(name: str, column: str, rows: pd.Series, events: pd.DataFrame) -> Finding:
    written = ", ".join(repr(str(value)) for value in sorted(set(events.loc[rows, column].astype("str")))[:SHOWN])
    remedy = f"Declare the value under adverse_events.{name}, or correct the form."
    return Finding("undeclared_value", rows, column, f"Column {column!r} has the undeclared value {written}.", remedy)


def _unanswered(column: str, rows: pd.Series) -> Finding:
    return Finding("answer_missing", rows, column, "There is no answer.", "Complete the form.")


def find_impossible_dates(events: pd.DataFrame, adsl: pd.DataFrame, settings: AdverseEvents) -> Iterator[Finding]:
    """Onset after death or before birth, end before onset or after death; only what no possible date can mend."""
    subjects, patient = adsl.set_index("USUBJID"), events["USUBJID"]
    began = clean_span(events, settings.start, settings.start_time)
    death, birth = (_date(subjects, name, patient) for name in ("DTHDT", "BRTHDT"))
    unknown = events[settings.start].isna()
    day = began.low.dt.normalize()
    mend = "Correct the date in the form."
    message = "The event starts after the patient died."
    yield Finding("starts_after_death", ~unknown & day.gt(death), settings.start, message, mend)
    yield Finding(
        "before_birth",
        ~unknown & began.high.lt(birth),
        settings.start,
        "The event starts before the patient was born.",
        mend,
    )
    message = "There is no date of onset; the event is taken to start with the first dose."
    yield Finding("start_missing", unknown, settings.start, message, "Complete the form.")
    if settings.end:
        ended = clean_span(events, settings.end)
        known = events[settings.end].notna()
        yield Finding(
            "ends_before_start",
            known & ~unknown & ended.high.lt(day),
            settings.end,
            "The event ends before it starts; it has no duration.",
            mend,
        )
        late = known & ended.low.dt.normalize().gt(death)
        yield Finding("ends_after_death", late, settings.end, "The event ends after the patient died.", mend)


def _date(subjects: pd.DataFrame, name: str, patients: pd.Series) -> pd.Series:
    dates = subjects[name] if name in subjects else pd.Series(pd.NaT, subjects.index, dtype="datetime64[us]")
    return of_patients(dates, patients)


def find_contradictions(
    events: pd.DataFrame, answers: pd.DataFrame, adsl: pd.DataFrame, settings: AdverseEvents
) -> Iterator[Finding]:
    """A fatal event of a patient whose death no form has; grade 5 without a fatal outcome, or the reverse."""
    if not settings.fatal:
        return
    fatal = answers["AESDTH"].eq("Y")
    if "DTHDT" in adsl:
        alive = of_patients(adsl.set_index("USUBJID")["DTHDT"], events["USUBJID"]).isna()
        message = "The outcome is fatal, but no date of death is known."
        yield Finding("fatal_without_death", fatal & alive, settings.fatal.column, message, "Complete the form.")
    if settings.grade and not settings.grade.order:
        grade = answers["ASEVN"]
        message = "Grade 5 and a fatal outcome do not go together."
        rows = grade.notna() & grade.eq(5).ne(fatal)
        yield Finding("fatal_grade", rows, settings.grade.column, message, "Correct grade or outcome.")
