"""A whole proposal: what was understood of the data, decision by decision, with the questions that stay open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rctflow.propose.designs import refuse_clusters, refuse_crossover
from rctflow.propose.forms import Form
from rctflow.propose.gathered import moments_of_days
from rctflow.propose.layout import Measure
from rctflow.propose.names import column_names, squeezed, words
from rctflow.propose.outcomes import described_columns, is_site, measures_of
from rctflow.propose.plan import COLUMNS, Moment, Plan, plan_visits
from rctflow.propose.recognised import Recognised, recognised_in
from rctflow.propose.roles import ROW, ArmColumn, Table, actual_column, arm_column, few_levels, reference_of, tables_of
from rctflow.propose.times import When, unit_of_column, when_of_label
from rctflow.propose.timing import with_times
from rctflow.propose.values import Numeric
from rctflow.propose.vocabulary import RANDOMIZED

FEWEST_PER_STRATUM = 10
TODO_ARM, TODO_OUTCOME, TODO_VISIT = "TODO_ARM", "TODO_OUTCOME", "TODO_VISIT"


@dataclass
class Proposal:
    """What the config will say. names: study's names of columns, by table and header; left_out: sentences on files;
    passed_over: columns that could be outcomes, but nothing says so."""

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
    left_out: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    def table(self, name: str) -> Table:
        """The table of that id."""
        return next(table for table in self.tables if table.id == name)

    @property
    def home(self) -> Table:
        """The table of the arm."""
        return self.table(self.arm.table) if self.arm else self.tables[0]


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
    found = [measure for table in joined for measure in measures_of(table, skip[table.id])]
    measures = [measure for measure in found if not measure.weak]
    if not (measures or instruments):
        measures = [_unknown_outcome(next((t for t in joined if arm and t.id == arm.table), joined[0]))]
    plan = plan_visits(_moments(joined, measures))
    proposal = Proposal(joined, arm, plan, measures, instruments)
    _place_measures(proposal)
    _describe(proposal)
    _dates(proposal)
    proposal.names = {t.id: column_names(t.looks, keep=[t.subject, t.visit, t.day]) for t in joined}
    proposal.left_out = [*faults, *alone]
    proposal.passed_over = [measure.title for measure in found if measure not in measures]
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
                f"{table.form.name} is left out: no column of it holds the subjects of {home.form.name} "
                f"({home.subject})"
            )
    return kept, alone


def _unknown_outcome(home: Table) -> Measure:
    number, by_day = Numeric("number", {}, False, ""), bool(home.day) and not home.visit
    return Measure(home.id, TODO_OUTCOME, number, header=TODO_OUTCOME, why="TODO: a stand-in", by_day=by_day)


def _any_arm(tables: Sequence[Table]) -> ArmColumn | None:
    """A stand-in where nothing looks like an arm: the first column of few levels, one per subject; to be replaced by
    the user.
    """
    for table in tables:
        for header, look in table.looks.items():
            if few_levels(table, header) and table.varying(header) == 0:
                reference, why, _ = reference_of(look.levels)
                return ArmColumn(
                    table.id, header, tuple(look.levels), 0, reference, "nothing in its name says so", why, False
                )
    return None


def _moments(tables: Sequence[Table], measures: Sequence[Measure]) -> list[Moment]:
    found = [Moment(when, "", f"{COLUMNS}{m.name}") for m in measures for when, _ in m.at]
    for table in tables:
        if table.visit:
            unit, source = unit_of_column(table.visit), f"{table.id}.{table.visit}"
            for label in _visit_labels(table):
                when = when_of_label(label, unit) or When(f"visit_{squeezed(label) or 'x'}"[:40], label, "after")
                found.append(Moment(when, label, source))
    if not any(moment.when.phase == "after" for moment in found):
        days = [table for table in tables if any(m.by_day and m.table == table.id for m in measures)]
        found += moments_of_days(days[0]) if days else []
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
        elif measure.by_day:
            early = table.looks[table.day].numbers <= 0
            measure.has_baseline = measure.header in table.looks and bool(
                table.looks[measure.header].filled.index.isin(early[early].index).any()
            )
        elif not table.several:
            measure.at, measure.untimed = [(When(last.id, last.label, "after"), measure.header)], True
        elif table.visit:
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
    every = [
        (t, h) for t, h in [*needed, *described] if (t.id, h) not in strata and not _is_arm_again(t, h, proposal.arm)
    ]
    proposal.described = [pair for at, pair in enumerate(every) if pair not in every[:at]]


def _is_arm_again(table: Table, header: str, arm: ArmColumn | None) -> bool:
    """Whether the column has one value in each arm, not the same in all: the arm in other units."""
    if arm is None or table.id != arm.table:
        return False
    filled = table.looks[header].filled
    per_arm = filled.groupby(table.form.cells[arm.header][filled.index]).nunique()
    return filled.nunique() > 1 and bool((per_arm == 1).all())


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
    dates = [(table, header) for table in proposal.tables for header in subject_dates(table)]
    for said in RANDOMIZED:
        for table, header in dates:
            whole = len(table.looks[header].filled) == table.looks[header].rows
            if {squeezed(header), *words(header)} & set(said) and (whole or said is RANDOMIZED[0]):
                proposal.randomized = proposal.randomized or (table.id, header)
    for table, header in dates:
        name, parts = squeezed(header), set(words(header))
        usual = name in ("trtsdt", "exstdtc", "exstdt", "rfxstdtc", "rfstdtc")
        if usual or {"first", "dose"} <= parts or {"treatment", "start"} <= parts:
            proposal.first_dose = proposal.first_dose or (table.id, header)


def subject_dates(table: Table) -> list[str]:
    """The columns of dates that have one value per subject."""
    kinds = ("date", "datetime")
    dates = [header for header, look in table.looks.items() if look.kind in kinds]
    return [header for header in dates if not (table.several and table.varying(header) > 0)]
