"""How many participants of a population have at least one of something, by arm and in total."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rctflow.results import PERCENT, Result
from rctflow.summaries.rows import ARM_COLUMN, SummaryError, groups, require, summary_row
from rctflow.summaries.settings import SummaryStudy

if TYPE_CHECKING:
    from pandas import DataFrame, Series


@dataclass(frozen=True)
class Members:
    """The members of one population by arm ("" for all of them): arm -> their rows of ADSL."""

    study: SummaryStudy
    summary: str
    population: str
    of: dict[str, DataFrame]

    def row(self, analysis: str, statistic: str, value: float | None, arm: str, **more: Any) -> Result:
        """A result row of this summary and population."""
        shared = {"population": self.population, "group": arm} | more
        return summary_row(self.study.study, self.summary, analysis, statistic, value, **shared)

    def sizes(self, analysis: str) -> Iterator[Result]:
        """n, the denominators."""
        for arm, members in self.of.items():
            yield self.row(analysis, "n", len(members), arm)

    def having(self, analysis: str, ids: Iterable[object], level: str = "", kind: str = "n_with") -> Iterator[Result]:
        """n_with and percent_with (of the population) for the participants in ``ids``, with ``:<level>`` when given.

        kind: ``n`` for levels that exclude one another, so that they add up.
        """
        found, end = set(ids), f":{level}" if level else ""
        for arm, members in self.of.items():
            n = int(members["USUBJID"].isin(found).sum())
            yield self.row(analysis, f"{kind}{end}", n, arm)
            if len(members):
                share, name = 100 * n / len(members), kind.replace("n", "percent", 1)
                yield self.row(analysis, f"{name}{end}", share, arm, unit=PERCENT, method="of the population")

    def events(self, analysis: str, ids: Series, level: str = "") -> Iterator[Result]:
        """The number of rows, of the participants that ``ids`` names row by row."""
        for arm, members in self.of.items():
            n = int(ids.isin(members["USUBJID"]).sum())
            yield self.row(analysis, f"events:{level}" if level else "events", n, arm)


def members_of(adsl: DataFrame, study: SummaryStudy, summary: str, population: str, *columns: str) -> Members:
    """The members of ``population`` by its own arm. Raises SummaryError when ADSL lacks a column, or the study the
    population.
    """
    if population not in study.populations:
        known = ", ".join(sorted(study.populations))
        raise SummaryError(f"{summary}: '{population}' is not a population. One of: {known}")
    declared = study.populations[population]
    column = ARM_COLUMN[declared.arm]
    require(adsl, ["USUBJID", declared.flag, column, *columns], "ADSL")
    members = adsl[adsl[declared.flag].eq("Y")]
    return Members(study, summary, population, dict(groups(members, study.arms, column)))
