"""Binary endpoints and responders at each visit: proportions by arm, and the comparisons that are declared.

Proportions are written in percent, their differences in percentage points, ratios as they are. The first declared
method is the estimate of the analysis; the rows of the others have its name before their statistic.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING, Any

from rctflow.models.binary.adjusted import Adjusted
from rctflow.models.binary.methods import METHODS, Compared, Effect, Method
from rctflow.models.binary.outcome import VisitOutcome, responder_threshold, visit_outcome
from rctflow.models.complete import excluded_words
from rctflow.models.contract import AnalysisData, ModelOutput, NotEstimable, Row, contrast_name, rows_of
from rctflow.models.options import BinaryOptions, ResponderOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.models.trace import source_records
from rctflow.proportions.clopper_pearson import clopper_pearson
from rctflow.proportions.wilson import wilson
from rctflow.results import PERCENT, POINTS
from rctflow.settings import settings_from

if TYPE_CHECKING:
    from pandas import DataFrame

Options = BinaryOptions | ResponderOptions
OF_ARM = ("proportion", "ci_low", "ci_high", "exact_ci_low", "exact_ci_high")
SCALED = ("estimate", "se", "ci_low", "ci_high")
"""The statistics of a difference that have its unit."""


def fit_binary(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """An endpoint whose value is 1 (event) or 0, per visit: n, events and proportion of each arm, and comparisons.

    Statistics per arm: n, events, proportion (%) with Wilson's interval (ci_low, ci_high) and the exact one
    (exact_ci_low, exact_ci_high), standardized_proportion and standardized_se when that method is declared; per
    contrast: those of the methods (methods.py). What the data do not determine is ``not_estimable`` with the reason.
    Raises FitDataError on a value other than 0 and 1.
    """
    return _fitted(data, analysis, settings, settings_from(BinaryOptions, analysis.options))


def fit_responder(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """The same of responders: change (or value) at least the threshold in the direction that is better.

    Raises FitDataError when neither ``at_least`` nor the endpoint's mcid is declared.
    """
    return _fitted(data, analysis, settings, settings_from(ResponderOptions, analysis.options))


def _fitted(data: AnalysisData, analysis: Analysis, settings: Fit, options: Options) -> ModelOutput:
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    for visit in data.visits:
        outcome = visit_outcome(data, analysis, settings, options, visit)
        rows += VisitRows(outcome, analysis, settings, options, visit).rows()
        sets[visit] = source_records(data, outcome.records, analysis)
    return ModelOutput(rows, sets)


class VisitRows:
    """The rows of one visit."""

    def __init__(self, outcome: VisitOutcome, analysis: Analysis, settings: Fit, options: Options, visit: str) -> None:
        self.outcome, self.analysis, self.settings, self.options = outcome, analysis, settings, options
        self.shared: dict[str, Any] = {"visit": visit, "record_set": visit}
        self.adjusted = Adjusted(outcome, settings, options)
        self.rule = rule_words(analysis, settings, options)
        self.level = f"{100 * analysis.confidence:g} %"

    def rows(self) -> list[Row]:
        """Arms, then the contrasts of each method in the declared order."""
        rows = [row for arm in self.settings.arms for row in self._of_arm(arm)]
        for place, name in enumerate(self.options.methods):
            for arm, other in self.settings.comparisons:
                rows += self._of_contrast(name, arm, other, f"{name}_" if place else "")
        return rows

    def _of_arm(self, arm: str) -> Iterator[Row]:
        of_arm = self.outcome.records["ARM"].eq(arm)
        n, events = int(of_arm.sum()), int(self.outcome.response[of_arm.to_numpy()].sum())
        note = excluded_words(self.outcome.at_visit.lost, arm=arm)
        who = self.shared | {"group": arm}
        yield from rows_of({"n": n}, method="subjects analysed", note=self._counted(arm, note), **who)
        yield from rows_of({"events": events}, method=self.rule, note=note, **who)
        method = f"{self.rule}; intervals of Wilson (ci) and of Clopper and Pearson (exact_ci), {self.level}"
        units = dict.fromkeys(OF_ARM, PERCENT)
        if not n:
            why = f"no subject of {arm} can be analysed at {self.shared['visit']}"
            yield from rows_of(
                dict.fromkeys(OF_ARM), units, method=method, status="not_estimable", note=_joined(why, note), **who
            )
        else:
            score, exact = (f(events, n, self.analysis.confidence) for f in (wilson, clopper_pearson))
            found = (events / n, score.low, score.high, exact.low, exact.high)
            percent = {name: 100 * value for name, value in zip(OF_ARM, found, strict=True)}
            yield from rows_of(percent, units, method=method, note=note, **who)
        if "standardized" in self.options.methods:
            yield from self._standardized(arm, who)

    def _counted(self, arm: str, note: str) -> str:
        """``note``, and how many subjects were counted without a value."""
        made = self.outcome.records["USUBJID"].isin(self.outcome.imputed) & self.outcome.records["ARM"].eq(arm)
        if not made.any():
            return note
        counted = "with" if self.options.missing == "event" else "without"
        word = "as non-responders" if isinstance(self.options, ResponderOptions) else f"as {counted} the event"
        return _joined(f"{int(made.sum())} subjects without a value counted {word}", note)

    def _standardized(self, arm: str, who: dict[str, Any]) -> Iterator[Row]:
        names = ("standardized_proportion", "standardized_se")
        units = dict.fromkeys(names, PERCENT)
        try:
            values = dict(zip(names, (100 * value for value in self.adjusted.proportion(arm)), strict=True))
            method, status, notes = self.adjusted.method, self.adjusted.status, self.adjusted.notes
        except NotEstimable as error:
            rule = METHODS["standardized"].words
            none = dict.fromkeys(names)
            yield from rows_of(none, units, method=rule, status="not_estimable", note=str(error), **who)
            return
        yield from rows_of(values, units, method=method, status=status, note="; ".join(notes), **who)

    def _of_contrast(self, name: str, arm: str, reference: str, prefix: str) -> Iterator[Row]:
        method = METHODS[name]
        who = self.shared | {"contrast": contrast_name(arm, reference, method.kind == "ratio")}
        lost = excluded_words(self.outcome.at_visit.lost)
        try:
            effect = method.compute(self._compared(arm, reference))
        except NotEstimable as error:
            effect = Effect({}, status="not_estimable", notes=(str(error),))
        who |= {"method": self._words(effect.method or method.words, method)}
        for statistic in effect.statistics or method.statistics:
            yield self._row(prefix, statistic, effect, method, who | {"note": _joined(*effect.notes, lost)})

    def _row(self, prefix: str, statistic: str, effect: Effect, method: Method, who: dict[str, Any]) -> Row:
        unit = method.unit if statistic in SCALED else ""
        value = effect.values.get(statistic)
        if value is not None and isfinite(value):
            factor = 100 if unit == POINTS else 1
            return Row(prefix + statistic, factor * value, unit=unit, status=effect.status, **who)
        if value is not None:
            why = f"an empty cell: {'no upper limit' if statistic == 'ci_high' else 'infinite'}"
        else:
            why = "" if effect.status == "not_estimable" else "the method used has none"
        return Row(
            prefix + statistic, None, unit=unit, status="not_estimable", **who | {"note": _joined(why, who["note"])}
        )

    def _compared(self, arm: str, reference: str) -> Compared:
        counts = self.outcome.counts(arm, reference)
        for name, n in ((arm, counts.n1), (reference, counts.n0)):
            if not n:
                raise NotEstimable(f"no subject of {name} can be analysed at {self.shared['visit']}")
        strata = self.outcome.counts_by_stratum(arm, reference)
        return Compared(arm, reference, counts, strata, self.adjusted, self.analysis.confidence)

    def _words(self, words: str, method: Method) -> str:
        head, _, rest = words.partition("; ")
        level = f"two-sided, {self.level}" if "ci_low" in method.statistics else "two-sided"
        return "; ".join(part for part in (head, self.rule, rest, level) if part)


def rule_words(analysis: Analysis, settings: Fit, options: Options) -> str:
    """What an event is, and what becomes of missing values, in words."""
    if isinstance(options, BinaryOptions):
        words = {
            "excluded": "event: value 1",
            "event": "event: value 1, or no value",
            "no_event": "event: value 1; no value counted as none",
        }
        return words[options.missing]
    least, unit = f"{responder_threshold(options, settings):g}", f" {settings.unit}".rstrip()
    if analysis.outcome == "change":
        rule = f"an improvement of at least {least}{unit}"
    else:
        rule = f"a value of at {'least' if settings.direction == 'higher' else 'most'} {least}{unit}"
    return f"responder: {rule}" + ("; no value counted as no response" if options.missing != "excluded" else "")


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
