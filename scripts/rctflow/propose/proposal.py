"""A whole proposal: what was understood of the data, decision by decision, with the questions that stay open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rctflow.propose.designs import refuse_clusters, refuse_crossover
from rctflow.propose.forms import Form
from rctflow.propose.layout import Measure
from rctflow.propose.names import column_names, squeezed, words
from rctflow.propose.outcomes import described_columns, event_times, is_site, measures_of
from rctflow.propose.plan import Moment, Plan, plan_visits
from rctflow.propose.recognised import Recognised, recognised_in
from rctflow.propose.roles import (
    ROW,
    ArmColumn,
    Table,
    actual_column,
    arm_column,
    few_levels,
    reference_of,
    tables_of,
    with_times,
)
from rctflow.propose.values import Numeric
from rctflow.propose.times import When, unit_of_column, when_of_label

MOST_WEAK = 12
FEWEST_PER_STRATUM = 10
TODO_ARM, TODO_OUTCOME = "TODO_ARM", "TODO_OUTCOME"


@dataclass
class Proposal:
    """What the config will say. questions: (place in the config, question); notes: what was left out."""

    tables: list[Table]
    arm: ArmColumn | None
    plan: Plan
    measures: list[Measure]
    instruments: list[Recognised]
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    strata: list[tuple[Table, str]] = field(default_factory=list)
    described: list[tuple[Table, str]] = field(default_factory=list)
    actual: tuple[str, str] | None = None
    randomized: tuple[str, str] | None = None
    first_dose: tuple[str, str] | None = None
    questions: list[tuple[str, str]] = field(default_factory=list)

    def table(self, name: str) -> Table:
        """The table of that id."""
        return next(table for table in self.tables if table.id == name)

    def ask(self, place: str, question: str) -> None:
        """Add a question once."""
        if (place, question) not in self.questions:
            self.questions.append((place, question))


def propose(forms: Sequence[Form], faults: Sequence[str] = ()) -> Proposal:
    """The proposal for a set of forms. Raises ProposalError for a crossover or cluster design."""
    tables = [with_times(table) for table in tables_of(forms)]
    arm = arm_column(tables)
    refuse_crossover(tables, arm)
    refuse_clusters(tables, arm)
    joined, alone = _joined(tables, arm)
    arm = arm or _any_arm(joined)
    skip = {table.id: _roles(table, arm) for table in joined}
    instruments = [
        hit for table in joined if table.several and table.visit for hit in recognised_in(table, skip[table.id])
    ]
    for hit in instruments:
        skip[hit.table] |= set(hit.items.values())
    measures = _chosen([m for table in joined for m in measures_of(table, skip[table.id])])
    if not (measures or instruments):
        home, number = arm.table if arm else joined[0].id, Numeric("number", {}, False, "")
        measures = [Measure(home, TODO_OUTCOME, number, header=TODO_OUTCOME, why="TODO: a stand-in")]
    plan = plan_visits(_moments(joined, measures))
    proposal = Proposal(joined, arm, plan, measures, instruments)
    _place_measures(proposal)
    _describe(proposal)
    _dates(proposal)
    proposal.names = {t.id: column_names(t.looks, keep=[t.subject, t.visit, t.day]) for t in joined}
    _ask(proposal, [*faults, *alone])
    return proposal


def _roles(table: Table, arm: ArmColumn | None) -> set[str]:
    arms = {arm.header} if arm and arm.table == table.id else set()
    return {table.subject, table.visit, table.day, table.date, table.parameter} - {""} | arms


def _joined(tables: list[Table], arm: ArmColumn | None) -> tuple[list[Table], list[str]]:
    """The tables whose subjects are those of the arm's table, and a sentence on each other one."""
    home = next((table for table in tables if arm and table.id == arm.table), tables[0])
    known = set(home.people)
    kept, alone = [], []
    for table in tables:
        shared = len(set(table.people) & known) / max(1, table.people.nunique())
        if table is home or (table.subject != ROW and shared >= 0.5):
            kept.append(table)
        else:
            alone.append(
                f"{table.form.name} is left out: no column of it holds the subjects of {home.form.name} ({home.subject})"
            )
    return kept, alone


