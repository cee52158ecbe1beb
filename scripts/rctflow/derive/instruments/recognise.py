"""Find the items of an instrument among the column names of a data file."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rctflow.derive.instruments.model import Instrument, Item


def recognise(instrument: Instrument, columns: Iterable[str]) -> dict[str, str]:
    """Item id -> column name, for the items that have one; empty when fewer than half of the required items are found.

    A column matches an item by its id (PF01, pf1, sf36_pf_01), by its place in the printed form (3a, q3a, B3_A), or
    by the item's own expression. All matched columns share one prefix (the one that finds most items), so that a lone
    column such as D1 is not taken for question 1.
    """
    names = [str(column) for column in columns]
    ways: dict[tuple[str, str], dict[str, str]] = {}
    for item in instrument.items.values():
        for way, pattern in _patterns(item):
            for name in names:
                match = pattern.fullmatch(name)
                if match:
                    prefix = (match.groupdict().get("prefix") or "").lower()
                    ways.setdefault((way, prefix), {}).setdefault(item.id, name)
    if not ways:
        return {}
    best = max(ways.values(), key=len)
    required = [item.id for item in instrument.items.values() if not item.optional]
    return best if 2 * len(best.keys() & set(required)) >= len(required) else {}


def _patterns(item: Item) -> Iterable[tuple[str, re.Pattern[str]]]:
    yield (
        "id",
        re.compile(rf"(?P<prefix>(?:[A-Za-z0-9]+[_. ])?|sf_?36_?|[A-Za-z]{{0,3}}?){_loose(item.id)}", re.IGNORECASE),
    )
    if item.number:
        yield (
            "number",
            re.compile(
                rf"(?P<prefix>(?:[A-Za-z0-9]*[A-Za-z]|[A-Za-z][A-Za-z0-9]*[_. ])?){_loose(item.number)}", re.IGNORECASE
            ),
        )
    if item.columns:
        yield "own", re.compile(item.columns, re.IGNORECASE)


def _loose(name: str) -> str:
    """Letters and digits of ``name`` with optional separators between them and any number of leading zeros."""
    parts = re.findall(r"[A-Za-z]+|\d+", name)
    return "[_. ]?".join(f"0*{int(part)}" if part.isdigit() else part for part in parts)
