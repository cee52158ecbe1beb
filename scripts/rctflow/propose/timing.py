"""Which columns of a form say when: visit, day, date; and which names what a row measures."""

from __future__ import annotations

from dataclasses import replace

from rctflow.propose.names import squeezed, words
from rctflow.propose.roles import Table
from rctflow.propose.times import UNITS, when_of_label
from rctflow.propose.vocabulary import ORDINALS

# a planned day is of this share of the subjects or more
SHARED_DAY = 0.25


def with_times(table: Table) -> Table:
    """``table`` with its visit, day, date and parameter columns, when its subjects have several rows."""
    if not table.several:
        return table
    parameter = _parameter(table)
    visit = _visit(table, parameter)
    day = next((h for h in table.looks if _is_day(table, h) and h != visit), "")
    date = "" if day else _date(table)
    return replace(table, visit=visit, day=day, date=date, parameter=parameter)


def _visit(table: Table, parameter: str) -> str:
    """The column that tells the rows of a subject apart: named as visits are, few values, hardly ever twice per
    subject.
    """
    ranked = []
    for header, look in table.looks.items():
        distinct = look.filled.nunique()
        if (
            header in (table.subject, parameter)
            or look.kind not in ("integer", "text", "number")
            or not 2 <= distinct <= 30
            or _is_actual_day(table, header)
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


def _is_actual_day(table: Table, header: str) -> bool:
    """Whether a column of days holds the day that it was, not the planned one: most days are of few subjects."""
    filled = table.looks[header].filled
    subjects = table.people[filled.index].groupby(filled).nunique()
    return _is_day(table, header) and bool(subjects.median() < SHARED_DAY * table.people.nunique())


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
