"""Which columns say who, which arm, and when: by their names and by how their values behave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rctflow.propose.columns import Look, look_at
from rctflow.propose.forms import Form
from rctflow.propose.names import squeezed, word_list, words
from rctflow.propose.times import ORDINALS, UNITS, when_of_label

if TYPE_CHECKING:
    import pandas as pd

ROW = "SRCROW"
SUBJECTS = (
    "usubjid subjid subjectid subject subjno subjectno subjectnumber subj subid patientid patid patient ptid pid patientno patno "
    "patientnumber ptno pat participantid participant participantno partid personid person respondentid recordid caseid case "
    "screeningid randno randid randomizationnumber id idno idnumber identifier"
).split()
ARM_NAMES = {
    "trt01p": 100, "trtp": 95, "arm": 95, "armcd": 94, "armp": 94, "actarm": 60, "trt01a": 60, "trta": 60, "trt": 92,
    "treat": 92, "treatment": 92, "treatments": 92, "tx": 85, "rx": 88, "rand": 80, "randgrp": 90, "randgroup": 90,
    "allocation": 90, "assignment": 85, "assigned": 85, "randomisation": 85, "randomization": 85, "randomized": 80,
    "intervention": 88, "therapy": 80, "regimen": 80, "group": 75, "grp": 72, "drug": 60, "condition": 55, "dose": 40, "cohort": 30,
}  # fmt: skip
ARM_WORDS = {
    "treatment": 85,
    "treat": 85,
    "trt": 85,
    "arm": 85,
    "randomized": 60,
    "randomised": 60,
    "allocated": 80,
    "assigned": 70,
}
ACTUAL = (
    "trt01a",
    "actarm",
    "actarmcd",
    "trta",
    "treatmentreceived",
    "armactual",
    "actualarm",
    "actualtreatment",
    "extrt",
)
REFERENCES = word_list(
    "placebo control ctrl cont sham vehicle untreated none standard usual tau care wait waiting waitlist comparator conventional obs observation delayed c"
)
YES_NO = {"y", "n", "yes", "no", "true", "false", "t", "f"}
MEASURED = word_list("date dat dt visit day")
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
        """Share of the subjects with two or more filled rows whose values in ``header`` differ; 0 when there are none."""
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
    sure: bool
    others: tuple[str, ...] = field(default=())


def tables_of(forms: Sequence[Form]) -> list[Table]:
    """Every form with its columns looked at and its subject identifier found."""
    looks = {form.id: {name: look_at(form.cells[name], name, form.decimal) for name in form.cells} for form in forms}
    tables = []
    for form in forms:
        subject, why = _subject(form, looks[form.id], forms)
        table = Table(form, looks[form.id], subject, why)
        several = subject != ROW and bool(table.people.duplicated().any())
        tables.append(Table(form, looks[form.id], subject, why, several=several))
    return tables


def _subject(form: Form, looks: dict[str, Look], forms: Sequence[Form]) -> tuple[str, str]:
    """The identifier column: a usual name, above all one that every form has; else values that look like identifiers."""

    def usable(look: Look) -> bool:
        return (
            len(look.filled) == look.rows
            and look.kind in ("integer", "text")
            and look.filled.nunique() > max(1, look.rows // 60)
        )

    named = [h for h, look in looks.items() if squeezed(h) in SUBJECTS and usable(look)]
    if named:
        shared = {h: sum(squeezed(h) in map(squeezed, other.cells) for other in forms) for h in named}
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
    """The likeliest arm column: few levels, one per subject, a usual name or usual levels; None when nothing comes near."""
    found = [candidate for table in tables for candidate in _arm_candidates(table)]
    if not found:
        return None
    best = max(found, key=lambda arm: arm.score)
    rivals = tuple(
        f"{a.table}.{a.header}" for a in found if a is not best and a.score >= ARM_ENOUGH and a.table == best.table
    )
    return ArmColumn(**{**best.__dict__, "others": rivals, "sure": best.score >= ARM_ENOUGH})


def arm_score(header: str, levels: Sequence[str]) -> int:
    """How much a name and its levels look like the arm of a trial; 50 and more is taken as one."""
    name = ARM_NAMES.get(squeezed(header), max((ARM_WORDS.get(word, 0) for word in words(header)), default=0))
    usual = any(set(words(level)) & set(REFERENCES) - {"none", "standard"} for level in levels)
    yes_no = {level.lower() for level in levels} <= YES_NO
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
            if word in words(level) or level.lower().startswith(word):
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


def with_times(table: Table) -> Table:
    """``table`` with its visit, day, date and parameter columns, when its subjects have several rows."""
    if not table.several:
        return table
    parameter = _parameter(table)
    visit = _visit(table, parameter)
    day = next((h for h in table.looks if _is_day(table, h) and h != visit), "")
    date = "" if day else _date(table)
    return Table(**{**table.__dict__, "visit": visit, "day": day, "date": date, "parameter": parameter})


def _visit(table: Table, parameter: str) -> str:
    """The column that tells the rows of a subject apart: named as visits are, few values, hardly ever twice per subject."""
    ranked = []
    for header, look in table.looks.items():
        distinct = look.filled.nunique()
        if (
            header in (table.subject, parameter)
            or look.kind not in ("integer", "text", "number")
            or not 2 <= distinct <= 30
        ):
            continue
        rank = _visit_rank(header)
        twice = _twice(table, [header, parameter] if parameter else [header])
        if rank and table.varying(header) > 0.5 and twice < 0.2:
            readable = sum(when_of_label(level, "visit") is not None for level in look.levels) / distinct
            ranked.append((rank + readable - 2 * twice, header))
    return max(ranked)[1] if ranked else ""


def _visit_rank(header: str) -> float:
    name, parts = squeezed(header), words(header)
    if name in ("avisit", "visit", "visitname", "event", "redcapeventname"):
        return 5.0
    if name in ("visitnum", "avisitn", "visitno", "visitnr"):
        return 4.0
    long_units = [word for word in parts if word in UNITS and len(word) > 2]
    if long_units or set(parts) & {
        "visit",
        "time",
        "timepoint",
        "period",
        "wave",
        "occasion",
        "session",
        "assessment",
        "phase",
    }:
        return 3.0
    return 2.0 if name in ORDINALS or name in ("day", "wk", "mo", "fu", "followup") else 0.0


def _twice(table: Table, headers: list[str]) -> float:
    """Share of rows that repeat an earlier one in subject and ``headers``."""
    import pandas as pd

    keys = pd.concat([table.people.rename("who"), table.form.cells[headers]], axis=1)
    return float(keys.duplicated().mean())


def _is_day(table: Table, header: str) -> bool:
    look, parts = table.looks[header], words(header)
    named = squeezed(header) in ("ady", "day", "studyday", "dayssincebl", "vsdy", "lbdy", "qsdy") or {
        "days",
        "since",
    } <= set(parts)
    return named and look.kind == "integer" and not look.codes and table.varying(header) > 0.5


def _date(table: Table) -> str:
    """The date of the assessment: the date column that differs most between the rows of a subject."""
    dates = [h for h, look in table.looks.items() if look.kind in ("date", "datetime") and table.varying(h) > 0.5]
    skipped = [h for h in dates if set(words(h)) & {"entry", "entered", "birth", "end", "stop", "created", "modified"}]
    return next((h for h in dates if h not in skipped), "")


def _parameter(table: Table) -> str:
    """The column that names what a row measures, in tables with one row per subject, visit and measure."""
    usual = (
        "paramcd",
        "lbtestcd",
        "vstestcd",
        "qstestcd",
        "testcd",
        "param",
        "parameter",
        "test",
        "measure",
        "lbtest",
        "analyte",
        "item",
    )
    for name in usual:
        for header, look in table.looks.items():
            if (
                squeezed(header) == name
                and look.kind == "text"
                and look.filled.nunique() <= 60
                and table.varying(header) > 0.5
            ):
                return header
    return ""
