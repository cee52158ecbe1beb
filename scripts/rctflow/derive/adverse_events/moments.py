"""When something can have happened: the first and the last possible moment of a date that is known in part."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

DAY = pd.Timedelta(days=1)
TICK = pd.Timedelta(microseconds=1)
LONG_AGO, FAR_AHEAD = pd.Timestamp("1800-01-01"), pd.Timestamp("2200-01-01")


@dataclass(frozen=True)
class Span:
    """(n,) datetime64: the first and the last possible moment; LONG_AGO and FAR_AHEAD where nothing is known.

    exact: (n,) bool, the time of day is known.
    """

    low: pd.Series
    high: pd.Series
    exact: pd.Series


def span(dates: pd.Series, flags: pd.Series, times: pd.Series | None = None) -> Span:
    """dates: clean dates; flags: their imputed part as in ADaM ("", D the day, M month and day); times: HH:MM:SS.

    Of a complete date without a time any moment of the day is possible, of a month any of its days. A time of day in
    ``dates`` itself (a datetime) is used as it is; midnight is taken for an unknown time.
    """
    day = dates.dt.normalize()
    month, year = day.dt.to_period("M"), day.dt.to_period("Y")
    low = day.mask(flags.eq("D"), month.dt.start_time).mask(flags.eq("M"), year.dt.start_time)
    last = day.mask(flags.eq("D"), month.dt.end_time.dt.normalize()).mask(
        flags.eq("M"), year.dt.end_time.dt.normalize()
    )
    clock = dates - day
    if times is not None:
        clock = clock.mask(times.fillna("").ne(""), pd.to_timedelta(times.where(times.fillna("").ne(""))))
    exact = flags.eq("") & day.notna() & clock.gt(pd.Timedelta(0))
    if times is not None:  # 00:00 in a column of times is a time
        exact |= flags.eq("") & day.notna() & times.fillna("").ne("")
    moment = day + clock
    high = (last + DAY - TICK).mask(exact, moment).fillna(FAR_AHEAD)
    return Span(low.mask(exact, moment).fillna(LONG_AGO), high, exact)


def clean_span(table: pd.DataFrame, date: str, time: str = "") -> Span:
    """The possible moments of a date column of a clean table, with its flags and, when named, a column of times."""
    flags = table[f"{date}_DTF"] if f"{date}_DTF" in table else pd.Series("", table.index, dtype="str")
    return span(table[date], flags.fillna(""), table[time] if time else None)
