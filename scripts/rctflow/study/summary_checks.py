"""Problems of derived columns of ADSL and of the section ``summaries``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rctflow.derive.settings import Derived
from rctflow.errors import RctflowError
from rctflow.expressions import ExpressionError
from rctflow.study.column_checks import Problem, adsl_columns, reference_problems, where_problems
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study
from rctflow.study.planned import population_flag


def derived_problems(study: Study) -> Iterator[Problem]:
    """Problems of ``subjects.derived``: how each is computed, and from what."""
    known = adsl_columns(study)
    for name, entry in study.subjects.derived.items():
        path = f"subjects.derived.{name}"
        ways = [way for way in ("bmi", "duration", "ranges", "cases") if getattr(entry, way)]
        if len(ways) != 1:
            yield path, f"needs exactly one of bmi, duration, ranges and cases; it has {', '.join(ways) or 'none'}"
            continue
        yield from _ways_problems(path, entry)
        try:
            yield from _unknown(path, entry.needs, known - {name})
        except ExpressionError as error:
            yield f"{path}.cases", str(error)


def _ways_problems(path: str, entry: Derived) -> Iterator[Problem]:
    from rctflow.derive.derived import parse_range

    if entry.bmi and len(entry.bmi) != 2:
        yield f"{path}.bmi", "needs two columns, weight in kg and height in cm"
    if entry.duration and len(entry.duration) != 2:
        yield f"{path}.duration", "needs two columns of dates, from and to"
    if entry.ranges and not entry.of:
        yield f"{path}.of", "ranges need the column of the number that they are ranges of"
    for text in entry.ranges:
        try:
            parse_range(text)
        except RctflowError as error:
            yield f"{path}.ranges", str(error)


def summary_problems(study: Study) -> Iterator[Problem]:
    """Problems of ``summaries``: populations and columns that are not there."""
    known = {*adsl_columns(study), *(population_flag(study, name) for name in study.populations)}
    baseline = study.summaries.baseline
    for name, declared in study.summaries:
        population = getattr(declared, "population", "")
        if population and population not in study.populations:
            told = did_you_mean(population, study.populations)
            yield f"summaries.{name}.population", f"{population!r} is no population. {told}"
    yield from _unknown("summaries.data_quality.site", tuple(filter(None, [study.summaries.data_quality.site])), known)
    yield from _table_problems(study)
    yield from _disposition_problems(study, known)
    yield from _site_problems(study, known)
    yield from _exposure_problems(study, known)
    yield from _restricted_problems(study)
    yield from _deviation_problems(study)
    yield from _flow_problems(study, known)
    yield from _unknown("summaries.baseline.variables", baseline.variables, known)
    yield from _unknown("summaries.baseline.levels", tuple(baseline.levels), known)


def _table_problems(study: Study) -> Iterator[Problem]:
    """Forms and columns that exposure and medication name."""
    columns = {
        "exposure": ("start", "end", "dose"),
        "medication": ("term", "category", "start", "end"),
        "deviations": ("term", "classification"),
    }
    for name, keys in columns.items():
        declared = getattr(study.summaries, name)
        if declared is None or not declared.table:
            continue
        for key in ["", *keys]:
            column = getattr(declared, key) if key else ""
            path = f"summaries.{name}"
            yield from reference_problems(study, path, declared.table, column, getattr(declared, "where", ""))
            if declared.table not in study.tables:
                break


def _deviation_problems(study: Study) -> Iterator[Problem]:
    declared = study.summaries.deviations
    own = declared and all((declared.table, declared.term, declared.classification))
    if declared is not None and not own and study.protocol_deviations is None:
        remedy = "declare `protocol_deviations`, or table, term and classification here"
        yield "summaries.deviations", f"the form of deviations is not known; {remedy}"


def _flow_problems(study: Study, known: set[str]) -> Iterator[Problem]:
    flow = study.summaries.flow
    if flow.screened:
        screened = flow.screened
        yield from reference_problems(study, "summaries.flow.screened", screened.table, screened.reason, screened.where)
    for who, form in flow.forms.items():
        yield from reference_problems(study, f"summaries.flow.forms.{who}", form.table, "", form.where)
    for name in {*flow.exclusions, *flow.analysed} - set(study.populations):
        yield "summaries.flow", f"{name!r} is no population. {did_you_mean(name, study.populations)}"
    for name, reasons in flow.exclusions.items():
        for reason in reasons:
            yield from where_problems(f"summaries.flow.exclusions.{name}", reason.where, known)


def _disposition_problems(study: Study, known: set[str]) -> Iterator[Problem]:
    declared, path = study.summaries.disposition, "summaries.disposition"
    if declared is None:
        return
    for milestone in declared.milestones:
        yield from where_problems(f"{path}.milestones", milestone.where, known)
    ids = [phase.id for phase in declared.phases]
    for phase in declared.phases:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", phase.id) or ids.count(phase.id) > 1:
            yield f"{path}.phases", f"id {phase.id!r}: each phase needs its own, lower case, as other ids"
        yield from where_problems(f"{path}.phases.{phase.id}.completed", phase.completed, known)
        yield from _unknown(f"{path}.phases.{phase.id}.reason", tuple(filter(None, [phase.reason])), known)
    if declared.tested_reasons and not declared.test:
        yield f"{path}.tested_reasons", "needs `test`: chi_square or fisher"


def _site_problems(study: Study, known: set[str]) -> Iterator[Problem]:
    declared = study.summaries.sites
    if declared is not None:
        yield from _unknown("summaries.sites", tuple(filter(None, [declared.site, declared.pooled])), known)
        yield from _no_populations("summaries.sites.populations", declared.populations, study)


def _exposure_problems(study: Study, known: set[str]) -> Iterator[Problem]:
    declared, path = study.summaries.exposure, "summaries.exposure"
    if declared is None:
        return
    if bool(declared.table) == bool(declared.adsl) or (declared.table and not declared.start):
        yield path, "needs either `table` and `start`, the form of doses, or `adsl`, columns that have it per patient"
    yield from _unknown(f"{path}.adsl", tuple(declared.adsl.values()), known)
    yield from _no_populations(f"{path}.further_populations", declared.further_populations, study)


def _no_populations(path: str, names: tuple[str, ...], study: Study) -> Iterator[Problem]:
    for name in names:
        if name not in study.populations:
            yield path, f"{name!r} is no population. {did_you_mean(name, study.populations)}"


def _restricted_problems(study: Study) -> Iterator[Problem]:
    """Counts of nested groups, from whose differences single patients could be read."""
    if not study.package.suppressed_below:
        return
    disposition, exposure = study.summaries.disposition, study.summaries.exposure
    nested = {
        "sites": study.summaries.sites,
        "disposition.phases": disposition and disposition.phases,
        "disposition.tested_reasons": disposition and disposition.tested_reasons,
        "exposure.further_populations": exposure and exposure.further_populations,
    }
    for name, declared in nested.items():
        if declared:
            told = "not of restricted data: beside the other counts it would tell of single patients; leave it out"
            yield f"summaries.{name}", told


def _unknown(path: str, columns: tuple[str, ...], known: set[str]) -> Iterator[Problem]:
    for column in columns:
        if column not in known:
            yield path, f"ADSL has no column {column!r}. {did_you_mean(column, known)}"
