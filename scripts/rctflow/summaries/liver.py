"""Peaks of the liver's tests under treatment, and potential Hy's law cases among them (eDISH).

Of each patient the highest ALT or AST and the highest bilirubin, as multiples of the upper limit (R2ANRHI), whenever
they occurred. Transaminase from 3 times and bilirubin above 2 times: a potential Hy's law case, to be looked at for
time, alkaline phosphatase and other reasons, which no count can do. High transaminase alone is called Temple's
corollary, high bilirubin alone cholestasis. Source: FDA 2009, Guidance for Industry, Drug-Induced Liver Injury; Watkins
et al. 2011, Hepatology 54:1672 (eDISH).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rctflow.results import Result
from rctflow.summaries.finding_categories import shift_rows
from rctflow.summaries.rows import ARM_COLUMN, SummaryError, counted_level, summary_row
from rctflow.summaries.settings import SummaryStudy
from rctflow.summaries.settings_findings import FindingsSummary, Liver
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ANALYSIS = "liver"
QUADRANTS = ("normal", "temples_corollary", "cholestasis", "hys_law")


def liver_peaks(records: DataFrame, liver: Liver) -> DataFrame:
    """One row per patient with a peak of a transaminase and of bilirubin: USUBJID, ARM, per test <test>_ULN (peak as a
    multiple of the upper limit) and <test>_ADY (its first day), TRANSAMINASE (the higher of two), BILIRUBIN, QUADRANT.

    records: those of a population with ARM. Patients without either are left out.
    """
    import numpy as np
    import pandas as pd

    treated = records[records["ONTRTFL"].eq("Y") & records["R2ANRHI"].notna()]
    treated = treated.sort_values(["USUBJID", "R2ANRHI", "ADY"], ascending=[True, False, True], kind="stable")
    tests = [test for test in (liver.alt, liver.ast, liver.bilirubin, liver.phosphatase) if test]
    parts = []
    for test in tests:
        peak = treated[treated["PARAMCD"].eq(test)].drop_duplicates("USUBJID").set_index("USUBJID")
        parts.append(peak[["R2ANRHI", "ADY"]].rename(columns={"R2ANRHI": f"{test}_ULN", "ADY": f"{test}_ADY"}))
    peaks = pd.concat(parts, axis=1).sort_index()
    higher = peaks[[f"{liver.alt}_ULN", f"{liver.ast}_ULN"]].max(axis=1)
    bilirubin = peaks[f"{liver.bilirubin}_ULN"]
    known = higher.notna() & bilirubin.notna()
    high = (higher >= liver.transaminase_times).astype(int) + 2 * (bilirubin > liver.bilirubin_times).astype(int)
    quadrant = pd.Series(np.array(QUADRANTS, dtype=object)[high], peaks.index, dtype="str")
    arm = records.drop_duplicates("USUBJID").set_index("USUBJID")["ARM"].reindex(peaks.index)
    found = peaks.assign(TRANSAMINASE=higher, BILIRUBIN=bilirubin, QUADRANT=quadrant, ARM=arm)[known]
    order = ["ARM", *peaks.columns, "TRANSAMINASE", "BILIRUBIN", "QUADRANT"]
    return found[order].rename_axis("USUBJID").reset_index()


def listed_peaks(sources: Sources, study: SummaryStudy, settings: FindingsSummary) -> DataFrame:
    """``liver_peaks`` of the summary's population, those of the upper right quadrant first, then the highest peak."""
    assert settings.liver is not None
    peaks = liver_peaks(members_records(sources, study, settings), settings.liver)
    last = peaks["QUADRANT"].map({quadrant: -place for place, quadrant in enumerate(QUADRANTS)})
    order = peaks.assign(_place=last).sort_values(["_place", "TRANSAMINASE", "USUBJID"], ascending=[True, False, True])
    return order.drop(columns="_place").reset_index(drop=True)


def members_records(sources: Sources, study: SummaryStudy, settings: FindingsSummary) -> DataFrame:
    """The records of a data set of a population's members, with ARM as the population counts it.

    Raises SummaryError for an unknown population.
    """
    if settings.population not in study.populations:
        raise SummaryError(f"'{settings.population}' is not a population of the study")
    records, who = sources.datasets[settings.dataset], study.populations[settings.population]
    arm = sources.adsl[sources.adsl[who.flag].eq("Y")].set_index("USUBJID")[ARM_COLUMN[who.arm]]
    kept = records[records["USUBJID"].isin(arm.index)]
    return kept.assign(ARM=kept["USUBJID"].map(arm))