def _any_arm(tables: Sequence[Table]) -> ArmColumn | None:
    """A stand-in where nothing looks like an arm: the first column of few levels, one per subject; to be replaced by the user."""
    for table in tables:
        for header, look in table.looks.items():
            if few_levels(table, header) and table.varying(header) == 0:
                reference, why, _ = reference_of(look.levels)
                return ArmColumn(table.id, header, tuple(look.levels), 0, reference, "TODO: a stand-in", why, False)
    return None


def _chosen(measures: list[Measure]) -> list[Measure]:
    """Weak candidates count only when there is no other; at most a dozen of them."""
    strong = [measure for measure in measures if not measure.weak]
    return strong or measures[:MOST_WEAK]


def _moments(tables: Sequence[Table], measures: Sequence[Measure]) -> list[Moment]:
    found = [Moment(when, "", f"columns of {m.name}") for m in measures for when, _ in m.at]
    for table in tables:
        if table.visit:
            unit, source = unit_of_column(table.visit), f"{table.id}.{table.visit}"
            for label in _visit_labels(table):
                when = when_of_label(label, unit) or When(f"visit_{squeezed(label) or 'x'}"[:40], label, "after")
                found.append(Moment(when, label, source))
    return found


def _visit_labels(table: Table) -> list[str]:
    look = table.looks[table.visit]
    return look.levels if look.numeric else list(look.filled.unique())


def _place_measures(proposal: Proposal) -> None:
    """Say of every measure whether it has a baseline; outcomes without a time stand at the last visit."""
    last = proposal.plan.visits[-1]
    baseline = next(visit for visit in proposal.plan.visits if visit.baseline)
    ids = {visit.id for visit in proposal.plan.visits}
    for measure in proposal.measures:
        table = proposal.table(measure.table)
        if measure.at:
            measure.at = [(when, header) for when, header in measure.at if when.id in ids]
        elif not table.visit:
            measure.at = [(When(last.id, last.label, "after"), measure.header)]
        else:
            rows = table.form.cells[table.visit].isin(baseline.values)
            rows &= (table.form.cells[table.parameter] == measure.where) if measure.where else rows
            measure.has_baseline = measure.header in table.looks and bool(
                table.looks[measure.header].filled.index.isin(rows[rows].index).any()
            )
            measure.covariate = "" if measure.has_baseline else measure.covariate


def _describe(proposal: Proposal) -> None:
    used = [(m.table, header) for m in proposal.measures for header in m.headers]
    used += [(hit.table, header) for hit in proposal.instruments for header in hit.items.values()]
    used += [(table.id, header) for table in proposal.tables for header in _roles(table, proposal.arm)]
    if proposal.arm:
        proposal.actual = actual_column(proposal.tables, proposal.arm)
        used += [proposal.actual] if proposal.actual else []
    described = described_columns(proposal.tables, used)
    needed = [(proposal.table(m.table), m.covariate) for m in proposal.measures if m.covariate]
    sites = [
        (table, header)
        for table in proposal.tables
        for header in table.looks
        if is_site(header) and (table.id, header) not in used
    ]
    proposal.strata = [(table, header) for table, header in sites if _can_be_stratum(table, header)]
    strata = {(table.id, header) for table, header in proposal.strata}
    every = [(t, h) for t, h in [*needed, *described] if (t.id, h) not in strata]
    proposal.described = [pair for at, pair in enumerate(every) if pair not in every[:at]]


def _can_be_stratum(table: Table, header: str) -> bool:
    """Few levels, one per subject, each with ten subjects or more."""
    look = table.looks[header]
    if (
        look.kind not in ("text", "integer")
        or not 2 <= len(look.levels) <= 8
        or table.varying(header) > 0
        or len(look.filled) < look.rows
    ):
        return False
    return bool(table.people.groupby(table.form.cells[header]).nunique().min() >= FEWEST_PER_STRATUM)


