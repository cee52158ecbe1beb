"""What a reader of the log should know of the tables that were derived: who is not in them, and what no analysis
uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TextIO

import pandas as pd

from rctflow.derive.settings import Records, Subjects

SHOWN = 10


def write_notes(notes: Iterable[str], log: TextIO | None) -> None:
    """One line per note, when there is a log."""
    if log is not None:
        log.writelines(f"{note}\n" for note in notes)


def unrandomized(tables: Mapping[str, pd.DataFrame], adsl: pd.DataFrame, settings: Subjects) -> list[str]:
    """Subjects of the subjects table who are not in ADSL, sorted: screened, never randomized."""
    return sorted(set(tables[settings.table]["USUBJID"].dropna()) - set(adsl["USUBJID"]))


def left_out(table: pd.DataFrame, adsl: pd.DataFrame) -> list[str]:
    """Subjects with rows in ``table`` who are not in ADSL, sorted: their rows are in no BDS table."""
    return sorted(set(table["USUBJID"].dropna()) - set(adsl["USUBJID"]))


def describe_subjects(tables: Mapping[str, pd.DataFrame], adsl: pd.DataFrame, settings: Subjects) -> list[str]:
    """Notes on ADSL: counts per arm and population, who is not in it, who was never dosed."""
    arms = ", ".join(f"{arm} {(adsl['TRT01P'] == arm).sum()}" for arm in settings.arm_order)
    notes = [f"{len(adsl)} subjects are randomized: {arms}."]
    notes += _named(f"of table {settings.table!r} not randomized, so not in ADSL", unrandomized(tables, adsl, settings))
    if settings.first_dose is not None:
        undosed = adsl.loc[adsl["TRTSDT"].isna(), "USUBJID"]
        notes += _named("never dosed: their study days count from randomization", list(undosed))
    for name, rule in sorted(settings.populations.items()):
        notes.append(f"Population {name} ({rule.flag}): {(adsl[rule.flag] == 'Y').sum()} of {len(adsl)}.")
    return notes


def describe_records(table: pd.DataFrame, adsl: pd.DataFrame, bds: pd.DataFrame, settings: Records) -> list[str]:
    """Notes on one BDS table: who is left out, records that no visit holds, baselines outside the baseline window."""
    with_records = bds["USUBJID"].nunique()
    notes = [f"{len(bds)} records of {with_records} of {len(adsl)} randomized subjects."]
    notes += _named(f"of table {settings.table!r} not randomized: their rows are left out", left_out(table, adsl))
    outside = (bds["AVISIT"] == "").sum()
    if outside:
        notes.append(f"{outside} records lie in no analysis visit.")
    if settings.baseline:
        baseline = bds[bds["ABLFL"] == "Y"]
        plan = [visit for visit, window in settings.visits.items() if window.baseline]
        notes += _named("with records but without a baseline", sorted(set(bds["USUBJID"]) - set(baseline["USUBJID"])))
        strays = baseline.loc[~baseline["AVISIT"].isin(plan), "USUBJID"]
        notes += _named("whose baseline record lies outside the baseline visit", list(strays))
    return notes


def _named(what: str, subjects: list[str]) -> list[str]:
    if not subjects:
        return []
    more = f" and {len(subjects) - SHOWN} more" if len(subjects) > SHOWN else ""
    return [f"{len(subjects)} subjects {what}: {', '.join(subjects[:SHOWN])}{more}."]
