"""The section tables: one entry per form, with the columns that something in the proposal reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rctflow.propose.columns import Look
from rctflow.propose.layout import Measure
from rctflow.propose.names import identifier
from rctflow.propose.proposal import TODO_ARM, TODO_OUTCOME, TODO_VISIT, Proposal
from rctflow.propose.roles import ROW, Table
from rctflow.propose.sections import comment, line


def tables_lines(proposal: Proposal) -> Iterator[str]:
    """tables: one per form; only columns that something uses are declared."""
    yield "tables:"
    for table in read_tables(proposal):
        yield line(1, table.id)
        for key, value in table.form.source.items():
            yield line(2, key, value)
        missing = sorted({text for look in table.looks.values() for text in look.missing})
        if missing:
            yield line(2, "missing", ["", "NA", "N/A", "NaN", ".", *missing], "texts in the form that mean no value")
        names = proposal.names[table.id]
        yield line(2, "subject", names.get(table.subject, ROW), table.subject_why)
        for key, header, why in (
            ("visit", table.visit, "tells the rows of a subject apart"),
            ("day", table.day, ""),
            ("date", table.date, ""),
        ):
            if header:
                yield line(2, key, names[header], why)
        if stands_for_rows(proposal, table):
            yield line(2, "visit", TODO_VISIT, "TODO: the column that tells the rows of a subject apart")
        unplanned = [
            label for label in proposal.plan.unplanned if table.visit and label in set(table.form.cells[table.visit])
        ]
        if unplanned:
            yield line(2, "unplanned", unplanned, "before baseline, or outside the plan")
        yield "    columns:"
        yield from _column_lines(proposal, table)
        yield from _wide_lines(proposal, table)
        yield from _table_rules(proposal, table)


def stands_for_rows(proposal: Proposal, table: Table) -> bool:
    """Whether the outcome and the visit column of a table with several rows per subject are both to be named."""
    missing = any(m.header == TODO_OUTCOME and m.table == table.id for m in proposal.measures)
    return missing and table.several and not (table.visit or table.day)


def read_tables(proposal: Proposal) -> list[Table]:
    """The tables that something in the proposal reads."""
    roles = {id(t): {t.subject, t.visit, t.day, t.date, t.parameter} for t in proposal.tables}
    return [t for t in proposal.tables if t is proposal.home or set(used_columns(proposal, t)) - roles[id(t)]]


def _column_lines(proposal: Proposal, table: Table) -> Iterator[str]:
    names, measures = proposal.names[table.id], [m for m in proposal.measures if m.table == table.id]
    spread = {header for m in measures if m.at for header in m.headers}
    written = set()
    for header in used_columns(proposal, table):
        if header in spread or _is_implied(proposal, table, header):
            continue
        measure = next((m for m in measures if m.header == header), None)
        body, why = _column(table.looks[header], names[header], measure, header in _text_headers(proposal, table))
        if header == table.subject:
            body |= {"required": True}
        if header == table.visit:
            body |= _relabelled(proposal, table)
        written.add(header)
        yield line(3, names[header], body, why)
    for measure in (m for m in measures if m.at or m.header not in table.looks):
        looks = [table.looks[header] for header in measure.headers if header in table.looks]
        yield line(3, measure_column(proposal, measure), _measured(looks, measure), measure.numeric.why or measure.why)
    if proposal.arm is None and table is proposal.home:
        yield line(3, TODO_ARM, {}, "TODO: the column that holds the randomized arm")


def _is_implied(proposal: Proposal, table: Table, header: str) -> bool:
    """Subject and visit are declared by being named, unless the study calls them otherwise or reads their labels
    otherwise.
    """
    named = header in (table.subject, table.visit) and proposal.names[table.id][header] == header
    return named and not (header == table.visit and _relabelled(proposal, table))


def _relabelled(proposal: Proposal, table: Table) -> dict[str, Any]:
    """Labels of this table that mean another visit in an earlier one are read as the visit's id."""
    source = f"{table.id}.{table.visit}"
    first: dict[str, str] = {}
    for (_, label), visit in proposal.plan.of_label.items():
        first.setdefault(label.casefold(), visit)
    other = {
        label: visit
        for (where, label), visit in proposal.plan.of_label.items()
        if where == source and first[label.casefold()] != visit
    }
    return {"values": other} if other else {}


