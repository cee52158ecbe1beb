"""One visit of one analysis as a model of means sees it: who has everything needed, the outcome, the covariates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctflow.models.complete import complete_records
from rctflow.models.contract import AnalysisData, NotEstimable
from rctflow.models.linear import Array, Term, factor_term, numeric_term
from rctflow.models.settings import Analysis, Fit

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class VisitData:
    """The subjects analysed at one visit.

    records: their BDS records with ARM and the ADSL columns of strata and covariates, sorted by USUBJID. lost:
    the records of the subjects with a value who lack a baseline value, stratum or covariate (complete.py).
    """

    visit: str
    records: DataFrame
    lost: DataFrame
    analysis: Analysis
    factors: tuple[str, ...]

    def outcome(self) -> Array:
        """Change or value (n,), or its logarithm ln(AVAL / BASE), ln(AVAL). Raises NotEstimable on a value <= 0."""
        change = self.analysis.outcome == "change"
        if not self.analysis.log:
            return self._numbers("CHG" if change else "AVAL")
        value = self._logarithm("AVAL")
        return value - self._logarithm("BASE") if change else value

    def terms(self, weights: str) -> list[Term]:
        """Baseline, strata and covariates, in this order; strata and text columns are factors.

        weights: of the levels of factors in LS means. Raises NotEstimable on a baseline <= 0 of a logarithmic analysis.
        """
        terms: list[Term] = []
        if self.analysis.baseline:
            values = self._logarithm("BASE") if self.analysis.log else self._numbers("BASE")
            terms.append(numeric_term("baseline", values))
        for name in (*self.factors, *self.analysis.covariates):
            if name in self.factors or self.records[name].dtype.kind not in "iuf":
                levels = [_level(value) for value in self.records[name]]
                terms.append(factor_term(name, levels, weights))
            else:
                terms.append(numeric_term(name, self._numbers(name)))
        return terms

    def _numbers(self, column: str) -> Array:
        return self.records[column].to_numpy(float)

    def _logarithm(self, column: str) -> Array:
        values = self._numbers(column)
        if bool((values <= 0).any()):
            raise NotEstimable(f"{int((values <= 0).sum())} values of {column} are not positive and have no logarithm")
        return np.log(values)


def visit_data(data: AnalysisData, analysis: Analysis, settings: Fit, visit: str) -> VisitData:
    """The records of ``visit`` of the subjects who have outcome, baseline (when used), strata and covariates."""
    factors = settings.strata if analysis.strata else ()
    columns = list(dict.fromkeys((*factors, *analysis.covariates)))
    records = data.records[data.records["AVISIT"].eq(visit)]
    records = records.drop(columns=columns, errors="ignore").join(data.subjects[columns], on="USUBJID")
    baseline = ["BASE"] if analysis.baseline or (analysis.log and analysis.outcome == "change") else []
    change = ["CHG"] if analysis.outcome == "change" else []
    records, lost = complete_records(records, [*baseline, *change, *columns])
    return VisitData(visit, records, lost, analysis, factors)


def _level(value: object) -> str:
    """The name of a factor's level; 1.0 and 1 are one level."""
    return f"{value:g}" if isinstance(value, float) else str(value)
