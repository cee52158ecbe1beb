"""Baseline value and change from it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from rctflow.derive.settings import Window
from rctflow.derive.windows import after_treatment


def derive_change(records: pd.DataFrame, windows: Mapping[str, Window]) -> pd.DataFrame:
    """``records`` with BASE (AVAL of the subject's ABLFL row, on all rows), CHG = AVAL - BASE and PCHG = 100 CHG /
    BASE.

    CHG and PCHG stand on rows after the day of first dose only: at and before baseline they are missing, a choice
    that ADaM leaves open (Implementation Guide 1.3, analysis parameter variables of the BDS). PCHG is missing where
    BASE is 0.
    """
    base = records["USUBJID"].map(records[records["ABLFL"] == "Y"].set_index("USUBJID")["AVAL"]).astype("float64")
    change = (records["AVAL"] - base).where(after_treatment(records, windows))
    return records.assign(BASE=base, CHG=change, PCHG=(100 * change / base).where(base != 0))
