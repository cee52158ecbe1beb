"""What one column holds: its type, how missing values are written, codes, limits of detection."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from rctflow.ingest.dates import DateError, iso_text
from rctflow.ingest.settings import DEFAULT_MISSING

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["empty", "integer", "number", "date", "datetime", "time", "text"]
MISSING_TEXTS = (
    "#N/A",
    "NULL",
    "null",
    "nan",
    "<NA>",
    "n/a",
    "na",
    "-",
    "--",
    "?",
    "*",
    "missing",
    "Missing",
    "MISSING",
    "N.A.",
)
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
LIMIT = r"\s*[<>≤≥]=?\s*\d.*"
SENTINELS = tuple(float(code) for code in (9, 99, 999, 9999, 88, 888, 8888, -1, -7, -8, -9, -88, -99, -999, -9999))
FORMATS = (
    "",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d%b%Y",
    "%d %b %Y",
    "%d-%b-%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%Y/%m/%d",
)
UNABLE = re.compile(r"unable|cannot|can't|could not|not able", re.IGNORECASE)
REFUSED = re.compile(r"refus|declin", re.IGNORECASE)


@dataclass(frozen=True)
class Look:
    """One column. filled: the cells that are not missing; codes: text -> meaning; ambiguous: day and month may be
    swapped.
    """

    header: str
    filled: pd.Series
    rows: int
    kind: Kind
    missing: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    doubtful: tuple[str, ...] = ()
    censored: bool = False
    format: str = ""
    ambiguous: bool = False
    decimal: str = "."

    @cached_property
    def levels(self) -> list[str]:
        """Distinct values, numbers by size, texts by the alphabet."""
        values = self.filled[~self.filled.isin(list(self.codes))].unique()
        try:
            return sorted(values, key=lambda text: float(text.replace(self.decimal, ".")))
        except ValueError:
            return sorted(values)

    @cached_property
    def numbers(self) -> pd.Series:
        """The cells that are numbers, on the index of the form; codes and limits left out."""
        import pandas as pd

        return pd.to_numeric(self.filled.str.replace(self.decimal, ".", regex=False), errors="coerce").where(
            ~self.filled.isin(list(self.codes))
        )

    @property
    def numeric(self) -> bool:
        """Whether the column is read as numbers."""
        return self.kind in ("integer", "number")


def look_at(values: pd.Series, header: str, decimal: str = ".") -> Look:
    """What the text cells of a column are."""
    missing = tuple(text for text in MISSING_TEXTS if (values == text).any())
    filled = values[~values.isin([*DEFAULT_MISSING, *missing])]
    shared = {"header": header, "filled": filled, "rows": len(values), "missing": missing, "decimal": decimal}
    if filled.empty:
        return Look(kind="empty", **shared)  # type: ignore[arg-type]
    distinct = list(filled.unique())
    for kind in ("date", "datetime", "time"):
        formats = _formats(distinct, kind)
        if formats:
            doubt = {formats[0], *formats[1:2]} in (
                {"%d/%m/%Y", "%m/%d/%Y"},
                {"%d-%m-%Y", "%m-%d-%Y"},
                {"%d/%m/%y", "%m/%d/%y"},
            )
            return Look(kind=kind, format=formats[0], ambiguous=doubt, **shared)  # type: ignore[arg-type]
    plain = filled.str.replace(decimal, ".", regex=False) if decimal != "." else filled
    numeric, limit = plain.str.fullmatch(NUMBER), plain.str.fullmatch(LIMIT)
    other = sorted(filled[~numeric & ~limit].unique())
    if not numeric.any() or (other and ((numeric | limit).mean() < 0.6 or len(other) > 6)):
        return Look(kind="text", **shared)  # type: ignore[arg-type]
    codes = {text: _meaning(text) for text in other}
    sentinels, doubtful = _sentinels(plain[numeric])
    codes |= dict.fromkeys(sentinels, "missing")
    whole = plain[numeric & ~filled.isin(sentinels)].astype(float) % 1 == 0
    found: Kind = "integer" if bool(whole.all()) and not limit.any() else "number"
    return Look(kind=found, codes=codes, doubtful=doubtful, censored=bool(limit.any()), **shared)  # type: ignore[arg-type]


def _meaning(text: str) -> str:
    return "unable" if UNABLE.search(text) else "refused" if REFUSED.search(text) else "missing"


def _formats(distinct: list[str], kind: str) -> list[str]:
    """The formats that fit every text; years and plain numbers are no dates."""
    if not all(re.search(r"\d[-/. :A-Za-z]", text) and re.search(r"\d", text) for text in distinct):
        return []
    if any(re.fullmatch(NUMBER, text) for text in distinct):
        return []
    tried = FORMATS if kind == "date" else ("",)
    return [fmt for fmt in tried if all(_fits(text, kind, fmt) for text in distinct)]


def _fits(text: str, kind: str, fmt: str) -> bool:
    try:
        iso_text(text, kind, fmt)  # type: ignore[arg-type]
    except DateError:
        return False
    return True


def _sentinels(plain: pd.Series) -> tuple[list[str], tuple[str, ...]]:
    """Texts of numbers that stand for missing (9, 99, -9, far from all others), and those that occur once and may be
    real.
    """
    values = plain.astype(float)
    suspects = [code for code in SENTINELS if (values == code).any()]
    while suspects:
        rest = values[~values.isin(suspects)]
        if rest.empty:
            return [], ()
        odd = [
            c
            for c in suspects
            if (c < 0 and rest.min() >= 0) or (c > 0 and rest.min() >= 0 and c >= 1.5 * rest.max() + 1)
        ]
        if odd == suspects:
            break
        suspects = odd
    sure = [code for code in suspects if code < 0 or (values == code).sum() >= 2]
    texts = plain[values.isin(sure)].unique()
    return sorted(texts), tuple(sorted(plain[values.isin([c for c in suspects if c not in sure])].unique()))
