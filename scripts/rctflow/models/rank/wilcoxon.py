"""The model ``wilcoxon``: at each visit, who does better, tested by ranks within the strata as randomized.

Per arm n, median and quartiles of the outcome. Per arm other than the reference, both arms' patients only, the win
probability with the test (rank_sum.py, win_probability.py) and the Hodges-Lehmann shift (hodges_lehmann.py). Win means
better for the patient: where lower values are better the outcome's sign is turned for the former; the shift stays on
the outcome's own scale, treated minus reference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rctflow.description import describe_values, quantile_words
from rctflow.models.complete import excluded_words
from rctflow.models.contract import (
    AnalysisData,
    ModelOutput,
    NotEstimable,
    OptionError,
    Row,
    options_from,
    rows_of,
)
from rctflow.models.options import WilcoxonOptions
from rctflow.models.rank.hodges_lehmann import Shift, hodges_lehmann
from rctflow.models.rank.permutation import TooLarge
from rctflow.models.rank.rank_sum import RankSum
from rctflow.models.rank.samples import Array, Samples
from rctflow.models.rank.win_probability import WinProbability, win_probability
from rctflow.models.settings import Analysis, Fit
from rctflow.models.trace import source_records
from rctflow.models.visit import VisitData, visit_data
from rctflow.results import SUPPRESSED, WIN, comparison_name

if TYPE_CHECKING:
    from pandas import DataFrame

WINNING = ("estimate", "se", "z", "p_value", "ci_low", "ci_high")
SHIFT = ("hodges_lehmann_estimate", "hodges_lehmann_ci_low", "hodges_lehmann_ci_high")
QUARTILES = ("median", "q1", "q3")


def fit_wilcoxon(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """Statistics per arm: n, median, q1, q3; per comparison WINNING (unit WIN) and SHIFT (the endpoint's unit).

    ``strata`` of the analysis decides between van Elteren's test and Wilcoxon's; patients of strata without the other
    arm are left out and counted, with status ``fallback``. Raises OptionError.
    """
    options = options_from(WilcoxonOptions, analysis.options)
    if analysis.log or analysis.covariates:
        raise OptionError("ranks take neither `log` nor `covariates`; leave them out")
    analysis = replace(analysis, baseline=False)
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    for visit in data.visits:
        at_visit = visit_data(data, analysis, settings, visit)
        sets[visit] = source_records(data, at_visit.records, analysis)
        rows += _groups(at_visit, settings)
        for arm, other in settings.comparisons:
            rows += Compared(at_visit, arm, replace(settings, reference=other), options).rows()
    return ModelOutput(rows, sets)


def _groups(at_visit: VisitData, settings: Fit) -> Iterator[Row]:
    shared: dict[str, Any] = {"visit": at_visit.visit, "record_set": at_visit.visit}
    outcome, arm_of = at_visit.outcome(), at_visit.records["ARM"].to_numpy()
    for arm in settings.arms:
        values = outcome[arm_of == arm]
        note = excluded_words(at_visit.lost, arm=arm)
        yield Row("n", len(values), group=arm, method="subjects in the model", note=note, **shared)
        found = describe_values(values, at_visit.analysis.confidence, settings.small_cells)
        for name in QUARTILES:
            more = {"status": "not_estimable", "note": SUPPRESSED if len(values) else "no value"}
            method = f"of the {_outcome(at_visit.analysis)}; {quantile_words(settings.small_cells)}"
            who: dict[str, Any] = shared | {"group": arm, "unit": settings.unit, "method": method}
            yield Row(name, found.get(name), **who | ({} if name in found else more))


class Compared:
    """One arm against the reference of ``settings`` at one visit."""

    def __init__(self, at_visit: VisitData, arm: str, settings: Fit, options: WilcoxonOptions) -> None:
        self.at_visit, self.arm, self.settings, self.options = at_visit, arm, settings, options
        self.confidence = at_visit.analysis.confidence
        contrast = comparison_name(arm, settings.reference, "win")
        self.shared: dict[str, Any] = {"visit": at_visit.visit, "record_set": at_visit.visit, "contrast": contrast}

    def rows(self) -> Iterator[Row]:
        """WINNING, then SHIFT."""
        try:
            samples = self._samples()
            statistic = RankSum.of(samples)
            z = statistic.z
            exact, method, p = self._test(samples, statistic)
            winning = win_probability(samples, self.confidence)
            shift, exact = self._shift(samples, exact)
        except NotEstimable as error:
            note = "; ".join(part for part in (str(error), excluded_words(self.at_visit.lost)) if part)
            lacking: dict[str, Any] = {"status": "not_estimable", "note": note, "method": self._name(1)}
            yield from rows_of(dict.fromkeys((*WINNING, *SHIFT)), **self.shared | lacking)
            return
        self._note(samples)
        sign = 1 if self.settings.direction == "higher" else -1
        values = _winning(winning, sign * z, p, sign)
        units = dict.fromkeys(("estimate", "se", "ci_low", "ci_high"), WIN)
        yield from rows_of(values, units, method=method, **self.shared)
        yield from self._shift_rows(shift, exact, len(samples.strata))

    def _samples(self) -> Samples:
        records = self.at_visit.records
        compared = records["ARM"].isin((self.arm, self.settings.reference))
        here = records[compared]
        for arm in (self.arm, self.settings.reference):
            if not here["ARM"].eq(arm).any():
                raise NotEstimable(f"no subject of {arm} can be analysed at {self.at_visit.visit}")
        stratum = [" ".join(map(str, row)) for row in here[list(self.at_visit.factors)].to_numpy()]
        outcome: Array = self.at_visit.outcome()[compared.to_numpy()]
        samples = Samples.of(outcome, here["ARM"].eq(self.arm).to_numpy(bool), stratum)
        if not samples.strata:
            raise NotEstimable("no stratum has patients of both arms")
        return samples

    def _test(self, samples: Samples, statistic: RankSum) -> tuple[bool, str, float]:
        """Whether the test is exact, the method in words, and p."""
        strata = len(samples.strata)
        head = f"{self._name(strata)} of the {_outcome(self.at_visit.analysis)}"
        tail = (
            f"win probability: a patient of {self.arm} does better than one of {self.settings.reference}"
            f"{' of the same stratum' if strata > 1 else ''}, ties half, {100 * self.confidence:g} % interval of "
            "score type (Newcombe 2006, method 5, with the factor for ties)"
        )
        why = f"more than {self.options.exact_up_to} patients"
        if samples.n <= self.options.exact_up_to:
            try:
                p = statistic.exact_p()
                return True, f"{head}, exact two-sided p over all allocations to the arms; {tail}", p
            except TooLarge:
                why = "too many values for the exact law"
        continuity = self.options.continuity and strata == 1
        how = f"two-sided p of the normal law {'with' if continuity else 'without'} continuity correction ({why})"
        return False, f"{head}, {how}; {tail}", statistic.normal_p(continuity)

    def _name(self, strata: int) -> str:
        if not self.at_visit.factors:
            return "Wilcoxon rank-sum test, midranks"
        kept = f" ({strata} strata)" if strata > 1 else ""
        return f"Van Elteren test within {' x '.join(self.at_visit.factors)}{kept}, midranks"

    def _note(self, samples: Samples) -> None:
        notes = [excluded_words(self.at_visit.lost)]
        if samples.excluded:
            notes.insert(0, f"{samples.excluded} patients left out: nobody of the other arm in their stratum")
            self.shared["status"] = "fallback"
        self.shared["note"] = "; ".join(note for note in notes if note)

    def _shift(self, samples: Samples, exact: bool) -> tuple[Shift, bool]:
        try:
            return hodges_lehmann(samples, self.confidence, exact), exact
        except TooLarge:
            return hodges_lehmann(samples, self.confidence, exact=False), False

    def _shift_rows(self, shift: Shift, exact: bool, strata: int) -> Iterator[Row]:
        normal = "normal limits of the inverted test" if strata > 1 else "Moses's normal limits"
        limits = "limits by inversion of the exact test, ties included" if exact else normal
        method = f"Hodges-Lehmann shift, {self.arm} minus {self.settings.reference}, {limits}"
        values = (shift.estimate, shift.ci_low, shift.ci_high)
        for name, value in zip(SHIFT, values, strict=True):
            row = Row(name, value, unit=self.settings.unit, method=method, **self.shared)
            if math.isinf(value):
                note = f"no shift on this side is rejected at {1 - self.confidence:.3g}: there are too few patients"
                row = replace(row, value=None, status="not_estimable", note=note)
            yield row


def _winning(found: WinProbability, z: float, p: float, sign: int) -> Mapping[str, float]:
    """WINNING, of the outcome with its sign turned where lower is better."""
    low, high = (found.ci_low, found.ci_high) if sign > 0 else (1 - found.ci_high, 1 - found.ci_low)
    estimate = found.estimate if sign > 0 else 1 - found.estimate
    return dict(zip(WINNING, (estimate, found.se, z, p, low, high), strict=True))


def _outcome(analysis: Analysis) -> str:
    return "change from baseline" if analysis.outcome == "change" else "value"
