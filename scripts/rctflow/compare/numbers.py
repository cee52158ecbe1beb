"""Result rows that are not the same in both, row by row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from rctflow.compare.opened import Opened
from rctflow.results import Result, number, read_results


@dataclass(frozen=True)
class Moved:
    """A result row that moved; ``old`` or ``new`` is None when the row is only in the other."""

    result_id: str
    old: Result | None
    new: Result | None

    @property
    def row(self) -> Result:
        """The row as it is in the one that has it, the new one first."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def absolute(self) -> float | None:
        """new - old; None when one of them has no value."""
        if self.old is None or self.new is None or self.old.value is None or self.new.value is None:
            return None
        return self.new.value - self.old.value

    @property
    def relative(self) -> float | None:
        """|new - old| / |old|, infinite when old is 0; None when one of them has no value."""
        if self.absolute is None or self.old is None or self.old.value is None:
            return None
        return abs(self.absolute / self.old.value) if self.old.value else (math.inf if self.absolute else 0.0)

    @property
    def kind(self) -> str:
        """added, removed, status (with or without a value), or value."""
        if self.old is None or self.new is None:
            return "added" if self.old is None else "removed"
        return "value" if self.old.status == self.new.status else "status"


def result_rows(opened: Opened) -> dict[str, Result]:
    """Every result row of the endpoints that the config has, and of the summaries, by result_id."""
    folders = [opened.results / "endpoints" / endpoint for endpoint in opened.config.get("endpoints", {})]
    files = [folder / "results.csv" for folder in folders]
    files += sorted((opened.results / "summaries").glob("*/results.csv"))
    return {row.result_id: row for file in files if Path(file).is_file() for row in read_results(file)}


def moved_rows(old: dict[str, Result], new: dict[str, Result]) -> list[Moved]:
    """Rows with another value (as written, ten digits) or status, or in one only: primary first, then what moved most.

    A change of status counts as a larger move than any change of value; added and removed rows follow.
    """
    moved = [Moved(name, old.get(name), new.get(name)) for name in {**old, **new}]
    return sorted((one for one in moved if _differs(one)), key=_rank)


def _differs(moved: Moved) -> bool:
    if moved.old is None or moved.new is None:
        return True
    return (number(moved.old.value), moved.old.status) != (number(moved.new.value), moved.new.status)


def _rank(moved: Moved) -> tuple[bool, int, float, str]:
    order = ("status", "value", "added", "removed").index(moved.kind)
    return moved.row.role != "primary", order, -(moved.relative or 0.0), moved.result_id
