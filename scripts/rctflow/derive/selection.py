"""Which of several records of a subject counts: the closest to the target, ties by the declared rule."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rctflow.derive.settings import TieRule, Window
from rctflow.derive.windows import before_treatment, days_since


def flag_baseline(
    records: pd.DataFrame, windows: Mapping[str, Window], tie: TieRule, of_visit: bool = False
) -> pd.DataFrame:
    """``records`` with ABLFL: Y on the last record with a value on or before the day of first dose, at most one per
    subject.

    It is found by the day of the assessment, not by the name of a visit; records without a day come last, and count
    when they are of the baseline visit. Two records of the same day are a tie; under ``mean`` their average is a new
    row (DTYPE AVERAGE) that is the baseline. of_visit: only records of the baseline visit count.
    """
    candidates = before_treatment(records, windows) & records["AVAL"].notna()
    if of_visit:
        candidates &= records["AVISIT"].isin([visit for visit, window in windows.items() if window.baseline])
    return _flag(records, "ABLFL", candidates, ["USUBJID"], -days_since(records["ADY"]), tie)


def flag_analysis(records: pd.DataFrame, windows: Mapping[str, Window], tie: TieRule, baseline: bool) -> pd.DataFrame:
    """``records`` with ANL01FL: Y on the record of each subject and visit that is closest to the target day, at most
    one.

    A record without a value counts only when the visit has none with a value. With ``baseline``, the baseline record
    (ABLFL) stands for the baseline visit when it lies in that visit, and no record after first dose ever does. Under
    ``mean``, equally close records with a value are averaged into a new row (DTYPE AVERAGE), which is flagged instead
    of them.
    """
    candidates = records["AVISIT"] != ""
    if baseline:
        at_baseline = records["AVISIT"].isin([visit for visit, window in windows.items() if window.baseline])
        chosen = at_baseline & (records["ABLFL"] == "Y")
        settled = at_baseline & records["USUBJID"].isin(records.loc[chosen, "USUBJID"])
        candidates &= chosen | (~settled & (~at_baseline | before_treatment(records, windows)))
    return _flag(records, "ANL01FL", candidates, ["USUBJID", "AVISIT"], records["AWTDIFF"], tie)


def _flag(
    records: pd.DataFrame, flag: str, candidates: pd.Series, by: list[str], distance: pd.Series, tie: TieRule
) -> pd.DataFrame:
    """``records`` with ``flag``, and below them the averages that ``tie`` makes, with a new unique index."""
    ranked = _ranked(records.assign(_distance=distance.fillna(np.inf))[candidates], by, descending=tie == "later")
    winners = ranked[~ranked.duplicated(by)]
    averages = _averages(ranked, winners, by) if tie == "mean" else ranked.iloc[:0]
    if not averages.empty:
        winners = winners[~pd.MultiIndex.from_frame(winners[by]).isin(pd.MultiIndex.from_frame(averages[by]))]
    flagged = records.assign(**{flag: pd.array(np.where(records.index.isin(winners.index), "Y", ""), dtype="str")})
    if averages.empty:
        return flagged.reset_index(drop=True)
    averages = averages.assign(**{flag: pd.array(["Y"] * len(averages), dtype="str")})
    return pd.concat([flagged, averages[flagged.columns]], ignore_index=True)


def _ranked(candidates: pd.DataFrame, by: list[str], descending: bool) -> pd.DataFrame:
    """Best record first within ``by``; the same order whatever the order of the rows."""
    sign = -1 if descending else 1
    keys = candidates.assign(
        _missing=candidates["AVAL"].isna(), _day=sign * candidates["ADY"], _row=sign * candidates["SRCSEQ"]
    )
    order = keys.sort_values([*by, "_missing", "_distance", "_day", "_row", "VISIT"], kind="stable").index
    return candidates.loc[order]


def _averages(ranked: pd.DataFrame, winners: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """One row per group whose best distance several records with a value share. ADT and ADY stay where they agree."""
    best = ranked[by].merge(winners[[*by, "_distance"]], on=by, how="left")["_distance"].to_numpy()
    tied = ranked[(ranked["_distance"] == best) & ranked["AVAL"].notna()]
    tied = tied[tied.duplicated(by, keep=False)]
    groups = tied.groupby(by, sort=True)
    out = groups.head(1).sort_values(by).reset_index(drop=True)
    mean = groups["AVAL"].mean().to_numpy()
    one_day = groups["ADY"].nunique(dropna=False).to_numpy() == 1
    if "ABLFL" in out:
        out = out.assign(ABLFL="")
    return out.assign(
        AVAL=mean,
        AVALC=pd.array(np.where(np.isinf(mean), "unable", ""), dtype="str"),
        DTYPE=pd.array(["AVERAGE"] * len(out), dtype="str"),
        ADT=out["ADT"].where(one_day),
        ADY=out["ADY"].where(one_day),
        SRCSEQ=np.nan,
    )
