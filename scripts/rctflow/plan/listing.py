"""A data review in print, for the meeting that decides before the plan is locked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def listed(review: Mapping[str, Any]) -> Iterator[str]:
    """Lines: who is out of each population and why, protocol deviations by subject, what rules of cleaning decided."""
    for name, entry in review["populations"].items():
        members, excluded = entry["members"], entry["excluded"]
        yield f"Population {name}: {len(members)} in, {len(excluded)} out"
        yield from (f"  out: {subject}, {reason}" for subject, reason in excluded.items())
    deviations = review["deviations"]
    yield f"Protocol deviations: {len(deviations)}"
    yield from (f"  {row['subject']}, {row['class']}: {row['term']}" for row in deviations)
    yield f"Values changed and rows removed by rule: {sum(map(len, review['outliers'].values()))}"
    for table, decisions in review["outliers"].items():
        yield from (f"  {table} row {row['SRCROW']}, {decision(row)}" for row in decisions)


def decision(row: Mapping[str, str]) -> str:
    """What a rule decided about a subject's value or row."""
    if row["severity"] == "removed":
        return f"{row['subject']}: row removed ({row['rule']})"
    return f"{row['subject']}, {row['column']}: {row['old']} -> {row['new'] or 'missing'} ({row['rule']})"
