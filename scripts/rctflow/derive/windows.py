"""Study days and analysis visits.

Two ways to count days meet here. Config and sites count *days since* first dose: 0 is the day of first dose. ADaM's
ADY has no day 0: first dose is day 1, the day before it day -1. Distances are taken in days since, so that they never
jump over 0.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rctflow.derive.errors import DeriveError
from rctflow.derive.plan import overlapping, study_day
from rctflow.derive.settings import Window


def days_since(ady: pd.Series) -> pd.Series:
    """Days since first dose (0 = that day) of ADaM study days (no day 0); missing stays missing."""
    return ady.where(~(ady > 0), ady - 1)


def derive_study_day(records: pd.DataFrame, adsl: pd.DataFrame) -> pd.DataFrame:
    """``records`` with ADY (float64): days from the reference date to ADT; where no date gives one, from the site's
    DAY.

    The reference is first dose (TRTSDT), or randomization (RANDDT) of a subject who was never dosed. ADY = ADT -
    reference + 1 on or after the reference, ADT - reference before it; DAY (0 = baseline) goes through the same rule.
    Times of day are ignored.
    Source: CDISC ADaM Implementation Guide 1.3, timing variables of the BDS.
    """
    subjects = adsl.set_index("USUBJID")
    reference = records["USUBJID"].map(subjects["TRTSDT"].fillna(subjects["RANDDT"]))
    since = (records["ADT"].dt.normalize() - reference.dt.normalize()).dt.days.astype("float64")
    since = since.fillna(np.floor(records["DAY"]))
    return records.assign(ADY=since.where(~(since >= 0), since + 1))


def assign_visits(records: pd.DataFrame, windows: Mapping[str, Window], windowing: str) -> pd.DataFrame:
    """``records`` (with ADY, VISIT) with AVISIT, AVISITN, AWTARGET, AWLO, AWHI (study days), AWTDIFF (days, unsigned).

    by_day: the visit whose window holds the day. nominal: the visit that the site wrote, when it is planned. AVISIT
    is "" and the numbers are missing where there is none. Raises DeriveError when windows overlap (by_day only).
    """
    problems = overlapping(windows)
    if problems and windowing == "by_day":
        raise DeriveError("\n".join(problems))
    place = _by_day(records["ADY"], windows) if windowing == "by_day" else _nominal(records["VISIT"], windows)
    plan = _plan(windows).reindex(place).fillna({"AVISIT": ""})
    out = records.assign(**{str(name): plan[name].array for name in plan})
    return out.assign(AWTDIFF=(days_since(out["ADY"]) - days_since(out["AWTARGET"])).abs())


def before_treatment(records: pd.DataFrame, windows: Mapping[str, Window]) -> pd.Series:
    """(n,) bool: on or before the day of first dose. Without a day, a record of the baseline visit is believed."""
    baseline = [visit for visit, window in windows.items() if window.baseline]
    return (records["ADY"] <= 1) | (records["ADY"].isna() & records["AVISIT"].isin(baseline))


def after_treatment(records: pd.DataFrame, windows: Mapping[str, Window]) -> pd.Series:
    """(n,) bool: after the day of first dose. Without a day, a record of a planned later visit is believed."""
    baseline = ["", *(visit for visit, window in windows.items() if window.baseline)]
    return (records["ADY"] > 1) | (records["ADY"].isna() & ~records["AVISIT"].isin(baseline))


def planned_days(window: Window) -> dict[str, float]:
    """AWTARGET, AWLO and AWHI of a visit: its planned days as study days."""
    days = {"AWTARGET": window.day, "AWLO": window.low, "AWHI": window.high}
    return {name: float(study_day(day)) for name, day in days.items()}


def _plan(windows: Mapping[str, Window]) -> pd.DataFrame:
    """One row per visit in the order of their windows' first days, numbered from 0."""
    ordered = sorted(windows.items(), key=lambda pair: pair[1].low)
    return pd.DataFrame(
        {
            "AVISIT": pd.array([visit for visit, _ in ordered], dtype="str"),
            "AVISITN": [float(window.number) for _, window in ordered],
            "AWTARGET": [float(study_day(window.day)) for _, window in ordered],
            "AWLO": [float(study_day(window.low)) for _, window in ordered],
            "AWHI": [float(study_day(window.high)) for _, window in ordered],
        }
    )


def _by_day(ady: pd.Series, windows: Mapping[str, Window]) -> np.ndarray:
    """Row of the plan that holds each day, -1 where none does."""
    plan = _plan(windows)
    day = ady.to_numpy()
    place = np.searchsorted(plan["AWLO"].to_numpy(), day, side="right") - 1
    return np.where((place >= 0) & (day <= plan["AWHI"].to_numpy()[place]), place, -1)


def _nominal(visit: pd.Series, windows: Mapping[str, Window]) -> np.ndarray:
    plan = _plan(windows)
    return pd.Index(plan["AVISIT"]).get_indexer(visit.fillna(""))
