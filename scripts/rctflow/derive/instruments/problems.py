"""The problems of an instrument file, collected so that a user mends them all at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rctflow.derive.instruments.arithmetic import listed
from rctflow.derive.instruments.model import InstrumentError, suggest

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def is_number(value: Any) -> bool:
    """A YAML number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Problems:
    """The problems of one file, each with its key path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, place: str, problem: str) -> None:
        """Note a problem at a key path."""
        self.found.append(f"{self.path}: {place}: {problem}" if place else f"{self.path}: {problem}")

    def error(self) -> InstrumentError:
        """All problems, one per line."""
        return InstrumentError("\n".join(self.found))

    def mapping(self, place: str, value: Any, allowed: Sequence[str], required: Sequence[str] = ()) -> bool:
        """Whether ``value`` is a mapping with all ``required`` keys; unknown keys are noted."""
        if not isinstance(value, Mapping):
            self.add(place, f"needs a mapping with the keys {', '.join(allowed)}")
            return False
        for key in value:
            if key not in allowed:
                self.add(f"{place}.{key}".lstrip("."), f"unknown key.{suggest(str(key), allowed)}")
        lacking = [key for key in required if value.get(key) in (None, "", [], {})]
        for key in lacking:
            self.add(f"{place}.{key}".lstrip("."), "is required")
        return not lacking

    def sequence(self, place: str, value: Any) -> Sequence[Any]:
        """``value`` when it is a list, else nothing."""
        if isinstance(value, list):
            return value
        self.add(place, "needs a list")
        return []

    def entries(self, place: str, value: Any) -> Iterable[tuple[str, Any]]:
        """Name and entry of a mapping of names."""
        if not isinstance(value, Mapping):
            self.add(place, "needs a mapping: name, then its keys")
            return []
        return [(name, entry) for name, entry in value.items() if self.new_name(f"{place}.{name}", name, ())]

    def new_name(self, place: str, name: Any, taken: Collection[str]) -> bool:
        """Whether ``name`` can be a name and is not ``taken``."""
        if not isinstance(name, str) or not NAME.fullmatch(name) or name in ("missing", "true", "false", "option"):
            self.add(place, f"{name!r} cannot be a name; letters, digits and _ are allowed (quote yes, no, on, off)")
            return False
        if name.endswith("_CODE"):
            self.add(place, f"{name!r}: names ending in _CODE are kept for coded answers")
            return False
        if name in taken:
            self.add(place, f"{name!r} stands twice")
        return True

    def number_list(self, place: str, value: Any) -> list[float]:
        """``value`` when it is a list of numbers, else nothing."""
        if isinstance(value, list) and all(map(is_number, value)):
            return [float(number) for number in value]
        self.add(place, "needs a list of numbers")
        return []

    def parallel(self, place: str, value: Any, ids: Sequence[str]) -> list[str]:
        """One text per id; empty texts when ``value`` is None."""
        texts = [""] * len(ids) if value is None else listed(value if isinstance(value, list) else str(value))
        if len(texts) != len(ids):
            self.add(place, f"has {len(texts)} entries for {len(ids)} ids")
            return [""] * len(ids)
        return [str(text) for text in texts]

    def word(self, place: str, value: Any, words: Sequence[str]) -> None:
        """Note a ``value`` that is not among ``words``."""
        if value not in words:
            self.add(place, f"{value!r} is not known.{suggest(str(value), words)}")

    def file(self, place: str, beside: Path, name: Any) -> Path | None:
        """The file ``name`` in the folder of ``beside``, when there is one."""
        path = beside.parent / str(name)
        if path.is_file():
            return path
        self.add(place, f"{path}: no such file")
        return None