def _dates(proposal: Proposal) -> None:
    for table in proposal.tables:
        for header, look in table.looks.items():
            name, parts = squeezed(header), set(words(header))
            if look.kind not in ("date", "datetime") or (table.several and table.varying(header) > 0):
                continue
            if name in ("randdt", "rfrandt") or parts & {
                "rand",
                "randomized",
                "randomised",
                "randomization",
                "randomisation",
            }:
                proposal.randomized = proposal.randomized or (table.id, header)
            if (
                name in ("trtsdt", "exstdtc", "exstdt", "rfxstdtc", "rfstdtc")
                or ({"first", "dose"} <= parts)
                or ({"treatment", "start"} <= parts)
            ):
                proposal.first_dose = proposal.first_dose or (table.id, header)


def _ask(proposal: Proposal, left_out: Sequence[str]) -> None:
    """Every question, the ones that change results first."""
    arm, ask = proposal.arm, proposal.ask
    if arm is None or arm.score == 0:
        ask("subjects.planned", "Which column holds the randomized arm? Looked for a column with 2 to 8 levels, one per subject, named arm, trt, "
            "treatment, group, rx, drug or alike, or with levels such as placebo and control; found none"
            + (f". {arm.header} only stands in." if arm else ": write it in place of TODO_ARM."))  # fmt: skip
    elif not arm.sure or arm.others:
        ask("subjects.planned", f"Is {arm.header} the randomized arm ({arm.why})? {_rivals(arm)}")
    if arm and "nothing in the data" in arm.reference_why:
        ask(
            "arms.reference",
            f"Which arm is the comparator, and what are the arms called? Taken: {arm.reference!r} ({arm.reference_why}).",
        )
    for table in proposal.tables:
        if table.subject == ROW and table.several is False:
            ask(f"tables.{table.id}.subject", f"Is each row of {table.form.name} one subject? No column names them.")
        if table.several and not table.visit and _is_measured(table):
            ask(f"tables.{table.id}.visit", f"Which column of {table.form.name} tells the rows of a subject apart? Looked for a visit, week, "
                "month, day or time with few values; without one nothing in it is proposed as an outcome.")  # fmt: skip
    for place, question in proposal.plan.questions:
        ask(place, question)
    _ask_about_columns(proposal)
    for hit in proposal.instruments:
        for question in hit.questions:
            ask(f"instruments.{hit.instrument.name}", question)
    if any(measure.header == TODO_OUTCOME for measure in proposal.measures):
        ask("endpoints", "Which column is the outcome? Looked for numbers and yes/no columns that are measured repeatedly, have a time in their "
            "names, or are named as outcomes; found none. Write it in place of TODO_OUTCOME.")  # fmt: skip
    for sentence in left_out:
        ask("tables", sentence + ".")


def _is_measured(table: Table) -> bool:
    """Whether numbers differ between the rows of a subject, as they do in forms of visits."""
    return any(look.numeric and table.varying(header) > 0.5 for header, look in table.looks.items())


def _rivals(arm: ArmColumn) -> str:
    return f"It could also be {', '.join(arm.others)}." if arm.others else "Its name does not say so."


def _ask_about_columns(proposal: Proposal) -> None:
    for table in proposal.tables:
        looks = [look for header, look in table.looks.items() if header != table.subject]
        doubtful = [f"{look.header} ({', '.join(look.doubtful)})" for look in looks if look.doubtful]
        coded = [f"{look.header} ({', '.join(look.codes)})" for look in looks if look.codes]
        swapped = [look.header for look in looks if look.ambiguous]
        if coded:
            ask = f"Do these codes mean what `codes` says (missing, unable, refused)? {'; '.join(coded)}."
            proposal.ask(f"tables.{table.id}.columns", ask)
        if doubtful:
            proposal.ask(
                f"tables.{table.id}.columns",
                f"Are these single far values real, or codes for missing? Kept: {'; '.join(doubtful)}.",
            )
        if swapped:
            proposal.ask(
                f"tables.{table.id}.columns",
                f"Is the day written first in {', '.join(swapped)}? Every date fits both ways.",
            )
        times = event_times(table)
        if times:
            proposal.ask("endpoints", f"{', '.join(times)}: a time until an event, cut off by the end of follow-up; no model here analyses it, so "
                         "that only the event itself is proposed, as 0 or 1.")  # fmt: skip
