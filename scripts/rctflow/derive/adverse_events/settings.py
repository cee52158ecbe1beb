"""What the derivation of adverse events needs to know. No pandas, so that a config is checked in no time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Action = Literal["stop", "query", "ignore"]

CHECKS: dict[str, Action] = {
    "unknown_subject": "stop",
    "undeclared_value": "stop",
    "starts_after_death": "stop",
    "before_birth": "stop",
    "ends_before_start": "query",
    "ends_after_death": "query",
    "start_missing": "query",
    "not_coded": "query",
    "answer_missing": "query",
    "fatal_without_death": "query",
    "fatal_grade": "query",
}
"""What is looked for in adverse events, and what a finding does: it ends the run before any result is written, or it
is a query of the ledger.
"""


@dataclass(frozen=True)
class Criterion:
    """Events that count: ``column`` holds one of ``counts``.

    others: the values that do not count; when given, any further value is an error (``undeclared_value``), else
    whatever is not in ``counts`` does not count. missing: what an empty cell does.
    """

    column: str
    counts: tuple[str, ...]
    others: tuple[str, ...] = ()
    missing: Literal["counts", "does not count"] = "does not count"


@dataclass(frozen=True)
class Severity:
    """The grade or severity: numbers (CTCAE grades) when ``order`` is empty, else words from mild to worst."""

    column: str
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Doses:
    """Each row of ``table`` that meets ``where`` is a dose, or a period of doses.

    start, end: columns with dates (end is the start when omitted); start_time, end_time: columns with times of day.
    """

    table: str
    start: str
    where: str = ""
    start_time: str = ""
    end: str = ""
    end_time: str = ""


@dataclass(frozen=True)
class Emergence:
    """Which events are treatment-emergent: those with onset on or after the first dose (to the minute where both times
    are known), and up to ``days_after_last_dose`` days after the last one (no limit when omitted).

    An onset of which a part is unknown counts when it can lie in that time. flag: a column that already says Y.
    """

    days_after_last_dose: int | None = None
    flag: str = ""


@dataclass(frozen=True)
class AdverseEvents:
    """How ADAE is made.

    table: the clean table of adverse events. subjects: the table that lists everybody who may have one (that of ADSL
    when omitted). term, preferred, system: columns of the verbatim term, the preferred term and the system organ class.
    start, end: dates; start_time: time of onset. sequence: the number of the record (numbered per subject when
    omitted). grade: its number or word. related, serious, withdrawal, fatal: which values count.
    reaction_hours: an event with onset from the start of a dose until so many hours after its end is an infusion
    reaction (none is looked for when omitted). keep: further columns. checks: finding -> what it does, where that
    differs from CHECKS. where: rows that are adverse events (all when empty). population: whose events are in
    ADAE (the first whose arms are those really received when omitted).
    """

    table: str
    term: str
    start: str
    preferred: str = ""
    system: str = ""
    start_time: str = ""
    end: str = ""
    sequence: str = ""
    grade: Severity | None = None
    related: Criterion | None = None
    serious: Criterion | None = None
    withdrawal: Criterion | None = None
    fatal: Criterion | None = None
    doses: Doses | None = None
    emergent: Emergence = Emergence()
    reaction_hours: float | None = None
    where: str = ""
    keep: tuple[str, ...] = ()
    checks: dict[str, Action] = field(default_factory=dict)
    subjects: str = ""
    population: str = ""

    def action(self, check: str) -> Action:
        """What a finding of ``check`` does."""
        return self.checks.get(check, CHECKS[check])

    @property
    def criteria(self) -> dict[str, Criterion]:
        """The declared criteria by name."""
        named = {"related": self.related, "serious": self.serious, "withdrawal": self.withdrawal, "fatal": self.fatal}
        return {name: criterion for name, criterion in named.items() if criterion}
