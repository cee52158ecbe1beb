"""One visit of one analysis with its values below the quantification limit: which they are, and what stands for them.

A value below the limit has AVALC ``<x``; AVAL is then what the endpoint's ``below`` says, which is not used here. The
baseline has x / 2 in its place, and an indicator covariate of its own (``baseline below the limit``), which takes up
whatever the substitution gets wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rctflow.models.contract import AnalysisData
from rctflow.models.linear import Array, Term, numeric_term
from rctflow.models.options import CensoredOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.models.visit import VisitData, visit_data

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from rctflow.models.censored.likelihood import Flags

SHARE = {"half": 0.5, "sqrt2": 1 / np.sqrt(2)}
"""Substitution -> the share of the limit that stands for a value below it."""
INDICATOR = "baseline below the limit"


@dataclass(frozen=True)
class LimitedVisit:
    """at_visit: its records, AVAL being the limit or what is substituted, BASE half the limit, CHG their difference.

    below: (n,) the records below the limit; censored: (n,) those of them that the likelihood takes as such (none when a
    value is substituted). baseline_below: (n,) whose baseline is.
    """

    at_visit: VisitData
    below: Flags
    censored: Flags
    baseline_below: Flags

    def take(self, kept: Flags) -> LimitedVisit:
        """The same visit with the records ``kept`` (n,)."""
        at_visit = replace(self.at_visit, records=self.at_visit.records[kept])
        return LimitedVisit(at_visit, self.below[kept], self.censored[kept], self.baseline_below[kept])

    def outcome(self) -> Array:
        """(n,) the values, or the limits of those below. Raises NotEstimable on a value <= 0 of a logarithm."""
        return self.at_visit.outcome()

    def terms(self, weights: str) -> list[Term]:
        """The covariates; the indicator of baselines below the limit where there are some, and some that are not."""
        terms = self.at_visit.terms(weights)
        mixed = bool(self.baseline_below.any() and not self.baseline_below.all())
        if not (self.at_visit.analysis.baseline and mixed):
            return terms
        return [terms[0], numeric_term(INDICATOR, self.baseline_below.astype(float)), *terms[1:]]


def limited_visit(
    data: AnalysisData, analysis: Analysis, settings: Fit, options: CensoredOptions, visit: str
) -> LimitedVisit:
    """The records of ``visit`` of the subjects who have everything that the model needs."""
    at_visit = visit_data(data, analysis, settings, visit)
    records = at_visit.records
    first = data.baseline.set_index("USUBJID").reindex(records["USUBJID"])
    below, limit = _limits(records["AVALC"])
    baseline_below, baseline_limit = _limits(first["AVALC"])
    share = SHARE.get(options.below, 1.0)
    value = np.where(below, share * limit, records["AVAL"].to_numpy(float))
    base = np.where(baseline_below, SHARE["half"] * baseline_limit, records["BASE"].to_numpy(float))
    records = records.assign(AVAL=value, BASE=base, CHG=value - base)
    censored = below if options.below == "censored" else np.zeros(len(records), dtype=bool)
    return LimitedVisit(replace(at_visit, records=records), below, censored, baseline_below)


def _limits(text: Series) -> tuple[Flags, Array]:
    """(n,) who is below the limit, and the limit (nan elsewhere), from AVALC."""
    below = text.str.startswith("<", na=False).to_numpy(bool)
    limit = np.full(len(text), np.nan)
    limit[below] = [float(written[1:]) for written in text[below]]
    return below, limit


def above_the_limit(records: DataFrame) -> int:
    """How many records have a value above an upper limit (AVALC ``>x``)."""
    return int(records["AVALC"].str.startswith(">", na=False).sum())
