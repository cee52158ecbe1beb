"""What of restricted data may be said of numbers of patients that lie within each other: a term in its class, a class
among all.

A number of patients is hidden when it is 1 to k - 1, and when it is so near to a number that includes it, its own
arm's size too, that the difference is 1 to k - 1: that many have the one and not the other. Totals over the arms are
not given (subtracting an arm would tell the other), nor how often each level occurred (levels add up). The rule of
adverse events (adverse_events/closure.py) for summaries whose rows are n_with and percent_with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rctflow.results import SUPPRESSED, Result

Place = tuple[str, str]
"""Analysis and level, "" for any."""


def without_differences(rows: Sequence[Result], around: Callable[[Place], Iterable[Place]], k: int) -> list[Result]:
    """The rows that may be given, those that would tell of fewer than k patients without a value; all when k is 0.

    around: the places that include a place.
    """
    if not k:
        return list(rows)
    sizes = {row.group: row.value or 0 for row in rows if row.statistic == "n"}
    counts = {(_place(row), row.group): row.value or 0 for row in rows if _kind(row) == "n_with"}
    hidden = set()
    for (place, arm), n in counts.items():
        including = [sizes[arm], *(counts[other, arm] for other in around(place) if (other, arm) in counts)]
        if 0 < n < k or any(n and 0 < of - n < k for of in including):
            hidden.add((place, arm))
    given = []
    for row in rows:
        share, told = _kind(row) in ("n_with", "percent_with"), _place(row)[1]
        if (share and not row.group) or (_kind(row) == "events" and told):
            continue
        if share and (_place(row), row.group) in hidden:
            row = replace(row, value=None, status="not_estimable", method="", note=SUPPRESSED)
        given.append(row)
    return given


def _kind(row: Result) -> str:
    return row.statistic.partition(":")[0]


def _place(row: Result) -> Place:
    return row.analysis, row.statistic.partition(":")[2]
