"""What a comparison is made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Number:
    """A number found here beside the expected one; it may differ by ``absolute`` + ``relative`` * |expected|.

    program: what made the expected one, where the numbers of a comparison have several sources.
    """

    what: str
    found: float
    expected: float
    absolute: float = 0.0
    relative: float = 0.0
    program: str = ""

    @property
    def allowed(self) -> float:
        """The largest difference that agrees."""
        return self.absolute + self.relative * abs(self.expected)

    @property
    def agrees(self) -> bool:
        """Whether found and expected agree; two missing values do, a missing one and a number do not."""
        if self.found != self.found or self.expected != self.expected:
            return self.found != self.found and self.expected != self.expected
        return abs(self.found - self.expected) <= self.allowed * (1 + 1e-9)


@dataclass(frozen=True)
class Sources:
    """reference: the folder tests/reference, numbers of others. data: data of others, which may be absent."""

    reference: Path
    data: Path

    def numbers(self, name: str) -> Any:
        """A file of reference numbers."""
        return json.loads((self.reference / name).read_text(encoding="utf-8"))


def of_arrays(
    what: str, found: Iterable[Any], expected: Iterable[Any], absolute: float = 0.0, relative: float = 0.0
) -> Iterator[Number]:
    """A Number per pair."""
    for place, (ours, theirs) in enumerate(zip(found, expected, strict=True), 1):
        yield Number(f"{what} [{place}]", float(ours), float(theirs), absolute, relative)


def printed(what: str, found: float, expected: float, digits: int) -> Number:
    """A number of which ``digits`` decimals were printed: half a unit of the last one is allowed."""
    return Number(what, float(found), float(expected), absolute=0.5 * 10.0**-digits)
