"""Patients by the category of one result each: low, normal or high; and shifts of that category from baseline.

Tests compare all arms at once: Fisher's exact test (Freeman & Halton 1951) of categories, the CMH test of general
association (Landis, Heyman & Koch 1978), stratified by the category at baseline, of shifts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rctflow.errors import NotEstimable
from rctflow.results import PERCENT, Result
from rctflow.summaries.rows import counted_level, summary_row
from rctflow.summaries.settings import SummaryStudy
from rctflow.summaries.settings_findings import FindingsSummary

if TYPE_CHECKING:
    from pandas import DataFrame

LEVELS = ("LOW", "NORMAL", "HIGH")
ONE_EACH = {"extreme": ("ANL02FL", "ANRIND"), "previous": ("ANL03FL", "PVIND")}
"""Which record stands for a patient, and the variable that has its category."""
THRESHOLD = "threshold"
FISHER = "Fisher's exact test of all arms (Freeman and Halton)"
CMH = "Cochran-Mantel-Haenszel test of all arms, general association, by status at baseline"


def category_rows(
    name: str, records: DataFrame, code: str, study: SummaryStudy, settings: FindingsSummary
) -> Iterator[Result]:
    """Rows of the declared ``categories`` of one test.

    analysis <PARAMCD>:extreme and :previous, by arm: n patients, n:<level> and percent:<level> (LOW, NORMAL, HIGH).
    <PARAMCD>:threshold, at each visit after baseline, and without visit to the most extreme value: ``shift_rows``.
    p_value of all arms where it is asked for (none at single visits).
    """
    for kind in settings.categories:
        if kind == THRESHOLD:
            yield from _shifts(name, records, code, study, settings)
        else:
            yield from _one_each(name, records, code, kind, study, settings)


def _one_each(
    name: str, records: DataFrame, code: str, kind: str, study: SummaryStudy, settings: FindingsSummary
) -> Iterator[Result]:
    flag, variable = ONE_EACH[kind]
    chosen = records[records[flag].eq("Y") & records[variable].ne("")]
    if chosen.empty:
        return
    analysis = f"{code}:{kind}"
    counts = []
    for arm in study.arms:
        of_arm = chosen.loc[chosen["ARM"].eq(arm), variable]
        shared: dict[str, Any] = {"population": settings.population, "group": arm}
        counts.append([int(of_arm.eq(level).sum()) for level in LEVELS])
        yield summary_row(study.study, name, analysis, "n", len(of_arm), **shared)
        for level, n in zip(LEVELS, counts[-1], strict=True):
            yield from counted_level(name, analysis, level, n, len(of_arm), study, shared)
    if settings.p_values:
        from rctflow.summaries.comparisons import fisher

        yield _p_value(name, analysis, fisher(_array(counts)), FISHER, study, settings)


def _shifts(
    name: str, records: DataFrame, code: str, study: SummaryStudy, settings: FindingsSummary
) -> Iterator[Result]:
    known = records[records["A1IND"].ne("") & records["B1IND"].ne("")].rename(columns={"B1IND": "FROM", "A1IND": "TO"})
    found = {"NORMAL", *known["FROM"], *known["TO"]}
    levels = tuple(level for level in LEVELS if level in found)
    after = known[known["ANL01FL"].eq("Y")]
    analysis = f"{code}:{THRESHOLD}"
    for visit in settings.visits:
        at_visit = after[after["AVISIT"].eq(visit)]
        if visit != settings.baseline_visit and not at_visit.empty:
            yield from shift_rows(name, analysis, at_visit, levels, study, settings, visit)
    chosen = known[known["ANL02FL"].eq("Y")]
    if not chosen.empty:
        yield from shift_rows(name, analysis, chosen, levels, study, settings)


def shift_rows(
    name: str,
    analysis: str,
    shifts: DataFrame,
    levels: tuple[str, ...],
    study: SummaryStudy,
    settings: FindingsSummary,
    visit: str = "",
) -> Iterator[Result]:
    """By arm: n_from:<level> patients of that level at baseline, and of these n:<level> to <level>, percent:<...>;
    without visit also p_value, where it is asked for.

    shifts: one row per patient with ARM, FROM, TO.
    """
    tables = []
    for arm in study.arms:
        of_arm = shifts[shifts["ARM"].eq(arm)]
        shared: dict[str, Any] = {"population": settings.population, "group": arm, "visit": visit}
        happened = Counter(zip(of_arm["FROM"], of_arm["TO"], strict=True))
        tables.append([[happened[before, after] for after in levels] for before in levels])
        for before, counts in zip(levels, tables[-1], strict=True):
            yield summary_row(study.study, name, analysis, f"n_from:{before}", sum(counts), **shared)
            for after, n in zip(levels, counts, strict=True):
                yield summary_row(study.study, name, analysis, f"n:{before} to {after}", n, **shared)
                if sum(counts):
                    percent, more = 100 * n / sum(counts), shared | {"unit": PERCENT, "method": "of those at baseline"}
                    yield summary_row(study.study, name, analysis, f"percent:{before} to {after}", percent, **more)
    if settings.p_values and not visit:
        yield _p_value(name, analysis, _cmh(tables), CMH, study, settings)


def _cmh(tables: list[list[list[int]]]) -> float | None:
    """tables: arms x level at baseline x level after it."""
    import numpy as np

    from rctflow.cochran_mantel_haenszel import cmh

    counts = np.array(tables, dtype=float)
    scores = np.arange(counts.shape[2], dtype=float)
    try:
        return cmh(counts.swapaxes(0, 1), "general", scores, np.arange(len(counts), dtype=float)).p_value
    except NotEstimable:
        return None


def _p_value(
    name: str, analysis: str, p: float | None, method: str, study: SummaryStudy, settings: FindingsSummary
) -> Result:
    more = {} if p is not None else {"status": "not_estimable", "note": "nothing to compare"}
    return summary_row(study.study, name, analysis, "p_value", p, population=settings.population, method=method, **more)


def _array(counts: list[list[int]]) -> Any:
    import numpy as np

    return np.array(counts).T
