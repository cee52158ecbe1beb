"""Participant flow, as CONSORT 2010 (item 13) asks: randomized, treated, analysis sets, completed, left and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rctflow.results import Result
from rctflow.summaries.rows import ARM_COLUMN, groups, require, summary_row
from rctflow.summaries.settings import Flow, SummaryStudy
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import DataFrame, Series

NAME = "flow"


def summarize_flow(sources: Sources, study: SummaryStudy, settings: Flow) -> list[Result]:
    """Counts of participants by arm and in total (group ""), as rows with endpoint ``flow``.

    analysis ``flow``: n_randomized, n_treated, n_other_arm (treated with another arm than randomized), n_completed,
    n_discontinued, n_discontinued:<reason> and n_status_unknown, n_with_event and n_with_event:<intercurrent event>, by
    planned arm; n per population, by its own arm.
    analysis <endpoint id>, for each endpoint with records: n with an analysed value (ANL01FL Y) per visit, and
    n_outside_windows, the records with a value that no visit holds, by planned arm. Raises SummaryError when a column
    is missing.
    """
    adsl, flags = sources.adsl, [population.flag for population in study.populations.values()]
    require(adsl, ["USUBJID", "TRT01P", "TRT01A", "TRTSDT", "RANDFL", *flags], "ADSL")
    if settings.treated:
        require(adsl, [settings.treated], "ADSL")
    randomized = adsl[adsl["RANDFL"].eq("Y")]
    rows = [*_started(randomized, study, settings), *_populations(adsl, study)]
    rows += [*_events(randomized, study, settings), *_ended(randomized, study, settings)]
    for endpoint, bds in sorted(sources.records.items()):
        rows += [*_with_value(endpoint, bds, randomized, study), *_outside_windows(endpoint, bds, randomized, study)]
    return rows


def _count(study: SummaryStudy, statistic: str, group: str, members: Series, method: str) -> Result:
    return summary_row(study.study, NAME, NAME, statistic, int(members.sum()), group=group, method=method)


def _started(randomized: DataFrame, study: SummaryStudy, settings: Flow) -> Iterator[Result]:
    dated = randomized["TRTSDT"].notna()
    known = bool(settings.treated) or bool(dated.any())
    treated = randomized[settings.treated].eq("Y") if settings.treated else dated
    other = treated & randomized["TRT01A"].notna() & randomized["TRT01A"].ne(randomized["TRT01P"])
    how = f"{settings.treated} Y" if settings.treated else "with a date of first dose (TRTSDT)"
    for arm, members in groups(randomized, study.arms, "TRT01P"):
        yield _count(study, "n_randomized", arm, members["RANDFL"].eq("Y"), "RANDFL Y by TRT01P")
        if known:
            yield _count(study, "n_treated", arm, treated[members.index], f"{how} by TRT01P")
            yield _count(study, "n_other_arm", arm, other[members.index], f"{how}, TRT01A differs from TRT01P")
        else:
            note = "the data have neither dates of first dose nor a flag of those treated"
            absent = {"group": arm, "status": "not_estimable", "note": note}
            yield summary_row(study.study, NAME, NAME, "n_treated", None, **absent)


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
    status = randomized[settings.status].astype("str")
    if settings.reason not in randomized.columns:
        return status
    reason = randomized[settings.reason]
    return reason.astype("str").where(reason.notna() & reason.ne(""), status)


def _with_value(endpoint: str, bds: DataFrame, randomized: DataFrame, study: SummaryStudy) -> Iterator[Result]:
    require(bds, ["USUBJID", "AVISIT", "AVISITN", "AVAL", "ANL01FL"], f"BDS of {endpoint}")
    used = bds[bds["ANL01FL"].eq("Y") & bds["AVAL"].notna() & bds["AVISIT"].ne("")]
    used = used.assign(ARM=used["USUBJID"].map(randomized.set_index("USUBJID")["TRT01P"]))
    order = used.drop_duplicates("AVISIT").sort_values("AVISITN")["AVISIT"]
    for visit in order:
        at_visit = used[used["AVISIT"].eq(visit)].drop_duplicates("USUBJID")
        for arm, members in groups(at_visit, study.arms, "ARM"):
            method = "randomized with an analysed value (ANL01FL Y) by TRT01P"
            yield summary_row(study.study, NAME, endpoint, "n", len(members), visit=visit, group=arm, method=method)


def _outside_windows(endpoint: str, bds: DataFrame, randomized: DataFrame, study: SummaryStudy) -> Iterator[Result]:
    outside = bds[bds["AVISIT"].eq("") & bds["AVAL"].notna()]
    outside = outside.assign(ARM=outside["USUBJID"].map(randomized.set_index("USUBJID")["TRT01P"]))
    method = "records with a value outside all windows (AVISIT empty) by TRT01P"
    for arm, records in groups(outside, study.arms, "ARM"):
        yield summary_row(study.study, NAME, endpoint, "n_outside_windows", len(records), group=arm, method=method)
