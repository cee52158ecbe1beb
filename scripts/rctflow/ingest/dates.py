"""Dates and times as sites write them to ISO 8601 text; unknown parts stay open (``2021-03``), nothing is guessed."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from functools import cache
from typing import Literal

Kind = Literal["date", "datetime", "time"]

# how sites write a part that nobody knows; SDTM writes a hyphen
UNKNOWN = r"UNKNOWN|UNK|UKN|UN|NK|XXX?|\?\??|00|--?"
MONTHS = {
    name.lower(): number for names in (calendar.month_name, calendar.month_abbr) for number, name in enumerate(names)
}
DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "m": rf"(?P<m>\d{{1,2}}|{UNKNOWN})",
    "d": rf"(?P<d>\d{{1,2}}|{UNKNOWN})",
    "b": rf"(?P<b>[A-Za-z]{{3,9}}|{UNKNOWN})",
    "B": rf"(?P<b>[A-Za-z]{{3,9}}|{UNKNOWN})",
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<I>\d{1,2})",
    "M": r"(?P<M>\d{2})",
    "S": r"(?P<S>\d{2})",
    "p": r"(?P<p>[AaPp][Mm])",
    "%": "%",
}
CLOCK = r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.\d+)?)?"
ISO_DATE = rf"(?P<Y>\d{{4}})(?:-(?P<m>\d{{2}}|{UNKNOWN})(?:-(?P<d>\d{{2}}|{UNKNOWN}))?)?"
ISO = {"date": ISO_DATE, "datetime": rf"{ISO_DATE}(?:[T ]{CLOCK})?", "time": CLOCK}


class DateError(ValueError):
    """A text that is no date or time; ``str`` says why. ``impossible``: it has the form, but there is no such day."""

    def __init__(self, reason: str, *, impossible: bool = False) -> None:
        super().__init__(reason)
        self.impossible = impossible


def iso_text(text: str, kind: Kind, format: str = "") -> str:
    """ISO 8601 text of ``text``: ``2021-03-04``, ``2021-03``, ``2021``, ``2021-03-04T10:20:00``, ``10:20:00``.

    format: strptime format, tried before ISO 8601; its partial forms (an unknown day or month, or one left out) are
    accepted. A day in an unknown month says nothing and is left out. Raises DateError for anything else and for days
    that do not exist.
    """
    for pattern in patterns(kind, format):
        match = pattern.fullmatch(text)
        if match:
            parts = {name: part for name, part in match.groupdict().items() if part is not None}
            return _clock(parts) if kind == "time" else _date(parts, kind)
    wanted = f"written as {format}" if format else f"an ISO 8601 {kind} ({'10:20' if kind == 'time' else '2021-03-04'})"
    raise DateError(f"is not a {kind} {wanted}" if format else f"is not {wanted}")


@cache
def patterns(kind: Kind, format: str) -> tuple[re.Pattern[str], ...]:
    """Regular expressions to try in order: the format, the format without its day (and month), ISO 8601."""
    written = [_pattern(part) for part in _with_parts_left_out(format)] if format else []
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in [*written, ISO[kind]])


def _with_parts_left_out(format: str) -> list[str]:
    without_day = re.sub(r"^%d[^%]|[^%]%d$", "", format)
    without_month = re.sub(r"^%[mbB][^%]|[^%]%[mbB]$", "", without_day)
    return list(dict.fromkeys([format, without_day, without_month]))


def _pattern(format: str) -> str:
    pieces = []
    for directive, literal in re.findall(r"%(.)|([^%]+)", format):
        if directive and directive not in DIRECTIVES:
            raise DateError(
                f"cannot be read: the format {format} uses %{directive}; known are %{' %'.join(DIRECTIVES)}"
            )
        pieces.append(DIRECTIVES[directive] if directive else r"\s+".join(map(re.escape, re.split(r"\s+", literal))))
    return "".join(pieces)


def _date(parts: dict[str, str], kind: Kind) -> str:
    if "Y" not in parts and "y" not in parts:
        raise DateError("cannot be read: the format has no year")
    year = int(parts["Y"]) if "Y" in parts else _century(int(parts["y"]))
    month, day = _month(parts), _number(parts.get("d", ""))
    if month is None:
        return f"{year:04d}"
    if not 1 <= month <= 12 or year < 1:
        raise DateError("is an impossible date", impossible=True)
    if day is None:
        return f"{year:04d}-{month:02d}"
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise DateError("is an impossible date", impossible=True)
    date = f"{year:04d}-{month:02d}-{day:02d}"
    timed = kind == "datetime" and ("H" in parts or "I" in parts)
    return f"{date}T{_clock(parts)}" if timed else date


def _clock(parts: dict[str, str]) -> str:
    hour = int(parts.get("H") or parts.get("I", "0"))
    if "p" in parts:
        if not 1 <= hour <= 12:
            raise DateError("is an impossible time", impossible=True)
        hour = hour % 12 + (12 if parts["p"].lower() == "pm" else 0)
    try:
        return dt.time(hour, int(parts.get("M", "0")), int(parts.get("S", "0"))).isoformat(timespec="seconds")
    except ValueError:
        raise DateError("is an impossible time", impossible=True) from None


def _century(year: int) -> int:
    """POSIX: 69-99 are 19xx, 00-68 are 20xx."""
    return year + (1900 if year >= 69 else 2000)


def _month(parts: dict[str, str]) -> int | None:
    if "b" not in parts:
        return _number(parts.get("m", ""))
    name = parts["b"].lower()
    if re.fullmatch(UNKNOWN, name, re.IGNORECASE):
        return None
    return MONTHS.get(name, 0)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) else None
