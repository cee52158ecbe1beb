"""Analysis sets that select patients by what happened to them after randomization."""

from __future__ import annotations

from rctflow.expressions import ExpressionError, parse
from rctflow.study.model import Study
from rctflow.study.planned import population_flag

AFTER_RANDOMIZATION = ("TRT01A", "TRTSDT", "TRTEDT", "EOSDT", "EOSSTT", "DCSREAS", "DTHDT")
ARM_RECEIVED = "the arm received"


def selects_after_randomization(study: Study, population: str) -> str:
    """The variables by which a population selects what happened after randomization ("" when by none, or justified).

    A population that asks for the flag of another one selects as that one does.
    """
    plan = study.populations.get(population)
    if plan is None or plan.justification:
        return ""
    flags = {population_flag(study, other): other for other in study.populations if other != population}
    later: set[str] = set()
    for column in _columns(plan.where):
        if column in flags and column not in study.subjects.flags:
            later |= set(filter(None, selects_after_randomization(study, flags[column]).split(", ")))
        elif column in (*AFTER_RANDOMIZATION, *study.subjects.flags):
            later.add(column)
    if plan.arm == "actual":
        later.add(ARM_RECEIVED)
    return ", ".join(sorted(later, key=lambda name: (name == ARM_RECEIVED, name)))


def _columns(where: str) -> frozenset[str]:
    try:
        return parse(where).columns if where else frozenset()
    except ExpressionError:  # told where the populations are checked
        return frozenset()
