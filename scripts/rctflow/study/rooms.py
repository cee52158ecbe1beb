"""Cut the study to each room's measure: the settings that a rule hands to its job, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from rctflow.clean.settings import Clean, Range, Unit
from rctflow.derive.adverse_events.settings import AdverseEvents
from rctflow.derive.findings.settings import Findings
from rctflow.derive.plan import analysis_flag, carried_flag
from rctflow.derive.settings import PopulationRule, Records, Source, Subjects, Window
from rctflow.inference.settings import Resample
from rctflow.ingest.settings import Column, Ingest, Wide
from rctflow.models.settings import Analysis, Fit, PopulationFlag
from rctflow.study.analyses import analyses_of
from rctflow.study.estimands import estimands_of
from rctflow.study.files import instrument_file, table_format
from rctflow.study.model import Endpoint, Study, Table, TableColumn, Test

WIDE_VISIT = "VISIT"
CMH = "cmh"  # the model whose trend test is over the doses
RESPONDER = "responder"  # the model whose rule may be the endpoint's mcid


def arm_order(study: Study) -> tuple[str, ...]:
    """Arm ids, the reference first."""
    reference = study.arms.reference
    return (reference, *(arm for arm in study.arms.levels if arm != reference))


def visit_order(study: Study) -> list[str]:
    """Visit ids by planned day."""
    return sorted(study.visits, key=lambda visit: study.visits[visit].day)


def baseline_visit(study: Study) -> str:
    """The id of the baseline visit."""
    return next(visit for visit, plan in study.visits.items() if plan.baseline)


def endpoint_visits(study: Study, endpoint: Endpoint) -> tuple[str, ...]:
    """Post-baseline visit ids of an endpoint, by planned day."""
    if endpoint.average:
        return tuple(visit for visit in visit_order(study) if visit in endpoint.average)[-1:]
    planned = endpoint.visits or tuple(study.visits)
    return tuple(visit for visit in visit_order(study) if visit in planned and not study.visits[visit].baseline)


def primary_visit(study: Study, endpoint: Endpoint) -> str:
    """The visit that the endpoint is judged at: the declared one, or its last."""
    return endpoint.primary_visit or endpoint_visits(study, endpoint)[-1]


def population_flag(study: Study, population: str) -> str:
    """The ADSL variable that says who belongs to a population."""
    return study.populations[population].flag or f"{population.upper()}FL"


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


def table_columns(table: Table) -> dict[str, TableColumn]:
    """The declared columns; the subject, visit, date and day columns are declared by being named."""
    columns = {name: column or TableColumn() for name, column in table.columns.items()}
    if table.subject != "SRCROW":
        columns.setdefault(table.subject, TableColumn())
    for name, kind in ((table.visit, "text"), (table.date, "date"), (table.day, "integer")):
        if name:
            columns.setdefault(name, TableColumn(type=kind))  # type: ignore[arg-type]
    return columns


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


def visit_labels(study: Study, visit: str) -> tuple[str, ...]:
    """How the raw data write a visit."""
    return study.visits[visit].values or (visit, study.visits[visit].label)


def arm_values(study: Study, arm: str) -> tuple[str, ...]:
    """How the raw data write an arm."""
    return study.arms.levels[arm].values or (arm, study.arms.levels[arm].label)


def subjects_settings(study: Study) -> Subjects:
    """How ADSL is made."""
    subjects = study.subjects
    return Subjects(
        study=study.stamped,
        table=subjects.table,
        planned=subjects.planned,
        actual=subjects.actual,
        arms={value: arm for arm in study.arms.levels for value in arm_values(study, arm)},
        arm_order=arm_order(study),
        randomized=subjects.randomized,
        number=subjects.number,
        first_dose=subjects.first_dose,
        last_dose=subjects.last_dose,
        end_of_study=subjects.end_of_study,
        death=subjects.death,
        birth=subjects.birth,
        strata=_unlabelled(subjects.strata),
        covariates=_unlabelled(subjects.covariates),
        derived={name: replace(entry, label="") for name, entry in subjects.derived.items()},
        flags=subjects.flags,
        populations={
            name: PopulationRule(flag=population_flag(study, name), where=population.where)
            for name, population in study.populations.items()
        },
        order=_randomization_order(study),
        events={name: event.event for name, event in study.intercurrent_events.items()},
        complete=tuple(sorted({event.table for event in study.intercurrent_events.values() if event.complete})),
    )


def _unlabelled(sources: dict[str, Source]) -> dict[str, Source]:
    """The sources without what is for print alone."""
    return {name: replace(source, label="") for name, source in sources.items()}


def _randomization_order(study: Study) -> Source | None:
    column = study.randomization.order if study.randomization else ""
    return Source(study.subjects.table, column) if column else None


def subject_tables(study: Study) -> list[str]:
    """The tables that ADSL is made from."""
    subjects = study.subjects
    single = [subjects.planned, subjects.actual, subjects.randomized, subjects.number, subjects.first_dose]
    single += [subjects.last_dose, subjects.end_of_study, subjects.death, subjects.birth]
    tables = [source.table for source in (*single, *subjects.strata.values(), *subjects.covariates.values()) if source]
    tables += [event.table for event in study.intercurrent_events.values()]
    return sorted({subjects.table, *tables, *(flag.table for flag in subjects.flags.values())})


def treated_population(study: Study, population: str) -> str:
    """The population named, or the first whose arms are those really received, or the first."""
    treated = [name for name, plan in study.populations.items() if plan.arm == "actual"]
    return population or next(iter([*treated, *study.populations]))


def adverse_event_settings(study: Study) -> AdverseEvents | None:
    """How ADAE is made, in a study that declares adverse events."""
    declared = study.adverse_events
    if declared is None:
        return None
    flag = population_flag(study, treated_population(study, declared.population))
    return replace(declared, population=flag, subjects=declared.subjects or study.subjects.table)


def adverse_event_tables(study: Study) -> list[str]:
    """The tables that ADAE is made from, those of ADSL among them."""
    settings = adverse_event_settings(study)
    if settings is None:
        return []
    doses = [settings.doses.table] if settings.doses else []
    return sorted({settings.table, settings.subjects, *doses, *subject_tables(study)})


def records_settings(study: Study, endpoint_id: str) -> Records:
    """How the records of one endpoint are made."""
    endpoint = study.endpoints[endpoint_id]
    use = study.instruments.get(endpoint.instrument)
    average = tuple(visit for visit in visit_order(study) if visit in endpoint.average)
    visits = (baseline_visit(study), *(average or endpoint_visits(study, endpoint)))
    return Records(
        study=study.stamped,
        endpoint=endpoint_id,
        param=endpoint.score or endpoint.column,
        unit=endpoint.unit,
        table=endpoint_table(study, endpoint),
        visits={visit: endpoint_window(study, endpoint, visit) for visit in visits},
        instrument=str(instrument_file(use.file)) if use else "",
        options=use.options if use else {},
        score=endpoint.score,
        items=use.items if use else {},
        column=endpoint.column,
        where=endpoint.where or (use.where if use else ""),
        event=endpoint.event,
        below=endpoint.below,
        above=endpoint.above,
        direction=endpoint.direction,
        windowing=endpoint.windowing,
        tie=endpoint.tie,
        unable=endpoint.unable,
        baseline=endpoint.baseline,
        strategies={name: estimand.strategies for name, estimand in estimands_of(study, endpoint_id).items()},
        failure=endpoint.failure,
        long=use.long if use else None,
        average=average,
        ready=study.tables[endpoint_table(study, endpoint)].role == "bds",
        carried=tuple(sorted({_counting(study, endpoint_id, analysis) for analysis in _with_locf(study, endpoint_id)})),
    )


def _with_locf(study: Study, endpoint_id: str) -> list[Analysis]:
    return [analysis for analysis in analyses_of(study, endpoint_id).values() if analysis.locf]


def _counting(study: Study, endpoint_id: str, analysis: Analysis) -> str:
    """The BDS variable that says which observed records count for an analysis."""
    own = estimands_of(study, endpoint_id)
    return analysis_flag(analysis.estimand) if analysis.estimand in own else "ANL01FL"


def findings_settings(study: Study, dataset: str) -> Findings:
    """How a data set of findings is made."""
    visits = {
        visit: Window(visit_order(study).index(visit), plan.day, *plan.window, baseline=plan.baseline)
        for visit, plan in study.visits.items()
    }
    return replace(study.findings[dataset], study=study.stamped, dataset=dataset, visits=visits)


def endpoint_table(study: Study, endpoint: Endpoint) -> str:
    """The table that holds the endpoint's values or items."""
    return endpoint.table or study.instruments[endpoint.instrument].table


