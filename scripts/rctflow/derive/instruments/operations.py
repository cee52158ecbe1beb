"""The vocabulary of steps: which keys each operation takes, and what it does to the variables.

Every operation reads variables (items, covariates, results of earlier steps) and returns new ones; each works on all
rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rctflow.derive.instruments import hooks, value_sets
from rctflow.derive.instruments.arithmetic import (
    bands,
    combine,
    count,
    linear,
    listed,
    outputs,
    quotient,
    recode,
    reverse,
    rounded,
    substitute,
    weighted_sum,
)
from rctflow.derive.instruments.columns import Column, State
from rctflow.derive.instruments.decide import choose, classify
from rctflow.derive.instruments.model import Instrument
from rctflow.expressions import parse

Body = Mapping[str, Any]
Run = Callable[[Body, State, Instrument], dict[str, Column]]


@dataclass(frozen=True)
class Key:
    """One key of a step. kind: what its value must be (checked by check.py); words: the choices of a ``word``."""

    kind: str
    required: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """What a step may say and what it does.

    elementwise: each output depends only on the variable at the same place of ``of``.
    """

    keys: Mapping[str, Key]
    run: Run
    elementwise: bool = False


def each(function: Callable[[Body, Column, str], Column], **keys: Key) -> Operation:
    """Turns each variable of ``of`` into the one at the same place of ``to`` (in place without ``to``)."""

    def run(body: Body, state: State, instrument: Instrument) -> dict[str, Column]:
        pairs = zip(listed(body["of"]), outputs(body), strict=True)
        return {to: function(body, state[of], of) for of, to in pairs}

    return Operation({"of": Key("names", True), "to": Key("outputs"), **keys}, run, elementwise=True)


def one(function: Callable[[Body, State], Column], *, of: bool = True, **keys: Key) -> Operation:
    """An operation that makes one variable, ``to``."""

    def run(body: Body, state: State, instrument: Instrument) -> dict[str, Column]:
        return {outputs(body)[0]: function(body, state)}

    reading = {"of": Key("names", True)} if of else {}
    return Operation({**reading, "to": Key("outputs", True), **keys}, run)


_SHIFT = Key("by_variable")
_TABLE = Key("number_map", True)

OPERATIONS: dict[str, Operation] = {
    "map": each(recode, values=_TABLE, codes=Key("code_map")),
    "reverse": each(reverse, sum=Key("number", True)),
    "linear": each(linear, subtract=_SHIFT, divide=_SHIFT, multiply=_SHIFT, add=_SHIFT),
    "round": each(rounded, decimals=Key("number", True)),
    "bands": each(bands, at_least=Key("number_map"), at_most=Key("number_map"), codes=Key("code_map")),
    "substitute": each(
        substitute,
        below=Key("word", words=("half", "sqrt2", "limit", "missing")),
        above=Key("word", words=("limit", "missing")),
    ),
    "combine": one(
        combine,
        how=Key("word", True, ("sum", "mean", "min", "max", "first", "last")),
        need=Key("number"),
        fill=Key("word", words=("person_mean", "full_range")),
        highest=Key("by_variable"),
    ),
    "count": one(count, values=Key("numbers", True)),
    "weighted_sum": one(weighted_sum, of=False, weights=Key("weights", True)),
    "quotient": one(quotient, numerator=Key("number", True)),
    "choose": one(choose, of=False, cases=Key("cases"), otherwise=Key("value")),
    "classify": one(classify, possible=Key("numbers", True), at_least=_TABLE),
    "value_set": one(value_sets.lookup, set=Key("set", True), files=Key("files", True), multiplicative=Key("texts")),
    "hook": Operation(
        {
            "of": Key("names"),
            "to": Key("outputs", True),
            "file": Key("code", True),
            "function": Key("text", True),
        },
        hooks.run,
    ),
}


def reads(operation: str, body: Body) -> list[str]:
    """The variables that a step (its switches resolved) reads."""
    names: Iterable[str] = listed(body.get("of"))
    if operation == "weighted_sum":
        names = list(body["weights"])
    elif operation == "choose":
        cases = body.get("cases") or []
        values = [case["value"] for case in cases] + [body.get("otherwise", "missing")]
        names = [name for case in cases for name in sorted(parse(case["when"]).columns)]
        names += [value for value in values if isinstance(value, str) and value != "missing"]
    elif operation == "value_set":
        names = [*names, *value_sets.extra_variables(body)]
    return list(dict.fromkeys(names))
