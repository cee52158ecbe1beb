"""The subjects and records that one analysis uses in one population."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.models.contract import AnalysisData, FitDataError
from rctflow.models.settings import Analysis, Fit

if TYPE_CHECKING:
    from pandas import DataFrame

SOURCE = ("SRCDOM", "SRCVAR", "SRCSEQ")
BDS = ("USUBJID", "AVISIT", "AVAL", "AVALC", "BASE", "CHG", "ABLFL", "ANL01FL", "DTYPE", *SOURCE)
ARM_COLUMN = {"planned": "TRT01P", "actual": "TRT01A"}


def select_data(bds: DataFrame, adsl: DataFrame, analysis: Analysis, population: str, settings: Fit) -> AnalysisData:
    """The members of ``population`` with their arm, and their records, ready for a model.

    bds, adsl: as in docs/architecture.md. Records that count have the flag of the analysis's estimand (ANL01FL when it
    has none), a post-baseline visit of the analysis, and a value. Raises FitDataError on a missing column, an unknown
    visit, population or arm, or two analysed records of one subject at one visit.
    """
    visits = analysis.visits or settings.visits
    if unknown := [visit for visit in visits if visit not in settings.visits]:
        raise FitDataError(
            f"{settings.endpoint}: visit '{unknown[0]}' is not after baseline. One of: {', '.join(settings.visits)}"
        )
    observed = settings.analysis_flags.get(analysis.estimand, "ANL01FL")
    counts = settings.carried_flags[analysis.estimand] if analysis.locf else observed
    _require(bds, (*BDS, counts), f"BDS of {settings.endpoint}")
    subjects = _members(adsl, analysis, population, settings)
    narrow = bds[list(dict.fromkeys((*BDS, counts)))]  # what no model reads is left behind
    assessments = narrow[narrow["USUBJID"].isin(subjects.index)].sort_values(
        ["USUBJID", "AVISIT", "SRCSEQ"], kind="stable"
    )
    assessments = assessments.assign(ARM=assessments["USUBJID"].map(subjects["ARM"]))
    valued = assessments[assessments["AVAL"].notna()]
    records = valued[valued[counts].eq("Y") & valued["AVISIT"].isin(visits)]
    baseline = valued[valued["ABLFL"].eq("Y")]
    _require_one(records, ["USUBJID", "AVISIT"], f"records with {counts} Y", settings)
    _require_one(baseline, ["USUBJID"], "baseline records (ABLFL Y)", settings)
    return AnalysisData(population, visits, subjects, records, baseline, assessments)


def _members(adsl: DataFrame, analysis: Analysis, population: str, settings: Fit) -> DataFrame:
    if population not in settings.populations:
        known = ", ".join(sorted(settings.populations))
        raise FitDataError(f"{settings.endpoint}: population '{population}' is not declared. One of: {known}")
    rule = settings.populations[population]
    column = ARM_COLUMN[rule.arm]
    strata = settings.strata if analysis.strata else ()
    _require(adsl, ("USUBJID", "TRT01P", rule.flag, column, *strata, *analysis.covariates), "ADSL")
    members = adsl[adsl[rule.flag].eq("Y")].sort_values("USUBJID").set_index("USUBJID")
    if not members.index.is_unique:
        raise FitDataError(f"ADSL: subject {members.index[members.index.duplicated()][0]} has more than one row")
    stray = members[~members[column].isin(settings.arms)]
    if len(stray):
        raise FitDataError(
            f"ADSL: subject {stray.index[0]} of population '{population}' has {column} '{stray[column].iloc[0]}', "
            f"which is not an arm. One of: {', '.join(settings.arms)}"
        )
    return members.assign(ARM=members[column])


def _require(table: DataFrame, columns: tuple[str, ...], name: str) -> None:
    absent = [column for column in columns if column not in table.columns]
    if absent:
        raise FitDataError(f"{name} has no column {', '.join(absent)}. It has: {', '.join(map(str, table.columns))}")


def _require_one(records: DataFrame, key: list[str], what: str, settings: Fit) -> None:
    repeated = records[records.duplicated(key, keep=False)]
    if len(repeated):
        first = " ".join(str(value) for value in repeated[key].iloc[0])
        raise FitDataError(
            f"BDS of {settings.endpoint}: {first} has more than one of the {what}; derive must choose one"
        )
