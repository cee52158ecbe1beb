"""Steps that decide: the first case that applies, and a class that holds whatever the missing parts are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from rctflow.derive.instruments.columns import MISSING, Column, State, scored, why_absent, why_undecided
from rctflow.expressions import parse

Body = Mapping[str, Any]


def choose(body: Body, state: State) -> Column:
    """choose: the value of the first case whose ``when`` is true, else ``otherwise``.

    A value is a number, a variable or ``missing``; without ``otherwise``, missing. Where there is no number, the code
    names the missing variables among those that the conditions and values read.
    """
    rows = len(next(iter(state.values())).code)
    result, open_rows = np.full(rows, np.nan), np.ones(rows, dtype=bool)
    names: list[str] = []
    for case in body.get("cases") or []:
        expression = parse(case["when"])
        names += sorted(expression.columns)
        holds = expression.evaluate(_frame(state, expression.columns)).to_numpy() & open_rows
        result[holds] = _value(case["value"], state, rows, names)[holds]
        open_rows &= ~holds
    result[open_rows] = _value(body.get("otherwise", "missing"), state, rows, names)[open_rows]
    plain = [name if name in state else name.removesuffix("_CODE") for name in names]
    return scored(result, why_undecided(state, list(dict.fromkeys(plain)), np.isnan(result)))


def _value(value: Any, state: State, rows: int, names: list[str]) -> np.ndarray:
    if not isinstance(value, str) or value == "missing":
        return np.full(rows, np.nan if isinstance(value, str) else float(value))
    names.append(value)
    return state[value].value


def _frame(state: State, names: frozenset[str]) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name in sorted(names):
        variable: Any = state.get(name)
        if variable is None:
            columns[name] = state[name.removesuffix("_CODE")].code
        else:
            columns[name] = variable.value if isinstance(variable, Column) else variable.to_numpy()
    return pd.DataFrame(columns)


def classify(body: Body, state: State) -> Column:
    """classify: the class of the sum of the parts, when every fill-in of the missing parts (by ``possible``) leads to
    it.

    Else no number, and the code ``indeterminate: 3 of 5 parts scored``. The classes (``at_least``) are intervals of
    the sum, so that the smallest and the largest fill-in decide.
    """
    of = [body["of"]] if isinstance(body["of"], str) else list(body["of"])
    columns = [state[name] for name in of]
    possible = [float(value) for value in body["possible"]]
    table = sorted((float(limit), float(result)) for limit, result in body["at_least"].items())
    limits, results = (np.array(part) for part in zip(*table, strict=True))
    values = np.stack([column.value for column in columns])
    low, high = (
        np.searchsorted(limits, np.where(np.isnan(values), fill, values).sum(axis=0), side="right") - 1
        for fill in (min(possible), max(possible))
    )
    sure = (low == high) & (low >= 0)
    code = why_absent(columns, ~sure)
    plain = np.array([reason.startswith(MISSING) for reason in code], dtype=bool)
    code[plain] = [reason.replace(MISSING, "indeterminate", 1) for reason in code[plain]]
    return scored(np.where(sure, results[np.clip(low, 0, None)], np.nan), code)
