"""ADLB, ADVS: every result of the declared tests, with visit, baseline, change, range and what is abnormal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

import pandas as pd

from rctflow.derive.change import derive_change
from rctflow.derive.errors import DeriveError, located
from rctflow.derive.findings.extremes import change_from_previous, flag_most_extreme, place_in_threshold
from rctflow.derive.findings.ranges import flag_marked, place_in_range
from rctflow.derive.findings.settings import Findings, Measure
from rctflow.derive.notes import left_out, write_notes
from rctflow.derive.selection import flag_analysis, flag_baseline
from rctflow.derive.sources import as_text, require_columns, select_rows
from rctflow.derive.values import BELOW
from rctflow.derive.windows import after_treatment, assign_visits, derive_study_day

STATED = ("LOW", "NORMAL", "HIGH")
TEXT, NUMBER, DATE = "str", "float64", "datetime64[us]"
LAYOUT = {
    **dict.fromkeys(("STUDYID", "USUBJID", "PARAMCD", "PARAM", "AVISIT"), TEXT),
    "AVISITN": NUMBER,
    "ADT": DATE,
    **dict.fromkeys(("ADY", "AVAL"), NUMBER),
    "AVALC": TEXT,
    **dict.fromkeys(("BASE", "CHG", "PCHG"), NUMBER),
    **dict.fromkeys(("ABLFL", "ANL01FL", "DTYPE", "ONTRTFL"), TEXT),
    **dict.fromkeys(("ANRLO", "ANRHI"), NUMBER),
    **dict.fromkeys(("ANRIND", "BNRIND", "SHIFT1", "TRTEMFL"), TEXT),
    **dict.fromkeys(("R2ANRLO", "R2ANRHI"), NUMBER),
    **dict.fromkeys(("CRIT1", "CRIT1FL", "CRIT2", "CRIT2FL"), TEXT),
    **dict.fromkeys(("A1LO", "A1HI"), NUMBER),
    **dict.fromkeys(("A1IND", "B1IND"), TEXT),
    **dict.fromkeys(("PREVAL", "CHGPV", "R2CHGPV"), NUMBER),
    **dict.fromkeys(("PVIND", "ANL02FL", "ANL03FL", "SRCDOM", "SRCVAR"), TEXT),
    "SRCSEQ": NUMBER,
}


def derive_findings(
    table: pd.DataFrame, adsl: pd.DataFrame, settings: Findings, where: str = "", log: TextIO | None = None
) -> pd.DataFrame:
    """The data set: columns and types of ``LAYOUT``, sorted by USUBJID, PARAMCD, AVISITN, ADY, SRCSEQ (missing last).

    table: of ``stacked`` when there are several. Every result of a declared test of a subject in ``adsl`` is a record.
    ONTRTFL: after first dose, and no later than declared after the last. ANRIND: LOW, NORMAL, HIGH, as the form states
    it, else by the range; "" without value or range. BNRIND: ANRIND of the baseline.
    SHIFT1: ``NORMAL to HIGH``, on records after first dose. TRTEMFL: Y when under treatment, outside the range, and at
    baseline not outside it on that side. CRIT1FL, CRIT2FL (Y/N): markedly low, markedly high, as CRIT1, CRIT2 say.
    A1LO to ANL03FL: extremes.py; empty where the config declares nothing.
    Raises DeriveError for unknown columns, a test without a row, values without numbers, and limits of detection for
    which no rule is declared.
    """
    with located(where):
        known = table[table["USUBJID"].isin(adsl["USUBJID"])]
        rows = select_rows(known, settings.table, settings.where, f"findings.{settings.dataset}").reset_index(drop=True)
        parts = [_measured(rows, code, test, settings) for code, test in settings.tests.items()]
        parts = [_derived(part, adsl, settings) for part in parts]
        found = pd.concat(parts, ignore_index=True)
    laid = found.assign(STUDYID=settings.study)[list(LAYOUT)].astype(LAYOUT)
    laid = laid.sort_values(["USUBJID", "PARAMCD", "AVISITN", "ADY", "SRCSEQ"], kind="stable", ignore_index=True)
    write_notes(_notes(table, adsl, laid, settings), log)
    return laid


def stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of several clean tables below one another, each with its table's name as SRCDOM."""
    return pd.concat([table.assign(SRCDOM=name) for name, table in tables.items()], ignore_index=True)