def endpoint_window(study: Study, endpoint: Endpoint, visit: str) -> Window:
    """The plan of a visit; its window is the endpoint's own where it has one."""
    plan = study.visits[visit]
    low, high = endpoint.windows.get(visit, plan.window)
    return Window(number=visit_order(study).index(visit), day=plan.day, low=low, high=high, baseline=plan.baseline)


def fit_settings(study: Study, endpoint_id: str) -> Fit:
    """Everything that fitting one endpoint uses."""
    from rctflow.study.multiplicity import tested  # which asks this module for visits and arms

    endpoint = study.endpoints[endpoint_id]
    analyses = analyses_of(study, endpoint_id)
    used = {population for analysis in analyses.values() for population in analysis.populations}
    factors = sorted({factor for analysis in analyses.values() for factor in analysis.subgroups})
    return Fit(
        study=study.stamped,
        endpoint=endpoint_id,
        unit=endpoint.unit,
        direction=endpoint.direction,
        arms=arm_order(study),
        reference=study.arms.reference,
        visits=endpoint_visits(study, endpoint),
        baseline_visit=baseline_visit(study) if endpoint.baseline else "",
        strata=tuple(study.subjects.strata),
        populations={p: PopulationFlag(population_flag(study, p), study.populations[p].arm) for p in sorted(used)},
        analyses={name: replace(analysis, resampling=None) for name, analysis in analyses.items()},
        small_cells=study.package.suppressed_below,
        analysis_flags={name: analysis_flag(name) for name in sorted(estimands_of(study, endpoint_id))},
        subgroups={name: replace(study.subgroups[name], label="") for name in factors},
        subgroup_visit=primary_visit(study, endpoint) if factors else "",
        mcid=endpoint.mcid if any(analysis.model == RESPONDER for analysis in analyses.values()) else None,
        carried_flags={a.estimand: carried_flag(_counting(study, endpoint_id, a)) for a in analyses.values() if a.locf},
        contrasts=study.arms.contrasts,
        doses=_doses(study) if any(a.dose_response or a.model == CMH for a in analyses.values()) else {},
        tested=tested(study, endpoint_id),
        limited=bool(endpoint.below),
    )


def _doses(study: Study) -> dict[str, float]:
    return {arm: plan.dose for arm, plan in study.arms.levels.items() if plan.dose is not None}


def resample_settings(study: Study, endpoint_id: str) -> Resample:
    """The analyses of one endpoint that ask for resampling, and how patients were randomized."""
    fit, analyses = fit_settings(study, endpoint_id), analyses_of(study, endpoint_id)
    asked = {name: replace(a, subgroups=()) for name, a in analyses.items() if a.resampling and a.resampling.asks}
    used = {population for analysis in asked.values() for population in analysis.populations}
    return Resample(
        fit=replace(
            fit,
            analyses=asked,
            subgroups={},
            subgroup_visit="",
            populations={p: fit.populations[p] for p in sorted(used)},
        ),
        visit=primary_visit(study, study.endpoints[endpoint_id]),
        scheme=study.randomization,
        patients=_shown_patients(study),
    )


def _shown_patients(study: Study) -> Literal["named", "coded", "withheld"]:
    if study.package.suppressed_below:
        return "withheld"
    return "named" if study.blinding.mode == "none" else "coded"
