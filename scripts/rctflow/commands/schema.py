"""``./run schema``: write config/README.md and the JSON Schema of the config from the typed model."""

from __future__ import annotations

import dataclasses
import inspect
import json
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from rctflow.outputs import write_text
from rctflow.study.model import Study

SCHEMA = Path("workflow/schemas/study.schema.json")
README = Path("config/README.md")
INTRODUCTION = """# The study config, key by key

Made by `./run schema` from the typed model (`model.py` and `form_model.py` of `scripts/rctflow/study`, and the rooms'
`settings.py`); do not edit it by hand.
`config/config.yaml` is a commented example with everything; `config/help.yaml` is a real trial. An editor that knows
JSON Schema completes and
checks a config that begins with `# yaml-language-server: $schema=../workflow/schemas/study.schema.json`.

Unknown keys are errors. Ids are lower case (`[a-z][a-z0-9_]*`). `where` is an expression over columns: comparisons,
`and`, `or`, `not`, `in [...]`,
`missing`; nothing is ever executed.
"""


def main(arguments: list[str]) -> int:
    """Write both files; returns 0."""
    del arguments
    write_text(schema_text(), SCHEMA)
    write_text(readme_text(), README)
    print(f"{SCHEMA}\n{README}")
    return 0


def schema_text() -> str:
    """The JSON Schema of a study config."""
    return json.dumps(Study.model_json_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def readme_text() -> str:
    """Every section of the config: what it is for, and its keys with types and defaults."""
    sections = [_section_text(kind, path) for kind, path in _sections(Study, "")]
    return INTRODUCTION + "\n" + "\n".join(sections)


def _sections(kind: Any, path: str) -> list[tuple[Any, str]]:
    """Each section type with the path that it first stands at, in the order of the model."""
    found: dict[Any, str] = {}
    waiting = [(kind, path)]
    while waiting:
        section, place = waiting.pop(0)
        if section in found:
            continue
        found[section] = place
        waiting[:0] = [
            (inner, _join(place, name) + end) for name, hint, _ in _keys(section) for inner, end in _inner(hint)
        ]
    return list(found.items())


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _inner(hint: Any, end: str = "") -> list[tuple[Any, str]]:
    """Section types inside an annotation; ``.<id>``: the keys of a mapping, ``[]``: the items of a list."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if _is_section(hint):
        return [(hint, end)]
    if origin is typing.Annotated:
        return _inner(parts[0], end)
    if origin is dict:
        return _inner(parts[1], end + ".<id>")
    if origin is tuple:
        return _inner(parts[0], end + "[]")
    if origin in (typing.Union, types.UnionType):
        return [inner for part in parts for inner in _inner(part, end)]
    return []


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and (issubclass(kind, BaseModel) or dataclasses.is_dataclass(kind))


def _keys(section: Any) -> list[tuple[str, Any, str]]:
    """(name, annotation, default as text) of each key."""
    if issubclass(section, BaseModel):
        hints = typing.get_type_hints(section, include_extras=True)
        return [(name, hints[name], _default(field)) for name, field in section.model_fields.items()]
    hints = typing.get_type_hints(section, include_extras=True)
    return [(field.name, hints[field.name], _default(field)) for field in dataclasses.fields(section)]


def _default(field: Any) -> str:
    absent = (PydanticUndefined, dataclasses.MISSING)
    if field.default not in absent:
        return _yaml(field.default)
    if field.default_factory not in (None, dataclasses.MISSING):
        value = field.default_factory()
        return "see docs/simulator.md" if len(repr(value)) > 60 else _yaml(value)
    return "**required**"


def _yaml(value: Any) -> str:
    if dataclasses.is_dataclass(value) or isinstance(value, BaseModel):
        return "its own defaults"
    text = (
        {None: "none", True: "true", False: "false", "": "empty"}.get(value)
        if isinstance(value, str | bool | None)
        else None
    )
    return text or f"`{json.dumps(value, default=str, ensure_ascii=False)}`"


def _words(hint: Any) -> str:
    """An annotation in words."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if _is_section(hint):
        return "section"
    if origin is typing.Annotated:
        return _words(parts[0])
    if origin is typing.Literal:
        return " \\| ".join("empty" if part == "" else f"`{part}`" for part in parts)
    if origin is dict:
        return f"{_words(parts[0])} → {_words(parts[1])}"
    if origin is tuple:
        return f"list of {_words(parts[0])}" if parts[-1] is Ellipsis else "[" + ", ".join(map(_words, parts)) + "]"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(part) for part in parts if part is not type(None)))
    return {str: "text", int: "integer", float: "number", bool: "true \\| false"}.get(hint, "anything")


def _section_text(section: Any, path: str) -> str:
    words = " ".join((inspect.getdoc(section) or "").split()).replace("``", "`")
    lines = [f"## `{path}`" if path else "## The file", "", words, "", "| key | value | default |", "|---|---|---|"]
    lines += [f"| `{name}` | {_words(hint)} | {default} |" for name, hint, default in _keys(section)]
    return "\n".join(lines) + "\n"
