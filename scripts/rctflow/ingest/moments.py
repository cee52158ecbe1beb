"""Dates and times that statistical programs keep as numbers, as ISO 8601 text.

SAS counts days and seconds from 1960-01-01, Stata days, milliseconds, weeks, months, quarters and half-years from
1960, SPSS seconds from 1582-10-14 (its dates are midnights).
"""

from __future__ import annotations

import re
from typing import Any, Literal

Program = Literal["sas", "spss", "stata"]
Moment = Literal["", "date", "datetime", "time", "week", "month", "quarter", "half", "year"]

SEPARATED = "[BCDNPS]?"  # DDMMYYS10. writes slashes, DDMMYYN8. nothing
SAS: dict[Moment, str] = {
    "date": f"DATE|DAY|(?:DDMMYY|MMDDYY|YYMMDD|MMYY|YYMM|YYQ){SEPARATED}|YYQR{SEPARATED}|YYMON|MONYY|DOWNAME|E8601DAN?|"
    "B8601DAN?|IS8601DA|EURDF(?:DD|DE|DN|DWN|MN|MY|WDX|WKX)|JULDAY|JULIAN|PDJUL[GI]|MINGUO|NENGO|MONNAME|MONTH|NLDATE[A-Z]*|"
    "QTRR?|WEEKDAT[EX]|WEEKDAY|WEEK[UVW]|WORDDAT[EX]|XYYMMDD|YEAR",
    "datetime": "DATEAMPM|DATETIME|DTDATE|DTMONYY|DTWKDATX|DTYEAR|DTYYQC|[EB]8601D[TNXZ]|IS8601D[TNZ]|EURDFDT|MDYAMPM|"
    "NLDATM[A-Z]*",
    "time": "[EB]8601(?:TM|TZ|LZ)|HHMM|HOUR|IS8601T[MZ]|MMSS|NLTIM(?:E|AP)|TIME|TIMEAMPM|TOD",
}
SPSS: dict[Moment, str] = {
    "date": "[AEJS]?DATE|QYR|MOYR|WKYR",
    "datetime": "DATETIME|YMDHMS",
    "time": "[DM]?TIME",
}
STATA: dict[str, Moment] = {
    "d": "date",
    "c": "datetime",
    "w": "week",
    "m": "month",
    "q": "quarter",
    "h": "half",
    "y": "year",
}
DAY = 86_400
SAS_EPOCH = -3653  # 1960-01-01, in days from 1970-01-01
SPSS_EPOCH = -141_428  # 1582-10-14


def moment_of(format: str, program: Program) -> Moment:
    """Which kind of date or time a format shows; "" for numbers and text."""
    if program == "stata":
        found = re.match(r"%-?(?:t([cdwmqhy])|d)(.*)", format)
        kind = STATA[found[1] or "d"] if found else ""
        # %tcHH:MM shows the time of day alone
        is_clock = kind == "datetime" and found and re.fullmatch(r"[Hh][Hh:MmSs.]*(?:[ap]\.?m\.?)?", found[2])
        return "time" if is_clock else kind
    known = SAS if program == "sas" else SPSS
    shown = (kind for kind, names in known.items() if re.fullmatch(rf"(?:{names})\d*(?:\.\d*)?", format.upper()))
    return next(shown, "")


def moment_text(values: Any, moment: Moment, program: Program, codes: Any = None) -> Any:
    """pyarrow strings of the numbers ``values`` (n,), ISO 8601 where there is a form for it; NaN is "" or its code.

    Weeks, quarters and half-years, which have no ISO form, are ``2021w5``, ``2021q1``, ``2021h1``; a time of day
    outside 0-24 h stays as hours, minutes and seconds.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    values = np.asarray(values, dtype=np.float64)
    absent = np.isnan(values)
    distinct, at = np.unique(np.where(absent, 0.0, values), return_inverse=True)
    text = pa.array([_written(float(value), moment, program) for value in distinct], pa.string())
    shown = text.take(pa.array(at))
    other = pa.scalar("") if codes is None else pa.array(codes.astype(str), pa.string())
    return pc.if_else(pa.array(absent), other, shown)


def _written(value: float, moment: Moment, program: Program) -> str:
    import math

    import numpy as np

    if moment in ("week", "month", "quarter", "half", "year"):
        return _period(math.floor(value), moment)
    if moment == "time":
        return _clock(value / 1000 if program == "stata" else value)
    unit = 1 if moment == "datetime" or program == "spss" else DAY
    seconds = value / 1000 if program == "stata" and moment == "datetime" else value * unit
    start = SPSS_EPOCH if program == "spss" else SAS_EPOCH
    days, rest = divmod(seconds, DAY)
    if not abs(days) < 4_000_000:
        return f"{value:.15g}"
    date = str(np.datetime64(int(days) + start, "D"))
    return date if moment == "date" else f"{date}T{_clock(rest)}"


def _period(value: int, moment: Moment) -> str:
    if moment == "year":
        return f"{value:04d}"
    per_year = {"week": 52, "month": 12, "quarter": 4, "half": 2}[moment]
    year, part = 1960 + value // per_year, value % per_year + 1
    return f"{year:04d}-{part:02d}" if moment == "month" else f"{year:04d}{moment[0]}{part}"


def _clock(seconds: float) -> str:
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    whole, fraction = divmod(round(seconds * 1_000_000), 1_000_000)
    minutes, second = divmod(whole, 60)
    text = f"{sign}{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"
    return f"{text}.{fraction:06d}".rstrip("0") if fraction else text
