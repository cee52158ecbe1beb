"""Laboratory and vital signs: values by visit, shifts from baseline, treatment-emergent and marked abnormality."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rctflow.description import describe_values, quantile_words
from rctflow.results import SUPPRESSED, Result
from rctflow.summaries.finding_categories import category_rows
from rctflow.summaries.liver import liver_rows, members_records
from rctflow.summaries.rows import counted_level, require, summary_row
from rctflow.summaries.settings import SummaryStudy
from rctflow.summaries.settings_findings import Ending, FindingsSummary
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import DataFrame, Series

SHOWN = ("mean", "sd", "median", "min", "max")
NEEDED = ["USUBJID", "PARAMCD", "PARAM", "AVISIT", "ADY", "AVAL", "CHG", "ANL01FL", "ONTRTFL", "ANRIND", "BNRIND"]
NEEDED += ["ANRLO", "ANRHI", "TRTEMFL", "CRIT1", "CRIT1FL", "CRIT2", "CRIT2FL", "R2ANRHI", "SRCSEQ"]
NEEDED += ["BASE", "A1IND", "B1IND", "PVIND", "ANL02FL", "ANL03FL"]
MISSING, BOTH = "missing", "LOW and HIGH"
LAST_VALUE = "last"
"""Stands for a visit: each patient's last value."""
WORST, LAST, ABNORMAL = "worst", "last", "abnormal"


def summarize_laboratory(sources: Sources, study: SummaryStudy, settings: FindingsSummary) -> list[Result]:
    """Rows of the summary ``laboratory`` (``summarize_findings``), and of the liver (liver.py) when it is declared."""
    return summarize_findings("laboratory", sources, study, settings)


def summarize_vital_signs(sources: Sources, study: SummaryStudy, settings: FindingsSummary) -> list[Result]:
    """Rows of the summary ``vital_signs`` (``summarize_findings``)."""
    return summarize_findings("vital_signs", sources, study, settings)


def summarize_findings(name: str, sources: Sources, study: SummaryStudy, settings: FindingsSummary) -> list[Result]:
    """Each test by arm.

    analysis <PARAMCD>, per visit: n, mean, sd, median, min, max of the analysed values (ANL01FL), and change_n,
    change_mean, ... of their change from baseline; n_missing and change_n_missing where planned records have no value;
    at visit ``last``, and at those named under ``ends``, of each patient's last one. <PARAMCD>:worst and :last: n
    patients with a result under treatment (ONTRTFL), n:<shift> and percent:<shift> from baseline to the worst of them
    (planned or not; LOW and HIGH when both occurred) and to the last. <PARAMCD>:abnormal: n, and n:low, n:high
    (treatment-emergent, TRTEMFL), n:markedly_low, n:markedly_high (CRIT1FL, CRIT2FL) with their percentages,
    exact_ci_high:<level> (%) where nobody is counted; of a side without a limit there is no row. The declared
    categories: ``category_rows``. Of restricted data there are neither these nor :last and :abnormal rows, ``ends``,
    n_missing and those of the liver: together with the others a reader could compute counts of few patients from
    them. Raises SummaryError for an unknown population, and for a data set without the columns.
    """
    require(sources.datasets[settings.dataset], NEEDED, settings.dataset)
    records = members_records(sources, study, settings)[[*NEEDED, "ARM"]]
    rows: list[Result] = []
    for code in settings.tests:
        of_test = records[records["PARAMCD"].eq(code)]
        rows += _by_visit(name, of_test, code, study, settings)
        rows += _shifts(name, of_test, code, study, settings)
        if not study.small_cells:
            rows += _abnormal(name, of_test, code, study, settings)
            rows += category_rows(name, of_test, code, study, settings)
    if settings.liver and not study.small_cells:
        rows += liver_rows(name, records, study, settings)
    return rows


def _by_visit(
    name: str, records: DataFrame, code: str, study: SummaryStudy, settings: FindingsSummary
) -> Iterator[Result]:
    planned = records[records["ANL01FL"].eq("Y")]
    at_visits = {visit: planned[planned["AVISIT"].eq(visit)] for visit in settings.visits}
    at_visits |= {end: _last_records(planned, ending) for end, ending in _endings(study, settings).items()}
    for visit, at_visit in at_visits.items():
        for arm in study.arms:
            of_arm = at_visit[at_visit["ARM"].eq(arm)]
            shared = {"population": settings.population, "visit": visit, "group": arm, "unit": settings.units[code]}
            yield from _described(name, code, of_arm["AVAL"], "", study, shared)
            if visit != settings.baseline_visit:
                based = of_arm.loc[of_arm["BASE"].notna(), "CHG"]
                yield from _described(name, code, based, "change_", study, shared)


def _endings(study: SummaryStudy, settings: FindingsSummary) -> dict[str, Ending]:
    """``last``, up to and including ``settings.last_until``, and of open data the others."""
    others = {} if study.small_cells else settings.ends
    if not settings.last_until:
        return others
    counted = settings.visits[: settings.visits.index(settings.last_until) + 1]
    return {LAST_VALUE: Ending(tuple(visit for visit in counted if visit != settings.baseline_visit))} | others


