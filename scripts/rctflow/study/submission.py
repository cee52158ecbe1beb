"""The study as its standard files tell it: datasets, short names, labels, and where each variable comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from rctflow.derive.plan import AVERAGED, analysis_flag, carried_flag, event_column
from rctflow.derive.settings import Derived, Flag, Source
from rctflow.submission.catalogue import catalogue, standard_labels
from rctflow.submission.names import short_names
from rctflow.submission.settings import Contents, Parameter, Standard, Type, Variable

if TYPE_CHECKING:
    from rctflow.study.model import Endpoint, Study

LABEL = 40
TYPES: dict[str, Type] = {"number": "float", "integer": "integer", "date": "date"}
ADSL_KEYS = ("USUBJID",)
BDS_KEYS = ("USUBJID", "PARAMCD", "AVISITN", "ADY", "SRCSEQ", "DTYPE")
ADAE_KEYS = ("USUBJID", "AEDECOD", "ASTDT", "AESEQ")


def standard_settings(study: Study, adae: bool) -> Standard:
    """What the submission room is told. adae: whether the study derives adverse events."""
    from rctflow.study.planned import arm_order, visit_order

    assert study.submission is not None
    return Standard(
        id=study.study.id,
        study=study.stamped,
        title=study.study.title,
        date=study.submission.date,
        formats=study.submission.formats,
        arms=tuple((arm, study.arms.levels[arm].label) for arm in arm_order(study)),
        visits=tuple((visit, study.visits[visit].label) for visit in visit_order(study)),
        datasets=tuple(_datasets(study, adae)),
    )


def dataset_names(study: Study, adae: bool) -> list[str]:
    """Names of the datasets, in small letters, as their files have them."""
    return [contents.name.lower() for contents in _datasets(study, adae)]


def _datasets(study: Study, adae: bool) -> Iterator[Contents]:
    yield _adsl(study)
    if adae:
        structure = "One record per subject and adverse event"
        further = tuple(_renamed(list(_event_variables(study)), "ADAE"))
        yield Contents("ADAE", "Adverse Events Analysis Dataset", "ADAE", ("adae",), structure, ADAE_KEYS, further)
    for dataset in study.findings:
        yield _findings(study, dataset)
    tables = endpoints_by_table(study)
    taken = ("ADSL", "ADAE", *(dataset.upper() for dataset in study.findings))
    names = short_names([f"AD{table}" for table in tables], taken)
    for table, endpoints in tables.items():
        yield _bds(study, names[f"AD{table}"], table, endpoints)


def endpoints_by_table(study: Study) -> dict[str, list[str]]:
    """Table -> the endpoints whose records come from it: they share a dataset."""
    from rctflow.study.planned import endpoint_table

    found: dict[str, list[str]] = {}
    for name, endpoint in study.endpoints.items():
        found.setdefault(endpoint_table(study, endpoint), []).append(name)
    return found


def _adsl(study: Study) -> Contents:
    further = tuple(_renamed(list(_subject_variables(study)), "ADSL"))
    structure = "One record per randomized subject"
    return Contents("ADSL", "Subject-Level Analysis Dataset", "ADSL", ("adsl",), structure, ADSL_KEYS, further)


def _renamed(variables: list[Variable], kind: str) -> Iterator[Variable]:
    """The variables under short names that no other has."""
    names = short_names([v.name for v in variables], taken=[v.name for v in catalogue()[kind]])
    known = standard_labels()
    for variable in variables:
        label = known.get(variable.name, variable.label)
        yield replace(variable, name=names[variable.name], label=label[:LABEL])


def _subject_variables(study: Study) -> Iterator[Variable]:
    yield from _covariates(study, study.subjects.strata, "subjects.strata", "Stratum: ")
    yield from _covariates(study, study.subjects.covariates, "subjects.covariates", "")
    for name, derived in sorted(study.subjects.derived.items()):
        kind: Type = "text" if derived.levels else "float"
        rule, place = _derived_rule(derived), f"subjects.derived.{name}"
        yield Variable(name, name, derived.label or name, kind, rule, "derive.derived:derive_derived", place)
    for name, flag in sorted(study.subjects.flags.items()):
        yield Variable(
            name, name, f"Flag: {name}", "text", _flag_rule(flag), "derive.subjects:derive_flags", "subjects.flags"
        )
    for number, (event, told) in enumerate(sorted(study.intercurrent_events.items()), start=1):
        rule = f"Study day of the first row of form {told.table}{_met(told.where)}."
        place = f"intercurrent_events.{event}"
        label = f"Day of First {told.label}"
        code = "derive.events:derive_events"
        yield Variable(event_column(event), f"ICE{number:02}DY", label, "integer", rule, code, place)
    for name, population in study.populations.items():
        source = population.flag or f"{name.upper()}FL"
        rule = f"Y for everybody{_met(population.where)}."
        place = f"populations.{name}"
        label = f"{population.label} Population Flag"
        yield Variable(source, source, label, "text", rule, "derive.populations:flag_populations", place)


def _derived_rule(derived: Derived) -> str:
    if derived.bmi:
        return "{} in kg / ({} in m)^2.".format(*derived.bmi)
    if derived.duration:
        days = ", both days counted" if derived.both_days else ""
        return f"From {derived.duration[0]} to {derived.duration[1]} in {derived.unit}{days}."
    if derived.ranges:
        return f"Class of {derived.of}: {', '.join(derived.ranges)}."
    return "The first that is true: " + "; ".join(f"{case.label} when {case.where}" for case in derived.cases) + "."


def _covariates(study: Study, sources: Mapping[str, Source], place: str, before: str) -> Iterator[Variable]:
    from rctflow.study.planned import table_columns

    for name, source in sorted(sources.items()):
        column = table_columns(study.tables[source.table])[source.column]
        kind: Type = "text" if source.map else TYPES.get(column.type, "text")
        rule = f"{source.table}.{source.column}{_met(source.where)}{f', the {source.pick}' * (source.pick != 'only')}."
        unit = f" ({column.unit})" if column.unit and not source.label else ""
        label = f"{before}{source.label or column.label or name}{unit}"
        yield Variable(name, name, label, kind, rule, "derive.subjects:derive_covariates", f"{place}.{name}")


def _event_variables(study: Study) -> Iterator[Variable]:
    """The columns of the form that ADAE keeps as they are."""
    from rctflow.study.planned import table_columns

    events = study.adverse_events
    assert events is not None
    columns = table_columns(study.tables[events.table])
    described = {variable.source for variable in catalogue()["ADAE"]}
    written = [criterion.column for criterion in events.criteria.values()]
    for name in dict.fromkeys([*written, *events.keep]):
        if name not in described:
            kind = TYPES.get(columns[name].type, "text")
            place = f"tables.{events.table}.columns.{name}"
            yield Variable(name, name, columns[name].label or name, kind, place=place, origin="Collected")


def _flag_rule(flag: Flag) -> str:
    return f"Y for who has a row in form {flag.table}{_met(flag.where)}, else N."


def _met(where: str) -> str:
    return f" where {where}" if where else ""


def _findings(study: Study, dataset: str) -> Contents:
    findings = study.findings[dataset]
    place = f"findings.{dataset}.tests"
    parameters = tuple(
        Parameter(
            dataset,
            code,
            f"{test.label} ({test.unit})" if test.unit else test.label,
            f"{findings.value or test.column or code}, form {findings.table}{_met(test.where)}.",
            f"{place}.{code}",
        )
        for code, test in findings.tests.items()
    )
    structure, label = "One record per subject, parameter and assessment", f"Analysis Dataset of Form {findings.table}"
    name = dataset.upper()
    return Contents(name, label[:LABEL], "FINDINGS", (dataset,), structure, BDS_KEYS, parameters=parameters)


def _bds(study: Study, name: str, table: str, endpoints: list[str]) -> Contents:
    codes = short_names(endpoints)
    told = list(_record_flags(study, endpoints))
    flags = tuple(replace(flag, name=f"ANL{number:02}FL") for number, flag in enumerate(told, start=2))
    return Contents(
        name=name,
        label=f"Analysis Dataset of Form {table}"[:LABEL],
        kind="BDS",
        files=tuple(endpoints),
        structure="One record per subject, parameter, assessment and derivation",
        keys=(*BDS_KEYS, *(flag.name for flag in flags)),
        further=flags,
        parameters=tuple(_parameter(study.endpoints[e], e, codes[e], table) for e in endpoints),
    )


def _record_flags(study: Study, endpoints: list[str]) -> Iterator[Variable]:
    """The flags of records that the analyses of these endpoints choose by, beside ANL01FL; names are given later."""
    from rctflow.study.rooms import records_settings

    kept = {"ANL01FL": "ANL01FL"}
    for estimand in (name for name, e in study.estimands.items() if set(endpoints) & set(e.variable.endpoints)):
        source, label = analysis_flag(estimand), study.estimands[estimand].label
        kept[source] = f"the flag of estimand {estimand}"
        rule = f"Y for the records that the strategies of estimand {estimand} keep or make."
        place = f"estimands.{estimand}"
        code = "derive.estimands:apply_strategies"
        yield Variable(source, source, f"Flag: {label}"[:LABEL], rule=rule, code=code, place=place)
    records = [records_settings(study, endpoint) for endpoint in endpoints]
    for flag in dict.fromkeys(flag for one in records for flag in one.carried):
        rule = f"Y where {kept[flag]} is, and on the rows that are carried forward (DTYPE LOCF)."
        label, source = "Flag: With Values Carried Forward", carried_flag(flag)
        yield Variable(source, source, label, rule=rule, code="derive.locf:carry_forward", place="analyses.*.locf")
    if any(one.average for one in records):
        rule = "Y for the records that the row with DTYPE AVERAGE is the mean of."
        code = "derive.averages:average_visits"
        yield Variable(AVERAGED, AVERAGED, "Flag: Averaged", rule=rule, code=code, place="endpoints.<endpoint>.average")


def _parameter(endpoint: Endpoint, name: str, code: str, table: str) -> Parameter:
    label = f"{endpoint.label} ({endpoint.unit})" if endpoint.unit else endpoint.label
    made = endpoint.column or name
    if endpoint.instrument:
        made = f"Score {endpoint.score} of instrument {endpoint.instrument}"
    return Parameter(name, code, label, f"{made}, form {table}{_met(endpoint.where)}.", f"endpoints.{name}")
