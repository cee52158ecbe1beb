"""Follow-up at each visit of an endpoint: who has a value, who had left by then and why, who has none all the same.

The parts of a visit add up to those randomized, arm by arm. A value dated after the end of the participant's study is
counted too: it is a contradiction of two forms, or follow-up of somebody who had left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rctflow.summaries.rows import groups, require, summary_row
from rctflow.summaries.settings import Flow, SummaryStudy

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from rctflow.results import Result

END = "EOSDT"


def follow_up_rows(
    endpoint: str, bds: DataFrame, randomized: DataFrame, study: SummaryStudy, settings: Flow, why: Series | None
) -> Iterator[Result]:
    """n with an analysed value (ANL01FL Y) per visit, by planned arm; and where ADSL has dates of the end of study:

    n_left: discontinued before the visit's window opened (AWLO), without a value; n_left:<reason>; n_without_value:
    neither; n_after_end: with a value dated after the end of their study, whatever their status. why: the reason by
    row of ``randomized``, None where ADSL has none. Of restricted data the parts are left out, because the others and
    those randomized would tell a small one.
    """
    require(bds, ["USUBJID", "AVISIT", "AVISITN", "AVAL", "ANL01FL"], f"BDS of {endpoint}")
    used = bds[bds["ANL01FL"].eq("Y") & bds["AVAL"].notna() & bds["AVISIT"].ne("")]
    dated = END in randomized and settings.status in randomized and {"ADT", "AWLO"} <= set(bds)
    for visit in used.drop_duplicates("AVISIT").sort_values("AVISITN")["AVISIT"]:
        here = used[used["AVISIT"].eq(visit)]
        has = randomized["USUBJID"].isin(here["USUBJID"])
        told = {"n": (has, "randomized with an analysed value (ANL01FL Y) by TRT01P")}
        if dated and randomized[END].notna().any():
            told |= _parts(here, has, randomized, study, settings, why)
        for arm, members in groups(randomized, study.arms, "TRT01P"):
            for statistic, (mask, method) in told.items():
                n = int(mask[members.index].sum())
                yield summary_row(study.study, "flow", endpoint, statistic, n, visit=visit, group=arm, method=method)


def _parts(
    here: DataFrame, has: Series, randomized: DataFrame, study: SummaryStudy, settings: Flow, why: Series | None
) -> dict[str, tuple[Series, str]]:
    end = randomized.set_index("USUBJID")[END]
    after = here["USUBJID"][here["ADT"].dt.normalize().gt(here["USUBJID"].map(end))]
    told = {"n_after_end": (randomized["USUBJID"].isin(after), f"with an analysed value dated after {END}, by TRT01P")}
    if study.small_cells:
        return told
    status = randomized[settings.status]
    gone = status.notna() & status.ne("") & ~status.isin(settings.completed)
    left = gone & _end_day(randomized).lt(here["AWLO"].min()) & ~has
    method = f"not completed, {END} before the visit's window opened, no value, by TRT01P"
    told["n_left"] = (left, method)
    if why is not None:
        told |= {f"n_left:{reason}": (left & why.eq(reason), method) for reason in sorted(set(why[left]))}
    return told | {"n_without_value": (~has & ~left, "neither a value nor left before the visit's window, by TRT01P")}


def _end_day(randomized: DataFrame) -> Series:
    """The study day of the end of study, counted as the records' (day 1 is first dose, or randomization)."""
    start = randomized["TRTSDT"].fillna(randomized["RANDDT"]) if "RANDDT" in randomized else randomized["TRTSDT"]
    days = (randomized[END].dt.normalize() - start.dt.normalize()).dt.days.astype("float64")
    return days.where(days < 0, days + 1)
