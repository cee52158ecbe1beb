"""Outcomes written as words or codes: as numbers, with the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rctflow.propose.columns import Look
from rctflow.propose.names import words
from rctflow.propose.vocabulary import BETTER, POSITIVE, SCALES, WORSE


@dataclass(frozen=True)
class Numeric:
    """How a column becomes numbers. values: text -> number; type; why; sure: the data say the order."""

    type: str
    values: dict[str, str]
    binary: bool
    why: str
    sure: bool = True


def as_numbers(looks: Sequence[Look]) -> Numeric | None:
    """How the columns of one measure become numbers; None when texts have no order that can be told."""
    if all(look.numeric for look in looks):
        kind = "integer" if all(look.kind == "integer" for look in looks) else "number"
        binary = all(look.numbers.dropna().isin([0, 1]).all() for look in looks)
        return Numeric(kind, {}, binary, "0 or 1" if binary else "")
    if any(look.kind not in ("text", "integer", "number") for look in looks):
        return None
    levels = list(dict.fromkeys(level for look in looks for level in look.levels))
    return _two(levels) or _coded(levels) or _scaled(levels)


def _two(levels: list[str]) -> Numeric | None:
    bare = {re.sub(r"^\d+[_\-.: ]+", "", level).strip().lower(): level for level in levels}
    if len(bare) != len(levels) or not 1 <= len(levels) <= 2:
        return None
    for positive, negative in POSITIVE.items():
        no = {negative, f"no {positive}", f"not {positive}", f"non-{positive}"}
        hit = positive in bare and set(bare) <= {positive, *no}
        if hit:
            values = {level: "1" if name == positive else "0" for name, level in bare.items()}
            return Numeric("integer", values, True, f"1 = {bare[positive]}")
    if len(levels) == 2 and not _scaled(levels) and not _coded(levels):
        low, high = sorted(levels)
        return Numeric("integer", {low: "0", high: "1"}, True, f"1 = {high}", sure=False)
    return None


def _coded(levels: list[str]) -> Numeric | None:
    """Levels that begin with their code: ``1_none``, ``2_mild``."""
    found = [re.match(r"(\d+)[_\-.:) ]+\D", level) for level in levels]
    codes = [match.group(1) for match in found if match]
    if len(codes) != len(levels) or len(set(codes)) != len(codes) or len(levels) < 2:
        return None
    return Numeric(
        "integer",
        dict(zip(levels, codes, strict=True)),
        set(codes) == {"0", "1"},
        "the code that each level begins with",
    )


def _scaled(levels: list[str]) -> Numeric | None:
    for scale in SCALES:
        order = scale.split()
        if len(levels) >= 2 and all(level.lower() in order for level in levels):
            values = {
                level: str(order.index(level.lower()))
                for level in sorted(levels, key=lambda one: order.index(one.lower()))
            }
            return Numeric("integer", values, False, f"the order {' < '.join(order)}")
    return None


def better_when(name: str, numeric: Numeric | None) -> tuple[str, bool]:
    """("higher" or "lower", whether a word in the name or in the level counted as 1 says so)."""
    positive = [
        text
        for text, number in (numeric.values if numeric else {}).items()
        if number == "1" and numeric and numeric.binary
    ]
    said = [*words(name), *(word for text in positive for word in words(text))]
    if set(said) & set(WORSE):
        return "lower", True
    return "higher", bool(set(said) & set(BETTER))
