"""How the study, and each declared phase of it, ended for whom: completed, left early and why; milestones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctflow.expressions import parse
from rctflow.results import Result
from rctflow.summaries.baseline import METHODS
from rctflow.summaries.settings import SummaryStudy
from rctflow.summaries.settings_course import Disposition
from rctflow.summaries.shares import Members, members_of
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import DataFrame, Series

NAME = "disposition"
COMPLETED, LEFT, UNKNOWN = "Completed the study", "Left the study early", "End of study unknown"
NO_REASON = "Reason not recorded"


@dataclass(frozen=True)
class Ending:
    """How one part of the study ended.

    prefix: of the analyses. words: of those who completed it and those who left. completed, left: masks over the
    population; who is in neither has an unknown end. why: the reasons of all members, of which those of ``left`` count.
    """

    prefix: str
    words: tuple[str, str]
    completed: Series
    left: Series
    why: Series


def summarize_disposition(sources: Sources, study: SummaryStudy, settings: Disposition) -> list[Result]:
    """Participants by arm of the population and in total, as rows with endpoint ``disposition``.

    analysis ``status``: n, and n:<level>, percent:<level> for Completed the study, Left the study early, End of study
    unknown; p_value of completion when asked for. analysis ``reason``: n, n:<reason>, percent:<reason> of those who
    left; percentages are of the population; p_value:<reason> of the reasons that are tested. The same of each phase,
    as ``<phase>:status`` and ``<phase>:reason``. analysis ``milestones``: n, n_with:<milestone>,
    percent_with:<milestone>. Of restricted data no reasons. Raises SummaryError when a column is missing.
    """
    named = (settings.status, *((settings.reason,) if settings.reason in sources.adsl.columns else ()))
    phases = tuple(phase.reason for phase in settings.phases if phase.reason)
    members = members_of(sources.adsl, study, NAME, settings.population, *named, *phases)
    rows: list[Result] = []
    for ending in _endings(members.of[""], settings):
        rows += _ended(members, ending, settings)
        if not study.small_cells:  # the flow has them; what is hidden there could be computed from both
            rows += _why(members, ending, settings)
    ids = members.of[""]["USUBJID"]
    if settings.milestones:
        rows += members.sizes("milestones")
    for milestone in settings.milestones:
        met = ids[parse(milestone.where).evaluate(members.of[""])]
        rows += members.having("milestones", met, milestone.label)
    return rows


def _endings(everybody: DataFrame, settings: Disposition) -> Iterator[Ending]:
    """The end of the study, then that of each phase, in the order of the config."""
    status = everybody[settings.status].astype("str").fillna("")
    completed = status.isin(settings.completed)
    reason = settings.reason if settings.reason in everybody.columns else settings.status
    yield Ending("", (COMPLETED, LEFT), completed, ~completed & status.ne(""), _words(everybody[reason]))
    for phase in settings.phases:
        completed = parse(phase.completed).evaluate(everybody)
        words = (f"Completed {phase.label}", f"Left before the end of {phase.label}")
        yield Ending(f"{phase.id}:", words, completed, ~completed, _words(everybody[phase.reason or reason]))


def _words(reasons: Series) -> Series:
    return reasons.astype("str").replace("", None).fillna(NO_REASON)


def _ended(members: Members, ending: Ending, settings: Disposition) -> Iterator[Result]:
    analysis, ids = f"{ending.prefix}status", members.of[""]["USUBJID"]
    yield from members.sizes(analysis)
    unknown = ~ending.completed & ~ending.left
    for level, found in zip((*ending.words, UNKNOWN), (ending.completed, ending.left, unknown), strict=True):
        if level != UNKNOWN or found.any():
            yield from members.having(analysis, ids[found], level, "n")
    if settings.test:
        yield _test(members, analysis, "p_value", set(ids[ending.completed]), settings.test)


def _why(members: Members, ending: Ending, settings: Disposition) -> Iterator[Result]:
    if not ending.left.any():
        return
    analysis, ids = f"{ending.prefix}reason", members.of[""]["USUBJID"]
    yield from members.sizes(analysis)
    why = ending.why[ending.left]
    counts = why.value_counts()
    for reason in sorted(counts.index, key=lambda name: (-counts[name], name)):
        yield from members.having(analysis, ids[why.index[why.eq(reason)]], reason, "n")
    for reason in settings.tested_reasons if settings.test else ():
        gone = set(ids[why.index[why.eq(reason)]])
        yield _test(members, analysis, f"p_value:{reason}", gone, settings.test)


def _test(members: Members, analysis: str, statistic: str, having: set[object], test: str) -> Result:
    """The share of the participants ``having`` it, between all arms."""
    import numpy as np

    from rctflow.summaries import comparisons

    arms = [members.of[arm]["USUBJID"].isin(having) for arm in members.study.arms]
    table = np.array([[int(has.sum()), int((~has).sum())] for has in arms]).T
    p = getattr(comparisons, test)(table)
    more = {} if p is not None else {"status": "not_estimable", "note": "nothing to compare"}
    return members.row(analysis, statistic, p, "", method=METHODS[test], **more)
