"""How many participants each analysis set has."""

from __future__ import annotations

from rctflow.results import PERCENT, Result
from rctflow.summaries.rows import ARM_COLUMN, groups, require, summary_row
from rctflow.summaries.settings import Populations, SummaryStudy
from rctflow.summaries.sources import Sources

NAME = "populations"


def summarize_populations(sources: Sources, study: SummaryStudy, settings: Populations) -> list[Result]:
    """n and percent of those randomized, per population by its own arm and in total (group ""), as rows with endpoint
    and analysis ``populations``; a population counted as treated has a percentage in total alone. Raises SummaryError
    when ADSL lacks a flag or an arm.
    """
    adsl, names = sources.adsl, study.order or tuple(study.populations)
    require(adsl, ["TRT01P", "TRT01A", "RANDFL", *(study.populations[name].flag for name in names)], "ADSL")
    randomized = adsl[adsl["RANDFL"].eq("Y")]
    of = {arm: len(members) for arm, members in groups(randomized, study.arms, "TRT01P")}
    rows = []
    for name in names:
        population = study.populations[name]
        column = ARM_COLUMN[population.arm]
        for arm, members in groups(adsl[adsl[population.flag].eq("Y")], study.arms, column):
            shared = {"population": name, "group": arm}
            n, method = len(members), f"{population.flag} Y by {column}"
            rows.append(summary_row(study.study, NAME, NAME, "n", n, method=method, **shared))
            if of[arm] and (population.arm == "planned" or not arm):
                method = "of those randomized (RANDFL Y) by TRT01P"
                percent = {"unit": PERCENT, "method": method} | shared
                rows.append(summary_row(study.study, NAME, NAME, "percent", 100 * n / of[arm], **percent))
    return rows
