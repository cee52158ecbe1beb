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


def check_windows(windows: Mapping[str, Window]) -> list[str]:
    """Every problem of the plan of visits, one message each that begins with its key; empty when sound."""
    return [*_each(windows), *overlapping(windows), *_order(windows), *_baselines(windows)]


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


def _each(windows: Mapping[str, Window]) -> list[str]:
    problems = []
    for visit, window in windows.items():
        shown = f"visits.{visit}: window [{window.low}, {window.high}]"
        if window.low > window.high:
            problems.append(f"{shown} ends before it begins. Write the earlier day first.")
        elif not window.low <= window.day <= window.high:
            problems.append(f"{shown} does not hold its target, day {window.day}. Widen the window or move the target.")
    return problems


def _order(windows: Mapping[str, Window]) -> list[str]:
    ordered = sorted(windows.items(), key=lambda pair: (pair[1].number, pair[1].day))
    problems = []
    for (first, a), (second, b) in pairwise(ordered):
        if a.number == b.number:
            problems.append(
                f"visits.{second}: number {b.number} is also that of visits.{first}. Number visits in order."
            )
        elif b.day <= a.day:
            problems.append(
                f"visits.{second}: its target, day {b.day}, is not after that of visits.{first}, day {a.day}. List "
                "visits in order."
            )
    return problems


def _baselines(windows: Mapping[str, Window]) -> list[str]:
    marked = [visit for visit, window in windows.items() if window.baseline]
    if not marked:
        return ["visits: no visit is the baseline. Write `baseline: true` at the visit before treatment."]
    if len(marked) > 1:
        return [f"visits: {', '.join(marked)} are all marked as baseline. Mark one."]
    window = windows[marked[0]]
    if window.low > 0:
        return [
            f"visits.{marked[0]}: window [{window.low}, {window.high}] begins after first dose (day 0), but a "
            "baseline is measured "
            "on or before that day. Let the window begin at day 0 or earlier."
        ]
    return []
