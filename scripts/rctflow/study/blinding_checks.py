"""Problems of the randomization scheme and of blinding, as the config declares them."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.plan.blinded import SUFFIXES
from rctflow.randomization import scheme_problems
from rctflow.study.blinding import arm_columns
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study
from rctflow.study.planned import table_columns

Problem = tuple[str, str]


def blinding_problems(study: Study) -> Iterator[Problem]:
    """Every problem of the sections ``randomization`` and ``blinding``."""
    yield from _scheme(study)
    for suffix in filter(None, SUFFIXES.values()):
        if study.study.id.endswith(suffix):
            yield "study.id", f"ends on {suffix}, as the results of a blinded study do; choose another id"
    if study.blinding.mode == "dummy" and study.randomization is None:
        yield (
            "blinding.mode",
            "a dummy allocation is drawn from the declared scheme, and there is none; declare `randomization`, such as "
            "{method: permuted_blocks, blocks: [4]}, or write `mode: masked`",
        )
    yield from _hidden(study)
    if study.blinding.mode == "masked":
        yield from _named_arms(study)


def _scheme(study: Study) -> Iterator[Problem]:
    scheme, subjects = study.randomization, study.subjects
    if scheme is None:
        return
    yield from ((f"randomization.{key}", told) for key, told in scheme_problems(scheme, tuple(study.arms.levels)))
    if scheme.order and subjects.table in study.tables:
        known = table_columns(study.tables[subjects.table])
        if scheme.order not in known:
            yield (
                "randomization.order",
                f"{scheme.order!r} is no column of the subjects' table, {subjects.table}. "
                f"{did_you_mean(scheme.order, known)}",
            )
        elif scheme.order in arm_columns(study, subjects.table):
            yield "randomization.order", f"{scheme.order!r} says the arm; name the randomization number or date"
    elif not scheme.order and subjects.randomized is None:
        yield (
            "randomization.order",
            "is needed, since subjects.randomized declares no date; name the column that sorts patients as they were "
            "randomized",
        )


def _hidden(study: Study) -> Iterator[Problem]:
    for name, columns in study.blinding.hide.items():
        path = f"blinding.hide.{name}"
        if name not in study.tables:
            yield path, f"no such table. {did_you_mean(name, study.tables)}"
            continue
        table = study.tables[name]
        known = table_columns(table)
        for column in columns:
            if column not in known:
                more = "(columns that are not declared are never read)"
                yield path, f"{column!r} is no declared column {more}. {did_you_mean(column, known)}"
            elif column in arm_columns(study, name):
                yield path, f"{column!r} says the arm and is replaced anyway; leave it out here"
            elif column in (table.subject, table.visit, table.date, table.day):
                yield path, f"{column!r} says whose row this is, or when; it cannot be emptied"


def _named_arms(study: Study) -> Iterator[Problem]:
    """Conditions that name an arm: when arms are masked nobody fulfils them."""
    names = {name for arm, plan in study.arms.levels.items() for name in (arm, plan.label, *plan.values)}
    wheres = {f"populations.{name}.where": plan.where for name, plan in study.populations.items()}
    wheres |= {f"subjects.flags.{name}.where": flag.where for name, flag in study.subjects.flags.items()}
    for path, where in wheres.items():
        for name in sorted(names):
            if f"'{name}'" in where or f'"{name}"' in where:
                remedy = "write it without, or use `mode: dummy`"
                yield path, f"names the arm {name!r}, which a masked study does not show; {remedy}"
