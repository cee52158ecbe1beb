"""Who and which records, read from ADSL and BDS once more: docs/models.md, "What every model gets", in other words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rctflow.second.errors import NoSecondPathError
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Array = NDArray[np.float64]
DIGITS = 10


def analysed(bds: DataFrame, adsl: DataFrame, declared: Declared) -> DataFrame:
    """One row per record that counts after baseline: USUBJID, ARM, AVISIT, AVAL, AVALC, BASE, CHG and covariates."""
    counting = bds[(bds[declared.counts] == "Y") & bds["AVISIT"].isin(declared.visits)]
    return _joined(counting, adsl, declared)


def at_baseline(bds: DataFrame, adsl: DataFrame, declared: Declared) -> DataFrame:
    """The same columns, one row per baseline record, AVISIT the baseline visit."""
    return _joined(bds[bds["ABLFL"] == "Y"], adsl, declared).assign(AVISIT=declared.baseline_visit)


def _joined(records: DataFrame, adsl: DataFrame, declared: Declared) -> DataFrame:
    asked = list(dict.fromkeys([*declared.factors, *declared.covariates]))
    members = adsl.loc[adsl[declared.flag] == "Y", asked].assign(
        USUBJID=adsl["USUBJID"], ARM=adsl[declared.arm_variable]
    )
    values = records.loc[records["AVAL"].notna(), ["USUBJID", "AVISIT", "AVAL", "AVALC", "BASE", "CHG"]]
    rows = values.merge(members, on="USUBJID", how="inner", validate="many_to_one")
    known = rows[asked].notna().all(axis=1) & ~(rows[asked] == "").any(axis=1)
    return rows[known].sort_values(["USUBJID", "AVISIT"], ignore_index=True)


def complete(rows: DataFrame, declared: Declared) -> DataFrame:
    """The rows that have the baseline value and the change, where the declared model needs them."""
    if declared.outcome == "change":
        rows = rows[rows["CHG"].notna()]
    if declared.baseline or (declared.log and declared.outcome == "change"):
        rows = rows[rows["BASE"].notna()]
    return rows.reset_index(drop=True)


def outcome(rows: DataFrame, declared: Declared) -> Array:
    """Value, change, ln(value) or ln(value / baseline), (n,)."""
    if not declared.log:
        return rows["CHG" if declared.outcome == "change" else "AVAL"].to_numpy(float)
    logged = logarithm(rows["AVAL"])
    return logged - logarithm(rows["BASE"]) if declared.outcome == "change" else logged


def without_noise(values: Array) -> Array:
    """The values (n,) to ten digits of the largest: a change is a difference, and equal ones differ by rounding."""
    largest = float(np.abs(values).max(initial=0.0))
    return values if not largest else np.round(values, DIGITS - 1 - math.floor(math.log10(largest))) + 0.0


def baseline(rows: DataFrame, declared: Declared) -> Array:
    """Baseline value or its logarithm, (n,)."""
    return logarithm(rows["BASE"]) if declared.log else rows["BASE"].to_numpy(float)


def logarithm(values: Series) -> Array:
    """Natural logarithms. Raises NoSecondPathError for values that have none."""
    numbers = values.to_numpy(float)
    if not (numbers > 0).all():
        raise NoSecondPathError(f"{values.name} has values without a logarithm")
    return np.log(numbers)


def constant_columns(rows: DataFrame, declared: Declared, names: Sequence[str] | None = None) -> list[Array]:
    """The columns that factors and covariates add to a design, each (n,): all levels but the first, or the number.

    names: of some of them only.
    """
    columns: list[Array] = []
    for name in dict.fromkeys([*declared.factors, *declared.covariates] if names is None else names):
        if name in declared.factors or rows[name].dtype.kind not in "iuf":
            levels = sorted(set(rows[name]))
            columns += [(rows[name] == level).to_numpy(float) for level in levels[1:]]
        else:
            columns.append(rows[name].to_numpy(float))
    return columns
