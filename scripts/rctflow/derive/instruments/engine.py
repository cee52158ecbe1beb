"""Scoring: read the items, run the steps that the wanted scores need, and say why a score is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from rctflow.derive.instruments.columns import State, absent_item, read_covariate, read_item
from rctflow.derive.instruments.model import Instrument, InstrumentError, Step, suggest
from rctflow.derive.instruments.operations import OPERATIONS, listed, outputs, reads


def score(
    instrument: Instrument,
    items: pd.DataFrame,
    options: Mapping[str, str] | None = None,
    scores: Collection[str] | None = None,
) -> pd.DataFrame:
    """Scores of every assessment (row) of ``items``.

    items: one float column per item id (NaN missing); ``<item>_CODE`` where an answer can be coded (unable, refused;
    < and > with the limit in the value column); the covariates that the instrument declares. scores: those wanted
    (all when None); only what they need must be there, items and required options alike.

    Returns, on the same index, ``<score>`` (float) and ``<score>_CODE``: empty, or why there is no number (unable,
    refused, <0.5, ``missing: 3 of 5 items answered``); a substituted value below a limit keeps its code. Raises
    InstrumentError for a missing column, a text where a number belongs, and an option that is unknown or must be named.
    """
    wanted = _wanted(instrument, scores)
    chosen = instrument.chosen(options)
    steps = _needed_steps(instrument, wanted, chosen)
    state = _read(instrument, items, _inputs(instrument, wanted, steps))
    for step, body in steps:
        state |= OPERATIONS[step.operation].run(body, state, instrument)
    result: dict[str, Any] = {}
    for name in wanted:
        column = state[name]
        silent = column.absent & (column.code == "")
        result[name] = column.value
        result[f"{name}_CODE"] = np.where(silent, "missing", column.code).astype(object)
    return pd.DataFrame(result, index=items.index)


def needed_columns(
    instrument: Instrument, options: Mapping[str, str] | None = None, scores: Collection[str] | None = None
) -> list[str]:
    """The items and covariates that the wanted scores read, in the order of the instrument; optional items included."""
    wanted = _wanted(instrument, scores)
    inputs = _inputs(instrument, wanted, _needed_steps(instrument, wanted, instrument.chosen(options)))
    return [name for name in [*instrument.items, *instrument.covariates] if name in inputs]


def _wanted(instrument: Instrument, scores: Collection[str] | None) -> list[str]:
    if scores is None:
        return list(instrument.scores)
    for name in scores:
        if name not in instrument.scores:
            raise InstrumentError(f"{instrument.name}: no score {name!r}.{suggest(name, instrument.scores)}")
    return [name for name in instrument.scores if name in set(scores)]


def _needed_steps(
    instrument: Instrument, wanted: Collection[str], chosen: Mapping[str, str | None]
) -> list[tuple[Step, dict[str, Any]]]:
    """The steps that lead to the wanted scores, in order, with their switches resolved."""
    needed = set(wanted)
    steps: list[tuple[Step, dict[str, Any]]] = []
    for step in reversed(instrument.steps):
        if needed.isdisjoint(outputs(step.body)):
            continue
        body = _only(step.operation, resolve(step.body, chosen, instrument), needed)
        needed.update(name for name in _plain(instrument, reads(step.operation, body)))
        if step.operation == "hook" and not body.get("of"):
            needed.update([*instrument.items, *instrument.covariates, *_written_before(instrument, step)])
        steps.append((step, body))
    return steps[::-1]


def _only(operation: str, body: dict[str, Any], needed: Collection[str]) -> dict[str, Any]:
    """An elementwise step reduced to the outputs that are needed, so that it asks for no other item."""
    if not OPERATIONS[operation].elementwise:
        return body
    pairs = [(of, to) for of, to in zip(listed(body["of"]), outputs(body), strict=True) if to in needed]
    return body | {"of": [of for of, _ in pairs], "to": [to for _, to in pairs]}


def _written_before(instrument: Instrument, step: Step) -> list[str]:
    earlier = instrument.steps[: instrument.steps.index(step)]
    return [name for other in earlier for name in outputs(other.body)]


def _plain(instrument: Instrument, names: Collection[str]) -> list[str]:
    """Names of variables: X_CODE is the code of X."""
    known = {*instrument.items, *instrument.covariates, *(n for s in instrument.steps for n in outputs(s.body))}
    return [name if name in known else name.removesuffix("_CODE") for name in names]


def resolve(value: Any, chosen: Mapping[str, str | None], instrument: Instrument) -> Any:
    """``value`` with each ``{option: name, choice: value, ...}`` replaced by the value of the choice that was made.

    Without values, ``{option: name}`` is the name of the choice itself. Raises InstrumentError for an option that
    must be named.
    """
    if isinstance(value, list):
        return [resolve(element, chosen, instrument) for element in value]
    if not isinstance(value, Mapping):
        return value
    if "option" not in value:
        return {key: resolve(element, chosen, instrument) for key, element in value.items()}
    option = instrument.options[value["option"]]
    choice = chosen[option.id]
    if choice is None:
        raise InstrumentError(
            f"{instrument.name}: name the option {option.id} ({option.label}); there is no default. "
            f"One of: {', '.join(option.choices)}."
        )
    return resolve(value[choice], chosen, instrument) if len(value) > 1 else choice


def _inputs(instrument: Instrument, wanted: Collection[str], steps: list[tuple[Step, dict[str, Any]]]) -> set[str]:
    names = {*wanted, *_plain(instrument, [name for step, body in steps for name in reads(step.operation, body)])}
    if any(step.operation == "hook" and not body.get("of") for step, body in steps):
        names.update([*instrument.items, *instrument.covariates])
    return names.intersection([*instrument.items, *instrument.covariates])


def _read(instrument: Instrument, items: pd.DataFrame, inputs: set[str]) -> State:
    absent = [name for name in [*instrument.items, *instrument.covariates] if name in inputs and name not in items]
    required = [n for n in absent if n in instrument.covariates or not instrument.items[n].optional]
    if required:
        columns = [str(name) for name in items.columns]
        hints = "".join(f" {name!r}:{suggest(name, columns)}" for name in required[:1])
        raise InstrumentError(f"{instrument.name}: items without a column: {', '.join(required)}.{hints}")
    state: Any = {}
    for name, item in instrument.items.items():
        if name in inputs:
            state[name] = absent_item(len(items)) if name in absent else read_item(item, items)
    for name, covariate in instrument.covariates.items():
        if name in inputs:
            state[name] = read_covariate(covariate, items)
    return state
