"""Within one arm, by the standard library: ``paired_change`` and what of ``descriptive`` is neither count nor quantile.

Quantiles and extremes are left out: of restricted data the first path shows other ones.
"""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from rctflow.second.selection import analysed, logarithm
from rctflow.second.settings import Declared
from rctflow.second.student import critical_value, two_sided_p

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Arm -> its statistics at ``declared.visit``."""
    rows = analysed(bds, adsl, replace(declared, factors=(), covariates=()))
    rows = rows[rows["AVISIT"] == declared.visit]
    statistics = _paired if declared.model == "paired_change" else _described
    return {arm: statistics(rows[rows["ARM"] == arm], declared) for arm in declared.arms}


def _paired(rows: DataFrame, declared: Declared) -> dict[str, float]:
    rows = rows[rows["CHG"].notna() & (rows["BASE"].notna() if declared.log else True)]
    changes = logarithm(rows["AVAL"]) - logarithm(rows["BASE"]) if declared.log else rows["CHG"]
    values = _mean(changes.tolist(), declared)
    if "sd" not in values or not values["sd"] > 0:
        return {"n": values["n"]}
    back = math.exp if declared.log else float
    n, se = values["n"], values["sd"] / math.sqrt(values["n"])
    found = {"n": n, "within_arm_change": back(values["mean"]), "se_log" if declared.log else "se": se, "df": n - 1}
    found |= {"t": values["mean"] / se, "p_value": two_sided_p(values["mean"] / se, n - 1)}
    return found | {name: back(values[name]) for name in ("ci_low", "ci_high")}


def _described(rows: DataFrame, declared: Declared) -> dict[str, float]:
    found = _mean(_known(rows["AVAL"]), declared)
    found |= {f"change_{name}": value for name, value in _mean(_known(rows["CHG"]), declared).items()}
    if declared.log and bool((rows["AVAL"] > 0).all()):
        logs = _mean(logarithm(rows["AVAL"]).tolist(), declared)
        for name, of_log in (("mean", "mean"), ("ci_low", "ci_low"), ("ci_high", "ci_high")):
            if of_log in logs:
                found[f"geometric_{name}"] = math.exp(logs[of_log])
    return found


def _known(values: Series) -> list[float]:
    return [float(value) for value in values.dropna()]


def _mean(values: list[float], declared: Declared) -> dict[str, float]:
    """n, mean, sd and the t interval of the mean, as far as the values determine them."""
    n = len(values)
    found = {"n": float(n)}
    if n:
        found["mean"] = fmean(values)
    if n > 1:
        found["sd"] = stdev(values)
        half = critical_value(declared.confidence, n - 1) * found["sd"] / math.sqrt(n)
        found |= {"ci_low": found["mean"] - half, "ci_high": found["mean"] + half}
    return found