def _wide_lines(proposal: Proposal, table: Table) -> Iterator[str]:
    spread: dict[str, dict[str, str]] = {visit.id: {} for visit in proposal.plan.visits}
    for measure in (m for m in proposal.measures if m.table == table.id and m.at):
        for when, header in measure.at:
            spread[when.id][measure_column(proposal, measure)] = header
    if any(spread.values()):
        yield line(2, "wide")
        yield from (line(3, visit, columns) for visit, columns in spread.items() if columns)


def _table_rules(proposal: Proposal, table: Table) -> Iterator[str]:
    names = proposal.names[table.id]
    if table.parameter:
        yield line(
            2,
            "duplicates",
            {"key": [names[table.subject], *([names[table.visit]] if table.visit else []), names[table.parameter]]},
        )
    arm = proposal.arm
    if arm and arm.table == table.id:
        yield line(2, "constant", [names[arm.header]], "a second arm of a subject is an error")


def _text_headers(proposal: Proposal, table: Table) -> set[str]:
    """Headers of columns that are read as text whatever they hold: identifiers, labels, arms and strata."""
    places = [(proposal.arm.table, proposal.arm.header)] if proposal.arm else []
    places += [proposal.actual] if proposal.actual else []
    places += [(other.id, header) for other, header in proposal.strata]
    return {table.subject, table.visit, table.parameter, *(header for other, header in places if other == table.id)}


def _column(look: Look, name: str, measure: Measure | None, is_text: bool) -> tuple[dict[str, Any], str]:
    renamed = {"column": look.header} if name != look.header else {}
    if is_text:
        return ({"codes": look.codes} if look.codes else {}) | renamed, ""
    if measure is not None:
        return _measured([look], measure) | renamed, measure.numeric.why or measure.why
    if look.numeric and look.filled.nunique() > 2:
        return _typed([look], look.kind) | renamed, ""
    if look.kind in ("date", "datetime", "time"):
        fmt = {"format": look.format} if look.format else {}
        return {"type": look.kind, **fmt, **renamed}, ""
    return renamed, ""


def _measured(looks: list[Look], measure: Measure) -> dict[str, Any]:
    values = {"values": measure.numeric.values} if measure.numeric.values else {}
    return {**_typed(looks, measure.numeric.type), **values}


def _typed(looks: list[Look], kind: str) -> dict[str, Any]:
    codes = {code: meaning for look in looks for code, meaning in look.codes.items()}
    censored = any(look.censored for look in looks)
    return {"type": kind, **({"codes": codes} if codes else {}), **({"censored": True} if censored else {})}


def measure_column(proposal: Proposal, measure: Measure) -> str:
    """The study's name of a measure that is spread over columns: its words, unlike any column read beside it."""
    taken = proposal.names[measure.table]
    beside = {
        name
        for header, name in taken.items()
        if header not in measure.headers and header in used_columns(proposal, proposal.table(measure.table))
    }
    name = (
        identifier(measure.name, "value").upper()
        if len(measure.at) > 1
        else taken.get(measure.headers[0], measure.headers[0])
    )
    return name if name.upper() not in {other.upper() for other in beside} and name != "VISIT" else f"{name}_VALUE"


def used_columns(proposal: Proposal, table: Table) -> list[str]:
    """Headers that something in the proposal reads, in the order of the file."""
    used = {table.subject, table.visit, table.day, table.date, table.parameter}
    used |= {header for m in proposal.measures if m.table == table.id for header in [*m.headers, m.covariate]}
    used |= {header for hit in proposal.instruments if hit.table == table.id for header in hit.items.values()}
    used |= {header for other, header in [*proposal.strata, *proposal.described] if other.id == table.id}
    places = (proposal.actual, proposal.randomized, proposal.first_dose)
    used |= {place[1] for place in places if place and place[0] == table.id}
    used |= {proposal.arm.header} if proposal.arm and proposal.arm.table == table.id else set()
    return [header for header in table.looks if header in used]


def unread_lines(proposal: Proposal) -> Iterator[str]:
    """Comments that name the columns that are not read."""
    for table in proposal.tables:
        used = set(used_columns(proposal, table)) if table in read_tables(proposal) else set()
        rest = [header for header in table.looks if header not in used]
        if rest:
            yield from comment(f"not read from {table.form.name}: {', '.join(rest)}", "  # ", "  #   ")
