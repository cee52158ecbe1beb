"""What stands for a patient's time under treatment: thresholds beyond the normal range, changes between visits, and the
most extreme of each.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from rctflow.derive.findings.settings import Findings, MostExtreme, PreviousVisit, Threshold

ROUNDING = 1e-9
"""Two numbers that differ by less than this share are equal."""


def place_in_threshold(records: pd.DataFrame, threshold: Threshold | None) -> pd.DataFrame:
    """``records`` of one test with A1LO, A1HI (the limits of the threshold range), A1IND (LOW, NORMAL, HIGH) and B1IND
    (A1IND of the baseline); limits missing and words "" without ``threshold``, without a value or a limit.
    """
    if threshold is None:
        words = pd.Series("", records.index, dtype="str")
        return records.assign(A1LO=np.nan, A1HI=np.nan, A1IND=words, B1IND=words)
    low, high = records["ANRLO"] * _times(threshold.low_times), records["ANRHI"] * _times(threshold.high_times)
    told = records["AVAL"].notna() & (low.notna() | high.notna())
    indicator = pd.Series(_words(records["AVAL"], low, high), records.index).where(told, "").astype("str")
    baseline = records.assign(_ind=indicator)[records["ABLFL"].eq("Y")].set_index("USUBJID")["_ind"]
    before = records["USUBJID"].map(baseline).fillna("").astype("str")
    return records.assign(A1LO=low, A1HI=high, A1IND=indicator, B1IND=before)


def change_from_previous(records: pd.DataFrame, previous: PreviousVisit | None) -> pd.DataFrame:
    """``records`` of one test with PREVAL, CHGPV, R2CHGPV and PVIND, on analysed records of planned visits.

    PREVAL: the value at the patient's planned visit before (missing when that visit has a record without a value).
    CHGPV = AVAL - PREVAL; R2CHGPV: CHGPV / (range_times x width of the reference range, which begins at 0 where there
    is no lower limit); PVIND: LOW, NORMAL, HIGH as R2CHGPV is below -1, between, above 1. Empty without ``previous``.
    """
    if previous is None:
        words = pd.Series("", records.index, dtype="str")
        return records.assign(PREVAL=np.nan, CHGPV=np.nan, R2CHGPV=np.nan, PVIND=words)
    planned = records[_planned(records)].sort_values(["USUBJID", "AVISITN"], kind="stable")
    before = planned.groupby("USUBJID")["AVAL"].shift(1).reindex(records.index)
    change = records["AVAL"] - before
    share = change / (previous.range_times * (records["ANRHI"] - records["ANRLO"].fillna(0)))
    if previous.digits is not None:
        share = _half_away(share, previous.digits)
    indicator = pd.Series(_words(share, -1.0, 1.0), records.index).where(share.notna(), "")
    return records.assign(PREVAL=before, CHGPV=change, R2CHGPV=share, PVIND=indicator.astype("str"))


def flag_most_extreme(records: pd.DataFrame, settings: Findings) -> pd.DataFrame:
    """``records`` of one test with ANL02FL and ANL03FL: Y on one record of each patient, among the analysed ones of
    planned visits after baseline up to ``settings.extreme.until``; the earliest of equals.

    ANL02FL: the most extreme value (``MostExtreme``) by the threshold range, else by the reference range. ANL03FL: the
    largest change from the visit before, in either direction (R2CHGPV).
    """
    rule = settings.extreme
    low, high = ("A1LO", "A1HI") if settings.threshold else ("ANRLO", "ANRHI")
    beyond = _beyond(records["AVAL"], records[low], records[high], rule)
    counted = _planned(records) & records["ONTRTFL"].eq("Y") & records["AVISITN"].le(_until(settings))
    flags = {"ANL02FL": beyond, "ANL03FL": records["R2CHGPV"].abs()}
    return records.assign(**{flag: _largest(records, size.where(counted)) for flag, size in flags.items()})


def _times(multiple: float | None) -> float:
    return np.nan if multiple is None else multiple


def _words(value: pd.Series, low: pd.Series | float, high: pd.Series | float) -> np.ndarray:
    slack = ROUNDING * value.abs()
    return np.select([(low - value) > slack, (value - high) > slack], ["LOW", "HIGH"], "NORMAL")


def _planned(records: pd.DataFrame) -> pd.Series:
    return records["AVISIT"].ne("") & records["ANL01FL"].eq("Y")


def _until(settings: Findings) -> float:
    return float(settings.visits[settings.extreme.until].number) if settings.extreme.until else np.inf


def _beyond(value: pd.Series, low: pd.Series, high: pd.Series, rule: MostExtreme) -> pd.Series:
    sides = pd.concat([value - high, low - value], axis=1)
    return (sides.abs() if rule.rule == "distance" else sides).max(axis=1)


def _largest(records: pd.DataFrame, size: pd.Series) -> pd.Series:
    """Y on each patient's record of the largest ``size``; sizes that rounding alone separates are equal."""
    known = records.assign(_size=_significant(size))[size.notna()]
    ordered = known.sort_values(["USUBJID", "_size", "AVISITN"], ascending=[True, False, True], kind="stable")
    first = ordered.drop_duplicates("USUBJID").index
    return pd.Series(np.where(records.index.isin(first), "Y", ""), records.index, dtype="str")


def _significant(numbers: pd.Series) -> pd.Series:
    """Rounded to ten significant digits."""
    exponent = np.floor(np.log10(numbers.abs().where(numbers.ne(0), 1.0)))
    scale = 10.0 ** (9 - exponent)
    return (numbers * scale).round() / scale


def _half_away(numbers: pd.Series, digits: int) -> pd.Series:
    """Rounded half away from zero, as it prints."""
    scaled = numbers.abs() * 10**digits
    return np.sign(numbers) * np.floor(scaled * (1 + ROUNDING) + 0.5) / 10**digits
