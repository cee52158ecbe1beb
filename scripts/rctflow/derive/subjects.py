"""ADSL: one row per randomized subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TextIO

import numpy as np
import pandas as pd

from rctflow.derive.derived import derive_derived
from rctflow.derive.errors import DeriveError, did_you_mean, located
from rctflow.derive.events import derive_events
from rctflow.derive.notes import describe_subjects, write_notes
from rctflow.derive.pooling import pool_levels
from rctflow.derive.populations import flag_populations
from rctflow.derive.settings import Flag, Source, Subjects
from rctflow.derive.sources import as_text, mapped, require_columns, subjects_with, table_of, value_per_subject

FIXED = ("STUDYID", "USUBJID", "TRT01P", "TRT01A", "RANDDT", "TRTSDT", "RANDFL", "RANDSEQ")

FURTHER_DATES = {"TRTEDT": "last_dose", "EOSDT": "end_of_study", "DTHDT": "death", "BRTHDT": "birth"}


def derive_subjects(
    tables: Mapping[str, pd.DataFrame], settings: Subjects, where: str = "", log: TextIO | None = None
) -> pd.DataFrame:
    """ADSL: one row per randomized subject (a subject with a planned arm), sorted by USUBJID.

    Columns: STUDYID, USUBJID, TRT01P, TRT01A (arm ids; TRT01A missing when an actual arm is declared and the subject
    has none), RANDDT, TRTSDT (datetime64, days), RANDFL, RANDSEQ, then TRTEDT, EOSDT, DTHDT, BRTHDT as far as they
    are declared, strata, covariates, derived columns and flags (Y/N), each in the order of their names,
    ICEDY_<EVENT>, then the population flags (Y/N). where: place in the config, for messages. log:
    gets the notes.
    Raises DeriveError, with the subject and the remedy, for an unknown arm, two randomizations of one subject, a
    subject with a date of randomization or a randomization number but no arm, a subject who is randomized but not in
    the subjects table, an arm or a population with nobody, and an unknown table, column or ``where``.
    """
    with located(where):
        _refuse_clashes(settings)
        adsl = derive_arms(tables, settings)
        adsl["RANDDT"] = derive_date(adsl["USUBJID"], tables, settings.randomized, "subjects.randomized")
        adsl["TRTSDT"] = derive_date(adsl["USUBJID"], tables, settings.first_dose, "subjects.first_dose")
        adsl["RANDFL"] = pd.array(["Y"] * len(adsl), dtype="str")
        adsl["RANDSEQ"] = derive_order(adsl, tables, settings)
        adsl = derive_further_dates(adsl[list(FIXED)], tables, settings)
        adsl = derive_covariates(adsl, tables, settings.strata, "subjects.strata")
        adsl = derive_covariates(adsl, tables, settings.covariates, "subjects.covariates")
        adsl = derive_own_columns(adsl, tables, settings)
        adsl = derive_events(adsl, tables, settings)
        adsl = flag_populations(adsl, settings.populations)
    write_notes(describe_subjects(tables, adsl, settings), log)
    return adsl


def derive_arms(tables: Mapping[str, pd.DataFrame], settings: Subjects) -> pd.DataFrame:
    """STUDYID, USUBJID, TRT01P, TRT01A of every subject with a planned arm; raises as ``derive_subjects`` does."""
    planned = _arms(tables, settings.planned, settings, "subjects.planned")
    _refuse_empty_arms(planned, settings)
    _refuse_blank_arms(planned, tables, settings)
    _refuse_strangers(planned, tables, settings)
    actual = _arms(tables, settings.actual, settings, "subjects.actual") if settings.actual else planned
    adsl = pd.DataFrame({"USUBJID": planned.index.astype("str"), "TRT01P": planned.to_numpy()}).astype("str")
    return adsl.assign(
        STUDYID=pd.array([settings.study] * len(adsl), dtype="str"), TRT01A=adsl["USUBJID"].map(actual).astype("str")
    )


def derive_date(
    subjects: pd.Series, tables: Mapping[str, pd.DataFrame], source: Source | None, place: str
) -> pd.Series:
    """(n,) datetime64 without time of day, missing where the subject has none or no source is declared.

    Raises DeriveError for a column that holds no dates, and for two dates of one subject.
    """
    if source is None:
        return pd.Series(pd.NaT, index=subjects.index, dtype="datetime64[us]")
    dates = value_per_subject(tables, source, _two_randomizations(place))
    if not dates.empty and not pd.api.types.is_datetime64_any_dtype(dates):
        raise DeriveError(
            f"{place}: column {source.column!r} of table {source.table!r} holds no dates. Declare its type as date "
            "under "
            f"tables.{source.table}.columns."
        )
    days = pd.to_datetime(dates).dt.normalize().reindex(subjects)  # not Series.map, which fails when nobody has one
    return days.set_axis(subjects.index).astype("datetime64[us]")


def derive_further_dates(adsl: pd.DataFrame, tables: Mapping[str, pd.DataFrame], settings: Subjects) -> pd.DataFrame:
    """``adsl`` with the dates of ``FURTHER_DATES`` that are declared."""
    for name, key in FURTHER_DATES.items():
        if source := getattr(settings, key):
            adsl = adsl.assign(**{name: derive_date(adsl["USUBJID"], tables, source, f"subjects.{key}")})
    return adsl


def derive_order(adsl: pd.DataFrame, tables: Mapping[str, pd.DataFrame], settings: Subjects) -> pd.Series:
    """(n,) float64 place in the order of randomization, from 1; equal for those who cannot be told apart, missing where
    neither the declared order nor a date is known.
    """
    keys = adsl["RANDDT"]
    if settings.order is not None:
        keys = value_per_subject(tables, settings.order, "randomization.order").reindex(adsl["USUBJID"])
    return pd.Series(keys.rank(method="min").to_numpy(dtype="float64"), index=adsl.index)


def derive_covariates(
    adsl: pd.DataFrame, tables: Mapping[str, pd.DataFrame], sources: Mapping[str, Source], place: str
) -> pd.DataFrame:
    """``adsl`` with one column per source, in the order of their names, of the type that the clean table has."""
    for name, source in sorted(sources.items()):
        here = f"{place}.{name}"
        values = mapped(value_per_subject(tables, source, here), source.map, here)
        if source.pool is not None:
            arms = adsl.set_index("USUBJID")["TRT01P"].reindex(values.index).dropna()
            values = pool_levels(as_text(values.reindex(arms.index)), arms, source.pool, here)
        adsl = adsl.assign(**{name: values.reindex(adsl["USUBJID"]).to_numpy()}).astype({name: values.dtype})
    return adsl


def derive_own_columns(adsl: pd.DataFrame, tables: Mapping[str, pd.DataFrame], settings: Subjects) -> pd.DataFrame:
    """``adsl`` with the derived columns, which may use the flags, then the flags."""
    flagged = derive_flags(adsl, tables, settings.flags)
    derived = derive_derived(flagged, settings.derived)
    return derived[[*adsl.columns, *derived.columns[len(flagged.columns) :], *flagged.columns[len(adsl.columns) :]]]


def derive_flags(adsl: pd.DataFrame, tables: Mapping[str, pd.DataFrame], flags: Mapping[str, Flag]) -> pd.DataFrame:
    """``adsl`` with one Y/N column per flag, in the order of their names."""
    for name, flag in sorted(flags.items()):
        member = adsl["USUBJID"].isin(subjects_with(tables, flag, f"subjects.flags.{name}"))
        adsl = adsl.assign(**{name: pd.array(np.where(member, "Y", "N"), dtype="str")})
    return adsl


def _two_randomizations(place: str) -> str:
    return (
        f"{place} (two randomizations of one subject?)"
        if place in ("subjects.planned", "subjects.randomized")
        else place
    )


def _arms(tables: Mapping[str, pd.DataFrame], source: Source, settings: Subjects, place: str) -> pd.Series:
    """Arm id per subject, indexed by USUBJID; raises DeriveError for an arm that is not declared."""
    values = value_per_subject(tables, source, _two_randomizations(place))
    texts = as_text(mapped(values, source.map, place))
    unknown = ~texts.isin(list(settings.arms))
    if unknown.any():
        subject, text = next(iter(texts[unknown].items()))
        raise DeriveError(
            f"{place}: subject {subject} has the arm {text!r} in column {source.column!r} of table {source.table!r}, "
            "which is not "
            f"declared.{did_you_mean(text, settings.arms)} Declared: {', '.join(map(repr, settings.arms))}. Correct "
            "the form, or "
            "declare it under arms."
        )
    return texts.map(settings.arms).astype("str")


def _refuse_empty_arms(arms: pd.Series, settings: Subjects) -> None:
    source = settings.planned
    if arms.empty:
        raise DeriveError(
            f"subjects.planned: nobody is randomized: column {source.column!r} of table {source.table!r} has no value"
            f"{f' where {source.where}' if source.where else ''}. Check the column, and that the form is not empty."
        )
    for arm in settings.arm_order:
        if arm not in set(arms):
            written = [raw for raw, name in settings.arms.items() if name == arm]
            raise DeriveError(
                f"arms.levels.{arm}: nobody is randomized to this arm: column {source.column!r} of table "
                f"{source.table!r} never "
                f"says {' or '.join(map(repr, written))}. Correct how the arm is written, or remove it."
            )


def _refuse_blank_arms(planned: pd.Series, tables: Mapping[str, pd.DataFrame], settings: Subjects) -> None:
    """To leave out a randomized subject whose arm is not written would break intention to treat without a word."""
    declared = {"a date of randomization": settings.randomized, "a randomization number": settings.number}
    for what, source in ((what, source) for what, source in declared.items() if source):
        known = value_per_subject(tables, replace(source, pick="first"), "subjects")
        blank = sorted(set(known[known.ne("")].index) - set(planned.index))
        if blank:
            raise DeriveError(
                f"subjects.planned: subject {blank[0]} has {what} ({source.column!r} of table {source.table!r}) but no "
                f"arm in column {settings.planned.column!r} of table {settings.planned.table!r}"
                f"{f' ({len(blank)} such subjects)' if len(blank) > 1 else ''}. Write the arm in the form; clear the "
                "other cell if the subject was never randomized."
            )


def _refuse_strangers(planned: pd.Series, tables: Mapping[str, pd.DataFrame], settings: Subjects) -> None:
    known = table_of(tables, settings.table, "subjects.table")
    require_columns(known, settings.table, ["USUBJID"], "subjects.table")
    strangers = sorted(set(planned.index) - set(known["USUBJID"]))
    if strangers:
        raise DeriveError(
            f"subjects.table: {len(strangers)} randomized subjects have no row in table {settings.table!r} (first: "
            f"{strangers[0]}). "
            "Complete that form, or name the table that lists everybody."
        )


def _refuse_clashes(settings: Subjects) -> None:
    flags = [rule.flag for rule in settings.populations.values()]
    seen = {*FIXED, *FURTHER_DATES}
    for name in [*settings.strata, *settings.covariates, *settings.derived, *settings.flags, *flags]:
        if name in seen:
            raise DeriveError(f"subjects: two variables of ADSL are called {name!r}. Give one of them another name.")
        seen.add(name)
