"""The plan of visits and the names that follow from the plan. No pandas, so that a config is checked in no time."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from rctflow.derive.settings import Window

AVERAGED = "ANL03FL"
"""The BDS variable that says which records an average over visits is made of."""


def study_day(day: int) -> int:
    """ADaM study day (no day 0) of a day counted from first dose (day 0).

    Source: CDISC ADaM Implementation Guide 1.3, timing variables of the BDS (ADY).
    """
    return day + 1 if day >= 0 else day


def event_column(event: str) -> str:
    """The ADSL variable that holds the study day of an event."""
    return f"ICEDY_{event.upper()}"


def analysis_flag(estimand: str) -> str:
    """The BDS variable that says which records count for an estimand."""
    return f"ANL01FL_{estimand.upper()}"


def carried_flag(flag: str) -> str:
    """The BDS variable that says which records count when the last observation is carried forward."""
    return flag.replace("ANL01FL", "ANL02FL", 1)


def overlapping(windows: Mapping[str, Window]) -> list[str]:
    """One message per pair of neighbouring windows that share a day (both ends of a window belong to it)."""
    ordered = sorted(windows.items(), key=lambda pair: (pair[1].low, pair[1].high, pair[1].number))
    problems = []
    for (first, a), (second, b) in pairwise(ordered):
        if b.low <= a.high:
            shared = _span(b.low, min(a.high, b.high))
            problems.append(
                f"visits.{second}: window [{b.low}, {b.high}] overlaps visits.{first} [{a.low}, {a.high}]: {shared} in "
                "both. Windows include both ends; let them share no day."
            )
    return problems


def _span(low: int, high: int) -> str:
    return f"day {low} is" if low == high else f"days {low} to {high} are"
