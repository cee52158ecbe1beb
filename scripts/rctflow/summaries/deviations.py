"""Protocol deviations: who had any, by class, and by class and term."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.results import Result
from rctflow.summaries.nested_shares import Place, without_differences
from rctflow.summaries.rows import require
from rctflow.summaries.settings import SummaryStudy
from rctflow.summaries.settings_course import Deviations
from rctflow.summaries.shares import members_of
from rctflow.summaries.sources import Sources

NAME = "deviations"
UNKNOWN = "not classified"


def summarize_deviations(sources: Sources, study: SummaryStudy, settings: Deviations) -> list[Result]:
    """Participants with a deviation and deviations, by arm of the population and in total, as rows with endpoint
    ``deviations``.

    analysis ``any``: n, n_with, percent_with, events. analysis ``class``: the same with ``:<class>``. analysis
    ``<class>``: the same with ``:<term>``, the most frequent first. Deviations of those outside the population are not
    counted. Of restricted data numbers that tell of few patients are hidden (nested_shares.py). Raises SummaryError
    when a column is missing.
    """
    table = sources.tables[settings.table]
    require(table, ["USUBJID", settings.term, settings.classification], f"table {settings.table}")
    members = members_of(sources.adsl, study, NAME, settings.population)
    table = table[table["USUBJID"].isin(members.of[""]["USUBJID"])]
    classes = table[settings.classification].astype("str").replace("", None).fillna(UNKNOWN)
    terms = table[settings.term].astype("str").replace("", None).fillna("no term")
    rows = [*members.sizes("any"), *members.having("any", table["USUBJID"]), *members.events("any", table["USUBJID"])]
    ordered = list(dict.fromkeys([*settings.classes, *sorted(set(classes))]))
    rows += members.sizes("class") if ordered else []
    for one in ordered:
        mine = table["USUBJID"][classes.eq(one)]
        rows += [*members.having("class", mine, one), *members.events("class", mine, one)]
    for one in ordered:
        within = terms[classes.eq(one)]
        counts = within.value_counts()
        rows += members.sizes(one) if len(within) else []
        for term in sorted(counts.index, key=lambda name: (-counts[name], name)):
            mine = table["USUBJID"][classes.eq(one) & terms.eq(term)]
            rows += [*members.having(one, mine, term), *members.events(one, mine, term)]
    return without_differences(rows, _around, study.small_cells)


def _around(place: Place) -> Iterator[Place]:
    """What includes a class or term: all deviations, the class."""
    analysis, level = place
    if level:
        yield ("any", "") if analysis == "class" else ("class", analysis)
