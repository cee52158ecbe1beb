"""A comparison in print, and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rctflow.compare.causes import Causes, settings_of
from rctflow.compare.numbers import Moved
from rctflow.compare.opened import Opened
from rctflow.outputs import written_whole
from rctflow.results import number
from rctflow.spreadsheets import guarded

SHOWN = 25
SHOWN_CAUSES = 8
COLUMNS = ("what", "where", "kind", "old", "new", "absolute", "relative", "role")


def summary(old: Opened, new: Opened, moved: Sequence[Moved], n_rows: int, found: Causes) -> Iterator[str]:
    """Lines: how many numbers moved, which, and for each endpoint because of what."""
    yield f"old: {old.name}"
    yield f"new: {new.name}"
    kinds = {kind: sum(one.kind == kind for one in moved) for kind in ("value", "status", "added", "removed")}
    if not moved:
        yield f"No number moved: {n_rows} result rows are the same."
    else:
        yield (
            f"{kinds['value'] + kinds['status']} of {n_rows} numbers moved ({kinds['status']} by their status), "
            f"{kinds['added']} came, {kinds['removed']} went:"
        )
        yield from _cut((f"  {_number(one)}" for one in moved), len(moved), SHOWN, "--out FILE lists all")
        yield "because of:"
        for endpoint in dict.fromkeys(one.row.endpoint for one in moved):
            yield from _because(endpoint, sum(one.row.endpoint == endpoint for one in moved), new, found)
    yield from _all_causes(found)
    yield from (f"Not known: {words}." for words in found.unknown)


def _number(moved: Moved) -> str:
    role = " (primary)" if moved.row.role == "primary" else ""
    if moved.old is None or moved.new is None:
        return f"{moved.result_id}{role}: {moved.kind}, {number(moved.row.value) or moved.row.status}"
    old, new = (number(row.value) or row.status for row in (moved.old, moved.new))
    text = f"{moved.result_id}{role}: {old} -> {new}"
    if moved.absolute is not None:
        text += f" ({moved.absolute:+.4g}; {_percent(moved)})"
    return text if moved.kind == "value" else f"{text}; status {moved.old.status} -> {moved.new.status}"


def _percent(moved: Moved) -> str:
    share = moved.relative
    return "from 0" if share is None or share == float("inf") else f"{100 * share:.3g}%"


def _because(endpoint: str, n: int, new: Opened, found: Causes) -> Iterator[str]:
    records, subjects = found.records.get(endpoint, []), found.records.get("adsl", [])
    settings = settings_of(found.settings, endpoint, new.config)
    counts = [
        _count(len(records), "record"),
        _count(len(subjects), "row of ADSL", "rows of ADSL"),
        _count(len(settings), "setting"),
        _count(len(found.code), "code file"),
    ]
    said = ", ".join(text for text in counts if text)
    own = endpoint in new.config["endpoints"]
    none = "nothing that was compared differs" if own else "the study as a whole (below)"
    yield f"  {endpoint}: {_count(n, 'number')} moved; {said or none}"
    yield from _cut((f"    {change}" for change in records), len(records), SHOWN_CAUSES, "--out FILE lists all")


def _all_causes(found: Causes) -> Iterator[str]:
    """What differs in the study as a whole, whether numbers moved or not."""
    lists: tuple[tuple[str, Sequence[object]], ...] = (
        ("Subjects (ADSL)", found.records.get("adsl", [])),
        ("Settings", found.settings),
        ("Code", found.code),
        ("Raw files", found.raw),
        ("Ledger rows", [f"{change.table}: {change}" for change in found.ledgers]),
    )
    for title, entries in lists:
        if entries:
            yield f"{title}, {len(entries)} different:"
            yield from _cut((f"  {entry}" for entry in entries), len(entries), SHOWN_CAUSES, "--out FILE lists all")


def _count(n: int, word: str, words: str = "") -> str:
    return f"{n} {word if n == 1 else words or f'{word}s'}" if n else ""


def _cut(lines: Iterable[str], n: int, most: int, more: str) -> Iterator[str]:
    for i, line in enumerate(lines):
        if i == most:
            yield f"{line[: len(line) - len(line.lstrip())]}... and {n - most} more ({more})"
            return
        yield line


def write_csv(moved: Sequence[Moved], found: Causes, path: Path) -> None:
    """Everything that differs as CSV, one line each: numbers in the order of print, then what moved them."""
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in moved:
            old, new = (number(row.value) or row.status if row else "" for row in (one.old, one.new))
            moves = (number(one.absolute), number(one.relative))
            writer.writerow(("number", one.result_id, one.kind, old, new, *moves, one.row.role))
        for what, changes in (*found.records.items(), ("", found.ledgers)):
            for change in changes:
                place = f"{change.subject} {change.place}".strip()
                name = f"record of {what}" if what else change.table
                values = (guarded(change.old), guarded(change.new))
                writer.writerow((name, guarded(place), change.kind, *values, "", "", ""))
        for what, entries in (("setting", found.settings), ("code", found.code), ("raw file", found.raw)):
            for entry in entries:
                kind = "added" if entry.old is None else "removed" if entry.new is None else "changed"
                writer.writerow((what, entry.path, kind, entry.old or "", entry.new or "", "", "", ""))
