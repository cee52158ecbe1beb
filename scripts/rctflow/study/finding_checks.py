"""Whatever keeps a declared data set of findings (laboratory, vital signs) from being derived."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.derive.findings.settings import Findings
from rctflow.study.column_checks import Problem, clean_columns, where_problems
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study
from rctflow.summaries.settings_findings import FindingsSummary

LAST_VALUE = "last"
TAKEN = ("adsl", "adae")


def finding_problems(study: Study) -> Iterator[Problem]:
    """Every problem of the section ``findings``, each with its path."""
    for name, declared in study.findings.items():
        path = f"findings.{name}"
        if name in study.endpoints or name in TAKEN:
            yield path, f"{name} is the name of another data set in adam/; choose another id"
        if not declared.tests:
            yield f"{path}.tests", "declares no test"
        if declared.table not in study.tables:
            yield f"{path}.table", f"no such table. {did_you_mean(declared.table, study.tables)}"
        else:
            yield from _column_problems(path, declared, clean_columns(study.tables[declared.table]))
        yield from _further_tables(study, path, declared)
        yield from _limit_problems(path, declared)
        until = declared.extreme.until
        if until and until not in study.visits:
            yield f"{path}.extreme.until", f"no such visit. {did_you_mean(until, study.visits)}"
    yield from _summary_problems(study)


def _further_tables(study: Study, path: str, declared: Findings) -> Iterator[Problem]:
    for name in declared.more_tables:
        place = f"{path}.more_tables"
        if name not in study.tables:
            yield place, f"no such table. {did_you_mean(name, study.tables)}"
        else:
            further = _column_problems(path, declared, clean_columns(study.tables[name]))
            yield from ((place, f"{name}: {words}") for _, words in further)


def _summary_problems(study: Study) -> Iterator[Problem]:
    for name in ("laboratory", "vital_signs"):
        declared, path = getattr(study.summaries, name), f"summaries.{name}"
        if declared is None:
            continue
        if declared.dataset not in study.findings:
            hint = did_you_mean(declared.dataset, study.findings)
            yield f"{path}.dataset", f"{declared.dataset!r} is not declared under `findings`. {hint}"
            continue
        tests = study.findings[declared.dataset].tests
        liver = declared.liver
        named = [("tests", test) for test in declared.tests]
        of_liver = (liver.alt, liver.ast, liver.bilirubin, liver.phosphatase) if liver else ()
        named += [("liver", test) for test in of_liver if test]
        for key, test in named:
            if test not in tests:
                yield f"{path}.{key}", f"{test!r} is no test of {declared.dataset}. {did_you_mean(test, tests)}"
        yield from _visit_problems(study, path, declared)
        yield from _category_problems(path, declared, study.findings[declared.dataset])


def _visit_problems(study: Study, path: str, declared: FindingsSummary) -> Iterator[Problem]:
    until = declared.liver.shift.until if declared.liver and declared.liver.shift else ""
    named = [("visits", visit) for visit in (*declared.visits, declared.last_until) if visit]
    named += [("liver.shift.until", until)] if until else []
    named += [(f"ends.{end}.visits", visit) for end, ending in declared.ends.items() for visit in ending.visits]
    for key, visit in named:
        if visit not in study.visits:
            yield f"{path}.{key}", f"no such visit. {did_you_mean(visit, study.visits)}"
        elif declared.visits and visit not in declared.visits:
            yield f"{path}.{key}", f"{visit!r} is none of its `visits`"
    for end in declared.ends:
        if end == LAST_VALUE or end in study.visits:
            yield f"{path}.ends.{end}", "is the name of a visit; choose another id"


def _category_problems(path: str, declared: FindingsSummary, findings: Findings) -> Iterator[Problem]:
    for kind in ("previous", "threshold"):
        if kind in declared.categories and getattr(findings, kind) is None:
            yield f"{path}.categories", f"{kind!r} needs findings.{declared.dataset}.{kind}"


def _column_problems(path: str, declared: Findings, known: set[str]) -> Iterator[Problem]:
    if bool(declared.test) != bool(declared.value):
        yield path, "a form with one row per test needs `test` and `value`, both; one with a column per test neither"
    named = {key: getattr(declared, key) for key in ("test", "value", "low", "high", "indicator")}
    used = [(f"{path}.{key}", column) for key, column in named.items() if column]
    if not declared.value:
        used += [(f"{path}.tests.{code}.column", test.column or code) for code, test in declared.tests.items()]
    for place, column in used:
        if column not in known:
            yield place, f"{column!r} is no column of table {declared.table}. {did_you_mean(column, known)}"
    yield from where_problems(f"{path}.where", declared.where, known)
    for code, test in declared.tests.items():
        yield from where_problems(f"{path}.tests.{code}.where", test.where, known)


def _limit_problems(path: str, declared: Findings) -> Iterator[Problem]:
    for code, test in declared.tests.items():
        place = f"{path}.tests.{code}"
        for low, high, words in ((test.low, test.high, "low"), (test.marked_below, test.marked_above, "marked_below")):
            if low is not None and high is not None and low >= high:
                yield f"{place}.{words}", f"{low:g} is not below {high:g}"
        for end, times in (("low", test.marked_low_times), ("high", test.marked_high_times)):
            if times is not None and not getattr(declared, end) and getattr(test, end) is None:
                yield f"{place}.marked_{end}_times", f"is a multiple of a limit, and there is none; declare `{end}`"
