"""What the section ``package`` must agree on with the rest of the config."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.errors import RctflowError
from rctflow.expressions import parse
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study
from rctflow.study.planned import table_columns

Problem = tuple[str, str]


def package_problems(study: Study) -> Iterator[Problem]:
    """Columns that the forms do not have, and patients that the config of restricted data names."""
    how, twin = study.package.deidentify, study.package.twin
    named: dict[str, dict[str, tuple[str, ...]]] = {
        "twin.margins": {table: tuple(columns) for table, columns in twin.margins.items()}
    }
    if how:
        named |= {"deidentify.drop": how.drop or {}, "deidentify.free_text": how.free_text or {}}
        named["deidentify.top_code"] = {table: tuple(columns) for table, columns in (how.top_code or {}).items()}
    for section, tables in named.items():
        for table, columns in tables.items():
            yield from _unknown(study, f"package.{section}.{table}", table, columns)
    if how and study.package.data == "restricted":
        yield "package.deidentify", "restricted data do not leave at all; remove it, or write `data: open`"
    if study.package.data == "restricted":
        yield from _named_patients(study)


def _unknown(study: Study, path: str, table: str, columns: tuple[str, ...]) -> Iterator[Problem]:
    if table not in study.tables:
        yield path, f"no such table. {did_you_mean(table, study.tables)}"
        return
    known = table_columns(study.tables[table])
    for column in columns:
        if column not in known:
            yield f"{path}.{column}", f"{column!r} is no declared column of the form. {did_you_mean(column, known)}"
        elif column == study.tables[table].subject:
            yield f"{path}.{column}", "the form needs the patient's identifier; `deidentify.subjects` replaces it"


def _named_patients(study: Study) -> Iterator[Problem]:
    """An identifier in an expression would leave with the config, whatever it looks like."""
    subjects = study.subjects
    sources = {"planned": subjects.planned, "actual": subjects.actual, "randomized": subjects.randomized}
    sources |= {"first_dose": subjects.first_dose, **subjects.strata, **subjects.covariates}
    sources |= {name: getattr(subjects, name) for name in ("last_dose", "end_of_study", "death", "birth")}
    wheres = [(f"subjects.{name}.where", s.table, s.where) for name, s in sources.items() if s]
    wheres += [(f"subjects.flags.{name}.where", flag.table, flag.where) for name, flag in subjects.flags.items()]
    wheres += [(f"instruments.{name}.where", use.table, use.where) for name, use in study.instruments.items()]
    wheres += [(f"endpoints.{name}.where", e.table, e.where) for name, e in study.endpoints.items()]
    wheres += [(f"intercurrent_events.{name}.where", e.table, e.where) for name, e in study.intercurrent_events.items()]
    wheres += [(f"populations.{name}.where", "", plan.where) for name, plan in study.populations.items()]
    if events := study.adverse_events:
        wheres.append(("adverse_events.where", events.table, events.where))
        wheres += [("adverse_events.doses.where", doses.table, doses.where) for doses in [events.doses] if doses]
    everywhere = {table.subject for table in study.tables.values()} | {"USUBJID"}
    for path, table, where in wheres:
        ids = {study.tables[table].subject, "USUBJID"} if table in study.tables else everywhere
        try:
            found = ids & parse(where).columns if where else set()
        except RctflowError:
            continue  # told with its own path
        if found:
            yield path, f"names patients ({sorted(found)[0]}), and the data are restricted; flag them in a form instead"
