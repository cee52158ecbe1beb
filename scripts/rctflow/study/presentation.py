"""What is printed of the study: labels, units and order for figures, tables and the report. No number depends on it."""

from __future__ import annotations

from collections.abc import Iterable

from rctflow.display import ArmLabel, Display, Label, StudyDisplay, VisitLabel
from rctflow.hypotheses import Hypothesis
from rctflow.models.settings import Analysis
from rctflow.plan.blinded import STAMPS
from rctflow.study.analyses import analyses_of, main_analysis, main_population
from rctflow.study.limit_checks import CENSORED
from rctflow.study.model import Endpoint, Study
from rctflow.study.multiplicity import confirmatory
from rctflow.study.planned import (
    arm_order,
    baseline_visit,
    endpoint_visits,
    population_flag,
    primary_visit,
    visit_order,
)
from rctflow.study.summaries import counted_endpoints
from rctflow.tables.listings import Listing

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
