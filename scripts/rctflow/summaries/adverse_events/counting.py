"""Patients with events, events and time at risk, by arm and level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.summaries.adverse_events.time_at_risk import YEAR

if TYPE_CHECKING:
    from pandas import DataFrame

TOTAL = ""


def prepared(adae: DataFrame, at_risk: DataFrame, totals: bool) -> tuple[DataFrame, DataFrame]:
    """Events and patients at risk, both with ARM; with ``totals`` everybody once more with ARM "".

    Events get DAYS, the patient's days at risk, and ONSET, the day of onset counted from the first dose as day 1,
    within the days at risk.
    """
    import pandas as pd

    of_patient = at_risk.rename(columns={"TRTSDT": "RISKSDT"})
    events = adae.merge(of_patient, on="USUBJID", how="inner")
    onset = (events["ASTDT"] - events["RISKSDT"]).dt.days.astype("float64") + 1
    events = events.assign(ONSET=onset.clip(lower=1).fillna(1).clip(upper=events["DAYS"].fillna(float("inf"))))
    if not totals:
        return events, at_risk
    events, at_risk = (pd.concat([table, table.assign(ARM=TOTAL)], ignore_index=True) for table in (events, at_risk))
    return events, at_risk


def count(events: DataFrame, keys: list[str]) -> DataFrame:
    """Index ``keys`` and ARM; columns: patients with an event, days at risk after their first events, events."""
    first = events.sort_values("ONSET", kind="stable").drop_duplicates(["USUBJID", *keys, "ARM"])
    first = first.assign(LOST=first["DAYS"] - first["ONSET"])
    by = [*keys, "ARM"]
    table = first.groupby(by, sort=False).agg(patients=("USUBJID", "size"), lost=("LOST", "sum"))
    table = table.assign(events=events.groupby(by, sort=False).size())
    return table if keys else table.set_axis([(arm,) for arm in table.index], axis=0)


def patient_years(at_risk: DataFrame, arm: str) -> float:
    """Years at risk of an arm; NaN when they are unknown of one of its patients."""
    days = at_risk.loc[at_risk["ARM"].eq(arm), "DAYS"]
    return float(days.sum(skipna=False)) / YEAR