def liver_rows(name: str, records: DataFrame, study: SummaryStudy, settings: FindingsSummary) -> Iterator[Result]:
    """analysis ``liver`` by arm: n, n:<quadrant> and percent:<quadrant>; with ``shift`` also ``liver:transaminase`` and
    ``liver:hys_law``, as ``shift_rows``.
    """
    assert settings.liver is not None
    peaks, method = liver_peaks(records, settings.liver), liver_words(settings.liver)
    for arm in study.arms:
        mine = peaks.loc[peaks["ARM"].eq(arm), "QUADRANT"]
        shared: dict[str, Any] = {"population": settings.population, "group": arm, "method": method}
        yield summary_row(study.study, name, ANALYSIS, "n", len(mine), **shared)
        for quadrant in QUADRANTS:
            n = int(mine.eq(quadrant).sum())
            yield from counted_level(name, ANALYSIS, quadrant, n, len(mine), study, shared)
    if settings.liver.shift:
        for rule, shifts in liver_shifts(records, settings).items():
            yield from shift_rows(name, f"{ANALYSIS}:{rule}", shifts, ("NORMAL", "HIGH"), study, settings)


def liver_shifts(records: DataFrame, settings: FindingsSummary) -> dict[str, DataFrame]:
    """``transaminase`` and ``hys_law`` (transaminase and bilirubin, at the same visit) -> one row per patient with a
    baseline and a planned visit after it: USUBJID, ARM, FROM and TO (NORMAL, HIGH).

    TO is HIGH when one of the visits after baseline, up to ``shift.until``, is. A visit counts where the tests that it
    needs have a value: one of ALT and AST, and for Hy's law bilirubin, unless what is known rules it out.
    """
    liver = settings.liver
    assert liver is not None
    assert liver.shift is not None
    planned = records[records["ANL01FL"].eq("Y") & records["R2ANRHI"].notna()]
    wide = planned.pivot_table(index=["USUBJID", "AVISIT"], columns="PARAMCD", values="R2ANRHI", aggfunc="max")
    wide = wide.reindex(columns=[liver.alt, liver.ast, liver.bilirubin])
    higher, bilirubin = wide[[liver.alt, liver.ast]].max(axis=1), wide[liver.bilirubin]
    high = _above(higher, liver.shift.transaminase_times)
    both = high * _above(bilirubin, liver.shift.bilirubin_times)
    both = both.mask(high.eq(0) | _above(bilirubin, liver.shift.bilirubin_times).eq(0), 0.0)
    arm = records.drop_duplicates("USUBJID").set_index("USUBJID")["ARM"]
    return {"transaminase": _from_baseline(high, arm, settings), "hys_law": _from_baseline(both, arm, settings)}


def _above(multiple: Series, times: float) -> Series:
    """1.0 above, 0.0 not above, missing where it is not known."""
    return (multiple > times).astype(float).where(multiple.notna())


def _from_baseline(abnormal: Series, arm: Series, settings: FindingsSummary) -> DataFrame:
    visits = settings.visits
    shift = settings.liver.shift if settings.liver else None
    counted = visits[: visits.index(shift.until) + 1] if shift and shift.until else visits
    by_visit = abnormal.unstack("AVISIT").reindex(columns=list(visits))
    before = by_visit[settings.baseline_visit]
    after = by_visit[[visit for visit in counted if visit != settings.baseline_visit]].max(axis=1)
    known = before.notna() & after.notna()
    words = {0.0: "NORMAL", 1.0: "HIGH"}
    shifts = arm.reindex(by_visit.index[known]).to_frame("ARM")
    return shifts.assign(FROM=before[known].map(words), TO=after[known].map(words)).reset_index()


def liver_words(liver: Liver) -> str:
    """The rule in words."""
    return (
        f"highest values under treatment; Hy's law: {liver.alt} or {liver.ast} at least {liver.transaminase_times:g} "
        f"times and {liver.bilirubin} more than {liver.bilirubin_times:g} times the upper limit"
    )
