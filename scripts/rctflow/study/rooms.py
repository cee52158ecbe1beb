"""Cut the study to the measure of the rooms after the forms: what a rule hands to its job, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from rctflow.derive.adverse_events.settings import AdverseEvents
from rctflow.derive.findings.settings import Findings
from rctflow.derive.plan import analysis_flag, carried_flag
from rctflow.derive.settings import PopulationRule, Records, Source, Subjects, Window
from rctflow.inference.settings import Resample
from rctflow.models.settings import Analysis, Fit, PopulationFlag
from rctflow.study.analyses import analyses_of
from rctflow.study.analysis_sets import selects_after_randomization
from rctflow.study.estimands import estimands_of
from rctflow.study.files import instrument_file
from rctflow.study.model import Study
from rctflow.study.multiplicity import tested
from rctflow.study.planned import (
    arm_order,
    arm_values,
    baseline_visit,
    endpoint_table,
    endpoint_visits,
    endpoint_window,
    population_flag,
    primary_visit,
    treated_population,
    visit_order,
)

CMH = "cmh"  # the model whose trend test is over the doses
RESPONDER = "responder"  # the model whose rule may be the endpoint's mcid


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


def fit_settings(study: Study, endpoint_id: str) -> Fit:
    """Everything that fitting one endpoint uses."""
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
        populations={population: _set(study, population) for population in sorted(used)},
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


def _set(study: Study, population: str) -> PopulationFlag:
    selects = selects_after_randomization(study, population)
    return PopulationFlag(population_flag(study, population), study.populations[population].arm, selects)


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
