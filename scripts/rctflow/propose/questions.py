"""What the data do not say: the questions that a proposal leaves open, the ones that change results first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from rctflow.propose.endpoints import endpoint_ids
from rctflow.propose.layout import Measure
from rctflow.propose.names import squeezed
from rctflow.propose.outcomes import event_times, events_of, repeated_columns
from rctflow.propose.proposal import TODO_ARM, TODO_OUTCOME, TODO_VISIT, Proposal, subject_dates
from rctflow.propose.roles import ROW, Table
from rctflow.propose.tables import stands_for_rows, used_columns
from rctflow.propose.values import better_when

Question = tuple[str, str]


def numbered_questions(proposal: Proposal) -> list[str]:
    """``1. arms.reference: Which arm is the comparator? ...``: the place in the config, then the question."""
    asked = [
        *_about_arms(proposal),
        *(question for table in proposal.tables for question in _about_table(proposal, table)),
        *_about_dates(proposal),
        *_about_days(proposal),
        *proposal.plan.questions,
        *(
            (f"instruments.{hit.instrument.name}", question)
            for hit in proposal.instruments
            for question in hit.questions
        ),
        *_about_endpoints(proposal),
        *(question for measure in proposal.measures for question in _about_measure(proposal, measure)),
        *(("tables", f"{sentence}.") for sentence in proposal.left_out),
    ]
    return [f"{number}. {place}: {text}" for number, (place, text) in enumerate(dict.fromkeys(asked), 1)]


def _about_arms(proposal: Proposal) -> Iterator[Question]:
    arm = proposal.arm
    if arm is None or arm.score == 0:
        stand_in = f"{arm.header} only stands in." if arm else f"Write it in place of {TODO_ARM}."
        yield (
            "subjects.planned",
            "Which column holds the randomized arm? Looked for 2 to 8 levels, one per subject, and a name such as arm, "
            "trt, "
            f"treatment, group, rx, drug, or levels such as placebo and control; found none. {stand_in}",
        )
    elif not arm.sure or arm.others:
        rivals = f"It could also be {', '.join(arm.others)}." if arm.others else "Its name does not say so."
        yield "subjects.planned", f"Is {arm.header} the randomized arm ({arm.why})? {rivals}"
    if arm and not arm.reference_sure:
        yield (
            "arms",
            f"Which arm is the comparator, and what are the arms called? Taken: {arm.reference!r} "
            f"({arm.reference_why}).",
        )
    if proposal.strata:
        columns = ", ".join(header for _, header in proposal.strata)
        yield (
            "subjects.strata",
            f"Was randomization stratified by {columns}? Taken: yes, so that the models adjust for it.",
        )


def _about_table(proposal: Proposal, table: Table) -> Iterator[Question]:
    place, used = f"tables.{table.id}", set(used_columns(proposal, table)) - {table.subject}
    if table.subject == ROW:
        yield f"{place}.subject", f"Is each row of {table.form.name} one subject? No column names them."
    if table.several and not (table.visit or table.day) and repeated_columns(table):
        yield f"{place}.visit", _rows_apart(proposal, table)
    endings = _numbered_endings(table, used)
    if endings:
        yield (
            f"{place}.wide",
            f"Do the numbers at the end of {endings} mean visits? Taken: no, and none of these is read. If they do, "
            "write under `wide`, visit by visit, which column holds which measure, and an endpoint for each measure.",
        )
    read = {squeezed(header) for header in used}
    twins = [header for header in table.looks if header not in used and squeezed(header) in read]
    if twins:
        yield (
            f"{place}.columns",
            f"What are {', '.join(twins)}? Not read: but for signs, columns that are read have these names.",
        )
    looks = [look for header, look in table.looks.items() if header in used]
    coded = [f"{look.header} ({', '.join(look.codes)})" for look in looks if look.codes]
    if coded:
        said = f"Do these codes mean what `codes` says (missing, unable, refused)? {'; '.join(coded)}."
        yield f"{place}.columns", said
    doubtful = [f"{look.header} ({', '.join(look.doubtful)})" for look in looks if look.doubtful]
    if doubtful:
        said = f"Are these single far values real, or codes for missing? Kept: {'; '.join(doubtful)}."
        yield f"{place}.columns", said
    swapped = [look.header for look in looks if look.ambiguous]
    if swapped:
        yield f"{place}.columns", f"Is the day written first in {', '.join(swapped)}? Every date fits both ways."


def _rows_apart(proposal: Proposal, table: Table) -> str:
    """What to write for a form with several rows per subject that nothing tells apart."""
    named = f" in place of {TODO_VISIT}" if stands_for_rows(proposal, table) else ""
    return (
        f"What are the several rows of a subject in {table.form.name}? No visit, week, month, day or time with few "
        f"values was found, so that nothing in it is proposed as an outcome. Different in the rows: "
        f"{', '.join(repeated_columns(table))}. If they are visits, name the column of the visit{named} and write its "
        "labels under `visits.<visit>.values`. If they have a day since baseline or a date, write "
        "`day: <column>` or `date: <column>` instead, each planned visit with `day` and `window`, and "
        "`windowing: by_day` in the endpoint. If each row is an event (an "
        "episode), count them into a form with one row per subject first: no model here reads rows of events."
    )


def _numbered_endings(table: Table, used: set[str]) -> str:
    """Columns not read whose names come in the same pairs or series of last numbers: ``OAA1, OAA5; OCR1, OCR5``."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for header, look in table.looks.items():
        match = re.fullmatch(r"(.*[A-Za-z].*?)(\d{1,2})", header)
        if match and look.numeric and header not in used and not table.several:
            numbers[match.group(1)].append(match.group(2))
    series: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for stem, found in numbers.items():
        series[tuple(found)].append(stem)
    alike = [(found, stems) for found, stems in series.items() if len(found) > 1 and len(stems) > 1]
    return "; ".join(", ".join(stem + number for number in found) for found, stems in alike for stem in stems)


