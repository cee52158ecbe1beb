"""Whatever keeps an estimand from being estimated as it is declared."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.results import NO_ESTIMAND
from rctflow.study.analysis_sets import selects_after_randomization
from rctflow.study.estimands import COMPARES_NO_ARMS, OBSERVED, Estimand, Estimator, estimands_of, supplements
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Endpoint, Study
from rctflow.study.planned import endpoint_visits, primary_visit

Problem = tuple[str, str]
RESERVED = {OBSERVED: "what was observed", NO_ESTIMAND: "what has no estimand"}


def estimand_problems(study: Study) -> Iterator[Problem]:
    """Every problem of the section, each with its path."""
    for name, estimand in study.estimands.items():
        path = f"estimands.{name}"
        if name in RESERVED:
            yield path, f"{name!r} is the name of {RESERVED[name]}; choose another id"
        yield from _strategy_problems(study, path, estimand)
        for other in estimand.supplementary:
            if other not in study.estimands or other == name:
                yield f"{path}.supplementary", f"{other!r} is no other estimand. {did_you_mean(other, study.estimands)}"
        for endpoint in estimand.variable.endpoints:
            if endpoint not in study.endpoints:
                yield (
                    f"{path}.variable.endpoints",
                    f"{endpoint!r} is no endpoint. {did_you_mean(endpoint, study.endpoints)}",
                )
                continue
            yield from _endpoint_problems(study, path, estimand, endpoint)
    for endpoint in study.endpoints:
        yield from _judging_problems(study, endpoint)
        yield from _shared_problems(study, endpoint)


def _judging_problems(study: Study, endpoint: str) -> Iterator[Problem]:
    """An endpoint that has estimands is judged by one of them, at its primary visit."""
    own, plan = estimands_of(study, endpoint), study.endpoints[endpoint]
    judged = [name for name in own if name not in supplements(study)]
    if own and not judged:
        yield f"estimands.{next(iter(own))}", f"endpoint {endpoint} is judged by none: all of its are supplementary"
    if len(judged) > 1:
        yield (
            f"estimands.{judged[1]}",
            f"endpoint {endpoint} is judged by {judged[0]} already; write {judged[1]} under its `supplementary`",
        )
    for name in judged[:1]:
        visit = own[name].variable.visit
        if visit in endpoint_visits(study, plan) and visit != primary_visit(study, plan):
            yield (
                f"estimands.{name}.variable.visit",
                f"endpoint {endpoint} is judged at {primary_visit(study, plan)!r}, not at {visit!r}; "
                f"write the same visit here and under endpoints.{endpoint}.primary_visit",
            )


def _shared_problems(study: Study, endpoint: str) -> Iterator[Problem]:
    """An analysis takes the records of one estimand, so that it cannot estimate two, nor one twice."""
    taken: dict[str, str] = {}
    for name, estimand in estimands_of(study, endpoint).items():
        for estimator in (estimand.main_estimator, *estimand.sensitivity):
            if first := taken.get(estimator.analysis):
                where = "here" if first == name else f"by estimand {first}"
                yield (
                    f"estimands.{name}",
                    f"analysis {estimator.analysis!r} of {endpoint} is named {where} already, and estimates one "
                    f"estimand once; give {endpoint} a further analysis with the same template",
                )
            taken.setdefault(estimator.analysis, name)


def _strategy_problems(study: Study, path: str, estimand: Estimand) -> Iterator[Problem]:
    events, path = study.intercurrent_events, f"{path}.intercurrent_events"
    for event in events:
        if event not in estimand.intercurrent_events:
            yield path, f"no strategy for {event!r}; every event that can occur needs one"
    for event, strategy in estimand.intercurrent_events.items():
        if event not in events:
            yield f"{path}.{event}", f"no such event. {did_you_mean(event, events)}"
        elif strategy == "principal_stratum":
            yield (
                f"{path}.{event}",
                "principal_stratum is not estimable here: who would have had the event in the other arm is never "
                "observed; choose another strategy",
            )
        elif strategy == "treatment_policy" and events[event].terminal:
            yield (
                f"{path}.{event}",
                "nothing can be measured after a terminal event, so that treatment_policy has no value; choose "
                "composite, while_on_treatment or hypothetical",
            )


def _endpoint_problems(study: Study, path: str, estimand: Estimand, endpoint: str) -> Iterator[Problem]:
    plan = study.endpoints[endpoint]
    if estimand.variable.visit not in endpoint_visits(study, plan):
        known = did_you_mean(estimand.variable.visit, endpoint_visits(study, plan))
        yield f"{path}.variable.visit", f"{estimand.variable.visit!r} is no visit after baseline of {endpoint}. {known}"
    if "composite" in estimand.intercurrent_events.values():
        yield from _failure_problems(path, endpoint, plan)
    for place, estimator in (
        ("main_estimator", estimand.main_estimator),
        *((f"sensitivity[{n}]", estimator) for n, estimator in enumerate(estimand.sensitivity)),
    ):
        yield from _estimator_problems(study, f"{path}.{place}", estimand, estimator, endpoint)


def _failure_problems(path: str, endpoint: str, plan: Endpoint) -> Iterator[Problem]:
    if plan.failure is None:
        yield (
            f"endpoints.{endpoint}.failure",
            f"{path} has a composite strategy; declare the value that stands for a failure",
        )
    if plan.unable is not None and plan.unable.rule == "rank":
        yield (
            f"endpoints.{endpoint}.unable",
            f"ranks are made within what was observed, so that the failure value of {path} has none; use rule: worst",
        )


def _estimator_problems(
    study: Study, path: str, estimand: Estimand, estimator: Estimator, endpoint: str
) -> Iterator[Problem]:
    analyses = study.endpoints[endpoint].analyses
    if estimator.analysis not in analyses:
        known = did_you_mean(estimator.analysis, analyses)
        yield f"{path}.analysis", f"endpoint {endpoint} has no analysis {estimator.analysis!r}. {known}"
        return
    template = study.analyses.get(str(analyses[estimator.analysis].get("use", "")))
    own = analyses[estimator.analysis]
    model = own.get("model", template.model if template else "")
    if model in COMPARES_NO_ARMS:
        yield f"{path}.analysis", f"{estimator.analysis} of {endpoint} is {model}, which compares no arms"
    sets = own.get("populations", template.populations if template else ())
    visits = own.get("visits", template.visits if template else ())
    if estimator.analysis_set not in sets:
        yield (
            f"{path}.analysis_set",
            f"analysis {estimator.analysis} of {endpoint} is not run in {estimator.analysis_set!r}. "
            f"{did_you_mean(estimator.analysis_set, sets)}",
        )
    elif why := selects_after_randomization(study, estimator.analysis_set):
        yield (
            f"{path}.analysis_set",
            f"{estimator.analysis_set} cannot serve this estimand: it selects patients by {why}, after randomization; "
            f"use a set of everybody randomized, or say under populations.{estimator.analysis_set}.justification why "
            "that does not depend on the arm",
        )
    if visits and estimand.variable.visit not in visits:
        yield f"{path}.analysis", f"analysis {estimator.analysis} of {endpoint} leaves out {estimand.variable.visit}"
