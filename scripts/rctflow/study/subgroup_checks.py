"""Whatever keeps a declared subgroup from being looked at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rctflow.models.registry import known_models, with_subgroups
from rctflow.study.analyses import analyses_of, analysis_problems
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study
from rctflow.study.planned import endpoint_visits, primary_visit, table_columns

AFTER_RANDOMIZATION = ("EOSSTT", "DCSREAS")
NUMERIC = ("number", "integer")
Problem = tuple[str, str]


def subgroup_problems(study: Study) -> Iterator[Problem]:
    """Every problem of the section and of the analyses that name its factors, each with its path."""
    described = {**study.subjects.strata, **study.subjects.covariates}
    for factor, subgroup in study.subgroups.items():
        path = f"subgroups.{factor}"
        source = described.get(factor)
        if factor in AFTER_RANDOMIZATION:
            yield path, "is known only after randomization; subgroups are formed by what was known before"
        elif source is None:
            yield path, f"no stratum or covariate under `subjects`. {did_you_mean(factor, described)}"
        elif source.table in study.tables and source.column in (columns := table_columns(study.tables[source.table])):
            numeric = columns[source.column].type in NUMERIC and not source.map
            if numeric and not subgroup.cuts:
                yield path, "is a number; say under `cuts` where one level ends and the next begins, such as [70]"
            if subgroup.cuts and not numeric:
                yield f"{path}.cuts", "the factor is no number; its values are the levels"
        if any(low >= high for low, high in pairwise(subgroup.cuts)):
            yield f"{path}.cuts", "cut points ascend, each once"
    for endpoint in study.endpoints:
        if not analysis_problems(study, endpoint):
            yield from _analysis_problems(study, endpoint)


def _analysis_problems(study: Study, endpoint: str) -> Iterator[Problem]:
    for name, analysis in analyses_of(study, endpoint).items():
        path = f"endpoints.{endpoint}.analyses.{name}.subgroups"
        for factor in analysis.subgroups:
            if factor not in study.subgroups:
                yield path, f"{factor!r} is not declared under `subgroups`. {did_you_mean(factor, study.subgroups)}"
        if len(set(analysis.subgroups)) < len(analysis.subgroups):
            yield path, "a factor stands there twice"
        if not analysis.subgroups or analysis.model not in known_models():
            continue
        if analysis.model not in with_subgroups():
            yield (
                path,
                f"{analysis.model} compares no subgroups; these models do: {', '.join(with_subgroups())}",
            )
        if endpoint_visits(study, study.endpoints[endpoint]):
            visit = primary_visit(study, study.endpoints[endpoint])
            if analysis.visits and visit not in analysis.visits:
                yield path, f"subgroups are compared at the primary visit, {visit}, which the analysis leaves out"
