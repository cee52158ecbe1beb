"""Check the steps of an instrument file: operations, their keys, and that each reads only what stands before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rctflow.derive.instruments import value_sets
from rctflow.derive.instruments.arithmetic import listed, outputs
from rctflow.derive.instruments.model import Covariate, InstrumentError, Item, Option, Step, suggest
from rctflow.derive.instruments.operations import OPERATIONS, Key
from rctflow.derive.instruments.problems import Problems, is_number
from rctflow.expressions import ExpressionError, parse


def check_steps(
    data: Any,
    items: Mapping[str, Item],
    covariates: Mapping[str, Covariate],
    options: Mapping[str, Option],
    path: Path,
    problems: Problems,
) -> StepsChecker:
    """The checker after all steps: what they are (``steps``), and what they write (``made``)."""
    texts = {name for name, covariate in covariates.items() if covariate.values}
    checker = StepsChecker([*items, *covariates], texts, options, path, problems)
    for index, entry in enumerate(problems.sequence("steps", data)):
        checker.step(index, entry)
    return checker


class StepsChecker:
    """Checks the steps in order: a step may read only what stands before it."""

    def __init__(
        self, known: list[str], texts: set[str], options: Mapping[str, Option], path: Path, problems: Problems
    ) -> None:
        self.known, self.texts, self.options, self.path, self.problems = known, texts, options, path, problems
        self.steps: list[Step] = []
        self.made: list[str] = []

    def step(self, index: int, entry: Any) -> None:
        """Check one step and keep it; after a problem only its outputs are kept, so that later steps can be checked."""
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
        checked = {key: self._any(f"{place}.{key}", keys[key], body[key], body) for key in body if key in keys}
        self.made += outputs(body)
        self.known += [out for out in outputs(body) if out not in self.known]
        if len(self.problems.found) == before:
            self._shape(place, name, checked)
            self.steps.append(Step(name, checked, place))

    def _shape(self, place: str, name: str, body: Mapping[str, Any]) -> None:
        if name == "bands" and ("at_least" in body) == ("at_most" in body):
            self.problems.add(place, "needs either at_least or at_most")
        if name == "combine" and (body.get("fill") == "full_range") != isinstance(body.get("highest"), Mapping):
            self.problems.add(place, "fill: full_range and highest: {variable: its highest value} need one another")
        if OPERATIONS[name].elementwise:
            if len(listed(body["of"])) != len(outputs(body)):
                self.problems.add(f"{place}.to", "needs as many names as 'of'")
        elif name != "hook" and len(outputs(body)) != 1:
            self.problems.add(f"{place}.to", "needs one name")

    def _any(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if isinstance(value, Mapping) and "option" in value:
            if key.kind == "outputs" or (key.kind == "names" and "to" not in body):
                self.problems.add(place, "the names that a step writes cannot depend on an option")
                return value
            return self._switch(place, key, value, body)
        return getattr(self, f"_{key.kind}")(place, key, value, body)

    def _switch(self, place: str, key: Key, value: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
        option = self.options.get(value["option"])
        if option is None:
            self.problems.add(
                f"{place}.option", f"no option {value['option']!r}.{suggest(str(value['option']), self.options)}"
            )
            return value
        given = {str(choice): inner for choice, inner in value.items() if choice != "option"}
        if not given:
            for choice in option.choices if key.kind != "set" else ():
                self._any(place, key, choice, body)
            return {"option": option.id}
        for choice in option.choices:
            if choice not in given:
                self.problems.add(place, f"no value for the choice {choice!r} of option {option.id}")
        for choice in given:
            if choice not in option.choices:
                self.problems.add(f"{place}.{choice}", f"no such choice.{suggest(choice, option.choices)}")
        return {
            "option": option.id,
            **{choice: self._any(f"{place}.{choice}", key, inner, body) for choice, inner in given.items()},
        }

    def _refer(self, place: str, name: Any, number: bool = True) -> None:
        plain = str(name) if number or name in self.known else str(name).removesuffix("_CODE")
        if plain not in self.known:
            self.problems.add(place, f"no item, covariate or earlier result {name!r}.{suggest(str(name), self.known)}")
        elif number and plain in self.texts:
            self.problems.add(place, f"{name!r} is a text; it can only stand in a 'when'")

    def _names(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        for name in listed(value if isinstance(value, (str, list)) else [value]):
            self._refer(place, name, number="function" not in body)
        return value

    def _outputs(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        for name in listed(value if isinstance(value, (str, list)) else [value]):
            self.problems.new_name(place, name, ())
        return value

    def _number(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not is_number(value):
            self.problems.add(place, f"needs a number, not {value!r}")
        return value

    def _numbers(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        return self.problems.number_list(place, value)

    def _by_variable(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not isinstance(value, Mapping):
            return self._number(place, key, value, body)
        of = listed(body.get("of"))
        for name in of:
            if name not in value:
                self.problems.add(place, f"no number for {name!r}")
        for name, number in value.items():
            if name not in of:
                self.problems.add(f"{place}.{name}", f"not in 'of'.{suggest(str(name), of)}")
            self._number(f"{place}.{name}", key, number, body)
        return value

    def _number_map(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if (
            not isinstance(value, Mapping)
            or not value
            or not all(is_number(k) and is_number(v) for k, v in value.items())
        ):
            self.problems.add(place, "needs {number: number, ...}")
        return value

    def _code_map(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not isinstance(value, Mapping) or not all(isinstance(k, str) and is_number(v) for k, v in value.items()):
            self.problems.add(place, "needs {code: number, ...}, such as {unable: 0}")
        return value

    def _weights(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not isinstance(value, Mapping) or not value:
            self.problems.add(place, "needs {variable: weight, ...}")
            return value
        for name, number in value.items():
            self._refer(f"{place}.{name}", name)
            self._number(f"{place}.{name}", key, number, body)
        return value

    def _value(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if isinstance(value, str):
            if value != "missing":
                self._refer(place, value)
            return value
        return self._number(place, key, value, body)

    def _cases(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        cases = []
        for index, case in enumerate(self.problems.sequence(place, value)):
            here = f"{place}[{index}]"
            if not self.problems.mapping(here, case, ("when", "value")) or not {"when", "value"} <= set(case):
                self.problems.add(here, "needs when: an expression, and value: a number, a variable or missing")
                continue
            try:
                for name in sorted(parse(case["when"]).columns):
                    self._refer(f"{here}.when", name, number=False)
            except ExpressionError as error:
                self.problems.add(f"{here}.when", str(error))
            cases.append({"when": case["when"], "value": self._any(f"{here}.value", Key("value"), case["value"], body)})
        return cases

    def _word(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        self.problems.word(place, value, key.words)
        return value

    def _text(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        if not isinstance(value, str):
            self.problems.add(place, f"needs a text, not {value!r}")
        return value

    def _texts(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        return [str(text) for text in self.problems.sequence(place, value)]

    _set = _text

    def _files(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        files = [self.problems.file(f"{place}[{i}]", self.path, name) for i, name in enumerate(listed(value))]
        found = [path for path in files if path]
        for path in found:
            self._terms(place, path, listed(body.get("of")))
        return found

    def _code(self, place: str, key: Key, value: Any, body: Mapping[str, Any]) -> Any:
        return self.problems.file(place, self.path, value)

    def _terms(self, place: str, path: Path, dimensions: Sequence[str]) -> None:
        """Every term of a value-set file must be about a dimension or a variable that is known here."""
        try:
            table = value_sets.read(path)
        except (InstrumentError, ValueError) as error:
            self.problems.add(place, str(error))
            return
        for term in table.index if table.index.name == "term" else ():
            for part in str(term).split("&"):
                name, _, level = part.strip().partition("=")
                if name not in value_sets.CONSTANTS and name not in (dimensions if level else self.known):
                    self.problems.add(place, f"{path}: the term {term!r} names no known variable")
