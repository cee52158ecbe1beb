"""What of restricted data may be said of adverse events: no number of fewer than k patients, nor a difference of two
that tells of fewer.

Levels lie within each other: a term in its class, a class among all events, the serious among the emergent ones. So a
number of patients is hidden when it is 1 to k - 1, and when it is so near to a number that includes it, its own arm's
size too, that the difference is 1 to k - 1. Worst grades add up to those with an event: when one is hidden, all are.
Numbers of events add up, too, from terms to classes; they stand in the overview alone, and there under the same rule.
Totals over the arms are not given (subtracting an arm would tell the other).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rctflow.results import SUPPRESSED, Result, compared_arms
from rctflow.summaries.adverse_events.levels import GRADE, Level

Place = tuple[str, str]
"""Name of a level, and arm."""


def hidden_places(levels: Sequence[Level], sizes: Mapping[str, int], k: int) -> set[Place]:
    """Levels and arms of which nothing is said. sizes: arm -> its patients."""
    patients = {(level.name, arm): level.patients(arm) for level in levels for arm in sizes}
    events = {(level.name, arm): level.events(arm) for level in levels for arm in sizes if not level.system}
    hidden: set[Place] = set()
    for level in levels:
        for arm in sizes:
            around = [sizes[arm], *(patients.get((name, arm), 0) for name in level.parents)]
            events_around = [events.get((name, arm), 0) for name in level.parents]
            n, m = level.patients(arm), events.get((level.name, arm), 0)
            if _tells(n, around, k) or _tells(m, events_around, k):
                hidden.add((level.name, arm))
    graded = {arm for name, arm in hidden if name.startswith(f"{GRADE}:")}
    return hidden | {(level.name, arm) for level in levels if level.subset == GRADE for arm in graded}


def _tells(n: int, around: Iterable[int], k: int) -> bool:
    """Whether a number, or what it leaves of those that include it, is 1 to k - 1; nought tells of nobody."""
    return 0 < n < k or any(n and 0 < of - n < k for of in around)


def closed(rows: Iterable[Result], hidden: set[Place]) -> list[Result]:
    """The rows; those of hidden levels and arms, and comparisons with one, without a value."""
    return [_without_value(row) if hidden & set(_places(row)) else row for row in rows]


def _places(row: Result) -> list[Place]:
    arms = compared_arms(row.contrast) if row.contrast else [row.group]
    return [(row.analysis, arm) for arm in arms]


def _without_value(row: Result) -> Result:
    return replace(row, value=None, status="not_estimable", method="", note=SUPPRESSED)
