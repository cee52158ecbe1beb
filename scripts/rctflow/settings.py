"""Rebuild a room's settings from the plain dicts that a rule's params carry, and turn settings into such dicts.

The config was checked when it was loaded; here values only take their declared shape again, without the cost of a
validation library in every job.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

Settings = TypeVar("Settings")


def settings_from(kind: type[Settings], params: Mapping[str, Any]) -> Settings:
    """The settings dataclass ``kind`` that ``params`` (made by ``as_params``) describe; nested dataclasses included."""
    return typing.cast(Settings, _shaped(kind, params))


def _shaped(kind: Any, value: Any) -> Any:
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return typing.cast(type, kind)(**{name: _shaped(hints[name], entry) for name, entry in value.items()})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _shaped(next(choice for choice in inner if choice is not type(None)), value)
    if origin is dict:
        return {key: _shaped(inner[1], entry) for key, entry in value.items()}
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_shaped(one, entry) for one, entry in zip(kinds, value, strict=True))
    return value


def as_params(value: Any) -> Any:
    """Settings as nested dicts with sorted keys, lists and scalars: equal settings have equal ``repr``.

    What needs an order is declared as a tuple, not as a mapping.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_params(getattr(value, f.name)) for f in sorted(fields(value), key=lambda f: f.name)}
    if isinstance(value, Mapping):
        return {key: as_params(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [as_params(item) for item in value]
    return value
