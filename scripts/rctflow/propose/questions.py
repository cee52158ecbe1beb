"""What the data do not say: the questions that a proposal leaves open, the ones that change results first."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.propose.endpoints import endpoint_ids
from rctflow.propose.layout import Measure
from rctflow.propose.outcomes import event_times
from rctflow.propose.proposal import TODO_ARM, TODO_OUTCOME, Proposal
from rctflow.propose.roles import ROW, Table
from rctflow.propose.tables import used_columns
from rctflow.propose.values import better_when

Question = tuple[str, str]


def numbered_questions(proposal: Proposal) -> list[str]:
    """``1. arms.reference: Which arm is the comparator? ...``: the place in the config, then the question."""
    asked = [
        *_about_arms(proposal),
        *(question for table in proposal.tables for question in _about_table(proposal, table)),
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
    if table.several and not table.visit and _differs_within_subjects(table):
        yield (
            f"{place}.visit",
            f"Which column of {table.form.name} tells the rows of a subject apart? Looked for a visit, week, month, "
            "day or time "
            "with few values; without one nothing in it is proposed as an outcome.",
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


def _differs_within_subjects(table: Table) -> bool:
    return any(look.numeric and table.varying(header) > 0.5 for header, look in table.looks.items())


def _about_endpoints(proposal: Proposal) -> Iterator[Question]:
    measures = proposal.measures
    if any(measure.header == TODO_OUTCOME for measure in measures):
        yield (
            "endpoints",
            "Which column is the outcome? Looked for numbers and yes/no columns that are measured repeatedly, have a "
            "time in "
            f"their names, or are named as outcomes; found none. Write it in place of {TODO_OUTCOME}.",
        )
        return
    first = endpoint_ids(proposal)[0]
    yield (
        "endpoints",
        f"Which endpoint is primary, and at which visit? Taken: {first}, the first found, at its last visit.",
    )
    unsure = [measure.title for measure in measures if not better_when(measure.title, measure.numeric)[1]]
    if unsure:
        yield "endpoints", f"Is a higher value better in {', '.join(unsure)}? Taken: yes."
    weak = [measure.title for measure in measures if measure.weak]
    if weak:
        yield "endpoints", f"Which columns are outcomes? No name or time says so; proposed: {', '.join(weak)}."
    if proposal.passed_over:
        shown = ", ".join(proposal.passed_over)
        yield (
            "endpoints",
            f"Is one of these an outcome too? No name or time says so, and they are not proposed: {shown}.",
        )
    untimed = [measure.title for measure in measures if measure.untimed and not measure.weak]
    if untimed:
        last = proposal.plan.visits[-1].label
        yield "endpoints", f"When was this measured: {', '.join(untimed)}? Taken: at the last visit ({last})."
    for times in filter(None, map(event_times, proposal.tables)):
        yield (
            "endpoints",
            f"{', '.join(times)}: a time until an event, cut off by the end of follow-up; no model here analyses it, "
            "so that "
            "only the event itself is proposed, as 0 or 1.",
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
