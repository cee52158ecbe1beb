"""What of a data review is no longer as it was locked, in sentences; without subjects where these may not be named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rctflow.plan.listing import decision
from rctflow.plan.review import summarized_list, without_rows


def population_changes(then: Mapping[str, Any], now: Mapping[str, Any], ids: bool) -> Iterator[str]:
    """Populations (of those in ``now``) whose members changed."""
    for name, entry in now.items():
        members = entry["members"]
        if name not in then:
            yield f"population {name}: not reviewed at the lock ({len(members)} members now)"
            continue
        before = then[name]
        if _same(before.get("members"), before, members):
            continue
        counts = f"{_length(before.get('members'), before)} -> {len(members)} members"
        if ids and "members" in before:
            yield f"population {name}: {counts}; {_moved(before, entry)}"
        else:
            yield f"population {name}: other members than at the lock ({counts})"


def _moved(before: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    joined = [f"+ {subject}" for subject in entry["members"] if subject not in set(before["members"])]
    left = [subject for subject in before["members"] if subject not in set(entry["members"])]
    gone = [f"- {subject} ({entry['excluded'].get(subject, 'not in ADSL')})" for subject in left]
    return ", ".join([*joined, *gone])


def deviation_changes(then: Any, now: list[dict[str, str]], ids: bool) -> Iterator[str]:
    """Protocol deviations that are new, gone, or of another class."""
    locked = then if isinstance(then, list) else None
    if _same(locked, then, now):
        return
    if locked is None or not ids:
        yield f"protocol deviations: another list than at the lock ({_length(locked, then)} -> {len(now)})"
        return
    gone, come = _difference(locked, now)
    for row in list(gone):
        other = next((new for new in come if (new["subject"], new["term"]) == (row["subject"], row["term"])), None)
        if other is not None:
            gone.remove(row)
            come.remove(other)
            yield f"protocol deviation of {row['subject']} ({row['term']}): class {row['class']} -> {other['class']}"
    yield from (f"protocol deviation no longer there: {_deviation(row)}" for row in gone)
    yield from (f"protocol deviation new since the lock: {_deviation(row)}" for row in come)


def outlier_changes(
    then: Mapping[str, Any], now: Mapping[str, list[dict[str, str]]], tables: list[str], ids: bool
) -> Iterator[str]:
    """Values changed and rows removed by cleaning that are not those of the review, for each of ``tables``."""
    for table in tables:
        before, rows = then.get(table, []), without_rows(now.get(table, []))
        locked = without_rows(before) if isinstance(before, list) else None
        if _same(locked, before, rows):
            continue
        if locked is None or not ids:
            counts = f"{_length(locked, before)} -> {len(rows)}"
            yield f"outlier decisions in {table}: another list than at the lock ({counts})"
            continue
        gone, come = _difference(locked, rows)
        yield from (f"outlier decision no longer taken: {table}, {decision(row)}" for row in gone)
        yield from (f"outlier decision new since the lock: {table}, {decision(row)}" for row in come)


def _same(then: list[Any] | None, summary: Any, now: list[Any]) -> bool:
    return then == now if then is not None else bool(summary == summarized_list(now))


def _length(then: list[Any] | None, summary: Any) -> int:
    return len(then) if then is not None else int(summary["n"])


def _difference(then: list[dict[str, str]], now: list[dict[str, str]]) -> tuple[list[dict[str, str]], ...]:
    """The rows that are only in the one and only in the other, each as often as it is there."""
    counts = [Counter(tuple(sorted(row.items())) for row in rows) for rows in (then, now)]
    return tuple([dict(row) for row in (a - b).elements()] for a, b in (counts, counts[::-1]))


def _deviation(row: Mapping[str, str]) -> str:
    return f"{row['subject']}, {row['class']}: {row['term']}"