def _about_dates(proposal: Proposal) -> Iterator[Question]:
    read = set(used_columns(proposal, proposal.home))
    rest = [header for header in subject_dates(proposal.home) if header not in read]
    if rest:
        taken = f"{proposal.randomized[1]} (`randomized`)" if proposal.randomized else "none"
        yield (
            "subjects.randomized",
            f"Which date is that of randomization, and which are dates of events or of the last contact? Taken for "
            f"randomization: {taken}. Not read: {', '.join(rest)}. A date of an event is no endpoint here; a column "
            "that says 0 or 1 can be.",
        )


def _about_days(proposal: Proposal) -> Iterator[Question]:
    counted = [header for m in proposal.measures for when, header in m.at if when.counted and not m.question]
    if counted:
        yield "visits", f"Do the numbers in {', '.join(counted[:3])} name visits of the plan? Taken: yes."
    for table in proposal.tables:
        columns = [m.header for m in proposal.measures if m.by_day and m.table == table.id]
        if not columns:
            continue
        visits = [visit for visit in proposal.plan.visits if not visit.baseline]
        stands = any(visit.id == "todo" for visit in visits)
        shown = ", ".join(f"day {visit.day}" for visit in visits)
        found = (
            "its days gather nowhere, so that one visit `todo` stands in" if stands else f"its days gather at {shown}"
        )
        yield (
            "visits",
            f"Which visits were planned? {table.form.name} has {table.day} and no visit; {found}. Write each planned "
            f"visit with `day` and `window`: `windowing: by_day` puts every row into the window that holds its "
            f"{table.day}, and leaves out rows in none. Measured repeatedly: {', '.join(columns)}.",
        )


def _about_endpoints(proposal: Proposal) -> Iterator[Question]:
    measures = proposal.measures
    if any(measure.header == TODO_OUTCOME for measure in measures):
        yield (
            "endpoints",
            "Which column is the outcome? Looked for numbers and yes/no columns that are measured repeatedly, have a "
            "time in "
            f"their names, or are named as outcomes; found none. Write it in place of {TODO_OUTCOME}."
            f"{_candidates(proposal)}",
        )
        return
    first = endpoint_ids(proposal)[0]
    yield (
        "endpoints",
        f"Which endpoint is primary, and at which visit? Taken: {first}, the first found, at its last visit.",
    )
    if measures:
        directions: dict[str, list[str]] = {"higher": [], "lower": []}
        for measure in measures:
            directions[better_when(measure.title, measure.numeric)[0]].append(measure.title)
        taken = "; ".join(f"{way} in {', '.join(names)}" for way, names in directions.items() if names)
        yield "endpoints", f"Which way is better? Taken: {taken}."
    if proposal.passed_over:
        shown = ", ".join(proposal.passed_over)
        yield (
            "endpoints",
            f"Is one of these an outcome too? No name or time says so, and they are not proposed: {shown}.",
        )
    untimed = [measure.title for measure in measures if measure.untimed]
    if untimed:
        last = proposal.plan.visits[-1].label
        yield "endpoints", f"When was this measured: {', '.join(untimed)}? Taken: at the last visit ({last})."
    for table in proposal.tables:
        yield from _about_times(proposal, table)


def _candidates(proposal: Proposal) -> str:
    several = repeated_columns(proposal.home) if proposal.home.several else []
    candidates = [*proposal.passed_over, *(header for header in several if header not in proposal.passed_over)]
    return f" Nothing but being a number or yes/no speaks for: {', '.join(candidates)}." if candidates else ""


def _about_times(proposal: Proposal, table: Table) -> Iterator[Question]:
    times = event_times(table)
    if not times:
        return
    proposed = {header for m in proposal.measures if m.table == table.id for header in m.headers}
    events = [header for header in events_of(table) if header in proposed]
    said = (
        f"Proposed is only whether the event happened ({', '.join(events)}, 0 or 1), as if everybody had been followed "
        "for the same time. Is that so?"
        if events
        else f"Nothing is proposed of it. Whether the event happened ({', '.join(events_of(table))}) can be an "
        "endpoint of 0 or 1, if everybody was followed for the same time."
    )
    yield (
        "endpoints",
        f"{', '.join(times)}: a time until an event, cut off by the end of follow-up; no model here analyses it, and "
        f"it is not read. {said}",
    )


def _about_measure(proposal: Proposal, measure: Measure) -> Iterator[Question]:
    if measure.question:
        shown = ", ".join(measure.headers)
        yield "endpoints", f"{measure.title} ({shown}): {measure.question}. Is that right?"
    if not measure.numeric.sure:
        yield "endpoints", f"{measure.title}: which level counts as 1? Taken: {measure.numeric.why}."
    look = proposal.table(measure.table).looks.get(measure.headers[0])
    if look is not None and len(measure.at) == 1 and len(look.filled) < 0.6 * look.rows:
        share = 1 - len(look.filled) / look.rows
        yield (
            "endpoints",
            f"{measure.title} is blank in {share:.0%} of the rows: not assessed, or a level such as none?",
        )
