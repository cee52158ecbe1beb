"""When: visit labels (``Week 4``) and the times in column names (``bdi.2m``) as days since baseline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rctflow.propose.names import words
from rctflow.propose.vocabulary import AFTER, BASELINE, BEFORE, ORDINALS, SETTINGS, UNPLANNED

Phase = Literal["baseline", "before", "after", "unplanned"]

MONTH = 30.4375
UNITS: dict[str, tuple[str, float]] = {
    word: unit
    for unit, spelled in {
        ("minute", 1 / 1440): "min mins minute minutes",
        ("hour", 1 / 24): "h hr hrs hour hours",
        ("day", 1.0): "d day days dy",
        ("week", 7.0): "w wk wks week weeks",
        ("month", MONTH): "m mo mon mos mth mths month months",
        ("year", 365.25): "y yr yrs year years",
    }.items()
    for word in spelled.split()
}
SHORT = {"h", "d", "w", "m", "y"}
# a number after a mark that an export wrote as points, or after such a word, is a limit: ``ended < 37 wk``
THRESHOLD = re.compile(
    r"(\.\.\.|[<>\u2264\u2265]|\b(before|under|over|within|until|lt|gt|le|ge)[ ._])\s*\d", re.IGNORECASE
)


@dataclass(frozen=True)
class When:
    """A moment of the plan. days: since baseline, None when the data do not say. counted: the number is an order, not a
    time.
    """

    id: str
    label: str
    phase: Phase
    days: float | None = None
    counted: bool = False


BASELINE_VISIT = When("baseline", "Baseline", "baseline", 0.0)


def when_of_label(label: str, unit: str) -> When | None:
    """The moment that a visit label names; unit: of bare numbers (``week``), or the column's own word (``visit``,
    ``time``).
    """
    text = label.strip()
    number = _number(text)
    if number is not None:
        return _numbered(number, unit)
    parts = words(text)
    if not parts:
        return None
    if set(parts) & set(UNPLANNED):
        return When("unplanned", text, "unplanned")
    timed = _timed(parts)
    if timed is not None and timed.days and re.search(r"(?:^|[\s(])[-\u2212]\s?\d", text):
        return When(f"before_{timed.id}", text, "before", -timed.days)
    if set(parts) & set(BASELINE) and (timed is None or timed.days == 0 or timed.counted):
        return BASELINE_VISIT
    if timed is not None:
        return timed
    if set(parts) & set(BEFORE):
        return When("screening", text, "before", -1.0)
    if set(parts) & set(AFTER) or "follow" in parts:
        return When("_".join(parts)[:30], text, "after")
    return None


def when_in_name(header: str) -> tuple[tuple[str, ...], When] | None:
    """The measure (its words) and the moment that a column name holds: ``bdi.2m`` is (bdi) at 2 months; None without a
    time.
    """
    if THRESHOLD.search(header):
        return None
    parts = words(header)
    for start in range(len(parts)):
        for length in (2, 1):
            when = _span(parts, start, length)
            if when is not None:
                stem = [*parts[:start], *parts[start + length :]]
                return _with_setting(stem, when)
    return None


def unit_of_column(header: str) -> str:
    """The unit that a visit column's own name gives to bare numbers: ``month`` for MONTH or months_fu, else its first
    word.
    """
    parts = [part for part in words(header) if not part.isdigit()]
    units = [UNITS[part][0] for part in parts if part in UNITS and part not in SHORT]
    ordinal = [part for part in parts if part in ORDINALS]
    return next(iter([*units, *ordinal]), "visit")


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def _numbered(number: float, unit: str) -> When:
    shown = f"{number:g}".replace(".", "_").replace("-", "minus")
    if unit in UNITS:
        name, days = UNITS[unit]
        if number == 0:
            return BASELINE_VISIT
        plural = "" if number == 1 else "s"
        phase: Phase = "after" if number > 0 else "before"
        return When(f"{name}{shown}", f"{number:g} {name}{plural}", phase, number * days)
    if number == 0:
        return BASELINE_VISIT
    return When(
        f"{unit}{shown}", f"{unit.capitalize()} {number:g}", "after" if number > 0 else "before", number, counted=True
    )


def _timed(parts: Sequence[str]) -> When | None:
    """``month 6`` before ``6 months`` (the 3 of ``visit 3 month 6`` is the visit's), times before counted visits."""
    after = [(word, float(number)) for word, number in pairwise(parts) if _number(number) is not None]
    before = [(word, float(number)) for number, word in pairwise(parts) if _number(number) is not None]
    timed = [_numbered(number, word) for word, number in [*after, *before] if word in UNITS]
    counted = [_numbered(number, _ordinal(word)) for word, number in after if word in ORDINALS]
    return next(iter([*timed, *counted]), None)


def _ordinal(word: str) -> str:
    return {"v": "visit", "t": "time", "tp": "timepoint"}.get(word, word)


def _span(parts: list[str], start: int, length: int) -> When | None:
    """The moment that ``parts[start : start + length]`` is, in a name that goes on before or after."""
    piece = parts[start : start + length]
    if len(piece) < length:
        return None
    rest = len(parts) > length
    measured = any(len(word) > 1 and word.isalpha() for word in (*parts[:start], *parts[start + length :]))
    if length == 1:
        if piece[0] in BASELINE and rest:
            return BASELINE_VISIT
        if piece[0] in AFTER and rest and not any(part.isdigit() for part in parts):
            return When(f"{piece[0]}", f"{piece[0].capitalize()}", "after")
        return None
    first, second = piece
    # a single letter is a unit only beside a measure: B9D is question 9d, bdi.2m is two months
    if first in UNITS and second.isdigit() and (measured or first not in SHORT):
        return _numbered(float(second), first)
    if _number(first) is not None and second in UNITS and (measured or second not in SHORT):
        return _numbered(float(first), second)
    if (
        first in ("visit", "v", "t", "time", "tp", "wave")
        and second.isdigit()
        and (measured or first in ("visit", "wave"))
    ):
        return _numbered(float(second), _ordinal(first))
    if first == "pod" and second.isdigit() and rest:
        return _numbered(float(second), "day")
    return None


def _with_setting(stem: list[str], when: When) -> tuple[tuple[str, ...], When]:
    """Words of care beside the time belong to the moment (``pacu30min``, ``pod1am``), not to the measure."""
    said = [word for word in stem if word in SETTINGS or word in AFTER or word in BASELINE]
    rest = tuple(word for word in stem if word not in said)
    return (rest, when) if rest else (tuple(stem), when)
