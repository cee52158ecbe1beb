"""Problems of what a config says of the columns of clean tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rctflow.expressions import ExpressionError, parse
from rctflow.study.form_model import Table
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study
from rctflow.study.planned import table_columns

Problem = tuple[str, str]
ADSL_COLUMNS = ("STUDYID", "USUBJID", "TRT01P", "TRT01A", "RANDDT", "TRTSDT", "RANDFL", "RANDSEQ")


def reference_problems(study: Study, path: str, table: str, column: str, where: str) -> Iterator[Problem]:
    """Problems of a reference to a table, one of its columns, and an expression over its columns."""
    if table not in study.tables:
        yield f"{path}.table", f"no such table. {did_you_mean(table, study.tables)}"
        return
    known = clean_columns(study.tables[table])
    if column and column not in known:
        yield f"{path}.column", f"{column!r} is no column of table {table}. {did_you_mean(column, known)}"
    yield from where_problems(f"{path}.where", where, known)


def clean_columns(table: Table) -> set[str]:
    """The columns that the clean table has."""
    columns = table_columns(table)
    codes = {f"{name}_CODE" for name, column in columns.items() if column.type in ("number", "integer")}
    return {"USUBJID", "VISIT", "ADT", "DAY", "SRCROW", *columns, *codes}


def adsl_columns(study: Study) -> set[str]:
    """The columns of ADSL that a config may name, without those of populations and intercurrent events."""
    subjects = study.subjects
    dates = {"TRTEDT": subjects.last_dose, "EOSDT": subjects.end_of_study, "DTHDT": subjects.death}
    dates["BRTHDT"] = subjects.birth
    own = {*subjects.strata, *subjects.covariates, *subjects.derived, *subjects.flags}
    return {*ADSL_COLUMNS, *own, *(name for name, source in dates.items() if source)}


def where_problems(path: str, where: str, known: Iterable[str]) -> Iterator[Problem]:
    """Problems of an expression over ``known`` columns."""
    if not where:
        return
    try:
        columns = parse(where).columns
    except ExpressionError as error:
        yield path, str(error)
        return
    for column in sorted(columns - set(known)):
        yield path, f"{column!r} is not a column here. {did_you_mean(column, known)}"