def _last_records(planned: DataFrame, ending: Ending) -> DataFrame:
    """Each patient's last planned record at the visits of ``ending``."""
    counted = planned if ending.any_record else planned[planned["AVAL"].notna()]
    places = counted["AVISIT"].map({visit: place for place, visit in enumerate(ending.visits)})
    ordered = counted.assign(_place=places)[places.notna()].sort_values(["USUBJID", "_place"], kind="stable")
    return ordered.drop_duplicates("USUBJID", keep="last").drop(columns="_place")


def _described(
    name: str, code: str, values: Series, prefix: str, study: SummaryStudy, shared: dict[str, Any]
) -> Iterator[Result]:
    missing, values = int(values.isna().sum()), values.dropna()
    found = describe_values(values.to_numpy(float), 0.95, study.small_cells)
    yield summary_row(study.study, name, code, f"{prefix}n", len(values), **shared | {"unit": ""})
    if missing and not study.small_cells:
        yield summary_row(study.study, name, code, f"{prefix}n_missing", missing, **shared | {"unit": ""})
    for statistic in SHOWN:
        value = found.get(statistic)
        lost = {"status": "not_estimable", "note": SUPPRESSED if study.small_cells else "too few values"}
        more = shared | {"method": quantile_words(study.small_cells)} | ({} if value is not None else lost)
        yield summary_row(study.study, name, code, f"{prefix}{statistic}", value, **more)


def _shifts(
    name: str, records: DataFrame, code: str, study: SummaryStudy, settings: FindingsSummary
) -> Iterator[Result]:
    treated = records[records["ONTRTFL"].eq("Y") & records["ANRIND"].ne("")]
    ordered = treated.sort_values(["USUBJID", "ADY", "SRCSEQ"], kind="stable")
    grouped = ordered.groupby("USUBJID", sort=True)
    if treated.empty:
        return
    first = grouped[["ARM", "BNRIND"]].first()
    to = {WORST: grouped["ANRIND"].agg(worst)}
    to |= {} if study.small_cells else {LAST: grouped["ANRIND"].last()}
    before = first["BNRIND"].where(first["BNRIND"].ne(""), MISSING)
    for kind, after in to.items():
        shifts = before + " to " + after
        levels = sorted(set(shifts), key=_shift_order)
        yield from _counted(name, f"{code}:{kind}", shifts, first["ARM"], levels, study, settings)


def worst(indicators: Series) -> str:
    """LOW, HIGH, LOW and HIGH, or NORMAL of a patient's results."""
    found = set(indicators)
    if {"LOW", "HIGH"} <= found:
        return BOTH
    return next((word for word in ("LOW", "HIGH") if word in found), "NORMAL")


def _shift_order(shift: str) -> tuple[int, ...]:
    order = ("LOW", "NORMAL", "HIGH", BOTH, MISSING)
    return tuple(order.index(part) for part in shift.split(" to "))


def _abnormal(
    name: str, records: DataFrame, code: str, study: SummaryStudy, settings: FindingsSummary
) -> Iterator[Result]:
    treated = records[records["ONTRTFL"].eq("Y") & records["AVAL"].notna()]
    arm = treated.groupby("USUBJID")["ARM"].first()
    emergent = treated["TRTEMFL"].eq("Y")
    had = {
        "low": emergent & treated["ANRIND"].eq("LOW"),
        "high": emergent & treated["ANRIND"].eq("HIGH"),
        "markedly_low": treated["CRIT1FL"].eq("Y"),
        "markedly_high": treated["CRIT2FL"].eq("Y"),
    }
    asked = {"markedly_low": "CRIT1", "markedly_high": "CRIT2"}
    criteria = {level: next(iter(records[column]), "") for level, column in asked.items()}
    asked_for = {level for level, words in criteria.items() if words} | _sides(treated)
    kept = {level: met for level, met in had.items() if level in asked_for}
    if not kept:
        return
    for group in study.arms:
        patients = arm.index[arm.eq(group)]
        shared: dict[str, Any] = {"population": settings.population, "group": group}
        analysis = f"{code}:{ABNORMAL}"
        yield summary_row(study.study, name, analysis, "n", len(patients), **shared)
        for level, met in kept.items():
            n = treated.loc[met & treated["USUBJID"].isin(patients), "USUBJID"].nunique()
            told = shared | {"method": criteria.get(level, "treatment-emergent")}
            yield from counted_level(name, analysis, level, n, len(patients), study, told)


def _sides(records: DataFrame) -> set[str]:
    """low, high: on which side of a range a result of the test could be found, by a limit or by the form's own word."""
    limits = {"low": records["ANRLO"].notna().any(), "high": records["ANRHI"].notna().any()}
    if not any(limits.values()) and records["ANRIND"].ne("").any():
        return {"low", "high"}
    return {side for side, known in limits.items() if known}


def _counted(
    name: str,
    analysis: str,
    levels_of: Series,
    arm: Series,
    levels: list[str],
    study: SummaryStudy,
    settings: FindingsSummary,
) -> Iterator[Result]:
    for group in study.arms:
        mine = levels_of[arm.eq(group)]
        shared: dict[str, Any] = {"population": settings.population, "group": group}
        yield summary_row(study.study, name, analysis, "n", len(mine), **shared)
        for level in levels:
            yield from counted_level(name, analysis, level, int(mine.eq(level).sum()), len(mine), study, shared)
