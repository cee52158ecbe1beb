"""Left-censored ANCOVA at each visit: the comparison of arms when values lie below the quantification limit.

    y_i = arm_i + b baseline_i + d [baseline below the limit]_i + strata_i + covariates_i + s e_i,   e_i ~ N(0, 1)

on the log scale with ``log``; of a value below the limit only that it is below is used (likelihood.py). Maximum
likelihood divides by n, which is too small a variance for the size of a trial: the covariance is multiplied by
n / (n - p), p coefficients, and Student's t with n - p degrees of freedom takes the place of the normal, so that with
nothing censored estimate, standard error, interval and p-value are those of ANCOVA. ``interval: profile`` takes the
profile likelihood instead (profile.py). LS means as in linear.py.

When more than ``detection_above`` per cent of an arm's values lie below the limit, its mean is an extrapolation: the
arm is then compared by whether the substance was detected (Fisher's exact test), and nothing else is given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rctflow.models.censored.data import LimitedVisit, above_the_limit, limited_visit
from rctflow.models.censored.existence import unbounded_values
from rctflow.models.censored.likelihood import fit_censored_normal
from rctflow.models.censored.words import DETECTION, joined, method_words, too_few_detected, unbounded_words
from rctflow.models.complete import excluded_words
from rctflow.models.contract import (
    AnalysisData,
    ModelOutput,
    NotEstimable,
    Row,
    contrast_name,
    options_from,
    rows_of,
    statistics_of_contrasts,
    statistics_of_groups,
)
from rctflow.models.linear import Array, ColumnSpace, Estimate, build_design
from rctflow.models.options import CensoredOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.models.trace import source_records
from rctflow.proportions.counts import Counts
from rctflow.proportions.fisher import fisher

if TYPE_CHECKING:
    from pandas import DataFrame

Z_FOR_T = {"t": "z"}


def fit_censored(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """At each visit, per arm n, n_below, percent_below and LS mean; per arm other than the reference the comparison.

    Statistics as those of ``ancova``; with ``interval: profile`` z stands for t, and there is no df. Where an arm is
    compared by detection alone, p_value is that of Fisher's exact test with status ``fallback``, and the other
    statistics are ``not_estimable``. Raises OptionError.
    """
    options = options_from(CensoredOptions, analysis.options)
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    for visit in data.visits:
        limited = limited_visit(data, analysis, settings, options, visit)
        rows += CensoredVisit(limited, analysis, settings, options).rows()
        sets[visit] = source_records(data, limited.at_visit.records, analysis)
    return ModelOutput(rows, sets)


class CensoredVisit:
    """One visit: its counts, its fit as far as there is one, and the comparison of each arm with the reference."""

    def __init__(self, limited: LimitedVisit, analysis: Analysis, settings: Fit, options: CensoredOptions) -> None:
        self.limited, self.analysis, self.settings, self.options = limited, analysis, settings, options
        arm_of = limited.at_visit.records["ARM"].to_numpy(str)
        self.n = {arm: int((arm_of == arm).sum()) for arm in settings.arms}
        self.n_below = {arm: int((limited.below & (arm_of == arm)).sum()) for arm in settings.arms}
        self.shared: dict[str, Any] = {"visit": limited.at_visit.visit, "record_set": limited.at_visit.visit}
        self.fit: VisitFit | None = None
        self.reason = ""
        try:
            self.fit = VisitFit(limited, analysis, settings, options)
        except NotEstimable as error:
            self.reason = str(error)
        self.note = joined(*(self.fit.notes if self.fit else ()), excluded_words(limited.at_visit.lost))

    def rows(self) -> Iterator[Row]:
        """Counts, LS means, contrasts, each in the order of the arms."""
        yield from self._counts()
        for arm in self.settings.arms:
            yield from self._report(self._names(statistics_of_groups), (arm,), group=arm)
        for arm, other in self.settings.comparisons:
            name = contrast_name(arm, other, self.analysis.log)
            yield from self._report(self._names(statistics_of_contrasts), (arm, other), contrast=name)

    def _counts(self) -> Iterator[Row]:
        for arm in self.settings.arms:
            note = excluded_words(self.limited.at_visit.lost, arm=arm)
            shared = self.shared | {"group": arm}
            yield from rows_of({"n": self.n[arm]}, method="subjects in the model", note=note, **shared)
            method = "of those, with a value below the limit of quantification"
            yield from rows_of({"n_below": self.n_below[arm]}, method=method, **shared)
            percent = self._percent_below(arm)
            absent = {"status": "not_estimable", "note": "no subject"} if percent is None else {}
            yield from rows_of({"percent_below": percent}, {"percent_below": "%"}, method=method, **shared, **absent)

    def _names(self, statistics: Any) -> tuple[str, ...]:
        names: tuple[str, ...] = statistics(self.analysis.log)
        if self.options.interval == "t":
            return names
        return tuple(Z_FOR_T.get(name, name) for name in names if name != "df")

    def _report(self, names: tuple[str, ...], arms: tuple[str, ...], **who: Any) -> Iterator[Row]:
        terms = self.fit.terms if self.fit else ()
        shared = self.shared | {"method": method_words(self.analysis, self.options, terms), **who}
        try:
            values = self._values(arms)
        except NotEstimable as error:
            shared |= {"status": "not_estimable", "note": joined(str(error), self.note)}
            detected = self._detection(arms)
            for name in names:
                if name == "p_value" and detected is not None:
                    test = {"status": "fallback", "method": DETECTION, "note": f"{DETECTION}; {shared['note']}"}
                    yield from rows_of({name: detected}, **shared | test)
                else:
                    yield from rows_of({name: None}, **shared)
            return
        ratio = self.analysis.log and ("contrast" in who or self.analysis.outcome == "change")
        unit = "ratio" if ratio else self.settings.unit
        units = dict.fromkeys(("lsmean", "estimate", "se", "ci_low", "ci_high"), unit)
        shared |= {"status": "fallback" if self.fit and self.fit.fell_back else "ok", "note": self.note}
        yield from rows_of({name: values[name] for name in names}, units, **shared)

    def _values(self, arms: tuple[str, ...]) -> dict[str, float]:
        for arm in arms:
            if not self.n[arm]:
                raise NotEstimable(f"no subject of {arm} can be analysed at {self.limited.at_visit.visit}")
            if self._mostly_below(arm):
                raise NotEstimable(too_few_detected(arm, self.n_below[arm], self.n[arm], self.options.detection_above))
        if self.fit is None:
            raise NotEstimable(self.reason)
        return self.fit.values(*arms)

    def _percent_below(self, arm: str) -> float | None:
        return 100 * self.n_below[arm] / self.n[arm] if self.n[arm] else None

    def _mostly_below(self, arm: str) -> bool:
        percent = self._percent_below(arm)
        return percent is not None and percent > self.options.detection_above

    def _detection(self, arms: tuple[str, ...]) -> float | None:
        """p of the detection, where that is the declared comparison of two arms."""
        if len(arms) != 2 or not all(map(self.n.get, arms)) or not any(map(self._mostly_below, arms)):
            return None
        arm, reference = arms
        return fisher(Counts(self.n_below[arm], self.n[arm], self.n_below[reference], self.n[reference]))


class VisitFit:
    """The fitted model of one visit. Raises NotEstimable when there is none.

    notes: what had to be dropped, and what is taken otherwise than it was measured; fell_back: whether a declared term
    or a value had to be.
    """

    def __init__(self, limited: LimitedVisit, analysis: Analysis, settings: Fit, options: CensoredOptions) -> None:
        if not len(limited.below):
            raise NotEstimable(f"no subject has everything that the model needs at {limited.at_visit.visit}")
        self.analysis, self.options = analysis, options
        self._build(limited, settings)
        unbounded = unbounded_values(self.space.basis, limited.censored)
        if unbounded.all():
            raise NotEstimable("all values are below the limit")
        if unbounded.any():
            limited = limited.take(~unbounded)
            self._build(limited, settings)
        self.value, self.censored = limited.outcome(), limited.censored
        self.fit = fit_censored_normal(self.space.basis, self.value, self.censored)
        self.df = len(self.value) - self.space.rank
        self.terms = ("arm", *(term.name for term in self.design.terms))
        upper = above_the_limit(limited.at_visit.records)
        self.fell_back = bool(self.design.dropped or unbounded.any())
        self.notes = (
            *self.design.dropped,
            unbounded_words(int(unbounded.sum())),
            f"{upper} values above an upper limit are taken as the endpoint's rule says" if upper else "",
        )

    def _build(self, limited: LimitedVisit, settings: Fit) -> None:
        arm_of = limited.at_visit.records["ARM"].tolist()
        arms = tuple(arm for arm in settings.arms if arm in set(arm_of))
        self.design = build_design(arm_of, arms, limited.terms(self.options.weights))
        self.space = ColumnSpace(self.design)

    def values(self, arm: str, reference: str = "") -> dict[str, float]:
        """The statistics of an LS mean, or of its difference to that of ``reference``. Raises NotEstimable."""
        for name in (arm, reference):
            if name and name not in self.design.arms:
                raise NotEstimable(f"every value of {name} that the model can use is below the limit")
        function = self.design.difference(arm, reference) if reference else self.design.lsmean(arm)
        along = self.space.coordinates(function)
        return self._profile(along) if self.options.interval == "profile" else self._student(along)

    def _student(self, along: Array) -> dict[str, float]:
        variance = float(along @ self.fit.covariance @ along) * len(self.value) / self.df
        estimate = Estimate(float(along @ self.fit.coefficients), math.sqrt(variance), self.df)
        values = self._reported(estimate.value, estimate.se, estimate.interval(self.analysis.confidence))
        return values | {"df": float(estimate.df), "t": estimate.t, "p_value": estimate.p_value}

    def _profile(self, along: Array) -> dict[str, float]:
        from scipy.special import ndtr

        from rctflow.models.censored.profile import Profile

        profile = Profile(self.fit, self.space.basis, self.value, self.censored, along)
        values = self._reported(profile.estimate, profile.se, profile.interval(self.analysis.confidence))
        z = profile.root(0.0)
        return values | {"z": z, "p_value": float(2 * ndtr(-abs(z)))}

    def _reported(self, value: float, se: float, ends: tuple[float, float]) -> dict[str, float]:
        back = math.exp if self.analysis.log else float
        low, high = ends
        values = {"lsmean": back(value), "estimate": back(value), "se": se, "se_log": se}
        return values | {"ci_low": back(low), "ci_high": back(high)}