def _measured(rows: pd.DataFrame, code: str, test: Measure, settings: Findings) -> pd.DataFrame:
    """One test: USUBJID, VISIT, ADT, DAY, SRCSEQ, SRCDOM, PARAMCD, PARAM, AVAL, AVALC, DTYPE, SRCVAR, ANRLO, ANRHI and
    ANRIND.
    """
    place = f"findings.{settings.dataset}.tests.{code}"
    column = settings.value or test.column or code
    require_columns(rows, settings.table, [*settings.columns, column], place)
    if settings.test:
        rows = rows[as_text(rows[settings.test]).eq(test.code or code)]
    rows = select_rows(rows, settings.table, test.where, place).reset_index(drop=True)
    if rows.empty:
        written = f"{settings.test} {test.code or code!r}" if settings.test else f"its `where`, {test.where!r}"
        raise DeriveError(f"{place}: no row of a randomized subject in table {settings.table!r} has {written}.")
    value, text = _numbers(rows, column, place, settings)
    name = f"{test.label} ({test.unit})" if test.unit else test.label
    constant = {"PARAMCD": code, "PARAM": name, "DTYPE": "", "SRCVAR": column}
    return rows[["USUBJID", "ADT", "DAY"]].assign(
        VISIT=rows["VISIT"].fillna(""),
        SRCSEQ=rows["SRCROW"].astype("float64"),
        SRCDOM=rows.get("SRCDOM", settings.table),
        AVAL=value,
        AVALC=text.astype("str"),
        ANRLO=_limit(rows, settings.low, test.low),
        ANRHI=_limit(rows, settings.high, test.high),
        ANRIND=_stated(rows, settings.indicator),
        **{key: pd.array([word] * len(rows), dtype="str") for key, word in constant.items()},
    )


def _limit(rows: pd.DataFrame, column: str, declared: float | None) -> pd.Series:
    """The form's limit, the declared one where it has none."""
    own = rows[column].astype("float64") if column else pd.Series(float("nan"), rows.index)
    return own if declared is None else own.fillna(declared)


def _stated(rows: pd.DataFrame, column: str) -> pd.Series:
    """LOW, NORMAL or HIGH as the form says it, "" where it says anything else."""
    if not column:
        return pd.Series("", rows.index, dtype="str")
    words = rows[column].astype("str").str.strip().str.upper()
    return words.where(words.isin(STATED), "").astype("str")


def _numbers(rows: pd.DataFrame, column: str, place: str, settings: Findings) -> tuple[pd.Series, pd.Series]:
    """The values, with the declared number for ``<0.5``; and as text what is no plain number."""
    if not pd.api.types.is_numeric_dtype(rows[column]):
        raise DeriveError(
            f"{place}: {column!r} of table {settings.table!r} holds no numbers. Declare its type as number under "
            f"tables.{settings.table}.columns, and its coded values as codes."
        )
    value = rows[column].astype("float64")
    code = rows[f"{column}_CODE"].fillna("") if f"{column}_CODE" in rows else pd.Series("", rows.index)
    text = code.astype("object")
    for sign, rule, name in (("<", settings.below, "below"), (">", settings.above, "above")):
        limited = code.eq(sign) & value.notna()
        if limited.any() and not rule:
            raise DeriveError(
                f"{place}: {limited.sum()} values of {settings.table!r} are written with {sign!r}, and no rule says "
                f"what stands for them. Declare `{name}` beside the table's name."
            )
        text = text.mask(limited, code + value.map(lambda limit: f"{limit:.15g}"))
        value = value.mask(limited, value * BELOW[rule or "limit"])
    spoken = ~code.isin(["", "<", ">"])
    return value.mask(spoken), text.mask(text.eq("") & value.isna(), "missing")


def _derived(records: pd.DataFrame, adsl: pd.DataFrame, settings: Findings) -> pd.DataFrame:
    """Everything that follows from the records of one test."""
    test = settings.tests[records["PARAMCD"].iloc[0]]
    records = derive_study_day(records, adsl)
    if settings.windowing == "by_day" and records["ADY"].isna().all():
        raise DeriveError(
            f"findings.{settings.dataset}: no record of table {settings.table!r} has a study day, so that no visit "
            "window can hold one. Declare the table's date or day, or `windowing: nominal`."
        )
    records = assign_visits(records, settings.visits, settings.windowing)
    records = flag_baseline(records, settings.visits, settings.tie, settings.baseline == "visit")
    records = flag_analysis(records, settings.visits, settings.tie, True)
    records = derive_change(records, settings.visits)
    records = records.assign(ONTRTFL=_under_treatment(records, adsl, settings))
    records = flag_marked(place_in_range(records, after_treatment(records, settings.visits)), test)
    records = change_from_previous(place_in_threshold(records, settings.threshold), settings.previous)
    return flag_most_extreme(records, settings)


def _under_treatment(records: pd.DataFrame, adsl: pd.DataFrame, settings: Findings) -> pd.Series:
    after = after_treatment(records, settings.visits)
    if settings.days_after_last_dose is not None and "TRTEDT" in adsl:
        end = records["USUBJID"].map(adsl.set_index("USUBJID")["TRTEDT"])
        since = (records["ADT"].dt.normalize() - end.dt.normalize()).dt.days
        after &= ~(since > settings.days_after_last_dose)
    return after.map({True: "Y", False: ""}).astype("str")


def _notes(table: pd.DataFrame, adsl: pd.DataFrame, found: pd.DataFrame, settings: Findings) -> list[str]:
    notes = [f"{len(found)} records of {len(settings.tests)} tests, {found['USUBJID'].nunique()} subjects."]
    if settings.test:
        declared = {test.code or code for code, test in settings.tests.items()}
        others = sorted(set(as_text(table[settings.test]).dropna()) - declared)
        notes += [f"Tests of {settings.table} that nobody declared: {', '.join(others)}."] if others else []
    strangers = left_out(table, adsl)
    notes += [f"{len(strangers)} subjects of {settings.table} are not randomized."] if strangers else []
    return notes
