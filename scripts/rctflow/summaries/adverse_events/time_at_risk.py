"""Time at risk of treatment-emergent events: who is at risk, from when to when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.summaries.adverse_events.settings import AdverseEventSummary
from rctflow.summaries.rows import ARM_COLUMN, require
from rctflow.summaries.settings import SummaryPopulation

if TYPE_CHECKING:
    from pandas import DataFrame

YEAR = 365.25


def patients_at_risk(adsl: DataFrame, population: SummaryPopulation, settings: AdverseEventSummary) -> DataFrame:
    """USUBJID, ARM, TRTSDT and DAYS of each member: days at risk, both ends included, missing where no end is known.

    From the first dose to the end of the study (EOSDT) or death (DTHDT), whichever comes first; where events count up
    to some days after the last dose, not beyond that day (TRTEDT and these days).
    """
    import pandas as pd

    column = ARM_COLUMN[population.arm]
    require(adsl, ["USUBJID", column, population.flag, "TRTSDT"], "ADSL")
    members = adsl[adsl[population.flag].eq("Y")]
    ends = [members[name] for name in ("EOSDT", "DTHDT") if name in members]
    if settings.days_after_last_dose is not None and "TRTEDT" in members:
        ends.append(members["TRTEDT"] + pd.Timedelta(days=settings.days_after_last_dose))
    nothing = pd.Series(pd.NaT, members.index, dtype="datetime64[us]")
    end = pd.concat(ends, axis=1).min(axis=1) if ends else nothing
    days = (end - members["TRTSDT"]).dt.days.astype("float64") + 1
    at_risk = members[["USUBJID", "TRTSDT"]].assign(ARM=members[column].astype("str"), DAYS=days.where(days >= 1))
    return at_risk.reset_index(drop=True)


def how(adsl_columns: list[str], settings: AdverseEventSummary) -> str:
    """How the time at risk is measured, in words."""
    ends = [words for name, words in (("EOSDT", "end of the study"), ("DTHDT", "death")) if name in adsl_columns]
    if settings.days_after_last_dose is not None and "TRTEDT" in adsl_columns:
        ends.append(f"{settings.days_after_last_dose} days after the last dose")
    return f"from the first dose to the first of: {', '.join(ends)}" if ends else "no end is declared"
