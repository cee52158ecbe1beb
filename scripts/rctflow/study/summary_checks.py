"""Problems of derived columns of ADSL and of the section ``summaries``."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.derive.settings import Derived
from rctflow.errors import RctflowError
from rctflow.expressions import ExpressionError
from rctflow.study.column_checks import Problem, adsl_columns
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study
from rctflow.study.rooms import population_flag


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
    yield from _unknown("summaries.baseline.variables", baseline.variables, known)
    yield from _unknown("summaries.baseline.levels", tuple(baseline.levels), known)


def _unknown(path: str, columns: tuple[str, ...], known: set[str]) -> Iterator[Problem]:
    for column in columns:
        if column not in known:
            yield path, f"ADSL has no column {column!r}. {did_you_mean(column, known)}"
