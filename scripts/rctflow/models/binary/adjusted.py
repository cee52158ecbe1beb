"""The logistic model of one visit, fitted once for all comparisons, and what is done when it cannot be fitted."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from rctflow.models.binary.logistic import Separation
from rctflow.models.binary.outcome import RESPONSE, VisitOutcome
from rctflow.models.binary.standardization import Standardized, standardized
from rctflow.models.contract import NotEstimable
from rctflow.models.linear import Design, build_design
from rctflow.models.options import BinaryOptions, ResponderOptions
from rctflow.models.settings import Fit
from rctflow.results import Status

INTERVALS = {
    "t": "variance times n / (n - p), Student's t interval and test with n - p df",
    "normal": "normal interval and test",
}
VARIANCES = {
    "ye": "variance of Ye, Bannick, Yi and Shao",
    "ye_permuted_blocks": "variance of Ye, Bannick, Yi and Shao for permuted blocks within strata",
    "ge": "variance of Ge et al. (delta method)",
}


class Adjusted:
    """Proportions standardized over the subjects of the arms that have both outcomes."""

    def __init__(self, outcome: VisitOutcome, settings: Fit, options: BinaryOptions | ResponderOptions) -> None:
        self._outcome, self._options = outcome, options
        self._events = {
            arm: outcome.records.loc[outcome.records["ARM"].eq(arm), RESPONSE].tolist() for arm in settings.arms
        }
        self.arms = tuple(arm for arm, events in self._events.items() if len(set(events)) == 2)

    def why_not(self, *arms: str) -> str:
        """Why these arms cannot be compared by the model: nobody or everybody of one has the event; else ""."""
        return "; ".join(self._constant(arm) for arm in arms if arm not in self.arms)

    def _constant(self, arm: str) -> str:
        if not self._events[arm]:
            return f"no subject of {arm} can be analysed"
        return f"{'everybody' if self._events[arm][0] else 'nobody'} of {arm} has the event"

    def difference(self, arm: str, reference: str) -> tuple[float, float]:
        """The standardized difference and its standard error. Raises NotEstimable."""
        difference, se = self._fit.difference(self.arms.index(arm), self.arms.index(reference))
        return difference, se * self._inflation

    @property
    def df(self) -> int | None:
        """Degrees of freedom n - p of Student's t, p the coefficients of the model; None for the normal interval.

        Raises NotEstimable when none are left.
        """
        if self._options.interval == "normal":
            return None
        rank = int(np.linalg.matrix_rank(self._design.matrix))
        df = len(self._chosen.records) - rank
        if df < 1:
            raise NotEstimable(f"{len(self._chosen.records)} subjects for {rank} coefficients leave no df")
        return df

    @property
    def _inflation(self) -> float:
        """What the small sample adds to a standard error: sqrt(n / (n - p)), 1 for the normal interval."""
        df = self.df
        return 1.0 if df is None else float(np.sqrt(len(self._chosen.records) / df))

    def proportion(self, arm: str) -> tuple[float, float]:
        """The standardized proportion of ``arm`` and its standard error. Raises NotEstimable."""
        if why := self.why_not(arm):
            raise NotEstimable(why)
        at = self.arms.index(arm)
        return float(self._fit.proportions[at]), float(np.sqrt(self._fit.covariance[at, at])) * self._inflation

    @property
    def method(self) -> str:
        """The exact method, in words."""
        terms = " + ".join(("arm", *(term.name for term in self._design.terms)))
        by = "Firth's penalized likelihood" if self._penalized else "maximum likelihood"
        return (
            f"Difference of proportions standardized by a logistic model; terms: {terms}; {by}; "
            f"{VARIANCES[self._options.variance]}; {INTERVALS[self._options.interval]}"
        )

    @property
    def status(self) -> Status:
        """``fallback`` when a term or the likelihood had to be left."""
        return "fallback" if self.notes else "ok"

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be left, and why."""
        apart = "the covariates separate those with the event: penalized instead of maximum likelihood"
        return (*self._design.dropped, *([apart] if self._penalized else []))

    @cached_property
    def _chosen(self) -> VisitOutcome:
        at_visit = self._outcome.at_visit
        kept = at_visit.records[at_visit.records["ARM"].isin(self.arms)]
        return replace(self._outcome, at_visit=replace(at_visit, records=kept))

    @cached_property
    def _design(self) -> Design:
        terms = self._chosen.at_visit.terms("equal")
        return build_design(self._chosen.records["ARM"].tolist(), self.arms, terms)

    @cached_property
    def _fitted(self) -> tuple[Standardized, bool]:
        """The fit, and whether it is penalized."""
        k = len(self.arms)
        arm, covariates = self._design.matrix[:, :k], self._design.matrix[:, k:]
        chosen, variance = self._chosen, self._options.variance
        try:
            return standardized(arm, covariates, chosen.response, variance, chosen.strata), False
        except Separation:
            pass
        try:
            return standardized(arm, covariates, chosen.response, variance, chosen.strata, penalized=True), True
        except Separation as error:
            raise NotEstimable("the penalized likelihood did not converge") from error

    @property
    def _fit(self) -> Standardized:
        return self._fitted[0]

    @property
    def _penalized(self) -> bool:
        return self._fitted[1]
