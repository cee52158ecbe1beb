"""Checks of an instrument file: problems are collected, so that a user mends them all at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rctflow.derive.instruments import value_sets
from rctflow.derive.instruments.arithmetic import listed, outputs
from rctflow.derive.instruments.model import InstrumentError, Option, Step, suggest
from rctflow.derive.instruments.operations import OPERATIONS, Key
from rctflow.expressions import ExpressionError, parse

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Problems:
    """The problems of one file, each with its key path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, place: str, problem: str) -> None:
        self.found.append(f"{self.path}: {place}: {problem}" if place else f"{self.path}: {problem}")

    def error(self) -> InstrumentError:
        return InstrumentError("\n".join(self.found))

    def mapping(self, place: str, value: Any, allowed: Sequence[str], required: Sequence[str] = ()) -> bool:
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
        if isinstance(value, list):
            return value
        self.add(place, "needs a list")
        return []

    def entries(self, place: str, value: Any) -> Iterable[tuple[str, Any]]:
        if not isinstance(value, Mapping):
            self.add(place, "needs a mapping: name, then its keys")
            return []
        return [(name, entry) for name, entry in value.items() if self.new_name(f"{place}.{name}", name, ())]

    def new_name(self, place: str, name: Any, taken: Collection[str]) -> bool:
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in ("missing", "true", "false", "option"):
            self.add(place, f"{name!r} cannot be a name; letters, digits and _ are allowed (quote yes, no, on, off)")
            return False
        if name in taken:
            self.add(place, f"{name!r} stands twice")
        return True

    def number_list(self, place: str, value: Any) -> list[float]:
        if isinstance(value, list) and all(map(_number, value)):
            return [float(number) for number in value]
        self.add(place, "needs a list of numbers")
        return []

    def parallel(self, place: str, value: Any, ids: Sequence[str]) -> list[str]:
        texts = [""] * len(ids) if value is None else listed(value if isinstance(value, list) else str(value))
        if len(texts) != len(ids):
            self.add(place, f"has {len(texts)} entries for {len(ids)} ids")
            return [""] * len(ids)
        return [str(text) for text in texts]

    def word(self, place: str, value: Any, words: Sequence[str]) -> None:
        if value not in words:
            self.add(place, f"{value!r} is not known.{suggest(str(value), words)}")

    def file(self, place: str, beside: Path, name: Any) -> Path | None:
        path = beside.parent / str(name)
        if path.is_file():
            return path
        self.add(place, f"{path}: no such file")
        return None


def check_steps(
    data: Any, known: Sequence[str], options: Mapping[str, Option], path: Path, problems: Problems
) -> StepsChecker:
    """The checker after all steps: ``steps`` (file names made paths), ``made`` (results), ``code`` and ``files``
    (that they name).

    known: the items and covariates.
    """
    checker = StepsChecker([*known], options, path, problems)
    for index, entry in enumerate(problems.sequence("steps", data)):
        checker.step(index, entry)
    return checker


