"""The sections of the proposed config as lines of YAML, every guess with a comment that says what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from rctflow.propose.columns import Look
from rctflow.propose.layout import Measure
from rctflow.propose.names import covariate_name, identifier
from rctflow.propose.proposal import TODO_ARM, Proposal
from rctflow.propose.roles import ROW, Table

REASONS_FROM, WIDTH = 60, 128


def flow(value: Any) -> str:
    """``value`` as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("...").strip()


def line(depth: int, key: str, value: Any = None, why: str = "") -> str:
    """``key: value   # why``, indented; without a value the key alone."""
    indent = "  " * depth
    text = f"{indent}{flow(key)}:" + ("" if value is None else f" {flow(value)}")
    reason = f"# {' '.join(why.split())}"
    if not why:
        return text
    beside = f"{text:<{REASONS_FROM}}  {reason}"
    return beside if len(beside) <= WIDTH else f"{indent}{reason}\n{text}"


def arms_lines(proposal: Proposal) -> Iterator[str]:
    """arms: the reference and the levels of the arm column."""
    arm = proposal.arm
    ids = arm_ids(proposal)
    yield "arms:"
    yield line(1, "reference", ids[arm.reference] if arm else "arm1", arm.reference_why if arm else "TODO")
    yield "  levels:"
    if arm is None:
        for number in ("1", "2"):
            yield line(
                2, f"arm{number}", {"label": f"Arm {number}", "values": [number]}, "TODO: no arm column was found"
            )
        return
    look = proposal.table(arm.table).looks[arm.header]
    people = proposal.table(arm.table).people
    for level, arm_id in ids.items():
        n = people[look.filled[look.filled == level].index].nunique()
        label = level if not level.replace(".", "").isdigit() else f"Arm {level}"
        yield line(2, arm_id, {"label": label, "values": [level]}, f"{n} subjects")


def arm_ids(proposal: Proposal) -> dict[str, str]:
    """Level as written -> arm id."""
    ids: dict[str, str] = {}
    for level in proposal.arm.levels if proposal.arm else ():
        ids[level] = identifier(level, "arm", ids.values())
    return ids


def visits_lines(proposal: Proposal) -> Iterator[str]:
    """visits: days since baseline, windows that meet halfway, labels as the data write them (of the first table that has them)."""
    yield "visits:"
    taken: set[str] = set()
    for visit in proposal.plan.visits:
        body: dict[str, Any] = {"label": visit.label, "day": visit.day, "window": list(visit.window)}
        if visit.baseline:
            body["baseline"] = True
        values = [value for value in visit.values if value.casefold() not in taken]
        taken |= {value.casefold() for value in values}
        if values:
            body["values"] = values
        yield line(1, visit.id, body, visit.why)


def subjects_lines(proposal: Proposal) -> Iterator[str]:
    """subjects: where arm, dates, strata and characteristics of each subject stand."""
    arm = proposal.arm
    home = proposal.table(arm.table) if arm else proposal.tables[0]
    yield "subjects:"
    yield line(1, "table", home.id)
    column = proposal.names[home.id][arm.header] if arm else TODO_ARM
    yield line(1, "planned", {"table": home.id, "column": column}, f"{arm.header}: {arm.why}" if arm else "TODO")
    for key, place in (
        ("actual", proposal.actual),
        ("randomized", proposal.randomized),
        ("first_dose", proposal.first_dose),
    ):
        if place:
            pick = {"pick": "min"} if key == "first_dose" else {}
            yield line(
                1,
                key,
                {"table": place[0], "column": proposal.names[place[0]][place[1]], **pick},
                f"by its name, {place[1]}",
            )
    strata = sources(proposal, proposal.strata)
    if strata:
        yield from _block(
            "strata",
            {
                name: (body, "few levels, one per subject, named as sites or strata are")
                for name, body in strata.items()
            },
        )
    described = sources(proposal, proposal.described)
    if described:
        yield from _block("covariates", {name: (body, "") for name, body in described.items()})


def sources(proposal: Proposal, columns: Iterable[tuple[Table, str]]) -> dict[str, dict[str, str]]:
    """Name in ADSL -> where it stands; the first value counts where a subject has several."""
    found: dict[str, dict[str, str]] = {}
    for table, header in columns:
        column = proposal.names[table.id][header]
        name = covariate_name(column)
        several = {"pick": "first"} if table.several and table.varying(header) > 0 else {}
        found[name if name not in found else f"{name}_{table.id}"] = {"table": table.id, "column": column, **several}
    return found


def _block(key: str, entries: dict[str, tuple[dict[str, Any], str]]) -> Iterator[str]:
    yield f"  {key}:"
    for name, (body, why) in entries.items():
        yield line(2, name, body, why)


def populations_lines(proposal: Proposal) -> Iterator[str]:
    """populations: everybody randomized; who was treated, when a first dose has a date."""
    yield "populations:"
    yield line(1, "itt", {"label": "Intention to treat", "where": "RANDFL == 'Y'", "flag": "ITTFL"})
    if proposal.first_dose:
        arm = {"arm": "actual"} if proposal.actual else {}
        body = {"label": "Safety", "where": "TRTSDT != missing", "flag": "SAFFL", **arm}
        yield line(1, "safety", body, "whoever has a date of first dose")


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
        unplanned = [
            label for label in proposal.plan.unplanned if table.visit and label in set(table.form.cells[table.visit])
        ]
        if unplanned:
            yield line(2, "unplanned", unplanned, "before baseline, or outside the plan")
        yield "    columns:"
        yield from _column_lines(proposal, table)
        yield from _wide_lines(proposal, table)
        yield from _table_rules(proposal, table)


def read_tables(proposal: Proposal) -> list[Table]:
    """The tables that something in the proposal reads."""
    home = proposal.table(proposal.arm.table) if proposal.arm else proposal.tables[0]
    roles = {id(t): {t.subject, t.visit, t.day, t.date, t.parameter} for t in proposal.tables}
    return [t for t in proposal.tables if t is home or set(used_columns(proposal, t)) - roles[id(t)]]


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
    if proposal.arm is None and table is proposal.tables[0]:
        yield line(3, TODO_ARM, {}, "TODO: the column that holds the randomized arm")


def _is_implied(proposal: Proposal, table: Table, header: str) -> bool:
    """Subject and visit are declared by being named, unless the study calls them otherwise or reads their labels otherwise."""
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
    """The study's name of a measure that is spread over columns: its words, unlike any column that is read beside it."""
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
