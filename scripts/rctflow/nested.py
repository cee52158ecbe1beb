"""Nested mappings (a resolved config, a frozen plan): one text for equal content, and what differs between two."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 160
_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """A path at which two documents differ, and what stands there, as text; None: nothing does."""

    path: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.path}: added: {self.new}"
        return f"{self.path}: removed: {self.old}" if self.new is None else f"{self.path}: {self.old} -> {self.new}"


def sha256_of(document: Any) -> str:
    """The sha256 of a document of mappings, lists and scalars; the order of keys does not count."""
    return hashlib.sha256(_text(document).encode()).hexdigest()


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """Every difference of two documents, by path, at the highest level at which one of them has nothing.

    Lists are compared element by element when both are of one length and hold mappings, else as one value.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}, key=str):
            yield from differences(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{path}.{key}" if path else str(key))
    elif _listed(old) and _listed(new) and len(old) == len(new):
        for i, (one, other) in enumerate(zip(old, new, strict=True), 1):
            yield from differences(one, other, f"{path}[{i}]")
    elif old is _ABSENT or new is _ABSENT or _text(old) != _text(new):
        yield Difference(path, _shown(old), _shown(new))


def _listed(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _shown(value: Any) -> str | None:
    if value is _ABSENT:
        return None
    if isinstance(value, float):
        return f"{value:.10g}"
    text = value if isinstance(value, str) and value else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"
