"""Cut the study to the measure of the rooms ingest and clean: how one form is read, and how it is cleaned."""

from __future__ import annotations

from dataclasses import replace

from rctflow.clean.settings import Clean, Range, Unit
from rctflow.ingest.settings import Column, Ingest, Wide
from rctflow.study.files import table_format
from rctflow.study.form_model import Table, TableColumn, Test
from rctflow.study.model import Study
from rctflow.study.planned import table_columns, visit_labels

WIDE_VISIT = "VISIT"


def ingest_settings(study: Study, table_id: str) -> Ingest:
    """How the raw form of one table is read."""
    table = study.tables[table_id]
    return Ingest(
        table=table_id,
        format=table_format(table),
        columns={name: _ingest_column(name, column, table) for name, column in table_columns(table).items()},
        encoding=table.encoding,
        delimiter=table.delimiter,
        decimal=table.decimal,
        sheet=table.sheet,
        member=table.member,
        form=table.form,
        events=table.events,
        unlisted=table.unlisted,
        missing=table.missing,
        wide=Wide(table.wide) if table.wide else None,
    )


def _ingest_column(name: str, column: TableColumn, table: Table) -> Column:
    return Column(
        type=column.type,
        column=column.column or name,
        codes=column.codes,
        values=column.values,
        censored=column.censored,
        format=column.format,
        required=column.required,
        labels=table.labels if column.labels is None else column.labels,
    )


def clean_settings(study: Study, table_id: str) -> Clean:
    """How one source table is cleaned; a record of ready-made data that belongs to no visit (AVISIT) needs no query."""
    table = study.tables[table_id]
    columns = table_columns(table)
    visit = WIDE_VISIT if table.wide else table.visit
    key = table.duplicates.key or ((table.subject, visit) if visit else ())
    ruled: list[tuple[str, TableColumn | Test]] = [*columns.items(), *table.tests.items()]
    return Clean(
        table=table_id,
        subject=table.subject,
        visit=visit,
        visits={label: plan for plan in study.visits for label in visit_labels(study, plan)} if visit else {},
        unplanned=(*table.unplanned, "") if table.role == "bds" else table.unplanned,
        date=table.date,
        day=table.day,
        types={name: column.type for name, column in columns.items()},
        ranges={
            name: Range(*(c.range or (None, None)), c.out_of_range, c.fold) for name, c in ruled if c.range or c.fold
        },
        units={
            name: Unit(to=c.unit, column=c.unit_column, factors=c.unit_factors, slips=c.slips)
            for name, c in ruled
            if c.unit_column or c.slips
        },
        dates={name: c.partial for name, c in columns.items() if c.type == "date"},
        long=table.long,
        duplicates=replace(table.duplicates, key=tuple(key)),
        constant=table.constant,
        study=study.stamped,
    )
