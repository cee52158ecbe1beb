"""Candidate endpoints: what is measured repeatedly or after baseline; and the columns that describe subjects at
baseline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rctflow.propose.columns import Look
from rctflow.propose.layout import Measure, wide_measures
from rctflow.propose.names import squeezed, words
from rctflow.propose.roles import ROW, Table
from rctflow.propose.values import as_numbers
from rctflow.propose.vocabulary import AFTERWARDS, CENSORING, CHANGES, DEMOGRAPHIC, OUTCOMES, SITES, TIMES, VALUES


def measures_of(table: Table, skip: Iterable[str]) -> list[Measure]:
    """The measures of a table that can be endpoints; skip: columns with another role."""
    taken = set(skip)
    if table.several:
        return _long_measures(table, taken) if table.visit or table.day else []
    found = wide_measures(table, taken)
    taken |= {header for measure in found for header in measure.headers}
    return found + _single_measures(table, taken)


def is_described(header: str) -> bool:
    """Whether the column describes subjects at baseline, by its name."""
    parts = set(words(header))
    if parts & {"baseline", "base", "bl", "prior", "history"}:
        return True
    if parts & set(AFTERWARDS):
        return False
    return bool(parts & {*DEMOGRAPHIC, "pre"}) or squeezed(header) in DEMOGRAPHIC


def is_site(header: str) -> bool:
    """Whether the column names a site or a stratum."""
    return bool(set(words(header)) & set(SITES)) or squeezed(header).startswith(("strat", "siteid"))


def _long_measures(table: Table, taken: set[str]) -> list[Measure]:
    """Columns that differ between the visits of a subject; with a parameter column, its values under each parameter."""
    if table.parameter:
        return _per_parameter(table)
    found = []
    for header, look in table.looks.items():
        if header in taken or look.kind not in ("integer", "number", "text") or set(words(header)) & set(CHANGES):
            continue
        if look.kind == "text" and look.filled.nunique() > 8:
            continue
        numeric = as_numbers([look])
        share = table.varying(header)
        if numeric is not None and share > 0.1:
            why = f"differs between {'visits' if table.visit else 'days'} in {share:.0%} of the subjects"
            covariate = _baseline_column(table, header, taken)
            found.append(
                Measure(table.id, header, numeric, header=header, why=why, covariate=covariate, by_day=not table.visit)
            )
    return found


def repeated_columns(table: Table) -> list[str]:
    """Columns of numbers that differ between the rows of a subject."""
    roles = {table.subject, table.visit, table.day}
    return [h for h, look in table.looks.items() if h not in roles and look.numeric and table.varying(h) > 0.1]


def _per_parameter(table: Table) -> list[Measure]:
    value = next((h for name in VALUES for h, look in table.looks.items() if squeezed(h) == name and look.numeric), "")
    numeric = as_numbers([table.looks[value]]) if value else None
    if numeric is None:
        return []
    levels = table.looks[table.parameter].levels
    why = f"{table.parameter} names what each row measures, {value} holds the number"
    return [Measure(table.id, level, numeric, header=value, where=level, why=why) for level in levels]


def _baseline_column(table: Table, header: str, taken: set[str]) -> str:
    """A column of numbers, one per subject, that is called baseline: the measure's value before treatment, beside its
    rows.
    """
    for other, look in table.looks.items():
        parts = set(words(other))
        named = parts & {"base", "baseline", "bl"} and parts - {"base", "baseline", "bl", "score", "value"} <= set(
            words(header)
        )
        if other not in taken and other != header and named and look.numeric and table.varying(other) == 0:
            return other
    return ""


def _single_measures(table: Table, taken: set[str]) -> list[Measure]:
    """Outcomes without a time, by their names; when no name says so they are weak candidates."""
    times = event_times(table)
    found = []
    for header, look in table.looks.items():
        if header in {*taken, *times} or look.kind not in ("integer", "number", "text") or _is_constant(look):
            continue
        described = is_described(header) or is_site(header)
        named = _is_outcome(header) and not described
        if described or (look.kind == "text" and look.filled.nunique() > 8):
            continue
        numeric = as_numbers([look])
        if numeric is not None and (named or numeric.sure):
            why = "its name says outcome" if named else "no name or time says whether it is an outcome"
            found.append(Measure(table.id, header, numeric, header=header, why=why, weak=not named))
    return found


def _is_outcome(header: str) -> bool:
    return bool(set(words(header)) & set(OUTCOMES))


def _is_constant(look: Look) -> bool:
    return look.filled.nunique() < 2


def events_of(table: Table) -> list[str]:
    """Columns that say whether an event was seen, by their names: few levels."""
    return [h for h, look in table.looks.items() if set(words(h)) & set(CENSORING) and 1 < look.filled.nunique() <= 4]


def event_times(table: Table) -> list[str]:
    """Follow-up times beside a column that says whether the event was seen (``ttr``; ``med_duration`` beside
    ``med_censor``): numbers that are cut off by the end of follow-up.
    """
    events = {word for header in events_of(table) for word in words(header)}
    if not events or table.several:
        return []
    times = {h: set(words(h)) for h, look in table.looks.items() if look.numeric and look.filled.nunique() > 10}
    return [h for h, said in times.items() if squeezed(h) in TIMES or (said & set(TIMES) and said & events)]


def described_columns(tables: Sequence[Table], used: Iterable[tuple[str, str]]) -> list[tuple[Table, str]]:
    """Columns that describe subjects at baseline: one value per subject, named so; at most twelve, each name once."""
    taken, found = set(used), []
    seen = {squeezed(header) for _, header in taken}
    for table in tables:
        for header, look in table.looks.items():
            plain = look.numeric or (look.kind == "text" and 2 <= look.filled.nunique() <= 12)
            if (table.id, header) in taken or not plain or not is_described(header) or squeezed(header) in seen:
                continue
            if table.subject == ROW and table.several:
                continue
            if table.varying(header) == 0 or set(words(header)) & {"age", "sex", "gender"}:
                seen.add(squeezed(header))
                found.append((table, header))
    first = [pair for pair in found if set(words(pair[1])) & {"age", "sex", "gender", "female", "male"}]
    return [*first, *(pair for pair in found if pair not in first)][:12]
