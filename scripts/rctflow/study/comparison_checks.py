"""Problems of what is compared with what: further contrasts, doses, pooled levels; and of the windows of visits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from rctflow.study.analyses import analyses_of, analysis_problems
from rctflow.study.column_checks import Problem
from rctflow.study.estimands import estimands_of
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study
from rctflow.study.planned import endpoint_visits

WITH_DOSE_RESPONSE = {"ancova": ("covariate", "contrast"), "mmrm": ("contrast",)}


def comparison_problems(study: Study) -> Iterator[Problem]:
    """Contrasts of arms that are not there or compared already, dose response without doses, pools of one value."""
    arms, compared = study.arms.levels, {(arm, study.arms.reference) for arm in study.arms.levels}
    for number, (arm, other) in enumerate(study.arms.contrasts):
        path = f"arms.contrasts[{number}]"
        for name in (arm, other):
            if name not in arms:
                yield path, f"{name!r} is no arm. {did_you_mean(name, arms)}"
        if (arm, other) in compared or arm == other:
            yield path, f"{arm} is compared with {other} already, or is the same arm; remove it"
        compared.add((arm, other))
    single = {"planned": study.subjects.planned, "actual": study.subjects.actual, "number": study.subjects.number}
    for name, source in single.items():
        if source is not None and source.pool is not None:
            yield f"subjects.{name}.pool", "only strata and covariates have levels that can be pooled"
    for endpoint in study.endpoints:
        yield from _dose_problems(study, endpoint)


def _dose_problems(study: Study, endpoint: str) -> Iterator[Problem]:
    if analysis_problems(study, endpoint):
        return
    without = [arm for arm, plan in study.arms.levels.items() if plan.dose is None]
    for name, analysis in analyses_of(study, endpoint).items():
        path, way = f"endpoints.{endpoint}.analyses.{name}.dose_response", analysis.dose_response
        if way and without:
            yield path, f"needs the dose of every arm; arms.levels.{without[0]}.dose is not declared"
        if way and way not in WITH_DOSE_RESPONSE.get(analysis.model, ()):
            known = ", ".join(f"{model} ({', '.join(ways)})" for model, ways in WITH_DOSE_RESPONSE.items())
            yield path, f"model {analysis.model} has no dose response by {way}. It is there for: {known}"


def window_problems(study: Study) -> Iterator[Problem]:
    """Windows of one endpoint that share a day; its own windows of visits that it does not have."""
    told: set[Problem] = set()
    for name, endpoint in study.endpoints.items():
        baseline = [visit for visit, plan in study.visits.items() if plan.baseline]
        own = endpoint.average or endpoint_visits(study, endpoint)
        visits = [visit for visit in (*baseline, *own) if visit in study.visits]
        yield from _average_problems(study, name)
        for visit in endpoint.windows:
            if visit not in visits:
                yield f"endpoints.{name}.windows.{visit}", f"no visit of this endpoint. {did_you_mean(visit, visits)}"
        if endpoint.windowing != "by_day":
            continue
        windows = {visit: endpoint.windows.get(visit, study.visits[visit].window) for visit in visits}
        for (first, one), (second, two) in itertools.pairwise(sorted(windows.items(), key=lambda item: item[1])):
            if one[1] >= two[0]:
                mine = first in endpoint.windows or second in endpoint.windows
                path = f"endpoints.{name}.windows.{second}" if mine else f"visits.{second}.window"
                problem = (
                    path,
                    f"starts on day {two[0]}, inside the window of {first} (to day {one[1]}); "
                    "windows include both ends and must not overlap",
                )
                if problem not in told:
                    told.add(problem)
                    yield problem


def _average_problems(study: Study, name: str) -> Iterator[Problem]:
    endpoint, path = study.endpoints[name], f"endpoints.{name}.average"
    if not endpoint.average:
        return
    after = [visit for visit, plan in study.visits.items() if not plan.baseline]
    for visit in endpoint.average:
        if visit not in after:
            yield path, f"{visit!r} is no visit after baseline. {did_you_mean(visit, after)}"
    if endpoint.visits:
        yield path, "the outcome is the mean over these visits and stands at the last of them; leave out `visits`"
    if endpoint.unable is not None and endpoint.unable.rule == "rank":
        yield path, "ranks of a visit have no mean over visits; declare another rule under `unable`"
    if analysis_problems(study, name):
        return
    if any(analysis.locf for analysis in analyses_of(study, name).values()):
        yield path, "a mean over the visits that there are needs no value carried forward; leave out `locf`"
    strategies = {s for estimand in estimands_of(study, name).values() for s in estimand.strategies.values()}
    if strategies - {"treatment_policy"}:
        yield (
            path,
            f"a mean over visits has no strategy {min(strategies - {'treatment_policy'})}; only treatment_policy",
        )
