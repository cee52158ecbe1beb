"""Which columns say who, which arm, and when: by their names and by how their values behave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rctflow.propose.columns import Look, look_at
from rctflow.propose.forms import Form
from rctflow.propose.names import squeezed, words
from rctflow.propose.vocabulary import ACTUAL, ARM_NAMES, ARM_WORDS, REFERENCES, SUBJECTS, YES_NO

if TYPE_CHECKING:
    import pandas as pd

ROW = "SRCROW"
ARM_LIMIT, ARM_ENOUGH = 8, 50


@dataclass(frozen=True)
class Table:
    """A form with its columns looked at and its own roles ("" when it has no such column)."""

    form: Form
    looks: dict[str, Look]
    subject: str
    subject_why: str
    visit: str = ""
    day: str = ""
    date: str = ""
    parameter: str = ""
    several: bool = False

    @property
    def id(self) -> str:
        """The id of the table in the config."""
        return self.form.id

    @property
    def people(self) -> pd.Series:
        """The subject of each row, as text."""
        import pandas as pd

        cells = self.form.cells
        return pd.Series(cells.index.astype(str), cells.index) if self.subject == ROW else cells[self.subject]

    def varying(self, header: str) -> float:
        """Share of the subjects with two or more filled rows whose values in ``header`` differ; 0 without any."""
        filled = self.looks[header].filled
        counts = filled.groupby(self.people[filled.index]).agg(["size", "nunique"])
        several = counts[counts["size"] > 1]
        return float((several["nunique"] > 1).mean()) if len(several) else 0.0


@dataclass(frozen=True)
class ArmColumn:
    """The column that holds the arm: its levels, the level that is the reference, and why."""

    table: str
    header: str
    levels: tuple[str, ...]
    score: int
    reference: str
    why: str
    reference_why: str
    reference_sure: bool
    sure: bool = False
    others: tuple[str, ...] = field(default=())


def tables_of(forms: Sequence[Form]) -> list[Table]:
    """Every form with its columns looked at and its subject identifier found."""
    looks = {form.id: {name: look_at(form.cells[name], name, form.decimal) for name in form.headers} for form in forms}
    tables = []
    for form in forms:
        subject, why = _subject(looks[form.id], forms)
        table = Table(form, looks[form.id], subject, why)
        several = subject != ROW and bool(table.people.duplicated().any())
        tables.append(Table(form, looks[form.id], subject, why, several=several))
    return tables


def _subject(looks: dict[str, Look], forms: Sequence[Form]) -> tuple[str, str]:
    """The identifier column: a usual name, above all one that every form has; else values that look like one."""

    def usable(look: Look, rows_each: int = 60) -> bool:
        return (
            len(look.filled) == look.rows
            and look.kind in ("integer", "text")
            and look.filled.nunique() > max(1, look.rows // rows_each)
        )

    # a name that other forms have too is trusted in long listings: laboratory data have hundreds of rows per subject
    told = {h: sum(squeezed(h) in map(squeezed, other.headers) for other in forms) for h in looks}
    named = [h for h, look in looks.items() if squeezed(h) in SUBJECTS and usable(look, 60 if told[h] == 1 else 10_000)]
    if named:
        shared = {h: told[h] for h in named}
        best = min(named, key=lambda h: (-shared[h], SUBJECTS.index(squeezed(h))))
        count = looks[best].filled.nunique()
        return best, f"{count} identifiers in {looks[best].rows} rows, by its name"
    first = next(iter(looks.values()), None)
    if (
        first is not None
        and usable(first)
        and first.filled.is_unique
        and (first.kind == "text" or set(words(first.header)) & {"id", "no", "nr"})
    ):
        return first.header, "the first column; no value stands twice"
    return ROW, "no column names the subjects, so that each row of the file is taken for one subject"


def arm_column(tables: Sequence[Table]) -> ArmColumn | None:
    """The likeliest arm column: few levels, one per subject, a usual name or usual levels; None when nothing comes
    near.
    """
    found = [candidate for table in tables for candidate in _arm_candidates(table)]
    if not found:
        return None
    best = max(found, key=lambda arm: arm.score)
    rivals = tuple(
        f"{a.table}.{a.header}" for a in found if a is not best and a.score >= ARM_ENOUGH and a.table == best.table
    )
    return replace(best, others=rivals, sure=best.score >= ARM_ENOUGH)


def arm_score(header: str, levels: Sequence[str]) -> int:
    """How much a name and its levels look like the arm of a trial; 50 and more is taken as one."""
    name = ARM_NAMES.get(squeezed(header), max((ARM_WORDS.get(word, 0) for word in words(header)), default=0))
    telling = {word for word in REFERENCES if len(word) > 2} - {"none", "standard"}
    usual = any(set(words(level)) & telling for level in levels)
    yes_no = {level.lower() for level in levels} <= set(YES_NO)
    return name + (40 if usual else 0) - (30 if yes_no else 0)


def few_levels(table: Table, header: str) -> bool:
    """Whether the column could name arms: 2 to 8 levels, each of two subjects or more."""
    look = table.looks[header]
    if look.kind not in ("integer", "text") or not 2 <= len(look.levels) <= ARM_LIMIT or header == table.subject:
        return False
    return bool(table.people[look.filled.index].groupby(look.filled).nunique().min() >= 2)


def _arm_candidates(table: Table) -> list[ArmColumn]:
    found = []
    for header, look in table.looks.items():
        if not few_levels(table, header) or table.varying(header) > 0.05 or len(look.filled) < 0.5 * look.rows:
            continue
        levels = tuple(look.levels)
        score = arm_score(header, levels) - (20 if squeezed(header) in ACTUAL else 0)
        if score > 0:
            reference, why, sure = reference_of(levels)
            shown = ", ".join(levels)
            found.append(
                ArmColumn(table.id, header, levels, score, reference, f"levels {shown}, one per subject", why, sure)
            )
    return found


def reference_of(levels: Sequence[str]) -> tuple[str, str, bool]:
    """The level that the others are compared with, why, and whether the data say so."""
    for word in REFERENCES:
        for level in levels:
            if word == level.lower() or (len(word) > 2 and (word in words(level) or level.lower().startswith(word))):
                return level, f"{level!r} is the usual word for a comparator", True
    if "0" in levels:
        return "0", "0 is the usual code of the control arm, and nothing in the data says what it means", False
    return levels[0], "the first level; nothing in the data says which arm is the comparator", False


def actual_column(tables: Sequence[Table], arm: ArmColumn) -> tuple[str, str] | None:
    """(table, column) of the arm really received, when a usual name holds the same levels."""
    for table in tables:
        for header, look in table.looks.items():
            if (
                squeezed(header) in ACTUAL
                and header != arm.header
                and look.levels
                and set(look.levels) <= set(arm.levels)
            ):
                return table.id, header
    return None
