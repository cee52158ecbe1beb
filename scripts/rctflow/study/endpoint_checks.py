"""Problems of analyses and endpoints: what they refer to, and what their models understand."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.models.registry import known_models
from rctflow.models.settings import Analysis
from rctflow.study.analyses import analyses_of, analysis_problems, main_analysis, option_problems
from rctflow.study.column_checks import Problem, clean_columns, where_problems
from rctflow.study.files import instrument_file, instrument_keys
from rctflow.study.limit_checks import limit_problems
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Endpoint, Study
from rctflow.study.planned import endpoint_table, endpoint_visits
from rctflow.study.rank_checks import rank_problems
from rctflow.study.response_checks import response_problems


def template_problems(study: Study, name: str) -> Iterator[Problem]:
    """Problems of one template under ``analyses``."""
    analysis, path = study.analyses[name], f"analyses.{name}"
    if analysis.model not in known_models():
        yield f"{path}.model", f"{analysis.model!r} is no model. {did_you_mean(analysis.model, known_models())}"
    for population in analysis.populations:
        if population not in study.populations:
            yield (
                f"{path}.populations",
                f"{population!r} is no population. {did_you_mean(population, study.populations)}",
            )
    subjects = study.subjects
    columns = {*subjects.covariates, *subjects.strata, *subjects.derived, *subjects.flags}
    for covariate in analysis.covariates:
        if covariate not in columns:
            yield (
                f"{path}.covariates",
                f"{covariate!r} is no covariate under `subjects`. {did_you_mean(covariate, columns)}",
            )


def endpoint_problems(study: Study, name: str) -> Iterator[Problem]:
    """Problems of one endpoint and of its analyses."""
    endpoint, path = study.endpoints[name], f"endpoints.{name}"
    source = list(_source_problems(study, endpoint, path))
    yield from source
    for visit in (*endpoint.visits, *((endpoint.primary_visit,) if endpoint.primary_visit else ())):
        if visit not in study.visits:
            yield path, f"{visit!r} is no visit. {did_you_mean(visit, study.visits)}"
    if not endpoint_visits(study, endpoint):
        yield f"{path}.visits", "needs at least one visit after baseline"
    elif endpoint.primary_visit and endpoint.primary_visit not in endpoint_visits(study, endpoint):
        yield f"{path}.primary_visit", f"{endpoint.primary_visit!r} is not a post-baseline visit of this endpoint"
    analyses = analysis_problems(study, name)
    yield from analyses
    if not analyses:
        yield from _resolved_problems(study, name)
    if not source:
        known = clean_columns(study.tables[endpoint_table(study, endpoint)])
        yield from where_problems(f"{path}.where", endpoint.where, known)
        yield from _event_problems(path, endpoint, known)


def _resolved_problems(study: Study, endpoint_id: str) -> Iterator[Problem]:
    endpoint, analyses = study.endpoints[endpoint_id], analyses_of(study, endpoint_id)
    main = main_analysis(study, endpoint_id, analyses)
    if analyses[main].model == "paired_change":
        yield f"endpoints.{endpoint_id}.main", f"{main!r} compares no arms; no endpoint can be judged by it"
    for name, analysis in analyses.items():
        path = f"endpoints.{endpoint_id}.analyses.{name}"
        if not endpoint.baseline and analysis.outcome == "change" and analysis.model != "descriptive":
            yield (
                path,
                "analyses the change from baseline, but the endpoint says `baseline: false`; write `outcome: value`",
            )
        unknown = [p for p in analysis.populations if p not in study.populations]
        if unknown and "populations" in endpoint.analyses[name]:
            yield (
                f"{path}.populations",
                f"{unknown[0]!r} is no population. {did_you_mean(unknown[0], study.populations)}",
            )
        yield from response_problems(path, analysis, endpoint)
        yield from rank_problems(path, analysis, endpoint)
        if analysis.model in known_models():
            yield from option_problems(path, analysis)
            yield from limit_problems(endpoint, analysis, path)
            yield from _exposure_problems(study, analysis, path)
        elif "model" in endpoint.analyses[name]:
            yield f"{path}.model", f"{analysis.model!r} is no model. {did_you_mean(analysis.model, known_models())}"


def _event_problems(path: str, endpoint: Endpoint, known: set[str]) -> Iterator[Problem]:
    if endpoint.event and not endpoint.column:
        yield f"{path}.event", "says which times are those of an event; an instrument's score is no time"
    elif endpoint.event and endpoint.above != "limit":
        yield f"{path}.above", "times without the event are censored where they end; write `above: limit`"
    yield from where_problems(f"{path}.event", endpoint.event, known)


def _exposure_problems(study: Study, analysis: Analysis, path: str) -> Iterator[Problem]:
    exposure, known = analysis.options.get("exposure"), study.subjects.covariates
    if exposure and exposure not in known:
        yield (
            f"{path}.options.exposure",
            f"{exposure!r} is no covariate under `subjects`. {did_you_mean(exposure, known)}",
        )


def _source_problems(study: Study, endpoint: Endpoint, path: str) -> Iterator[Problem]:
    if bool(endpoint.instrument) == bool(endpoint.table):
        yield path, "needs either `instrument` and `score`, or `table` and `column`"
    elif endpoint.instrument:
        if endpoint.instrument not in study.instruments:
            known = did_you_mean(endpoint.instrument, study.instruments)
            yield f"{path}.instrument", f"no such instrument under `instruments`. {known}"
        elif endpoint.score not in (scores := _scores(study, endpoint)):
            yield (
                f"{path}.score",
                f"{endpoint.score!r} is no score of the instrument. {did_you_mean(endpoint.score, scores)}",
            )
    elif endpoint.table not in study.tables:
        yield f"{path}.table", f"no such table. {did_you_mean(endpoint.table, study.tables)}"
    elif endpoint.column not in clean_columns(study.tables[endpoint.table]):
        known = did_you_mean(endpoint.column, clean_columns(study.tables[endpoint.table]))
        yield f"{path}.column", f"{endpoint.column!r} is no column of table {endpoint.table}. {known}"


def _scores(study: Study, endpoint: Endpoint) -> tuple[str, ...]:
    """The scores of an endpoint's instrument; its own when the file is not there (which is another problem)."""
    file = study.instruments[endpoint.instrument].file
    return instrument_keys(file, "scores") if instrument_file(file).is_file() else (endpoint.score,)
