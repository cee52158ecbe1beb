"""The rows and the formula of a longitudinal model: one row per subject and visit who has everything that it needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctflow.models.complete import complete_records
from rctflow.models.contract import AnalysisData, NotEstimable
from rctflow.models.options import MmrmOptions
from rctflow.models.settings import Analysis, Fit

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ROUNDING = 1e-12  # a change that is computed keeps so much of the digits of the values
SUBJECT, VISIT, ARM, OUTCOME, BASELINE = "USUBJID", "AVISIT", "ARM", "OUTCOME", "BASELINE"


@dataclass(frozen=True)
class Longitudinal:
    """rows: USUBJID, AVISIT and ARM (ordered as declared), OUTCOME, BASELINE, covariates; indexed as the BDS records.

    visits: those reported, after baseline. constrained: the baseline is an outcome and one of the visits of ``rows``.
    lost: the records that lack something that the model needs (complete.py).
    """

    rows: DataFrame
    formula: str
    visits: tuple[str, ...]
    constrained: bool
    lost: DataFrame


def longitudinal(data: AnalysisData, analysis: Analysis, settings: Fit, options: MmrmOptions) -> Longitudinal:
    """The data of an MMRM. Raises NotEstimable on values that have no logarithm, and for cLDA without a baseline."""
    from pandas import Categorical, concat

    constrained = options.baseline == "outcome"
    if constrained and not settings.baseline_visit:
        raise NotEstimable("baseline: outcome needs an endpoint with a baseline")
    factors = settings.strata if analysis.strata else ()
    names = list(dict.fromkeys((*factors, *analysis.covariates)))
    records = (
        concat([data.baseline.assign(AVISIT=settings.baseline_visit), data.records]) if constrained else data.records
    )
    records = records.drop(columns=names, errors="ignore").join(data.subjects[names], on=SUBJECT)
    if constrained and data.baseline.empty:
        raise NotEstimable("no subject has a baseline value")
    records, lost = complete_records(records, [*_needed(analysis, constrained), *names])
    visits = tuple(visit for visit in data.visits if records[VISIT].eq(visit).any())
    if constrained and not visits:
        raise NotEstimable("no subject has everything that the model needs after baseline")
    order = ((settings.baseline_visit,) if constrained else ()) + visits
    arms = [settings.reference, *(arm for arm in settings.arms if arm != settings.reference)]
    present = [arm for arm in arms if records[ARM].eq(arm).any()]
    if len(present) < 2:
        raise NotEstimable(
            f"the arms cannot be compared: values after baseline are there for {present or 'no arm'} only"
        )
    outcome = _outcome(records, analysis, constrained)
    if np.ptp(outcome) <= ROUNDING * records["AVAL"].abs().max():
        raise NotEstimable(f"the outcome is {outcome.iloc[0]:g} in every record")
    rows = records.assign(
        AVISIT=Categorical(records[VISIT], list(order), ordered=True),
        ARM=Categorical(records[ARM], present),
        OUTCOME=outcome,
    )
    if analysis.baseline and not constrained:
        rows = rows.assign(BASELINE=_logged(records["BASE"], analysis.log))
    return Longitudinal(rows, _formula(rows, analysis, factors, names, constrained), visits, constrained, lost)


def _needed(analysis: Analysis, constrained: bool) -> list[str]:
    if constrained:
        return []
    baseline = ["BASE"] if analysis.baseline or (analysis.log and analysis.outcome == "change") else []
    return [*baseline, *(["CHG"] if analysis.outcome == "change" else [])]


def _outcome(records: DataFrame, analysis: Analysis, constrained: bool) -> Series:
    if constrained or analysis.outcome == "value":
        return _logged(records["AVAL"], analysis.log)
    if analysis.log:
        return _logged(records["AVAL"], True) - _logged(records["BASE"], True)
    return records["CHG"].astype(float)


def _logged(values: Series, log: bool) -> Series:
    values = values.astype(float)
    if not log:
        return values
    if bool((values <= 0).any()):
        raise NotEstimable(f"{int((values <= 0).sum())} values of {values.name} are not positive and have no logarithm")
    return values.map(math.log)


def _formula(rows: DataFrame, analysis: Analysis, factors: tuple[str, ...], names: list[str], constrained: bool) -> str:
    text = [name for name in names if name in factors or rows[name].dtype.kind not in "iuf"]
    by_visit = f" * {VISIT}" if len(rows[VISIT].cat.categories) > 1 else ""
    terms = [f"{VISIT} * {ARM}" if constrained else f"{ARM}{by_visit}"]
    if analysis.baseline and not constrained:
        terms.append(f"{BASELINE}{by_visit}")
    terms += [f"C({name})" if name in text else name for name in names]
    return f"{OUTCOME} ~ {' + '.join(terms)}"
