"""Config problems as messages: file, path in the file, what is wrong, what to do; all of them in one go."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from rctflow.errors import RctflowError


class ConfigError(RctflowError):
    """One or more problems of a study config."""

    def __init__(self, file: str, problems: Sequence[tuple[str, str]]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(f"{file}: {path + ': ' if path else ''}{message}" for path, message in problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that suggests the nearest of ``known`` and lists them all."""
    names = sorted(map(str, known))
    near = difflib.get_close_matches(str(word), names, n=1, cutoff=0.5)
    listed = ", ".join(names) if names else "(none)"
    return f"{f'Did you mean {near[0]!r}? ' if near else ''}One of: {listed}."


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[tuple[str, str]]:
    """(path, message) of every error that pydantic found in a document of type ``model``."""
    return [(path_of(item["loc"]), _message(item, model)) for item in error.errors(include_url=False)]


def path_of(location: Sequence[int | str]) -> str:
    """A location as the user writes it: ``tables.tug.columns.TUG1``; tags of unions and keys are left out."""
    return ".".join(str(part) for part in location if part not in ("[key]", "simulate", "files"))


def _message(item: Any, model: type[BaseModel]) -> str:
    value, kind, context = item["input"], item["type"], item.get("ctx", {})
    key = str(item["loc"][-1]) if item["loc"] else ""
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown key. {did_you_mean(key, _keys_at(model, item['loc'][:-1]))}"
    if kind in ("missing", "missing_argument"):
        return "this key is required."
    if kind == "literal_error" and key == "design":
        return (
            f"{value!r} designs are not analysed here: every model takes each subject as one unit with one arm. "
            "Only 'parallel'."
        )
    if kind == "literal_error":
        return f"{value!r} is not allowed. {did_you_mean(str(value), _choices(context['expected']))}"
    if kind == "union_tag_invalid":
        return (
            f"kind {context['tag']!r} is not known. {did_you_mean(context['tag'], _choices(context['expected_tags']))}"
        )
    if kind == "union_tag_not_found":
        return "needs `kind`: simulate or files."
    if kind == "string_pattern_mismatch":
        return f"{value!r} is not a valid name: use letters, digits and _, beginning with a letter (ids in lower case)."
    if kind == "too_short":
        return f"needs at least {context['min_length']} entr{'y' if context['min_length'] == 1 else 'ies'}."
    if kind == "string_type":
        return f"{value!r} is not text; put it in quotes."
    return f"{item['msg']} (found {value!r})."


def _choices(expected: str) -> list[str]:
    return [part.strip(" '") for part in expected.replace(" or ", ",").split(",") if part.strip()]


def _keys_at(model: Any, location: Sequence[int | str]) -> list[str]:
    """The keys that the type at ``location`` of ``model`` knows."""
    kinds = [model]
    for part in location:
        kinds = [inner for kind in kinds for inner in _step(kind, part)]
    return [name for kind in kinds for name in _fields(kind)]


def _fields(kind: Any) -> dict[str, Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    if dataclasses.is_dataclass(kind):
        return typing.get_type_hints(kind)
    return {}


def _step(kind: Any, part: int | str) -> list[Any]:
    fields = _fields(kind)
    if part in fields:
        return _plain(fields[str(part)])
    if typing.get_origin(kind) is dict:
        return _plain(typing.get_args(kind)[1])
    if typing.get_origin(kind) in (list, tuple):
        return _plain(typing.get_args(kind)[0])
    return [kind]


def _plain(annotation: Any) -> list[Any]:
    """The plain types in an annotation: unions opened, Annotated unwrapped."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _plain(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return [inner for choice in typing.get_args(annotation) for inner in _plain(choice)]
    return [] if annotation is type(None) else [annotation]
