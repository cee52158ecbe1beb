"""Participants by site: how many of each arm belong to each population there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.results import Result
from rctflow.summaries.settings import SummaryStudy
from rctflow.summaries.settings_course import Sites
from rctflow.summaries.shares import members_of
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import DataFrame, Series

NAME = "sites"
NO_SITE = "not recorded"


def summarize_sites(sources: Sources, study: SummaryStudy, settings: Sites) -> list[Result]:
    """n by arm of each population and in total, as rows with endpoint ``sites``.

    analysis ``site:<site>``; where sites are pooled ``pool:<pool>`` for the pool and ``pool:<pool>/<site>`` for each of
    its sites. Every site that has a randomized participant has rows for each population, with zeros too. Raises
    SummaryError when a column is missing.
    """
    columns = (settings.site, *((settings.pooled,) if settings.pooled else ()))
    randomized = sources.adsl[sources.adsl["RANDFL"].eq("Y")]
    members = [members_of(randomized, study, NAME, name, *columns) for name in settings.populations]
    names = {name: _places(randomized, name) for name in columns}
    site = names[settings.site]
    places = {f"site:{one}": site.eq(one) for one in sorted(set(site))}
    if settings.pooled:
        pool = names[settings.pooled]
        places = {}
        for one in sorted(set(pool)):
            within = pool.eq(one)
            places[f"pool:{one}"] = within
            places |= {f"pool:{one}/{name}": within & site.eq(name) for name in sorted(set(site[within]))}
    rows = []
    for analysis, found in places.items():
        here = set(randomized["USUBJID"][found])
        for population in members:
            rows += [
                population.row(analysis, "n", int(of_arm["USUBJID"].isin(here).sum()), arm)
                for arm, of_arm in population.of.items()
            ]
    return rows


def _places(adsl: DataFrame, column: str) -> Series:
    """Sites as text; numbers without a decimal point."""
    values = adsl[column]
    words = values.map("{:g}".format, na_action="ignore") if values.dtype.kind in "if" else values.astype("str")
    return words.replace("", None).fillna(NO_SITE)
