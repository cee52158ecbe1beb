"""A blinded study: the study as its rooms may see it, and what each of its forms loses when it is read.

The declared study (the config as written) knows the arms; the shown study, which every later rule and everything
printed is made from, does not when they are masked. A recorded unblinding ends both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rctflow.derive.settings import Enrolment, Source
from rctflow.expressions import excluded, parse
from rctflow.ingest.settings import ArmColumn, Blind, Ingest
from rctflow.plan.blinded import masked_arms
from rctflow.plan.settings import DummyAllocation
from rctflow.plan.unblinding import read_unblinding, record_path
from rctflow.study import rooms
from rctflow.study.form_model import Table, TableColumn
from rctflow.study.form_settings import ingest_settings
from rctflow.study.model import Arm, Arms, Study
from rctflow.study.multiplicity import without_arms
from rctflow.study.planned import table_columns
from rctflow.study.summaries import Summaries

MASKED = "masked: which treatment this is stays closed"
WITHHELD = "withheld while blinded"
SHORTEST = 3  # letters and digits of what is taken for a treatment's name wherever it stands


def unless_unblinded(study: Study, file: str) -> Study:
    """The study, its blinding ended when an unblinding is on record. Raises UnblindingError for a broken record."""
    if read_unblinding(record_path(file, study.study.id), study.study.id) is None:
        return study
    return study.model_copy(update={"blinding": replace(study.blinding, mode="none")})


def shown_study(declared: Study) -> Study:
    """The study as every room may see it."""
    if declared.blinding.mode == "none":
        return declared
    shown: dict[str, Any] = {"tables": {name: _shown_table(declared, name) for name in declared.tables}}
    if declared.blinding.mode == "masked":
        letters = sorted(_letters(declared).values())
        levels = {arm_id(letter): Arm(label=letter, description=MASKED, values=(letter,)) for letter in letters}
        subjects = declared.subjects
        sources = {"planned": replace(subjects.planned, map={})}
        if subjects.actual:
            sources["actual"] = replace(subjects.actual, map={})
        shown |= {
            "arms": Arms(reference=arm_id("A"), levels=levels),
            "subjects": subjects.model_copy(update=sources),
            "multiplicity": without_arms(declared),
            "randomization": None,  # its ratio would tell which arm is which
            "summaries": _without_sorting(declared),
        }
    return declared.model_copy(update=shown)


def _without_sorting(declared: Study) -> Summaries:
    """The summaries, adverse events not sorted by an arm that has another name now."""
    events = declared.summaries.adverse_events
    update = {"adverse_events": replace(events, sort_arm="")} if events else {}
    return declared.summaries.model_copy(update=update)


def arm_id(letter: str) -> str:
    """The id of a masked arm."""
    return f"arm_{letter.lower()}"


def blinded_ingest(declared: Study, table: str) -> Ingest:
    """How the form of one table is read: as the shown study declares it, without what tells the arm."""
    shown = ingest_settings(shown_study(declared), table)
    mode = declared.blinding.mode
    if mode == "none":
        return shown
    form = declared.tables[table]
    blind = Blind(
        by=mode,
        keys=tuple(name for name in (form.subject, form.visit, form.date, form.day) if name),
        arms={name: _arm_column(declared, table, name) for name in arm_columns(declared, table)},
        hide=declared.blinding.hide.get(table, ()),
        words=treatment_words(declared),
    )
    return replace(shown, blind=blind)


def withheld(declared: Study, document: dict[str, Any]) -> dict[str, Any]:
    """The resolved config of a blinded study without the seeds and settings that would tell the arms."""
    if declared.blinding.mode != "none" and document["source"]["kind"] == "simulate":
        document["source"] |= {"seed": WITHHELD, "settings": WITHHELD}
    if declared.blinding.mode == "masked":
        document["blinding"]["seed"] = WITHHELD
    return document


def without_treatments(declared: Study, text: str) -> str:
    """A text for print; of a masked study it loses the names and ids of the arms."""
    if declared.blinding.mode != "masked":
        return text
    words = sorted({*treatment_words(declared), *declared.arms.levels}, key=len, reverse=True)
    return re.sub(rf"\b({'|'.join(map(re.escape, words))})\b", "[arm]", text, flags=re.IGNORECASE)


def needs_allocation(declared: Study, table: str) -> bool:
    """Whether the form of a table is written anew under the dummy allocation."""
    return declared.blinding.mode == "dummy" and bool(arm_columns(declared, table))


def arm_columns(declared: Study, table: str) -> list[str]:
    """The columns of a table that say the arm, planned or received."""
    return sorted({source.column for source in arm_sources(declared) if source.table == table})


def arm_sources(declared: Study) -> list[Source]:
    """Where the arms stand."""
    subjects = declared.subjects
    return [source for source in (subjects.planned, subjects.actual) if source]


def treatment_words(declared: Study) -> tuple[str, ...]:
    """How treatments are called, in the data and in print; codes such as ``P`` or ``1`` stand for too much else."""
    found = {word.strip("()[] .,;:") for arm in declared.arms.levels.values() for word in (*arm.values, arm.label)}
    telling = (word for word in found if re.search(r"[^\W\d_]", word) and len(re.findall(r"\w", word)) >= SHORTEST)
    return tuple(sorted(telling))


def enrolment(declared: Study) -> Enrolment:
    """Where strata and order of randomization stand."""
    order = declared.randomization.order if declared.randomization else ""
    subjects = declared.subjects
    source = Source(subjects.table, order, pick="first") if order else subjects.randomized
    assert source is not None, "checked with the config"
    return Enrolment(subjects.table, source, subjects.strata)


def enrolment_study(declared: Study) -> Study:
    """The study cut to what says who was randomized, in which stratum and when; no column of it says the arm."""
    wanted = enrolment(declared)
    columns: dict[str, set[str]] = {wanted.table: set()}
    for source in (wanted.order, *wanted.strata.values()):
        read = parse(source.where).columns if source.where else frozenset[str]()
        columns.setdefault(source.table, set()).update({source.column, *read})
    tables = {
        name: _cut(declared.tables[name], kept - set(arm_columns(declared, name))) for name, kept in columns.items()
    }
    return declared.model_copy(update={"tables": tables})


def dummy_settings(declared: Study) -> DummyAllocation:
    """How the dummy allocation is drawn."""
    assert declared.randomization is not None, "checked with the config"
    return DummyAllocation(declared.randomization, tuple(sorted(declared.arms.levels)), declared.blinding.seed)


def _cut(table: Table, kept: set[str]) -> Table:
    kept = kept | {*table.duplicates.key, *([table.duplicates.order] if table.duplicates.order else [])}
    return table.model_copy(
        update={
            "columns": {name: column for name, column in table.columns.items() if name in kept},
            "wide": table.wide if any(kept & set(columns) for columns in table.wide.values()) else {},
            "constant": (),
            "long": None,
            "tests": {},
        }
    )


def _shown_table(declared: Study, name: str) -> Table:
    table = declared.tables[name]
    columns = table_columns(table)
    changed: dict[str, dict[str, Any]] = {
        hidden: {"required": False} for hidden in declared.blinding.hide.get(name, ())
    }
    if declared.blinding.mode == "masked":
        changed |= {column: {"type": "text", "values": {}} for column in arm_columns(declared, name)}
    shown: dict[str, TableColumn | None] = dict(table.columns)
    shown |= {column: columns[column].model_copy(update=update) for column, update in changed.items()}
    return table.model_copy(update={"columns": shown})


def _letters(declared: Study) -> dict[str, str]:
    return masked_arms(declared.arms.levels, declared.blinding.seed)


def _arm_column(declared: Study, table: str, name: str) -> ArmColumn:
    column = ingest_settings(declared, table).columns[name]
    texts = {
        text: arm
        for source in arm_sources(declared)
        if (source.table, source.column) == (table, name)
        for text, arm in _texts(declared, source)
    }
    left_out = {
        text
        for source in arm_sources(declared)
        if (source.table, source.column) == (table, name)
        for text in excluded(source.where).get(name, [])
    }
    written = _letters(declared)
    if declared.blinding.mode == "dummy":
        first = {arm: text for text, arm in reversed(texts.items())}
        mapped = {texts[to]: raw for raw, to in reversed(column.values.items()) if to in texts}
        written = {arm: mapped.get(arm, first.get(arm, arm)) for arm in sorted(declared.arms.levels)}
    return ArmColumn(column, texts, written, tuple(sorted(left_out - set(texts))))


def _texts(declared: Study, source: Source) -> Iterator[tuple[str, str]]:
    """Text as the clean table has it, and the arm that it means."""
    arms = rooms.subjects_settings(declared).arms
    if source.map:
        yield from ((text, arms[to]) for text, to in source.map.items() if to in arms)
    else:
        yield from arms.items()
