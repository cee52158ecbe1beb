"""The study as the report tells it: design, estimands, endpoints, in the words of the config."""

from __future__ import annotations

from rctflow.plan.blinded import STAMPS
from rctflow.report.settings import (
    ReportArm,
    ReportEndpoint,
    ReportEstimand,
    ReportPopulation,
    ReportSettings,
    ReportTest,
    ReportVisit,
)
from rctflow.study.analyses import analyses_of
from rctflow.study.analysis_sets import selects_after_randomization
from rctflow.study.estimands import COMPARES_NO_ARMS, Estimand, Estimator
from rctflow.study.model import Study
from rctflow.study.multiplicity import families_of
from rctflow.study.planned import arm_order, visit_order
from rctflow.study.presentation import analysis_words, display_settings, endpoint_order
from rctflow.study.safety_words import printed_adverse_events
from rctflow.study.variable_labels import told_labels, variable_labels


def report_settings(study: Study, file: str, unblinding: str = "") -> ReportSettings:
    """The study as the report tells it.

    file: the config, for the command that makes it again. unblinding: how blinding was ended, in words.
    """
    return ReportSettings(
        study=study.study.id,
        title=study.study.title,
        arms=tuple(_arm(study, arm) for arm in arm_order(study)),
        visits=tuple(_visit(study, visit) for visit in visit_order(study)),
        populations=tuple(
            ReportPopulation(p, plan.label, plan.description or plan.where, plan.arm)
            for p, plan in study.populations.items()
        ),
        endpoints=tuple(_endpoint(study, endpoint) for endpoint in endpoint_order(study)),
        design=study.study.description,
        registration=study.study.registration,
        reference=study.study.reference,
        labels=variable_labels(study),
        told=told_labels(study),
        command="./run" if file == "config/config.yaml" else f"./run --config study={file}",
        small_cells=study.package.suppressed_below,
        synthetic=study.study.data == "synthetic",
        blinded=STAMPS[study.blinding.mode],
        unblinding=unblinding,
        families=families_of(study),
        family_order=tuple(families_of(study)),
        estimands=tuple(_estimand(study, name) for name in study.estimands),
        without_estimand=_without_estimand(study),
        adverse_events=printed_adverse_events(study),
        tests=_tests(study),
    )


def _tests(study: Study) -> dict[str, dict[str, ReportTest]]:
    """The tests of the declared summaries of findings, with their words."""
    declared = {"laboratory": study.summaries.laboratory, "vital_signs": study.summaries.vital_signs}
    return {
        summary: {
            code: ReportTest(f"{test.label}, {test.unit}" if test.unit else test.label, test.digits)
            for code, test in study.findings[asked.dataset].tests.items()
        }
        for summary, asked in declared.items()
        if asked is not None
    }


def _without_estimand(study: Study) -> tuple[str, ...]:
    """The sets in which arms are compared although they select by what happened after randomization, and by what."""
    used = [
        population
        for endpoint in study.endpoints
        for analysis in analyses_of(study, endpoint).values()
        if analysis.model not in COMPARES_NO_ARMS
        for population in analysis.populations
    ]
    why = {population: selects_after_randomization(study, population) for population in dict.fromkeys(used)}
    return tuple(
        f"{study.populations[population].label} selects patients by {variables}, after randomization"
        for population, variables in why.items()
        if variables
    )


def _estimand(study: Study, name: str) -> ReportEstimand:
    """The attributes of an estimand and its estimators as the report prints them."""
    estimand, populations = study.estimands[name], study.populations
    endpoints = ", ".join(study.endpoints[endpoint].label for endpoint in estimand.variable.endpoints)
    strategies = [
        f"{study.intercurrent_events[event].label}: {_strategy(study, estimand, strategy)}"
        for event, strategy in estimand.intercurrent_events.items()
    ]

    def words(estimator: Estimator) -> str:
        return f"{analysis_words(estimator.analysis)}, {populations[estimator.analysis_set].label}"

    listed = {
        "Treatments": estimand.treatments,
        "Population": estimand.population,
        "Variable": f"{endpoints}, at {study.visits[estimand.variable.visit].label}",
        "Intercurrent events": "; ".join(strategies) or "none is declared",
        "Summary": estimand.summary,
        "Main estimator": words(estimand.main_estimator),
        "Sensitivity": "; ".join(words(estimator) for estimator in estimand.sensitivity),
        "Supplementary": ", ".join(study.estimands[other].label or other for other in estimand.supplementary),
    }
    return ReportEstimand(name, estimand.label or name.replace("_", " "), tuple((k, v) for k, v in listed.items() if v))


def _strategy(study: Study, estimand: Estimand, strategy: str) -> str:
    if strategy != "composite":
        return strategy.replace("_", " ")
    endpoints = [study.endpoints[endpoint] for endpoint in estimand.variable.endpoints]
    values = {f"{endpoint.failure:g} {endpoint.unit}".rstrip() for endpoint in endpoints}
    value = values.pop() if len(values) == 1 else "the value that each endpoint declares"
    return f"composite (failure, {value})"


def _arm(study: Study, arm: str) -> ReportArm:
    return ReportArm(arm, study.arms.levels[arm].label, study.arms.levels[arm].description)


def _visit(study: Study, visit: str) -> ReportVisit:
    plan = study.visits[visit]
    return ReportVisit(visit, plan.label, plan.day, *plan.window)


def _endpoint(study: Study, endpoint_id: str) -> ReportEndpoint:
    endpoint, display = study.endpoints[endpoint_id], display_settings(study, endpoint_id)
    return ReportEndpoint(
        id=endpoint_id,
        label=endpoint.label,
        unit=endpoint.unit,
        direction=endpoint.direction,
        digits=endpoint.digits,
        role=endpoint.role,
        main_analysis=display.main_analysis,
        main_population=display.main_population,
        primary_visit=display.primary_visit,
        outcome=display.outcome,
        confidence=display.confidence,
        not_measured=display.not_measured,
        tested=display.tested,
    )
