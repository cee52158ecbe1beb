"""Medication before and during treatment, by class and term.

A medication is prior when it began before the first dose, and concomitant unless it is known to have ended before the
first dose (or to have begun after the last one, where ADSL has TRTEDT): whoever cannot be told apart, because a date is
missing or partial, counts as concomitant, and the rows say how many dates were.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rctflow.expressions import parse
from rctflow.results import Result
from rctflow.summaries.nested_shares import Place, without_differences
from rctflow.summaries.rows import require
from rctflow.summaries.settings import SummaryStudy
from rctflow.summaries.settings_course import Medication
from rctflow.summaries.shares import Members, members_of
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import DataFrame, Series

NAME = "medication"
UNCODED = "not coded"
NO_CLASS = "terms"
RECORDED = "recorded"


def summarize_medication(sources: Sources, study: SummaryStudy, settings: Medication) -> list[Result]:
    """Participants by arm of the population and in total, as rows with endpoint ``medication``.

    analysis ``prior``, ``concomitant`` and ``recorded`` (every row), as declared: n, n_with, percent_with; with classes
    n_with:<class>. analysis ``<period>/<class>`` (``<period>/terms`` without classes): n_with:<term>,
    percent_with:<term>, the most frequent first. analysis ``dates``: n_records, and n_records:<what> of partial and
    missing dates. Of restricted data numbers that tell of few patients are hidden (nested_shares.py). Raises
    SummaryError when a column is missing.
    """
    named = [settings.term, settings.start, settings.end, *((settings.category,) if settings.category else ())]
    table = sources.tables[settings.table]
    require(table, ["USUBJID", *named], f"table {settings.table}")
    members = members_of(sources.adsl, study, NAME, settings.population, "TRTSDT")
    table = table[parse(settings.where).evaluate(table)] if settings.where else table
    table = table[table["USUBJID"].isin(members.of[""]["USUBJID"])]
    prior, concomitant = periods(table, sources.adsl, settings)
    rows: list[Result] = []
    found = {"prior": prior, "concomitant": concomitant, RECORDED: prior.notna()}
    for period in settings.periods:
        rows += _counted(members, period, table[found[period]], settings)
    return [*without_differences(rows, _around, study.small_cells), *_dates(members, table, settings)]


def _around(place: Place) -> Iterator[Place]:
    """What includes a class or term: the class, any medication, the same over all periods."""
    analysis, level = place
    period, _, one = analysis.partition("/")
    if one:
        yield period, "" if one == NO_CLASS else one
    elif level:
        yield period, ""
    if period != RECORDED:
        yield RECORDED + analysis.removeprefix(period), level


def periods(table: DataFrame, adsl: DataFrame, settings: Medication) -> tuple[Series, Series]:
    """(n,) bool each: whether a medication is prior, and whether it is concomitant; of who had no dose neither."""
    dates = adsl.set_index("USUBJID")
    first = table["USUBJID"].map(dates["TRTSDT"])
    start, end = table[settings.start].dt.normalize(), table[settings.end].dt.normalize()
    ongoing = parse(settings.ongoing).evaluate(table) if settings.ongoing else end.isna()
    prior = start.lt(first)
    ended = end.lt(first) & ~ongoing
    after = start.gt(table["USUBJID"].map(dates["TRTEDT"])) if "TRTEDT" in dates else ~first.notna()
    return prior, first.notna() & ~ended & ~after


def _counted(members: Members, period: str, table: DataFrame, settings: Medication) -> Iterator[Result]:
    yield from members.sizes(period)
    yield from members.having(period, table["USUBJID"])
    terms = _texts(table[settings.term])
    classes = _texts(table[settings.category]) if settings.category else terms.map(lambda _: NO_CLASS)
    for one in _by_frequency(classes, table["USUBJID"]):
        within = classes.eq(one)
        if settings.category:
            yield from members.having(period, table["USUBJID"][within], one)
        analysis = f"{period}/{one}"
        yield from members.sizes(analysis)
        for term in _by_frequency(terms[within], table["USUBJID"][within]):
            yield from members.having(analysis, table["USUBJID"][within & terms.eq(term)], term)


def _texts(values: Series) -> Series:
    return values.astype("str").str.strip().replace("", None).fillna(UNCODED)


def _by_frequency(values: Series, ids: Series) -> list[str]:
    """The values, those of most participants first, then by alphabet."""
    counts = ids.groupby(values).nunique()
    return sorted(counts.index, key=lambda name: (-counts[name], name))


def _dates(members: Members, table: DataFrame, settings: Medication) -> Iterator[Result]:
    ongoing = parse(settings.ongoing).evaluate(table) if settings.ongoing else table[settings.end].isna()
    found = {"missing start": table[settings.start].isna(), "missing end": table[settings.end].isna() & ~ongoing}
    for what, column in (("partial start", settings.start), ("partial end", settings.end)):
        if f"{column}_DTF" in table:
            found[what] = table[f"{column}_DTF"].fillna("").ne("")
    for arm, of_arm in members.of.items():
        mine = table["USUBJID"].isin(of_arm["USUBJID"])
        yield members.row("dates", "n_records", int(mine.sum()), arm)
        for what, held in found.items():
            yield members.row("dates", f"n_records:{what}", int((mine & held).sum()), arm)
