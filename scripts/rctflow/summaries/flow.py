"""Participant flow from screening to analysis, as CONSORT 2025 (items 22a, 22b) asks: how many, by arm, and why not.

Every number is reconciled (reconcile.py) before a row is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rctflow.expressions import parse
from rctflow.results import Result
from rctflow.summaries.follow_up import follow_up_rows
from rctflow.summaries.reconcile import reconcile, screened_rows, treated_of
from rctflow.summaries.rows import ARM_COLUMN, SummaryError, groups, require, summary_row
from rctflow.summaries.settings import Flow, SummaryStudy
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import DataFrame, Series

NAME = "flow"
UNKNOWN = "reason not recorded"


def summarize_flow(sources: Sources, study: SummaryStudy, settings: Flow) -> list[Result]:
    """Counts of participants by arm and in total (group ""), as rows with endpoint ``flow``.

    analysis ``flow``: n_screened, n_not_randomized and n_not_randomized:<reason> (in total; no value where screening is
    not in the data); n_randomized, n_treated, n_as_allocated, n_other_arm (treated with another arm than randomized),
    n_not_treated and n_not_treated:<reason>, n_completed, n_discontinued, n_discontinued:<reason> and n_status_unknown,
    n_with_event and n_with_event:<intercurrent event>, by planned arm; n, n_excluded and n_excluded:<reason> per
    population, by its own arm (those excluded by planned arm).
    analysis <endpoint id>, for each endpoint with records: n with an analysed value (ANL01FL Y) per visit, n_left,
    n_without_value and n_after_end (follow_up.py), and n_outside_windows, the records with a value that no visit
    holds, by planned arm. Raises SummaryError when a column
    is missing, and ReconciliationError when two counts of the same participants differ.
    """
    adsl, flags = sources.adsl, [population.flag for population in study.populations.values()]
    require(adsl, ["USUBJID", "TRT01P", "TRT01A", "TRTSDT", "RANDFL", *flags], "ADSL")
    randomized = adsl[adsl["RANDFL"].eq("Y")]
    treated = treated_of(randomized, settings)
    reconcile(sources, study, settings, treated)
    rows = [*_screened(sources, study, settings), *_started(randomized, study, settings, treated)]
    rows += [*_populations(adsl, study), *_excluded(randomized, study, settings)]
    rows += [*_events(randomized, study, settings), *_ended(randomized, study, settings)]
    why = _reasons(randomized, settings) if {settings.status, settings.reason} & set(randomized.columns) else None
    for endpoint, bds in sorted(sources.records.items()):
        rows += follow_up_rows(endpoint, bds, randomized, study, settings, why)
        rows += _outside_windows(endpoint, bds, randomized, study)
    return rows


def _screened(sources: Sources, study: SummaryStudy, settings: Flow) -> Iterator[Result]:
    if settings.screened is None:
        note = "the data have nobody who was assessed and not randomized, or the config does not say where"
        yield summary_row(study.study, NAME, NAME, "n_screened", None, status="not_estimable", note=note)
        return
    declared = settings.screened
    rows = screened_rows(sources, declared)
    left = rows[~rows["USUBJID"].isin(sources.adsl["USUBJID"])].drop_duplicates("USUBJID")
    total = rows["USUBJID"].nunique()
    yield summary_row(study.study, NAME, NAME, "n_screened", total, method=f"participants in {declared.table}")
    yield summary_row(study.study, NAME, NAME, "n_not_randomized", len(left), method="of them, not in ADSL")
    if declared.reason and len(left):
        require(left, [declared.reason], f"table {declared.table}")
        why = left[declared.reason].map(str, na_action="ignore").replace("", None).fillna(UNKNOWN)
        for reason, n in why.value_counts().sort_index().items():
            yield summary_row(study.study, NAME, NAME, f"n_not_randomized:{reason}", int(n), method=declared.reason)


def _excluded(randomized: DataFrame, study: SummaryStudy, settings: Flow) -> Iterator[Result]:
    """Those randomized who do not belong to a population, and why; by planned arm."""
    for name in study.order or tuple(sorted(study.populations)):
        out = randomized[~randomized[study.populations[name].flag].eq("Y")]
        why = out["USUBJID"].map(lambda _: UNKNOWN)
        for reason in reversed(settings.exclusions.get(name, ())):
            try:
                why = why.mask(parse(reason.where).evaluate(out), reason.label)
            except Exception as error:
                raise SummaryError(f"summaries.flow.exclusions.{name} ({reason.label}): {error}") from error
        method = f"randomized and {study.populations[name].flag} not Y, by TRT01P"
        for arm, members in groups(out, study.arms, "TRT01P"):
            shared = {"population": name, "group": arm, "method": method}
            yield summary_row(study.study, NAME, NAME, "n_excluded", len(members), **shared)
            for reason in sorted(set(why)):
                n = int(why[members.index].eq(reason).sum())
                yield summary_row(study.study, NAME, NAME, f"n_excluded:{reason}", n, **shared)


def _count(study: SummaryStudy, statistic: str, group: str, members: Series, method: str) -> Result:
    return summary_row(study.study, NAME, NAME, statistic, int(members.sum()), group=group, method=method)


def _started(randomized: DataFrame, study: SummaryStudy, settings: Flow, treated: Series | None) -> Iterator[Result]:
    how = f"{settings.treated} Y" if settings.treated else "with a date of first dose (TRTSDT)"
    other = randomized["TRT01A"].notna() & randomized["TRT01A"].ne(randomized["TRT01P"])
    why = _reasons(randomized, settings) if settings.reason in randomized.columns else None
    for arm, members in groups(randomized, study.arms, "TRT01P"):
        here = members.index
        yield _count(study, "n_randomized", arm, members["RANDFL"].eq("Y"), "RANDFL Y by TRT01P")
        if treated is None:
            note = "the data have neither dates of first dose nor a flag of those treated"
            absent = {"group": arm, "status": "not_estimable", "note": note}
            yield summary_row(study.study, NAME, NAME, "n_treated", None, **absent)
            continue
        differs = f"{how}, TRT01A differs from TRT01P"
        yield _count(study, "n_treated", arm, treated[here], f"{how} by TRT01P")
        yield _count(study, "n_as_allocated", arm, (treated & ~other)[here], f"{how}, TRT01A is TRT01P")
        yield _count(study, "n_other_arm", arm, (treated & other)[here], differs)
        yield _count(study, "n_not_treated", arm, ~treated[here], f"not {how}, by TRT01P")
        for reason in () if why is None else sorted(set(why[~treated])):
            untreated = ~treated[here] & why[here].eq(reason)  # type: ignore[index]
            yield _count(study, f"n_not_treated:{reason}", arm, untreated, f"{settings.reason} by TRT01P")


def _populations(adsl: DataFrame, study: SummaryStudy) -> Iterator[Result]:
    for name in sorted(study.populations):
        population = study.populations[name]
        column = ARM_COLUMN[population.arm]
        members = adsl[adsl[population.flag].eq("Y")]
        for arm, of_arm in groups(members, study.arms, column):
            method = f"{population.flag} Y by {column}"
            yield summary_row(study.study, NAME, NAME, "n", len(of_arm), population=name, group=arm, method=method)


def _events(randomized: DataFrame, study: SummaryStudy, settings: Flow) -> Iterator[Result]:
    """Who had an intercurrent event, and which."""
    if not settings.events:
        return
    happened = randomized[list(settings.events)].notna()
    for arm, members in groups(randomized, study.arms, "TRT01P"):
        here = happened.loc[members.index]
        yield _count(study, "n_with_event", arm, here.any(axis=1), "any ICEDY_* by TRT01P")
        for column, label in settings.events.items():
            yield _count(study, f"n_with_event:{label}", arm, here[column], f"{column} by TRT01P")


def _ended(randomized: DataFrame, study: SummaryStudy, settings: Flow) -> Iterator[Result]:
    if settings.status not in randomized.columns:
        return
    status = randomized[settings.status]
    known = status.notna() & status.ne("")
    completed = status.isin(settings.completed)
    left = known & ~completed
    why = _reasons(randomized, settings)
    method = f"{settings.status} by TRT01P"
    for arm, members in groups(randomized, study.arms, "TRT01P"):
        index = members.index
        yield _count(study, "n_completed", arm, completed[index], method)
        yield _count(study, "n_discontinued", arm, left[index], method)
        for reason in sorted(set(why[left])):
            here = left[index] & why[index].eq(reason)
            yield _count(study, f"n_discontinued:{reason}", arm, here, f"{settings.reason} by TRT01P")
        yield _count(study, "n_status_unknown", arm, ~known[index], method)


def _reasons(randomized: DataFrame, settings: Flow) -> Series:
    """Why each participant left: the declared reason, else the status itself."""
    if settings.status not in randomized.columns:
        return randomized[settings.reason].astype("str").replace("", None).fillna(UNKNOWN)
    status = randomized[settings.status].astype("str").fillna(UNKNOWN)
    if settings.reason not in randomized.columns:
        return status
    reason = randomized[settings.reason]
    return reason.astype("str").where(reason.notna() & reason.ne(""), status)


def _outside_windows(endpoint: str, bds: DataFrame, randomized: DataFrame, study: SummaryStudy) -> Iterator[Result]:
    outside = bds[bds["AVISIT"].eq("") & bds["AVAL"].notna()]
    outside = outside.assign(ARM=outside["USUBJID"].map(randomized.set_index("USUBJID")["TRT01P"]))
    method = "records with a value outside all windows (AVISIT empty) by TRT01P"
    for arm, records in groups(outside, study.arms, "ARM"):
        yield summary_row(study.study, NAME, endpoint, "n_outside_windows", len(records), group=arm, method=method)
