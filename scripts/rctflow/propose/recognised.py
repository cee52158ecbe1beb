"""Instruments whose items stand among a table's columns, with answers that the instrument allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rctflow.derive.instruments import load_instrument, needed_columns
from rctflow.derive.instruments.load import available
from rctflow.derive.instruments.model import Instrument, InstrumentError
from rctflow.derive.instruments.recognise import recognise
from rctflow.propose.names import words
from rctflow.propose.roles import Table

FEWEST_ITEMS = 4
MOST_WRONG = 0.02


@dataclass
class Recognised:
    """An instrument in a table: item -> header; scores that can be made; questions that scoring raises; rivals with the
    same items.
    """

    instrument: Instrument
    table: str
    items: dict[str, str]
    scores: list[str]
    rivals: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


def recognised_in(table: Table, skip: Iterable[str]) -> list[Recognised]:
    """The instruments of a table, the one with most items first; a column is an item of one instrument."""
    headers = [h for h, look in table.looks.items() if h not in set(skip) and look.numeric]
    found = [hit for name in available() if (hit := _found(load_instrument(name), table, headers))]
    found.sort(key=lambda hit: -len(hit.items))
    kept: list[Recognised] = []
    for hit in found:
        owner = next((other for other in kept if set(other.items.values()) & set(hit.items.values())), None)
        if owner is None:
            kept.append(hit)
        elif len(hit.items) == len(owner.items):
            owner.rivals.append(hit.instrument.name)
    for hit in kept:
        if hit.rivals:
            hit.questions.append(
                f"Is it {hit.instrument.name} or {' or '.join(hit.rivals)}? They have the same items and answers."
            )
    return kept


def _found(instrument: Instrument, table: Table, headers: list[str]) -> Recognised | None:
    items = recognise(instrument, headers)
    required = [item.id for item in instrument.items.values() if not item.optional]
    complete = set(required) <= set(items)
    named = all(set(words(header)) & set(words(instrument.name)) for header in items.values())
    if (
        not items
        or not complete
        or not (len(items) >= FEWEST_ITEMS or named)
        or _wrong(instrument, table, items) > MOST_WRONG
    ):
        return None
    hit = Recognised(instrument, table.id, items, [])
    for score in instrument.scores:
        _add_score(hit, score)
    return hit if hit.scores else None


def _wrong(instrument: Instrument, table: Table, items: dict[str, str]) -> float:
    """Share of the answers that the instrument does not allow."""
    wrong = total = 0
    for item, header in items.items():
        values, rule = table.looks[header].numbers.dropna(), instrument.items[item]
        bad = ~values.isin(rule.codes) if rule.codes else ~values.between(rule.low, rule.high)
        wrong, total = wrong + int(bad.sum()), total + len(values)
    return wrong / total if total else 1.0


def _add_score(hit: Recognised, score: str) -> None:
    instrument = hit.instrument
    label = instrument.scores[score].label
    try:
        needed = needed_columns(instrument, {}, [score])
    except InstrumentError as error:
        hit.questions.append(f"{label} is not proposed: {error}")
        return
    absent = [name for name in needed if name in instrument.covariates]
    if absent:
        hit.questions.append(
            f"{label} is not proposed: it needs {', '.join(absent)} of each subject, under `items` or in ADSL."
        )
    elif instrument.scores[score].type != "class" and instrument.scores[score].direction != "none":
        hit.scores.append(score)
