"""The steps that calculate: recode, mirror, shift and scale, round, band, combine, count, weigh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rctflow.derive.instruments.columns import Column, State, scored, why_absent

Body = Mapping[str, Any]


def listed(value: Any) -> list[str]:
    """One name or several, as a list."""
    return [value] if isinstance(value, str) else list(value or [])


def outputs(body: Body) -> list[str]:
    """The variables that a step writes: ``to``, or ``of`` itself (in place)."""
    return listed(body.get("to") or body.get("of"))


def with_codes(body: Body, column: Column, value: np.ndarray, problem: str) -> Column:
    """``value`` with the numbers that the step declares for coded answers (``codes: {unable: 0}``).

    problem: the code of a row that had a number and lost it.
    """
    code = column.code.copy()
    for word, number in (body.get("codes") or {}).items():
        value = np.where(column.absent & (column.code == word), number, value)
    lost = np.isnan(value) & ~column.absent
    code[lost] = [f"{problem}: {number:.10g}" for number in column.value[lost]]
    return replace(scored(value, code), item=column.item)


def recode(body: Body, column: Column, name: str) -> Column:
    """map: each listed number becomes another; a number that is not listed becomes missing."""
    value = np.full(len(column.value), np.nan)
    for old, new in body["values"].items():
        value[column.value == float(old)] = new
    return with_codes(body, column, value, "not in the map")


def reverse(body: Body, column: Column, name: str) -> Column:
    """reverse: sum - x, the mirrored code of an item that counts the other way."""
    return Column(body["sum"] - column.value, column.code, column.item)


def linear(body: Body, column: Column, name: str) -> Column:
    """linear: (x - subtract) / divide * multiply + add; each a number, or one number per variable."""

    def constant(key: str, default: float) -> float:
        given = body.get(key, default)
        return float(given[name] if isinstance(given, Mapping) else given)

    value = (column.value - constant("subtract", 0)) / constant("divide", 1) * constant("multiply", 1)
    return Column(value + constant("add", 0), column.code, column.item)


def rounded(body: Body, column: Column, name: str) -> Column:
    """round: half up at ``decimals``, on the decimal number that was written (8.705 in binary is a little less)."""
    scale = 10.0 ** int(body["decimals"])
    return Column(np.floor(column.value * scale + 0.5 + 1e-7) / scale, column.code, column.item)


def bands(body: Body, column: Column, name: str) -> Column:
    """bands: at_least {limit: result} from a limit up to the next; at_most {limit: result} up to and with a limit."""
    at_least = "at_least" in body
    table = body["at_least" if at_least else "at_most"]
    limits = np.array(sorted(map(float, table)))
    results = np.array([float(result) for _, result in sorted(table.items())])
    place = np.searchsorted(limits, column.value, side="right" if at_least else "left") - int(at_least)
    inside = (place >= 0) & (place < len(limits)) & ~column.absent
    value = np.where(inside, results[np.clip(place, 0, len(limits) - 1)], np.nan)
    return with_codes(body, column, value, "outside the bands")


def substitute(body: Body, column: Column, name: str) -> Column:
    """substitute: a number for results beyond a limit of quantification; the code (<0.5) stays.

    below: half | sqrt2 | limit | missing; above: limit | missing.
    """
    value = column.value.copy()
    factor = {"half": 0.5, "sqrt2": 0.5**0.5, "limit": 1.0, "missing": np.nan}
    for row in np.flatnonzero(column.absent):
        sign, limit = column.code[row][:1], column.code[row][1:]
        if sign in ("<", ">") and limit:
            value[row] = float(limit) * factor[body.get("below" if sign == "<" else "above", "missing")]
    return Column(value, column.code, column.item)


def combine(body: Body, state: State) -> Column:
    """combine: sum, mean, min, max, first or last of the answered variables, when at least ``need`` are answered.

    need: all for sum and mean, one for the others, unless declared. fill: person_mean makes a sum the mean of the
    answered ones times the number of variables; full_range multiplies it by the highest sum of all variables over that
    of the answered ones (``highest``), so that items of unequal length keep the scale's range.
    """
    columns = [state[name] for name in listed(body["of"])]
    values = np.stack([column.value for column in columns])
    how, total = body["how"], len(columns)
    answered = (~np.isnan(values)).sum(axis=0)
    enough = answered >= max(int(body.get("need", total if how in ("sum", "mean") else 1)), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        result = _combined(how, values, answered)
        if how == "sum" and body.get("fill") == "person_mean":
            result = np.where(answered == total, result, result / answered * total)
        if how == "sum" and body.get("fill") == "full_range":
            highest = np.array([float(body["highest"][name]) for name in listed(body["of"])])
            reached = np.where(np.isnan(values), 0.0, highest[:, None]).sum(axis=0)
            result = np.where(answered == total, result, result * highest.sum() / reached)
    return scored(np.where(enough, result, np.nan), why_absent(columns, ~enough))


def _combined(how: str, values: np.ndarray, answered: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    if how in ("sum", "mean"):
        total: np.ndarray = np.where(known, values, 0.0).sum(axis=0)
        return total if how == "sum" else total / answered
    if how in ("min", "max"):
        filled = np.where(known, values, np.inf if how == "min" else -np.inf)
        return filled.min(axis=0) if how == "min" else filled.max(axis=0)
    order = known if how == "first" else known[::-1]
    ordered = values if how == "first" else values[::-1]
    return ordered[order.argmax(axis=0), np.arange(values.shape[1])]


def count(body: Body, state: State) -> Column:
    """count: how many of the variables hold one of ``values``; all must be answered."""
    columns = [state[name] for name in listed(body["of"])]
    values = np.stack([column.value for column in columns])
    absent = np.isnan(values).any(axis=0)
    result = np.isin(values, [float(value) for value in body["values"]]).sum(axis=0).astype(float)
    return scored(np.where(absent, np.nan, result), why_absent(columns, absent))


def weighted_sum(body: Body, state: State) -> Column:
    """weighted_sum: sum of weight times variable; every variable must have a number."""
    columns = [state[name] for name in body["weights"]]
    result = np.zeros(len(columns[0].value))
    for column, weight in zip(columns, body["weights"].values(), strict=True):
        result = result + column.value * weight
    return scored(result, why_absent(columns, np.isnan(result)))


def quotient(body: Body, state: State) -> Column:
    """quotient: numerator / of, such as metres / seconds; missing where ``of`` is 0."""
    column = state[listed(body["of"])[0]]
    with np.errstate(divide="ignore"):
        value = np.where(column.value == 0, np.nan, float(body["numerator"]) / column.value)
    return with_codes(body, column, value, "cannot divide by")
