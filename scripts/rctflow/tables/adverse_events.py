"""Adverse events as one wide table: a line per level, a column per number, for those who read with a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from rctflow.display import StudyDisplay, stamps_of
from rctflow.results import SUPPRESSED, Result, comparison_name, number
from rctflow.spreadsheets import guarded_term

POPULATION = "population"
RATES = ("rate", "rate_ci_low", "rate_ci_high", "event_rate", "event_rate_ci_low", "event_rate_ci_high")
OF_ARM = ("n", "percent", "ci_low", "ci_high", "events", *RATES)
COMPARED = ("estimate", "ci_low", "ci_high", "p_value")
HIDDEN = "suppressed"

Found = dict[tuple[str, str, str], Result]


def incidence_csv(rows: Sequence[Result], display: StudyDisplay) -> str:
    """Every level of the rows as CSV text: subset, system organ class, preferred term; per arm (and in total, where the
    rows have it) ``OF_ARM``, per comparison ``COMPARED``, as far as the rows have them. Numbers are not rounded.
    """
    found = {(row.analysis, row.contrast or row.group, row.statistic): row for row in rows}
    columns = list(_columns(found, display))
    data = ", ".join(["SYNTHETIC" if display.synthetic else "real", *stamps_of(False, display.blinded)])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["data", "subset", "class", "term", *(f"{words}: {name}" for words, _, name in columns)])
    for level, place in _places(rows):
        cells = [_cell(found.get((level, who, name))) for _, who, name in columns]
        writer.writerow([data, *map(guarded_term, place), *cells])
    return text.getvalue()


def _columns(found: Found, display: StudyDisplay) -> Iterator[tuple[str, str, str]]:
    """Words, arm or contrast, and statistic of each column that the rows have."""
    known = {(who, name) for level, who, name in found if level != POPULATION}
    reference, *others = display.arms
    for who, words in (*((arm.id, arm.label) for arm in display.arms), ("", "Total")):
        yield from ((words, who, name) for name in OF_ARM if (who, name) in known)
    for arm in others:
        who = comparison_name(arm.id, reference.id, "difference")
        words = f"{arm.label} - {reference.label}"
        yield from ((words, who, name) for name in COMPARED if (who, name) in known)


def _places(rows: Sequence[Result]) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Each level, and its subset, class and term; a term follows its class."""
    system = ""
    for level in dict.fromkeys(row.analysis for row in rows if row.analysis != POPULATION):
        subset, _, place = level.partition(":")
        if system and place.startswith(f"{system}/"):
            yield level, (subset, system, place.removeprefix(f"{system}/"))
        else:
            system = place
            yield level, (subset, place, "")


def _cell(row: Result | None) -> str:
    if row is None:
        return ""
    return HIDDEN if row.note == SUPPRESSED else number(row.value)
