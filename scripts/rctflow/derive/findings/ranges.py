"""Results and their reference range: low, normal, high; shifts from baseline; what is markedly abnormal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rctflow.derive.findings.settings import Measure

ROUNDING = 1e-9
"""Two numbers that differ by less than this share are equal: limits are written with few decimals."""


def place_in_range(records: pd.DataFrame, after: pd.Series) -> pd.DataFrame:
    """``records`` of one test with ANRIND, BNRIND, SHIFT1, TRTEMFL, R2ANRLO, R2ANRHI.

    after: (n,) bool, after first dose. An ANRIND that the form stated stays. Else a result is NORMAL when no known
    limit excludes it; with one limit missing the other decides, with both missing ANRIND is "". R2ANRLO, R2ANRHI: AVAL
    as a multiple of the limits (none of a limit of 0 or less).
    """
    value, low, high = records["AVAL"], records["ANRLO"], records["ANRHI"]
    told = value.notna() & (low.notna() | high.notna())
    where = np.select([~told, _below(value, low), _below(high, value)], ["", "LOW", "HIGH"], "NORMAL")
    stated = records["ANRIND"].where(value.notna(), "")
    indicator = stated.where(stated.ne(""), pd.Series(where, records.index)).astype("str")
    baseline = records.assign(_where=indicator)[records["ABLFL"].eq("Y")].set_index("USUBJID")["_where"]
    before = records["USUBJID"].map(baseline).fillna("").astype("str")
    shift = (before + " to " + indicator).where(after & before.ne("") & indicator.ne(""), "")
    abnormal = indicator.isin(["LOW", "HIGH"]) & indicator.ne(before) & before.ne("")
    return records.assign(
        ANRIND=indicator,
        BNRIND=before,
        SHIFT1=shift.astype("str"),
        TRTEMFL=_flag(abnormal & records["ONTRTFL"].eq("Y"), ""),
        R2ANRLO=value / low.where(low > 0),
        R2ANRHI=value / high.where(high > 0),
    )


def flag_marked(records: pd.DataFrame, test: Measure) -> pd.DataFrame:
    """``records`` with CRIT1, CRIT1FL (markedly low) and CRIT2, CRIT2FL (markedly high); "" where nothing is declared.

    With an absolute limit and a multiple, either makes a value markedly abnormal. A flag is "" without a value, and
    where only a multiple is declared and its limit of the range is missing.
    """
    value = records["AVAL"]
    low = _limit(records["ANRLO"], test.marked_low_times)
    high = _limit(records["ANRHI"], test.marked_high_times)
    below = [limit for limit in (_constant(records, test.marked_below), low) if limit is not None]
    above = [limit for limit in (_constant(records, test.marked_above), high) if limit is not None]
    words = (
        _words("<", test.marked_below, test.marked_low_times, "lower limit"),
        _words(">", test.marked_above, test.marked_high_times, "upper limit"),
    )
    flags = (
        _marked([_below(value, limit) for limit in below], below, value),
        _marked([_below(limit, value) for limit in above], above, value),
    )
    return records.assign(CRIT1=words[0], CRIT1FL=flags[0], CRIT2=words[1], CRIT2FL=flags[1])


def _below(one: pd.Series, other: pd.Series) -> pd.Series:
    """Where ``one`` is smaller than ``other`` by more than rounding; False where either is missing."""
    return (other - one) > ROUNDING * other.abs()


def _limit(limit: pd.Series, times: float | None) -> pd.Series | None:
    return None if times is None else limit * times


def _constant(records: pd.DataFrame, number: float | None) -> pd.Series | None:
    return None if number is None else pd.Series(number, records.index, dtype="float64")


def _marked(beyond: list[pd.Series], limits: list[pd.Series], value: pd.Series) -> pd.Series:
    if not limits:
        return pd.Series("", value.index, dtype="str")
    any_beyond = pd.concat(beyond, axis=1).any(axis=1)
    known = value.notna() & pd.concat(limits, axis=1).notna().any(axis=1)
    return _flag(any_beyond, "N").where(known, "").astype("str")


def _flag(condition: pd.Series, otherwise: str) -> pd.Series:
    return pd.Series(np.where(condition, "Y", otherwise), condition.index, dtype="str")


def _words(sign: str, number: float | None, times: float | None, limit: str) -> str:
    told = [] if number is None else [f"{sign} {number:g}"]
    told += [] if times is None else [f"{sign} {times:g} x {limit}"]
    return " or ".join(told)
