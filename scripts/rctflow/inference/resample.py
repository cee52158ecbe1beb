"""Everything that an endpoint's analyses ask to be resampled, as result rows beside the models' own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rctflow.inference.allocations import reference_allocations
from rctflow.inference.bootstrap import bootstrap_rows
from rctflow.inference.comparison import Comparison
from rctflow.inference.leave_one_out import coded, leave_one_out, left_out
from rctflow.inference.randomization_test import Reference, inverted_interval, randomization_test
from rctflow.inference.settings import Resample
from rctflow.inference.statistics import comparisons
from rctflow.models.contract import AnalysisData, NotEstimable, Row
from rctflow.models.endpoint import result_of
from rctflow.models.registry import compared_as
from rctflow.models.select import select_data
from rctflow.models.settings import Analysis, Fit, Resampling
from rctflow.results import Result

if TYPE_CHECKING:
    import pandas as pd

RANDOMIZATION = ("randomization_p_value", "randomization_p_value_se", "randomization_draws")


def resample_endpoint(bds: pd.DataFrame, adsl: pd.DataFrame, settings: Resample) -> list[Result]:
    """The rows of every analysis that declares ``resampling``, in every population.

    bds, adsl: as in docs/architecture.md.
    """
    results: list[Result] = []
    for name, analysis in sorted(settings.fit.analyses.items()):
        for population in analysis.populations:
            data = select_data(bds, adsl, analysis, population, settings.fit)
            rows = [*_tests(data, adsl, analysis, settings), *_at_visit(data, analysis, settings)]
            results += [result_of(row, name, analysis, population, settings.fit) for row in rows]
    return results


def _tests(data: AnalysisData, adsl: pd.DataFrame, analysis: Analysis, settings: Resample) -> Iterator[Row]:
    wanted = analysis.resampling or Resampling()
    if not wanted.randomization_test:
        return
    fit = settings.fit
    try:
        patients, reference = reference_allocations(adsl, data, fit, settings.scheme, wanted)
        found = list(comparisons(data, analysis, fit, patients, reference.allocations))
    except NotEstimable as error:
        yield from _without_values(RANDOMIZATION[0], data.visits, analysis, fit, str(error))
        return
    tested = [row for comparison in found for row in _tested(comparison, reference, analysis, fit)]
    yield from tested
    yield from _unmade(RANDOMIZATION[0], tested, data.visits, analysis, fit)


def _unmade(statistic: str, made: list[Row], visits: Iterable[str], analysis: Analysis, fit: Fit) -> Iterator[Row]:
    """What was asked for and could not be made, so that nothing is missing in silence."""
    there = {(row.visit, row.contrast) for row in made}
    note = "the comparison itself cannot be estimated"
    rows = _without_values(statistic, visits, analysis, fit, note)
    yield from (row for row in rows if (row.visit, row.contrast) not in there)


def _without_values(statistic: str, visits: Iterable[str], analysis: Analysis, fit: Fit, note: str) -> Iterator[Row]:
    for visit in visits:
        for arm, other in fit.comparisons:
            contrast = compared_as(analysis, arm, other)
            yield Row(statistic, None, visit=visit, contrast=contrast, status="not_estimable", note=note)


def _tested(comparison: Comparison, reference: Reference, analysis: Analysis, fit: Fit) -> Iterator[Row]:
    if not math.isfinite(comparison.observed):
        note = comparison.why or "the observed statistic is not a number"
        who: dict[str, Any] = {"visit": comparison.visit, "contrast": comparison.contrast}
        yield Row(RANDOMIZATION[0], None, status="not_estimable", note=note, **who)
        return
    test = randomization_test(comparison.observed, comparison.statistics, reference)
    note = (
        f"the statistic is undefined under {test.undefined} allocations, counted as extreme" if test.undefined else ""
    )
    if comparison.shifts is None:
        why = "no interval: inversion needs a constant additive shift at one visit (ANCOVA of two arms)"
        note = "; ".join(part for part in (note, why) if part)
    shared: dict[str, Any] = {
        "visit": comparison.visit,
        "contrast": comparison.contrast,
        "method": _method(analysis, fit, test.exact),
    }
    values = {RANDOMIZATION[0]: test.p_value, RANDOMIZATION[1]: test.se, RANDOMIZATION[2]: float(test.n)}
    for statistic, value in values.items():
        yield Row(statistic, value, note=note, **shared)
    if comparison.shifts is not None:
        yield from _interval(comparison, reference, analysis, fit, shared)


def _interval(
    comparison: Comparison, reference: Reference, analysis: Analysis, fit: Fit, shared: dict[str, Any]
) -> Iterator[Row]:
    assert comparison.shifts is not None
    ends = inverted_interval(comparison.shifts, reference, analysis.confidence)
    unit = "ratio" if analysis.log else fit.unit
    for statistic, end in zip(("randomization_ci_low", "randomization_ci_high"), ends, strict=True):
        if math.isfinite(end):
            value = math.exp(end) if analysis.log else end
            yield Row(statistic, value, unit=unit, **shared)
        else:
            note = f"no shift is rejected at {1 - analysis.confidence:g}: there are too few allocations"
            yield Row(statistic, None, status="not_estimable", note=note, **shared)


def _method(analysis: Analysis, fit: Fit, exact: bool) -> str:
    how = "all allocations enumerated" if exact else "allocations drawn, p = (1 + b) / (1 + B)"
    null = (
        "no effect of any arm on any patient, dropout included"
        if len(fit.arms) > 2
        else ("no effect on any patient, dropout included")
    )
    statistic = {"ancova": "t of the ANCOVA", "mmrm": "Wald t of the MMRM, fitted again under each allocation"}
    return (
        f"randomization test under the declared scheme, strata and order as randomized, {how}; sharp null: {null}; "
        f"statistic: {statistic.get(analysis.model, f't or z of {analysis.model}')}; two-sided"
    )


def _at_visit(data: AnalysisData, analysis: Analysis, settings: Resample) -> Iterator[Row]:
    """What is made of the one comparison that the endpoint is judged by."""
    wanted, fit, visit = analysis.resampling or Resampling(), settings.fit, settings.visit
    withheld = settings.patients == "withheld"
    asked = ["loo_influence"] * wanted.leave_one_out + ["bootstrap_se"] * (wanted.bootstrap > 0)
    if wanted.leave_one_out and withheld:
        why = "withheld: the data are restricted, and each value would be one patient's"
        yield from _without_values(asked.pop(0), [visit], analysis, fit, why)
    if not asked:
        return
    try:
        left = left_out(data, analysis, fit, visit)
        if wanted.leave_one_out and not withheld:
            names = coded(list(data.subjects.index), wanted.seed) if settings.patients == "coded" else {}
            yield from leave_one_out(left.renamed(names) if names else left, analysis, fit, visit)
            asked.pop(0)
        if wanted.bootstrap:
            made = list(bootstrap_rows(data, analysis, fit, visit, left))
            yield from made
            yield from _unmade("bootstrap_se", made, [visit], analysis, fit)
    except NotEstimable as error:
        for statistic in asked:
            yield from _without_values(statistic, [visit], analysis, fit, str(error))
