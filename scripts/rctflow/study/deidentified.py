"""The study with de-identified raw forms: the forms as CSV, and the config that reads them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rctflow.clean.subjects import label_text
from rctflow.clean.timing import completed_date
from rctflow.ingest.dates import DateError, iso_text
from rctflow.ingest.forms import load_form, type_form
from rctflow.ingest.raw import RawForm
from rctflow.ingest.settings import Column, Ingest
from rctflow.package.deidentify import RawColumn, deidentified, new_ids
from rctflow.package.settings import Deidentify
from rctflow.study.files import dictionary_file, raw_file
from rctflow.study.form_settings import ingest_settings
from rctflow.study.model import Study
from rctflow.study.planned import table_columns
from rctflow.study.twin import as_written

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "deidentified"
CHANGES = f"{FOLDER}/changes.json"


def deidentified_config(study: Study) -> str:
    """Where the config of the de-identified study stands."""
    return f"config/{study.study.id}_deidentified.yaml"


def deidentified_files(study: Study, file: str | Path, adsl: pd.DataFrame, secret: str) -> dict[str, str]:
    """Path -> text of the de-identified forms and of their config.

    adsl: of the original run; its first doses and randomizations are the study days 0. secret: decides the new ids.
    """
    how = study.package.deidentify or Deidentify()
    starts = _starts(adsl)
    loaded = {name: _Loaded(study, name, how) for name in sorted(study.tables)}
    everybody = {subject for form in loaded.values() for subject in form.subjects}
    ids = new_ids(everybody, secret) if how.subjects else {}
    texts = {f"{FOLDER}/{name}.csv": form.text(starts, ids) for name, form in loaded.items()}
    document = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    document["source"] = {"kind": "files", "folder": FOLDER}
    for name in study.tables:
        document["tables"][name] = as_written(document["tables"][name], name) | {"decimal": study.tables[name].decimal}
    document["package"].pop("deidentify")
    head = f"# {file} with de-identified raw forms: study day 0 of each patient is written 2000-01-01.\n"
    return texts | {deidentified_config(study): head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True)}


def _starts(adsl: pd.DataFrame) -> dict[str, date]:
    """Subject -> study day 0, of those who have one."""
    days = adsl["TRTSDT"].fillna(adsl["RANDDT"])
    return {str(name): day.date() for name, day in zip(adsl["USUBJID"], days, strict=True) if day == day}


class _Loaded:
    """One raw form as text, and whose each row is."""

    def __init__(self, study: Study, name: str, how: Deidentify) -> None:
        self.name, self.how, self.table = name, how, study.tables[name]
        self.settings: Ingest = ingest_settings(study, name)
        where = f"tables.{name}"
        self.form: RawForm = load_form(
            Path(raw_file(study, name)), self.settings, Path(dictionary_file(study, name)), where=where
        )
        typed = type_form(self.form, self.settings, where=where)
        owner = dict(zip(typed["SRCROW"], label_text(typed[self.table.subject]), strict=True))
        self.subjects = ["" if self.table.subject == "SRCROW" else str(owner[row]) for row in self.form.rows]
        self.plans = table_columns(self.table)

    def text(self, starts: Mapping[str, date], ids: Mapping[str, str]) -> str:
        """The form as CSV, declared columns alone."""
        names = {column.column or name: name for name, column in self.settings.columns.items()}
        for spread in self.table.wide.values():
            names |= {header: name for name, header in spread.items()}
        columns = [self._column(header, names[header]) for header in self.form.columns]
        cells = [deidentified(column, self.subjects, starts, ids) for column in columns]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.form.columns)
        rows = list(zip(*cells, strict=True))
        # the order of the true forms would link new identifiers to the old ones
        order = sorted(range(len(rows)), key=lambda row: ids.get(self.subjects[row], "")) if ids else range(len(rows))
        writer.writerows(rows[row] for row in order)
        return text.getvalue()

    def _column(self, header: str, name: str) -> RawColumn:
        plan, how = self.settings.columns[name], self.how
        cells = self.form.columns[header].to_pylist()
        kept = frozenset(word.casefold() for word in (*plan.values, *plan.codes, *self.settings.missing))
        shared: dict[str, Any] = {"header": header, "cells": cells, "kept": kept, "required": plan.required}
        if name in (*(how.drop or {}).get(self.name, ()), *(how.free_text or {}).get(self.name, ())):
            return RawColumn(treatment="drop", **shared)
        if name == self.table.subject:
            return RawColumn(treatment="subject", **shared)
        if how.dates and plan.type in ("date", "datetime"):
            return RawColumn(treatment="date", dates=[self._iso(cell, name, plan) for cell in cells], **shared)
        limit = (how.top_code or {}).get(self.name, {}).get(name)
        if limit is not None:
            return RawColumn(treatment="top_code", limit=limit, decimal=self.table.decimal, **shared)
        return RawColumn(**shared)

    def _iso(self, cell: str, name: str, plan: Column) -> str:
        """The date of a cell, complete by the column's rule for partial dates; "" when it is none."""
        try:
            iso = iso_text(cell.strip(), plan.type, plan.format)  # type: ignore[arg-type]
        except DateError:
            return ""
        return completed_date(iso, self.plans[name].partial, timed=plan.type == "datetime")[0]
