"""Who has the event at a visit: values of 0 and 1, or responders by a rule; and what becomes of missing values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctflow.models.binary.logistic import Array
from rctflow.models.complete import complete_records
from rctflow.models.contract import AnalysisData, FitDataError
from rctflow.models.options import BinaryOptions, ResponderOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.models.visit import VisitData
from rctflow.proportions.counts import Counts

if TYPE_CHECKING:
    from pandas import DataFrame, Series

RESPONSE = "RESPONSE"
NUMBERS = ("AVAL", "BASE", "CHG", "SRCSEQ", RESPONSE)
ROUNDING = 1e-9
"""A change short of the threshold by less than this share of it is a rounding error of the subtraction."""


@dataclass(frozen=True)
class VisitOutcome:
    """The subjects analysed at one visit.

    at_visit: their records with ARM, strata, covariates and RESPONSE (0 or 1), and those that were left out. imputed:
    USUBJID of the members without a value whose missing value was counted as declared.
    """

    at_visit: VisitData
    imputed: Series

    @property
    def records(self) -> DataFrame:
        """The records of the subjects analysed."""
        return self.at_visit.records

    @property
    def response(self) -> Array:
        """(n,) 0 or 1."""
        return self.records[RESPONSE].to_numpy(float)

    @property
    def strata(self) -> list[str]:
        """(n,) the joint level of the strata as randomized; one level without strata."""
        factors = list(self.at_visit.factors)
        return [" x ".join(map(str, row)) for row in self.records[factors].itertuples(index=False)]

    def counts(self, arm: str, reference: str, chosen: Sequence[bool] | None = None) -> Counts:
        """Events and subjects of two arms, of all subjects or of the chosen ones."""
        records = self.records if chosen is None else self.records[np.array(chosen, bool)]
        of = {name: records.loc[records["ARM"].eq(name), RESPONSE] for name in (arm, reference)}
        return Counts(int(of[arm].sum()), len(of[arm]), int(of[reference].sum()), len(of[reference]))

    def counts_by_stratum(self, arm: str, reference: str) -> list[Counts]:
        """The same in each stratum, sorted by its name."""
        strata = self.strata
        return [self.counts(arm, reference, [s == name for s in strata]) for name in sorted(set(strata))]


def visit_outcome(
    data: AnalysisData, analysis: Analysis, settings: Fit, options: BinaryOptions | ResponderOptions, visit: str
) -> VisitOutcome:
    """The subjects who have everything needed at ``visit``, and who of them has the event.

    Raises FitDataError when a binary endpoint has another value than 0 and 1.
    """
    factors = settings.strata if analysis.strata else ()
    joined = list(dict.fromkeys((*factors, *analysis.covariates)))
    records = data.records[data.records["AVISIT"].eq(visit)]
    records = records.assign(RESPONSE=_response(records, analysis, settings, options))
    imputed = options.missing != "excluded"
    if imputed:
        records = _with_absent(records, data, visit, float(options.missing == "event"))
    records = records.drop(columns=joined, errors="ignore").join(data.subjects[joined], on="USUBJID")
    needed = (["BASE"] if analysis.baseline else []) + joined + ([] if imputed else [RESPONSE])
    records, lost = complete_records(records.sort_values("USUBJID", kind="stable"), needed)
    lost = lost.replace({"LACKING": {RESPONSE: "baseline value"}})
    made = records.loc[records["SRCDOM"].eq("") & records["AVAL"].isna(), "USUBJID"]
    return VisitOutcome(VisitData(visit, records, lost, analysis, tuple(factors)), made)


def _response(
    records: DataFrame, analysis: Analysis, settings: Fit, options: BinaryOptions | ResponderOptions
) -> Series:
    """1 for the event, 0 without it, missing when it cannot be told."""
    values = records["CHG" if analysis.outcome == "change" else "AVAL"]
    if isinstance(options, ResponderOptions):
        threshold = responder_threshold(options, settings)
        sign = 1 if settings.direction == "higher" else -1
        slack = ROUNDING * max(1.0, abs(threshold))
        beyond = sign * values - (threshold if analysis.outcome == "change" else sign * threshold) >= -slack
        return beyond.astype(float).where(values.notna())
    stray = values[values.notna() & ~values.isin([0, 1])]
    if len(stray):
        raise FitDataError(
            f"{settings.endpoint}: the model binary needs values of 0 and 1, and subject "
            f"{records.loc[stray.index[0], 'USUBJID']} has {stray.iloc[0]:g}; use the model responder with at_least"
        )
    return values


def responder_threshold(options: ResponderOptions, settings: Fit) -> float:
    """``at_least``, else the endpoint's mcid. Raises FitDataError without either."""
    threshold = settings.mcid if options.at_least is None else options.at_least
    if threshold is None:
        raise FitDataError(f"{settings.endpoint} declares no mcid; write options: {{at_least: ...}} or an mcid")
    return threshold


def _with_absent(records: DataFrame, data: AnalysisData, visit: str, value: float) -> DataFrame:
    """``records`` and a record without source for every member without a value: its response is ``value``."""
    from pandas import concat

    known = records[records[RESPONSE].notna()]
    absent = data.subjects[~data.subjects.index.isin(known["USUBJID"])].rename_axis("USUBJID").reset_index()
    base = absent["USUBJID"].map(data.baseline.set_index("USUBJID")["AVAL"]).astype(float)
    made = absent[["USUBJID", "ARM"]].assign(AVISIT=visit, BASE=base, RESPONSE=value).reindex(columns=records.columns)
    text = [name for name in records.columns if name not in NUMBERS]
    made[text] = made[text].astype("string").fillna("")
    return concat([known, made.astype(records.dtypes.to_dict())]) if len(made) else known
