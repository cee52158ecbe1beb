"""Which analyses an endpoint has: templates of the config with the endpoint's own overrides."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from typing import Any, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError

from rctflow.models.registry import options_class
from rctflow.models.settings import Analysis, Role
from rctflow.study.estimands import COMPARES_NO_ARMS, OBSERVED, joined_analyses, main_estimator
from rctflow.study.messages import did_you_mean, path_of
from rctflow.study.model import Study


def main_analysis(study: Study, endpoint_id: str, analyses: dict[str, Analysis]) -> str:
    """The analysis that the endpoint is judged by.

    The main estimator of its estimand, else the declared ``main``, or the first that compares the arms.
    """
    endpoint, estimator = study.endpoints[endpoint_id], main_estimator(study, endpoint_id)
    if estimator is not None and estimator.analysis in analyses:
        return estimator.analysis
    comparing = (name for name, analysis in analyses.items() if analysis.model not in COMPARES_NO_ARMS)
    return endpoint.main or next(comparing, next(iter(analyses)))


def main_population(study: Study, endpoint_id: str, analysis: Analysis) -> str:
    """The population that the endpoint is judged in: its estimand's analysis set, else the analysis's first."""
    estimator = main_estimator(study, endpoint_id)
    return estimator.analysis_set if estimator else analysis.populations[0]


@cache
def analyses_of(study: Study, endpoint_id: str) -> dict[str, Analysis]:
    """Every analysis of one endpoint of a checked config, resolved; the main one has the endpoint's role.

    An analysis that an estimand joins has its estimand and role; the others keep their own. One that declares no
    resampling has that of its role (section resampling).
    """
    endpoint = study.endpoints[endpoint_id]
    analyses = {name: _resolved(study, settings) for name, settings in endpoint.analyses.items()}
    main = main_analysis(study, endpoint_id, analyses)
    if "role" not in endpoint.analyses[main]:
        analyses[main] = replace(analyses[main], role=endpoint.role)
    for name, joined in joined_analyses(study, endpoint_id).items():
        if name in analyses:
            analyses[name] = replace(analyses[name], estimand=joined.estimand, role=cast(Role, joined.role))
    return {name: _resampled(study, analysis) for name, analysis in analyses.items()}


def _resampled(study: Study, analysis: Analysis) -> Analysis:
    """With what is resampled of its role, when it declares nothing of its own and compares arms."""
    if analysis.resampling is not None or analysis.model in COMPARES_NO_ARMS:
        return analysis
    return replace(analysis, resampling=study.resampling.get(cast(Any, analysis.role)))


def analysis_problems(study: Study, endpoint_id: str) -> list[tuple[str, str]]:
    """(path, message) for every analysis of the endpoint that cannot be resolved."""
    endpoint, problems = study.endpoints[endpoint_id], []
    for name, settings in endpoint.analyses.items():
        path = f"endpoints.{endpoint_id}.analyses.{name}"
        template = settings.get("use")
        if template is not None and template not in study.analyses:
            known = did_you_mean(str(template), study.analyses)
            problems.append((path, f"{template!r} is no template under `analyses`. {known}"))
            continue
        try:
            if _resolved(study, settings).estimand != OBSERVED:
                problems.append((f"{path}.estimand", "estimands choose their analyses; name it under `estimands`."))
        except ValidationError as error:
            items = error.errors(include_url=False)
            problems += [(f"{path}.{path_of(item['loc'])}", _words(item, Analysis, "use")) for item in items]
    estimator = main_estimator(study, endpoint_id)
    if endpoint.main and estimator and endpoint.main != estimator.analysis:
        problems.append((f"endpoints.{endpoint_id}.main", f"its estimand is estimated by {estimator.analysis!r}."))
    if endpoint.main and endpoint.main not in endpoint.analyses:
        problems.append(
            (f"endpoints.{endpoint_id}.main", f"no such analysis. {did_you_mean(endpoint.main, endpoint.analyses)}")
        )
    return problems


def option_problems(path: str, analysis: Analysis) -> list[tuple[str, str]]:
    """(path, message) for every option that the analysis's model does not understand."""
    options = _strict(options_class(analysis.model))
    try:
        TypeAdapter(options).validate_python(analysis.options)
    except ValidationError as error:
        items = error.errors(include_url=False)
        return [(f"{path}.options.{path_of(item['loc'])}", _words(item, options)) for item in items]
    return []


def _resolved(study: Study, settings: dict[str, Any]) -> Analysis:
    overrides = {key: value for key, value in settings.items() if key != "use"}
    base = asdict(study.analyses[settings["use"]]) if "use" in settings else {}
    return _ANALYSIS.validate_python(base | overrides)


def _words(item: Any, kind: type, *more: str) -> str:
    if item["type"] == "unexpected_keyword_argument":
        known = [*more, *(field.name for field in fields(kind))]
        return f"unknown key. {did_you_mean(str(item['loc'][-1]), known)}"
    return f"{item['msg']} (found {item['input']!r})."


def _strict(kind: type) -> type:
    """``kind``, refusing unknown keys and taking values as they are written."""
    return dataclass(frozen=True)(type(kind.__name__, (kind,), {"__pydantic_config__": ConfigDict(extra="forbid")}))


_ANALYSIS: TypeAdapter[Analysis] = TypeAdapter(_strict(Analysis))
