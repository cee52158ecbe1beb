"""Exposure and compliance: how many doses, how much, for how long, and how much of what was planned.

Per patient, over the rows of the form that are doses given: an interval of dosing has (last day - first day + 1) x
doses a day doses; cumulative dose = sum of dose x doses; duration = last day - first day + 1; average daily dose =
cumulative dose / duration; compliance = 100 x doses / planned doses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from rctflow.description import describe_values, quantile_words
from rctflow.expressions import parse
from rctflow.results import SUPPRESSED, Result
from rctflow.rounding import rounded
from rctflow.summaries.rows import SummaryError, named, require
from rctflow.summaries.settings import SummaryStudy
from rctflow.summaries.settings_course import Exposure, Measure
from rctflow.summaries.shares import Members, members_of
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import DataFrame, Series

NAME = "exposure"
SHOWN = ("mean", "sd", "median", "q1", "q3", "min", "max")
FEW = 6  # kinds of numbers of doses that are counted one by one


def summarize_exposure(sources: Sources, study: SummaryStudy, settings: Exposure) -> list[Result]:
    """By arm of each population and in total, as rows with endpoint ``exposure``.

    analysis ``doses``, ``duration`` (days), ``cumulative_dose``, ``average_daily_dose``, ``compliance`` (%): n, mean,
    sd, median, q1, q3, min, max, n_missing. analysis ``doses_given``: n, n:<number>, percent:<number>, when patients
    have few different numbers of doses. Raises SummaryError when a column is missing, and when an interval ends before
    it starts, with the patient.
    """
    columns = (*settings.adsl.values(), *([settings.missing_end] if settings.missing_end else []))
    known = exposure_per_patient(sources, settings) if settings.table else _as_adsl_has_it(sources, settings)
    rows: list[Result] = []
    for population in (settings.population, *settings.further_populations):
        members = members_of(sources.adsl, study, NAME, population, *columns)
        rows += _of_population(members, known.reindex(sorted(set(members.of[""]["USUBJID"]))), settings)
    return rows


def _of_population(members: Members, per_patient: DataFrame, settings: Exposure) -> Iterator[Result]:
    if "doses" in per_patient:
        given = per_patient["doses"].fillna(0)
        per_patient = per_patient.assign(doses=given)
        if settings.planned_doses:
            per_patient["compliance"] = 100 * given / settings.planned_doses
        if given.nunique() <= FEW and given.mod(1).eq(0).all():
            yield from members.sizes("doses_given")
            for number in sorted(set(given)):
                yield from members.having("doses_given", given.index[given.eq(number)], f"{number:g}", "n")
    units = {"doses": "", "duration": "days", "cumulative_dose": settings.unit, "compliance": "%"}
    units["average_daily_dose"] = f"{settings.unit}/day" if settings.unit else ""
    for name in per_patient.columns:
        yield from _described(members, name, per_patient[name], units[name])


def _as_adsl_has_it(sources: Sources, settings: Exposure) -> DataFrame:
    """One row per subject of ADSL (index USUBJID), a column for each measure that is declared or follows from them."""
    columns = list(settings.adsl.values())
    require(sources.adsl, columns, "ADSL")
    own = sources.adsl.set_index("USUBJID")[columns].astype(float)
    known = own.set_axis([*settings.adsl], axis=1)
    if {"cumulative_dose", "duration"} <= set(known.columns) and "average_daily_dose" not in known:
        known["average_daily_dose"] = _average(known["cumulative_dose"], known["duration"], settings)
    return known[[name for name in get_args(Measure) if name in known]]


def exposure_per_patient(sources: Sources, settings: Exposure) -> DataFrame:
    """One row per patient with a dose (index USUBJID): doses, duration, cumulative_dose, average_daily_dose.

    Raises SummaryError when dosing ends before it begins, or a column is absent.
    """
    import pandas as pd

    table = sources.tables[settings.table]
    columns = [settings.start, *(column for column in (settings.end, settings.dose) if column)]
    require(table, ["USUBJID", *columns], f"table {settings.table}")
    rows = table[parse(settings.where).evaluate(table)] if settings.where else table
    first = rows[settings.start].dt.normalize()  # days count whole, whatever the hours of doses
    last = rows[settings.end].dt.normalize() if settings.end else first
    if settings.missing_end:
        stand_in = sources.adsl.set_index("USUBJID")[settings.missing_end].dt.normalize()
        last = last.fillna(rows["USUBJID"].map(stand_in))
    days = (last - first).dt.days + 1
    if (days < 1).any():
        raise SummaryError(
            f"exposure: dosing ends before it starts in form {settings.table}: {named(rows['USUBJID'][days < 1])}. "
            "Correct the dates in the form."
        )
    doses = days * settings.per_day if settings.end else days.notna().astype(float)
    by = rows["USUBJID"]
    found = {"doses": doses.groupby(by).sum(min_count=1)}
    found["duration"] = ((last.groupby(by).max() - first.groupby(by).min()).dt.days + 1).astype(float)
    if settings.dose:
        amount = (rows[settings.dose] * doses).groupby(by)
        found["cumulative_dose"] = amount.sum().where(amount.count().eq(amount.size()))
        if settings.end:
            found["average_daily_dose"] = _average(found["cumulative_dose"], found["duration"], settings)
    return pd.DataFrame(found)


def _average(dose: Series, duration: Series, settings: Exposure) -> Series:
    average, digits = dose / duration, settings.average_digits
    if digits is not None:
        average = average.where(average.isna(), average.fillna(0).map(lambda value: float(rounded(value, digits))))
    return average


def _described(members: Members, name: str, values: Series, unit: str) -> Iterator[Result]:
    small = members.study.small_cells
    for arm, of_arm in members.of.items():
        mine = values.reindex(of_arm["USUBJID"])
        present = mine.dropna().to_numpy(float)
        found = describe_values(present, 0.95, small)
        yield members.row(name, "n", len(present), arm)
        for statistic in SHOWN:
            value = found.get(statistic)
            why = SUPPRESSED if small else "too few values"
            more = {} if value is not None else {"status": "not_estimable", "note": why}
            yield members.row(name, statistic, value, arm, unit=unit, method=quantile_words(small), **more)
        yield members.row(name, "n_missing", len(mine) - len(present), arm)
