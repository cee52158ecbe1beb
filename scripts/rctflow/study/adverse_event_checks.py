"""Whatever keeps declared adverse events from being derived or counted."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.derive.adverse_events.settings import CHECKS, AdverseEvents
from rctflow.study.column_checks import clean_columns, reference_problems
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study
from rctflow.study.planned import table_columns

Problem = tuple[str, str]
DATES = ("date", "datetime")


def adverse_event_problems(study: Study) -> Iterator[Problem]:
    """Every problem of the section ``adverse_events`` and of its summary, each with its path."""
    declared = study.adverse_events
    if declared is not None:
        yield from _table_problems(study, declared)
        yield from _dose_problems(study, declared)
        for check in declared.checks:
            if check not in CHECKS:
                yield f"adverse_events.checks.{check}", f"no such check. {did_you_mean(check, CHECKS)}"
        if declared.population and declared.population not in study.populations:
            yield "adverse_events.population", did_you_mean(declared.population, study.populations)
    yield from _summary_problems(study)


def _table_problems(study: Study, declared: AdverseEvents) -> Iterator[Problem]:
    yield from reference_problems(study, "adverse_events", declared.table, declared.term, declared.where)
    if declared.subjects and declared.subjects not in study.tables:
        yield "adverse_events.subjects", f"no such table. {did_you_mean(declared.subjects, study.tables)}"
    if declared.table not in study.tables:
        return
    columns, known = table_columns(study.tables[declared.table]), clean_columns(study.tables[declared.table])
    named = {"start": declared.start, "preferred": declared.preferred, "system": declared.system, "end": declared.end}
    named |= {"start_time": declared.start_time, "sequence": declared.sequence, "emergent.flag": declared.emergent.flag}
    named |= {f"{name}.column": criterion.column for name, criterion in declared.criteria.items()}
    named |= {"grade.column": declared.grade.column} if declared.grade else {}
    named |= {f"keep.{name}": name for name in declared.keep}
    for key, column in named.items():
        if column and column not in known:
            message = f"{column!r} is no column of table {declared.table}. {did_you_mean(column, known)}"
            yield f"adverse_events.{key}", message
    for key in ("start", "end"):
        declared_as = columns.get(named[key])
        if declared_as and declared_as.type not in DATES:
            yield f"adverse_events.{key}", f"{named[key]!r} is no date; declare its type as date"
    start = columns.get(declared.start)
    if start and start.type == "date" and start.partial == "missing":
        path = f"tables.{declared.table}.columns.{declared.start}.partial"
        yield path, "an onset of which month or year is known must not be lost; write `partial: first`"
    grade = columns.get(declared.grade.column) if declared.grade and not declared.grade.order else None
    if grade and grade.type not in ("number", "integer"):
        yield "adverse_events.grade", "the column holds words; list them from mild to worst under `order`"


def _dose_problems(study: Study, declared: AdverseEvents) -> Iterator[Problem]:
    doses = declared.doses
    if doses is None:
        if declared.reaction_hours is not None:
            yield "adverse_events.reaction_hours", "infusion reactions need to know the doses; declare `doses`"
        if declared.emergent.days_after_last_dose is not None:
            yield "adverse_events.emergent", "days after the last dose need to know the doses; declare `doses`"
        return
    yield from reference_problems(study, "adverse_events.doses", doses.table, doses.start, doses.where)
    if doses.table in study.tables:
        known = clean_columns(study.tables[doses.table])
        for key in ("start_time", "end", "end_time"):
            column = getattr(doses, key)
            if column and column not in known:
                message = f"{column!r} is no column of table {doses.table}. {did_you_mean(column, known)}"
                yield f"adverse_events.doses.{key}", message


def _summary_problems(study: Study) -> Iterator[Problem]:
    summary = study.summaries.adverse_events
    if summary is None:
        return
    if study.adverse_events is None:
        yield "summaries.adverse_events", "needs to know where adverse events stand; declare `adverse_events`"
    if summary.population and summary.population not in study.populations:
        message = f"no such population. {did_you_mean(summary.population, study.populations)}"
        yield "summaries.adverse_events.population", message
    if summary.sort_arm and summary.sort_arm not in study.arms.levels:
        yield "summaries.adverse_events.sort_arm", f"no such arm. {did_you_mean(summary.sort_arm, study.arms.levels)}"
    if not 0 < summary.confidence < 1:
        yield "summaries.adverse_events.confidence", "is a probability, such as 0.95"
