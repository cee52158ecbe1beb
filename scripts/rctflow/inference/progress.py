"""How far a long computation is: on stderr alone, since a log with times would differ between two runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import Protocol, TypeVar

Item = TypeVar("Item", covariant=True)
SILENT = 5.0


class Counted(Sized, Iterable[Item], Protocol[Item]):
    """What can be iterated over and counted."""


def with_progress(items: Counted[Item], what: str) -> Iterator[Item]:
    """The items; past 5 s, a line every 5 s: how many of how many, and about how long the rest takes."""
    began = told = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if done and now - told > SILENT:
            rest = (now - began) / done * (len(items) - done)
            print(f"{what}: {done} of {len(items)}, about {rest:.0f} s left", file=sys.stderr, flush=True)
            told = now
        yield item
