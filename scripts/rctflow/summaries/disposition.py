"""How the study ended for whom: completed, left early and why, milestones of the course."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rctflow.expressions import parse
from rctflow.results import Result
from rctflow.summaries.baseline import METHODS
from rctflow.summaries.settings import Disposition, SummaryStudy
from rctflow.summaries.shares import Members, members_of
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import DataFrame

NAME = "disposition"
COMPLETED, LEFT, UNKNOWN = "Completed the study", "Left the study early", "End of study unknown"
NO_REASON = "Reason not recorded"


def summarize_disposition(sources: Sources, study: SummaryStudy, settings: Disposition) -> list[Result]:
    """Participants by arm of the population and in total, as rows with endpoint ``disposition``.

    analysis ``status``: n, and n:<level>, percent:<level> for Completed the study, Left the study early, End of study
    unknown; p_value of completion when asked for. analysis ``reason``: n, n:<reason>, percent:<reason> of those who
    left; percentages are of the population. analysis ``milestones``: n, n_with:<milestone>, percent_with:<milestone>.
    Raises SummaryError when a column is missing.
    """
    named = (settings.status, *((settings.reason,) if settings.reason in sources.adsl.columns else ()))
    members = members_of(sources.adsl, study, NAME, settings.population, *named)
    everybody = members.of[""]
    status = everybody[settings.status].astype("str").fillna("")
    completed = status.isin(settings.completed)
    left = ~completed & status.ne("")
    ids = everybody["USUBJID"]
    rows = [*members.sizes("status")]
    for level, found in ((COMPLETED, completed), (LEFT, left), (UNKNOWN, status.eq(""))):
        if level != UNKNOWN or found.any():
            rows += members.having("status", ids[found], level, "n")
    rows += _test(members, set(ids[completed]), settings)
    rows += _why(members, everybody[left], settings)
    if settings.milestones:
        rows += members.sizes("milestones")
    for milestone in settings.milestones:
        met = ids[parse(milestone.where).evaluate(everybody)]
        rows += members.having("milestones", met, milestone.label)
    return rows


def _why(members: Members, left: DataFrame, settings: Disposition) -> Iterator[Result]:
    if left.empty:
        return
    source = settings.reason if settings.reason in left.columns else settings.status
    why = left[source].astype("str").replace("", None).fillna(NO_REASON)
    yield from members.sizes("reason")
    counts = why.value_counts()
    for reason in sorted(counts.index, key=lambda name: (-counts[name], name)):
        yield from members.having("reason", left["USUBJID"][why.eq(reason)], reason, "n")


def _test(members: Members, completed: set[object], settings: Disposition) -> Iterator[Result]:
    if not settings.test:
        return
    import numpy as np

    from rctflow.summaries import comparisons

    arms = [members.of[arm]["USUBJID"].isin(completed) for arm in members.study.arms]
    table = np.array([[int(done.sum()), int((~done).sum())] for done in arms]).T
    p = getattr(comparisons, settings.test)(table)
    more = {} if p is not None else {"status": "not_estimable", "note": "nothing to compare"}
    yield members.row("status", "p_value", p, "", method=METHODS[settings.test], **more)
