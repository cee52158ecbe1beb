"""Compute the primary and secondary results of a study again and hold them against the first ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rctflow.results import Result, compared_arms
from rctflow.second.agreement import TOLERANCE
from rctflow.second.comparison import Comparison
from rctflow.second.errors import DisagreementError, NoSecondPathError
from rctflow.second.registry import is_told_again, second_path
from rctflow.second.settings import Declared, Second

if TYPE_CHECKING:
    from pandas import DataFrame

Found = dict[str, dict[str, float]]


def compute_again(
    settings: Second,
    adsl: DataFrame,
    records: Mapping[str, DataFrame],
    first: Mapping[str, Sequence[Result]],
) -> list[Result]:
    """Per primary and secondary analysis and contrast (or arm): each statistic of the second computation
    (``second_estimate``, ...) and ``largest_disagreement`` with the first; a row with the reason where there is nothing
    to compare.

    records: BDS by endpoint. first: result rows by endpoint. Disagreements below NOISE are written as 0. Raises
    DisagreementError, naming every pair of numbers that is further apart than TOLERANCE, and every number of the first
    that the second computation holds not to exist.
    """
    rows: list[Result] = []
    apart: list[str] = []
    for declared in settings.analyses:
        bds = records[declared.endpoint]
        found, why = _computed(bds, adsl, declared)
        for who, printed in _first_rows(first[declared.endpoint], declared, found).items():
            comparison = Comparison(settings, declared, who, printed)
            rows += comparison.rows(*_as_used_first(bds, adsl, declared, who, printed, found.get(who, {}), why))
            apart += comparison.apart
    if apart:
        raise DisagreementError(
            "two computations of the same result disagree by more than "
            f"{TOLERANCE:g} (docs/second.md says how that is measured):\n  " + "\n  ".join(apart)
        )
    return rows


def _computed(bds: DataFrame, adsl: DataFrame, declared: Declared) -> tuple[Found, str]:
    """Contrast or arm -> statistics, and what kept the second path from computing any ("" when nothing did)."""
    from numpy.linalg import LinAlgError

    try:
        compute = second_path(declared.model)
        found = compute(bds, adsl, declared)
        for arm, other in declared.contrasts:
            turned = replace(declared, arms=(other, *(name for name in declared.arms if name != other)))
            again = compute(bds, adsl, turned)
            found |= {who: numbers for who, numbers in again.items() if compared_arms(who) == [arm, other]}
        return {who: _finite(numbers) for who, numbers in found.items()}, ""
    except NoSecondPathError as error:
        return {}, str(error)
    except (LinAlgError, ArithmeticError, ValueError) as error:
        return {}, f"the second computation failed: {error}"


def _finite(numbers: dict[str, float]) -> dict[str, float]:
    """The numbers without those that are none."""
    for name in [name for name, value in numbers.items() if not math.isfinite(value)]:
        del numbers[name]
    return numbers


def _as_used_first(
    bds: DataFrame,
    adsl: DataFrame,
    declared: Declared,
    who: str,
    first: Mapping[str, Result],
    second: Mapping[str, float],
    why: str,
) -> tuple[Mapping[str, float], str, str]:
    """The second numbers, what keeps absent ones, and what else is to be told of them.

    Of a declared chain both paths may take another step; the second is then asked for the step that the first took.
    """
    why = why or getattr(second, "lacking", "")
    left, used = getattr(second, "left", ""), getattr(second, "used", {})
    step = next((step for step in declared.options.get("chain", ()) if _is_used(step, first)), None)
    if not used or step is None or step == used:
        return second, why, ""
    both = f"the first computation used {step['covariance']}, the second {used['covariance']}"
    both += f" ({left})" if left else ""
    both += "".join(f"; the first: {note}" for note in _notes(first))
    found, other = _computed(bds, adsl, replace(declared, options=declared.options | {"chain": [step]}))
    if who not in found:
        return {}, f"{both}; at the step of the first the second computation has no number: {other or 'none'}", ""
    return found[who], why, f"{both}; compared at the step of the first"


def _is_used(step: Mapping[str, str], first: Mapping[str, Result]) -> bool:
    """Whether the methods of the first rows name this step of a chain."""
    words = [f"; {step['covariance']} covariance", f" {step['df']} degrees of freedom"]
    words += [] if step["vcov"] == "model" else [f" {step['vcov']} standard errors,"]
    methods = [row.method for row in first.values() if row.value is not None]
    return bool(methods) and all(word in method for method in methods for word in words)


def _notes(first: Mapping[str, Result]) -> list[str]:
    return sorted({row.note for row in first.values() if row.status == "fallback" and row.note})


def _first_rows(rows: Sequence[Result], declared: Declared, found: Mapping[str, Any]) -> dict[str, dict[str, Result]]:
    """Contrast with the reference -> statistic -> row, at the declared visit; arms too, and all arms together (""),
    where the second computation has them, and where there is nothing else.
    """
    here = [
        row
        for row in rows
        if (row.analysis, row.population, row.visit) == (declared.analysis, declared.population, declared.visit)
        and (":" not in row.statistic or is_told_again(declared.model, row.statistic))  # of a part of the patients
    ]
    compares = any(row.contrast for row in here)
    sorted_out: dict[str, dict[str, Result]] = {}
    for row in here:
        who = row.contrast or row.group
        if row.contrast or who in found or (row.group and not compares):
            sorted_out.setdefault(who, {})[row.statistic] = row
    return sorted_out
