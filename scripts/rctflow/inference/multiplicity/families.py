"""Adjusted p-values and decisions of every declared family, as result rows beside those of the analyses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rctflow.errors import RctflowError
from rctflow.hypotheses import Family, Hypothesis
from rctflow.inference.multiplicity import (
    benjamini_hochberg,
    fixed_sequence,
    graphical,
    hochberg,
    holm,
    hommel,
)
from rctflow.inference.multiplicity.adjustment import Adjustment
from rctflow.inference.multiplicity.settings import Multiplicity
from rctflow.results import CONFIRMATORY, NOMINAL, SUPPRESSED, Result

PROCEDURES = {
    "fixed_sequence": fixed_sequence,
    "holm": holm,
    "hochberg": hochberg,
    "hommel": hommel,
    "benjamini_hochberg": benjamini_hochberg,
}
HIDDEN = f"{SUPPRESSED}; a p-value of the family is among them, so that the family cannot be decided here"


class MultiplicityError(RctflowError):
    """A hypothesis names a p-value that the endpoint's result rows do not have."""


def adjust_families(rows_by_endpoint: Mapping[str, Sequence[Result]], settings: Multiplicity) -> list[Result]:
    """Per hypothesis of each family: ``p_value``, ``p_adjusted``, ``rejected`` (1 or 0 at the family's alpha),
    ``order`` (place in the order of testing) and, where the procedure has shares of alpha, ``weight``.

    Statistics are named ``<statistic>:<family>``; estimand, population, analysis, visit and contrast are those of the
    p-value. A p-value that could not be estimated counts as 1: its hypothesis is not rejected. Raises MultiplicityError
    when a p-value has no row.
    """
    found: list[Result] = []
    for name in settings.order:
        family = settings.families[name]
        tested = [_tested(rows_by_endpoint.get(h.endpoint, ()), h, name, settings) for h in family.hypotheses]
        found += _rows(name, family, tested)
    return found


def adjusted(family: Family, p: Sequence[float]) -> Adjustment:
    """The adjusted p-values of ``p``, one for each hypothesis of the family."""
    if family.procedure == "graphical":
        names = [hypothesis.name for hypothesis in family.hypotheses]
        rows = [[family.transitions.get(one, {}).get(other, 0.0) for other in names] for one in names]
        return graphical.adjust(p, [family.weights.get(name, 0.0) for name in names], rows)
    return PROCEDURES[family.procedure].adjust(p)


def method_of(family: Family) -> str:
    """The procedure, its source, what it controls under which dependence, and at which level."""
    procedure = graphical if family.procedure == "graphical" else PROCEDURES[family.procedure]
    number = len(family.hypotheses)
    words = "1 hypothesis" if number == 1 else f"{number} hypotheses"
    return f"{procedure.METHOD}; level {family.alpha:g}, two-sided; {words}"


def _tested(rows: Sequence[Result], hypothesis: Hypothesis, family: str, settings: Multiplicity) -> Result:
    """The row of the p-value that a hypothesis is tested by."""
    row = next((row for row in rows if hypothesis.tests(row, settings.reference)), None)
    if row is None:
        where = (hypothesis.analysis, hypothesis.population, hypothesis.visit)
        there = [row for row in rows if (row.analysis, row.population, row.visit) == where]
        known = ", ".join(dict.fromkeys(f"{row.statistic} of {row.contrast}" for row in there if row.contrast))
        raise MultiplicityError(
            f"multiplicity.families.{family}: the results of {hypothesis.endpoint} have no {hypothesis.statistic} of "
            f"{hypothesis.arm} against {settings.reference} by {'.'.join(where)}, but {known or 'no comparison'}. "
            "Name an analysis, visit, arm and statistic that are there"
        )
    return row


def _rows(name: str, family: Family, tested: Sequence[Result]) -> Iterator[Result]:
    if any(row.note == SUPPRESSED for row in tested):
        yield from (_row(row, statistic, None, name, family, HIDDEN) for row in tested for statistic in _NAMES)
        return
    found = adjusted(family, [1.0 if row.value is None else row.value for row in tested])
    unestimated = sum(row.value is None for row in tested)
    for i, row in enumerate(tested):
        why = f"no p-value: {row.note}" if row.value is None else row.note if row.status == "fallback" else ""
        others = unestimated - (row.value is None)
        counted = f"{others} other p-value{'s' * (others > 1)} of the family not estimable, counted as 1"
        note = "; ".join(part for part in (why, counted if others else "") if part)
        yield _row(row, "p_value", row.value, name, family, note)
        yield _row(row, "p_adjusted", None if row.value is None else found.p_adjusted[i], name, family, note)
        yield _row(row, "rejected", float(_rejected(row, found.p_adjusted[i], family)), name, family, note)
        yield _row(row, "order", float(found.order[i]), name, family, note)
        if found.weights:
            yield _row(row, "weight", found.weights[i], name, family, note)


_NAMES = ("p_value", "p_adjusted", "rejected", "order")


def _rejected(row: Result, p_adjusted: float, family: Family) -> bool:
    return row.value is not None and p_adjusted <= family.alpha


def _kind(statistic: str, family: Family) -> str:
    """Of an unadjusted p-value what it is by itself, of an adjusted one by which procedure."""
    if statistic == "p_adjusted":
        return family.procedure
    return "" if statistic != "p_value" else CONFIRMATORY if family.confirmatory else NOMINAL


def _row(row: Result, statistic: str, value: float | None, name: str, family: Family, note: str) -> Result:
    return replace(
        row,
        model="multiplicity",
        statistic=f"{statistic}:{name}",
        value=value,
        unit="",
        method=row.method if statistic == "p_value" else method_of(family),
        status="not_estimable" if value is None else "fallback" if row.status == "fallback" else "ok",
        note=note,
        multiplicity=_kind(statistic, family),
    )
