"""Change within each arm at each visit, by the paired t test: mean change over sd / sqrt n, Student's t with n - 1 df.

It compares no arms: a change within an arm holds regression to the mean, time and expectation beside the treatment
(Bland & Altman 2011, Trials 12:264). No analysis has it unless the config asks for it, it is never the main analysis,
and no figure or table shows it. With ``log`` the ratio to baseline. Source: Student 1908, Biometrika 6:1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from rctflow.description import t_quantile
from rctflow.models.complete import excluded_words
from rctflow.models.contract import AnalysisData, ModelOutput, NotEstimable, OptionError, Row, options_from, rows_of
from rctflow.models.linear import ZERO_RESIDUAL, Estimate
from rctflow.models.options import NoOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.models.trace import source_records
from rctflow.models.visit import VisitData, visit_data

if TYPE_CHECKING:
    from pandas import DataFrame


def fit_paired_change(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """Per arm and visit n, within_arm_change, its se (``log``: se_log), df, t, p_value and t interval; no contrasts.

    Baseline, strata and covariates do not enter. Raises OptionError when the value itself is asked for.
    """
    options_from(NoOptions, analysis.options)
    if analysis.outcome != "change":
        raise OptionError("paired_change is about the change; write `outcome: change`")
    from dataclasses import replace

    plain = replace(analysis, baseline=False, strata=False, covariates=())
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    for visit in data.visits:
        at_visit = visit_data(data, plain, settings, visit)
        rows += [row for arm in settings.arms for row in _of_arm(at_visit, arm, plain, settings)]
        sets[visit] = source_records(data, at_visit.records, plain)
    return ModelOutput(rows, sets)


def _of_arm(at_visit: VisitData, arm: str, analysis: Analysis, settings: Fit) -> Iterator[Row]:
    log = analysis.log
    what = "log ratio to baseline" if log else "change from baseline"
    shared: dict[str, Any] = {
        "visit": at_visit.visit,
        "group": arm,
        "record_set": at_visit.visit,
        "method": f"paired t test of the {what} within one arm; no comparison of arms; t interval "
        f"{100 * analysis.confidence:g} %, two-sided p",
    }
    own = at_visit.records["ARM"].eq(arm).to_numpy(bool)
    yield Row("n", int(own.sum()), **shared | {"note": excluded_words(at_visit.lost, arm=arm)})
    names = ("within_arm_change", "se_log" if log else "se", "df", "t", "p_value", "ci_low", "ci_high")
    try:
        found = _estimate(at_visit, own)
    except NotEstimable as error:
        yield from rows_of(dict.fromkeys(names), **shared, status="not_estimable", note=str(error))
        return
    half = t_quantile(analysis.confidence, found.df) * found.se
    back = math.exp if log else float
    values = (back(found.value), found.se, float(found.df), found.t, found.p_value)
    ends = (back(found.value - half), back(found.value + half))
    unit = "ratio" if log else settings.unit
    units = dict.fromkeys(("within_arm_change", "se", "ci_low", "ci_high"), unit)
    yield from rows_of(dict(zip(names, (*values, *ends), strict=True)), units, **shared)


def _estimate(at_visit: VisitData, own: np.ndarray) -> Estimate:
    if own.sum() < 2:
        raise NotEstimable("a paired t test needs two subjects at least")
    change = at_visit.outcome()[own]
    se = float(change.std(ddof=1)) / math.sqrt(len(change))
    if se <= ZERO_RESIDUAL * float(np.abs(change).max()):
        raise NotEstimable("every subject has the same change")
    return Estimate(float(change.mean()), se, len(change) - 1)
