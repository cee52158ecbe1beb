"""Patients who could not perform a test: a declared rule says what becomes of them, never silence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rctflow.derive.errors import DeriveError
from rctflow.derive.settings import Records, Window

UNABLE = "unable"


def apply_unable(records: pd.DataFrame, settings: Records) -> pd.DataFrame:
    """``records`` (AVAL, AVALC, DTYPE) after the rule for rows whose AVALC is ``unable``; AVALC keeps the text.

    worst: AVAL is the declared value, DTYPE WORST. rank: AVAL is infinite on the worse side, for
    ``rank_within_visit`` to rank. missing: AVAL stays missing. Raises DeriveError when somebody was unable and no
    rule is declared, or no worst value.
    """
    unable = records["AVALC"] == UNABLE
    rule = settings.unable
    place = f"endpoints.{settings.endpoint}.unable"
    if not unable.any():
        return records
    if rule is None:
        raise DeriveError(
            f"{place}: {unable.sum()} records of {settings.table!r} are 'unable' (first: subject "
            f"{records.loc[unable, 'USUBJID'].min()}), and no rule says what becomes of them. Declare {place}.rule: "
            "worst "
            "(with its value), rank, or missing."
        )
    if rule.rule == "missing":
        return records
    if rule.rule == "rank":
        return records.assign(AVAL=records["AVAL"].mask(unable, np.inf if settings.direction == "lower" else -np.inf))
    if rule.value is None:
        raise DeriveError(f"{place}: the rule 'worst' needs the worst value. Declare {place}.value.")
    return records.assign(AVAL=records["AVAL"].mask(unable, rule.value), DTYPE=records["DTYPE"].mask(unable, "WORST"))


def rank_within_visit(records: pd.DataFrame, windows: Mapping[str, Window]) -> pd.DataFrame:
    """``records`` with AVAL turned into its mid-rank (1 = smallest value) among the analysed records of the visit,
    DTYPE RANK.

    Analysed are ANL01FL and ABLFL records; baseline records are ranked among the baselines, whatever the visit they
    lie in. Those unable share the mid-rank of the worst end: the highest where lower is better. Other records have no
    rank: AVAL is missing. AVALC keeps the measured value as text.
    Source: mid-ranks as in Wilcoxon 1945; those unable ranked worst as in Lachin 1999.
    """
    baseline = next((visit for visit, window in windows.items() if window.baseline), "")
    group = records["AVISIT"].mask(records["ABLFL"] == "Y", baseline)
    analysed = (records["ANL01FL"] == "Y") | (records["ABLFL"] == "Y")
    ranks = records["AVAL"].where(analysed).groupby(group).rank(method="average")
    measured = pd.array([f"{value:.10g}" for value in records["AVAL"]], dtype="str")
    shown = records["AVALC"].mask(
        (records["AVALC"] == "") & records["AVAL"].notna(), pd.Series(measured, records.index)
    )
    return records.assign(AVAL=ranks, AVALC=shown, DTYPE=records["DTYPE"].mask(ranks.notna(), "RANK"))
