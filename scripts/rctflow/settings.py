"""Rebuild a room's settings from the plain dicts that a rule's params carry, and turn them into such dicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

Settings = TypeVar("Settings")


def settings_from(kind: type[Settings], params: Mapping[str, Any]) -> Settings:
    """The settings dataclass ``kind`` that ``params`` (made by ``as_params``) describe; nested dataclasses included."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind).validate_python(dict(params))


def as_params(value: Any) -> Any:
    """Settings as nested dicts with sorted keys, lists and scalars: the same settings always have the same ``repr``.

    The order of a mapping is kept as a list of pairs nowhere: what needs an order is declared as a tuple.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_params(getattr(value, f.name)) for f in sorted(fields(value), key=lambda f: f.name)}
    if isinstance(value, Mapping):
        return {key: as_params(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [as_params(item) for item in value]
    return value
