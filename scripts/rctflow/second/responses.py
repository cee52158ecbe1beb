"""Who has the event at a visit, told once more from ADSL and BDS: values of 0 and 1, responders, missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctflow.second.columns import Array
from rctflow.second.errors import NoSecondPathError
from rctflow.second.selection import analysed, at_baseline
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame

ROUNDING = 1e-9


def responses(bds: DataFrame, adsl: DataFrame, declared: Declared) -> tuple[DataFrame, Array]:
    """The rows of those who are analysed at the visit, and their response (n,) 0 or 1.

    A missing value is left out or counted, as declared. Raises NoSecondPathError when there is nobody.
    """
    from pandas import concat

    values = "CHG" if declared.outcome == "change" else "AVAL"
    rows = analysed(bds, adsl, declared)
    rows = rows[(rows["AVISIT"] == declared.visit) & rows[values].notna()]
    rows = rows.assign(RESPONSE=_response(rows[values].to_numpy(float), declared))
    if declared.options["missing"] != "excluded":
        rows = concat([rows, _absent(bds, adsl, declared)], ignore_index=True)
    if declared.baseline:
        rows = rows[rows["BASE"].notna()]
    if rows.empty:
        raise NoSecondPathError("nobody can be analysed")
    rows = rows.sort_values("USUBJID", ignore_index=True)
    return rows, rows["RESPONSE"].to_numpy(float)


def _response(values: Array, declared: Declared) -> Array:
    """The event itself, or whether the value or the change reaches the threshold in the direction that is better."""
    if declared.model != "responder":
        return values
    least = declared.options.get("at_least")
    least = declared.mcid if least is None else least
    if least is None:
        raise NoSecondPathError("no threshold of response is declared")
    sign = 1.0 if declared.direction == "higher" else -1.0
    wanted = least if declared.outcome == "change" else sign * least
    return (sign * values >= wanted - ROUNDING * max(1.0, abs(least))).astype(float)


def _absent(bds: DataFrame, adsl: DataFrame, declared: Declared) -> DataFrame:
    """A row for each member without a value at the visit, who counts as declared, if all else is known of him."""
    from dataclasses import replace

    values = "CHG" if declared.outcome == "change" else "AVAL"
    told = bds[(bds[declared.counts] == "Y") & (bds["AVISIT"] == declared.visit) & bds[values].notna()]
    asked = list(dict.fromkeys([*declared.factors, *declared.covariates]))
    members = adsl.loc[(adsl[declared.flag] == "Y") & ~adsl["USUBJID"].isin(told["USUBJID"])]
    known = members[asked].notna().all(axis=1) & ~(members[asked] == "").any(axis=1)
    found = members.loc[known, ["USUBJID", *asked]].assign(ARM=members[declared.arm_variable], AVISIT=declared.visit)
    start = at_baseline(bds, adsl, replace(declared, factors=(), covariates=())).set_index("USUBJID")["AVAL"]
    counted = float(declared.options["missing"] == "event")
    return found.assign(BASE=found["USUBJID"].map(start).astype(float), RESPONSE=np.full(len(found), counted))