class StepsChecker:
    """Checks the steps in order: a step may read only what stands before it."""

    def __init__(self, known: list[str], options: Mapping[str, Option], path: Path, problems: Problems) -> None:
        self.known, self.options, self.path, self.problems = known, options, path, problems
        self.steps: list[Step] = []
        self.made: list[str] = []
        self.code: list[Path] = []
        self.files: list[Path] = []

    def step(self, index: int, entry: Any) -> None:
        place = f"steps[{index}]"
        if not isinstance(entry, Mapping) or len(entry) != 1:
            self.problems.add(place, f"needs one operation and its keys. One of: {', '.join(OPERATIONS)}.")
            return
        ((name, body),) = entry.items()
        place = f"{place}.{name}"
        if name not in OPERATIONS:
            self.problems.add(place, f"no such operation.{suggest(str(name), OPERATIONS)}")
            return
        keys = OPERATIONS[name].keys
        if not self.problems.mapping(
            place, body, tuple(keys), tuple(key for key, spec in keys.items() if spec.required)
        ):
            return
        before = len(self.problems.found)
        checked = {key: self.value(f"{place}.{key}", keys[key], body[key], body) for key in body if key in keys}
        self.made += outputs(body)
        self.known += [out for out in outputs(body) if out not in self.known]
        if len(self.problems.found) == before:
            self.shape(place, name, checked)
            self.steps.append(Step(name, checked, place))

    def shape(self, place: str, name: str, body: Mapping[str, Any]) -> None:
        if name == "bands" and ("at_least" in body) == ("at_most" in body):
            self.problems.add(place, "needs either at_least or at_most")
        if OPERATIONS[name].elementwise:
            if len(listed(body["of"])) != len(outputs(body)):
                self.problems.add(f"{place}.to", "needs as many names as 'of'")
        elif name != "hook" and len(outputs(body)) != 1:
            self.problems.add(f"{place}.to", "needs one name")

    def value(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if isinstance(value, Mapping) and "option" in value:
            return self.switch(place, key, value, body)
        check = getattr(self, f"kind_{key.kind}")
        return check(place, key, value, body)

    def switch(self, place: str, key: Key, value: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
        option = self.options.get(value["option"])
        if option is None:
            self.problems.add(
                f"{place}.option", f"no option {value['option']!r}.{suggest(str(value['option']), self.options)}"
            )
            return value
        given = {str(choice): inner for choice, inner in value.items() if choice != "option"}
        if not given:
            for choice in option.choices if key.kind != "set" else ():
                self.value(place, key, choice, body)
            return {"option": option.id}
        for choice in option.choices:
            if choice not in given:
                self.problems.add(place, f"no value for the choice {choice!r} of option {option.id}")
        for choice in given:
            if choice not in option.choices:
                self.problems.add(f"{place}.{choice}", f"no such choice.{suggest(choice, option.choices)}")
        return {
            "option": option.id,
            **{choice: self.value(f"{place}.{choice}", key, inner, body) for choice, inner in given.items()},
        }

    def refer(self, place: str, name: Any) -> None:
        plain = name.removesuffix("_CODE") if isinstance(name, str) and name not in self.known else name
        if plain not in self.known:
            self.problems.add(place, f"no item, covariate or earlier result {name!r}.{suggest(str(name), self.known)}")

    def kind_names(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        for name in listed(value if isinstance(value, (str, list)) else [value]):
            self.refer(place, name)
        return value

    def kind_outputs(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        for name in listed(value if isinstance(value, (str, list)) else [value]):
            self.problems.new_name(place, name, ())
        return value

    def kind_number(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not _number(value):
            self.problems.add(place, f"needs a number, not {value!r}")
        return value

    def kind_numbers(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        return self.problems.number_list(place, value)

    def kind_by_variable(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not isinstance(value, Mapping):
            return self.kind_number(place, key, value, body)
        of = listed(body.get("of"))
        for name in of:
            if name not in value:
                self.problems.add(place, f"no number for {name!r}")
        for name, number in value.items():
            if name not in of:
                self.problems.add(f"{place}.{name}", f"not in 'of'.{suggest(str(name), of)}")
            self.kind_number(f"{place}.{name}", key, number, body)
        return value

    def kind_number_map(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not isinstance(value, Mapping) or not value or not all(_number(k) and _number(v) for k, v in value.items()):
            self.problems.add(place, "needs {number: number, ...}")
        return value

    def kind_code_map(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not isinstance(value, Mapping) or not all(isinstance(k, str) and _number(v) for k, v in value.items()):
            self.problems.add(place, "needs {code: number, ...}, such as {unable: 0}")
        return value

    def kind_weights(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not isinstance(value, Mapping) or not value:
            self.problems.add(place, "needs {variable: weight, ...}")
            return value
        for name, number in value.items():
            self.refer(f"{place}.{name}", name)
            self.kind_number(f"{place}.{name}", key, number, body)
        return value

    def kind_value(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if isinstance(value, str):
            if value != "missing":
                self.refer(place, value)
            return value
        return self.kind_number(place, key, value, body)

    def kind_cases(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        cases = []
        for index, case in enumerate(self.problems.sequence(place, value)):
            here = f"{place}[{index}]"
            if not self.problems.mapping(here, case, ("when", "value")) or not {"when", "value"} <= set(case):
                self.problems.add(here, "needs when: an expression, and value: a number, a variable or missing")
                continue
            try:
                for name in sorted(parse(case["when"]).columns):
                    self.refer(f"{here}.when", name)
            except ExpressionError as error:
                self.problems.add(f"{here}.when", str(error))
            cases.append(
                {"when": case["when"], "value": self.value(f"{here}.value", Key("value"), case["value"], body)}
            )
        return cases

    def kind_word(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        self.problems.word(place, value, key.words)
        return value

    def kind_text(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not isinstance(value, str):
            self.problems.add(place, f"needs a text, not {value!r}")
        return value

    def kind_texts(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        return [str(text) for text in self.problems.sequence(place, value)]

    kind_set = kind_text

    def kind_files(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        files = [self.problems.file(f"{place}[{i}]", self.path, name) for i, name in enumerate(listed(value))]
        found = [path for path in files if path]
        for path in found:
            self.terms(place, path, listed(body.get("of")))
        self.files += found
        return found

    def kind_code(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        path = self.problems.file(place, self.path, value)
        self.code += [path] if path else []
        return path

    def terms(self, place: str, path: Path, dimensions: Sequence[str]) -> None:
        """Every term of a value-set file must be about a dimension or a variable that is known here."""
        try:
            table = value_sets.read(path)
        except (InstrumentError, ValueError) as error:
            self.problems.add(place, str(error))
            return
        for term in table.index if table.index.name == "term" else ():
            for part in str(term).split("&"):
                name, _, level = part.strip().partition("=")
                if name != "start" and name not in (dimensions if level else self.known):
                    self.problems.add(place, f"{path}: the term {term!r} names no known variable")
