"""The declared way out for what a table cannot say: a function in the user's own file."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rctflow.derive.instruments.columns import Column, State, numbers, same_text
from rctflow.derive.instruments.model import Instrument, InstrumentError


def load_function(path: Path, name: str) -> Callable[[pd.DataFrame], Any]:
    """The function ``name`` of the Python file ``path``; raises InstrumentError when there is none, or the file
    fails."""
    spec = importlib.util.spec_from_file_location(f"rctflow_hook_{path.stem}", path)
    if spec is None or spec.loader is None or not path.exists():
        raise InstrumentError(f"hook: {path} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InstrumentError(f"hook: {path} cannot be imported: {type(error).__name__}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise InstrumentError(f"hook: {path} has no function {name!r}.")
    return function


def run(body: Mapping[str, Any], state: State, instrument: Instrument) -> dict[str, Column]:
    """hook: ``function(items)`` with the variables ``of`` as DataFrame (all so far when left out), codes as
    ``<name>_CODE``.

    It returns a Series (one ``to``) or a DataFrame with the columns ``to``, on the same index, and may add
    ``<to>_CODE``. Raises InstrumentError when it fails or returns anything else.
    """
    to = [body["to"]] if isinstance(body["to"], str) else list(body["to"])
    of = [body["of"]] if isinstance(body.get("of"), str) else list(body.get("of") or state)
    place = f"hook {body['function']} of {body['file']}"
    items = _frame(state, of)
    try:
        given = load_function(Path(body["file"]), body["function"])(items.copy())
    except InstrumentError:
        raise
    except Exception as error:
        raise InstrumentError(f"{place} failed: {type(error).__name__}: {error}") from error
    if isinstance(given, pd.Series) and len(to) == 1:
        given = given.to_frame(to[0])
    if not isinstance(given, pd.DataFrame) or not given.index.equals(items.index) or not set(to) <= set(given.columns):
        raise InstrumentError(
            f"{place} must return one row per row of items (same index) with the columns {', '.join(to)}."
        )
    return {name: _column(given, name) for name in to}


def _frame(state: State, names: list[str]) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name in names:
        variable: Any = state[name]
        if isinstance(variable, Column):
            columns |= {name: variable.value, f"{name}_CODE": variable.code}
        else:
            columns[name] = variable.to_numpy()
    return pd.DataFrame(columns)


def _column(given: pd.DataFrame, name: str) -> Column:
    value = numbers(given[name], name)
    code = same_text(len(value))
    if f"{name}_CODE" in given:
        code = given[f"{name}_CODE"].fillna("").astype(str).to_numpy(dtype=object)
    return Column(value, np.where(np.isnan(value) & (code == ""), "missing: the hook gave no number", code))
