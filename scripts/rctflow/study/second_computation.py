"""What the second computation is told: primary and secondary analyses as declared, at the visit they are judged at."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.models.registry import options_class
from rctflow.models.settings import Analysis, Fit
from rctflow.results import NO_ESTIMAND
from rctflow.second.settings import Declared, Second
from rctflow.settings import as_params, settings_from
from rctflow.study.analyses import analyses_of, main_analysis
from rctflow.study.model import Study
from rctflow.study.planned import primary_visit
from rctflow.study.rooms import fit_settings

ROLES = ("primary", "secondary")
ARM_VARIABLE = {"planned": "TRT01P", "actual": "TRT01A"}


def second_settings(study: Study) -> Second:
    """Every primary and secondary analysis in each of its populations."""
    analyses = [declared for endpoint in study.endpoints for declared in _of_endpoint(study, endpoint)]
    return Second(study.stamped, tuple(analyses), study.package.suppressed_below)


def _of_endpoint(study: Study, endpoint: str) -> Iterator[Declared]:
    fit, analyses = fit_settings(study, endpoint), analyses_of(study, endpoint)
    main = main_analysis(study, endpoint, analyses) if analyses else ""
    visit = primary_visit(study, study.endpoints[endpoint])
    for name, analysis in analyses.items():
        judged = analysis.role in ROLES or (name == main and study.endpoints[endpoint].role in ROLES)
        if judged and visit in (analysis.visits or fit.visits):
            for population in analysis.populations:
                yield _declared(fit, name, analysis, population, visit)


def _declared(fit: Fit, name: str, analysis: Analysis, population: str, visit: str) -> Declared:
    who = fit.populations[population]
    return Declared(
        endpoint=fit.endpoint,
        analysis=name,
        population=population,
        model=analysis.model,
        role=analysis.role,
        estimand=NO_ESTIMAND if who.selects else analysis.estimand,
        unit=fit.unit,
        flag=who.flag,
        arm_variable=ARM_VARIABLE[who.arm],
        counts=(fit.carried_flags if analysis.locf else fit.analysis_flags).get(analysis.estimand, "ANL01FL"),
        arms=(fit.reference, *(arm for arm in fit.arms if arm != fit.reference)),
        visits=analysis.visits or fit.visits,
        visit=visit,
        baseline_visit=fit.baseline_visit,
        outcome=analysis.outcome,
        baseline=analysis.baseline,
        log=analysis.log,
        confidence=analysis.confidence,
        factors=fit.strata if analysis.strata else (),
        covariates=analysis.covariates,
        direction=fit.direction,
        contrasts=fit.contrasts,
        arm_order=fit.arms,
        doses=fit.doses,
        mcid=fit.mcid if analysis.model == "responder" else None,
        options=as_params(settings_from(options_class(analysis.model), analysis.options)),
    )
