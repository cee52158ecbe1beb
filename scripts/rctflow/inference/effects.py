"""The comparisons of a model at one visit, from a fit of its own: without a patient, or of redrawn patients."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from rctflow.models.contract import AnalysisData, NotEstimable, Row
from rctflow.models.options import MmrmOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.results import Status, is_ratio

if TYPE_CHECKING:
    from rctflow.models.longitudinal import Longitudinal
    from rctflow.models.mmrm import MmrmFit

STATISTICS = ("estimate", "ci_low", "ci_high", "p_value")


@dataclass(frozen=True)
class Effect:
    """A comparison: STATISTICS and se by name, as the model writes them (ratios on the log scale of ``se``).

    unit, method, status, note: of the estimate.
    """

    values: dict[str, float]
    se: float
    unit: str
    method: str = ""
    status: Status = "ok"
    note: str = ""


def effects_at(data: AnalysisData, analysis: Analysis, settings: Fit, visit: str) -> dict[str, Effect]:
    """Contrast -> its comparison at ``visit``; contrasts that cannot be estimated are absent. Raises NotEstimable."""
    from rctflow.models.registry import load_model

    if analysis.model == "mmrm":
        return _mmrm_effects(data, analysis, settings, visit)
    output = load_model(analysis.model)(needed_at(data, analysis, visit), analysis, settings)
    written: dict[str, dict[str, float]] = {}
    estimates: dict[str, Row] = {}
    for row in (row for row in output.rows if row.visit == visit and row.contrast and row.value is not None):
        written.setdefault(row.contrast, {})[row.statistic] = float(row.value or 0)
        if row.statistic == "estimate":
            estimates[row.contrast] = row
    return {
        contrast: Effect(
            {name: values[name] for name in STATISTICS},
            values.get("se_log", values.get("se", _from_interval(values, contrast, analysis.confidence))),
            *(getattr(estimates[contrast], name) for name in ("unit", "method", "status", "note")),
        )
        for contrast, values in written.items()
        if all(name in values for name in STATISTICS)
    }


def why_absent(data: AnalysisData, analysis: Analysis, settings: Fit, visit: str, lost: Set[str]) -> str:
    """What the model says of the comparisons ``lost``, which it cannot make with these data; "" of an MMRM."""
    from rctflow.models.registry import load_model

    if analysis.model == "mmrm":
        return ""
    rows = load_model(analysis.model)(needed_at(data, analysis, visit), analysis, settings).rows
    notes = {
        row.note: None
        for row in rows
        if row.visit == visit and row.contrast in lost and row.statistic in STATISTICS and row.value is None
    }
    return "; ".join(notes)


def needed_at(data: AnalysisData, analysis: Analysis, visit: str) -> AnalysisData:
    """The data that the comparison at ``visit`` uses: those of other visits only where the model uses them."""
    from rctflow.models.registry import uses_all_visits

    if uses_all_visits(analysis.model):
        return data
    return replace(data, visits=(visit,), records=data.records[data.records["AVISIT"].eq(visit)])


def _from_interval(values: dict[str, float], contrast: str, confidence: float) -> float:
    """The standard error that a normal interval of this width would have, for methods that have none (scores)."""
    import math

    from scipy.special import ndtri

    scale = math.log if is_ratio(contrast) else float
    ends = values["ci_low"], values["ci_high"]
    if is_ratio(contrast) and not min(ends) > 0:
        return math.inf
    return float((scale(ends[1]) - scale(ends[0])) / (2 * ndtri((1 + confidence) / 2)))


def _mmrm_effects(data: AnalysisData, analysis: Analysis, settings: Fit, visit: str) -> dict[str, Effect]:
    """From the fit itself: the model's other rows would cost four times as much."""
    import math

    from rctflow.models.contract import contrast_name
    from rctflow.models.longitudinal import longitudinal
    from rctflow.models.mmrm.errors import MmrmError
    from rctflow.models.repeated import RepeatedFit, fit_chain
    from rctflow.settings import settings_from

    options = settings_from(MmrmOptions, analysis.options)
    frame = longitudinal(data, analysis, settings, options)
    back = math.exp if analysis.log else float
    try:
        chain = fit_chain(frame, analysis, settings, options)
        compared = _mmrm_contrasts(chain.fit, frame, settings, options, visit)
        told = RepeatedFit(chain, frame, data, analysis, settings, options).shared
    except MmrmError as error:
        raise NotEstimable(str(error)) from None
    effects = {}
    for pair, row in compared.items():
        values = {name: back(row[name]) for name in ("estimate", "ci_low", "ci_high")} | {"p_value": row["p_value"]}
        unit = "ratio" if analysis.log else settings.unit
        effect = Effect(values, float(row["se"]), unit, told["method"], told["status"], told["note"])
        effects[contrast_name(*pair, analysis.log)] = effect
    return effects


def _mmrm_contrasts(
    fit: MmrmFit, frame: Longitudinal, settings: Fit, options: MmrmOptions, visit: str
) -> dict[tuple[str, str], pd.Series]:
    """(arm, other arm) -> estimate, se, ... of each comparison at ``visit`` that the fit determines."""
    from rctflow.models.longitudinal import ARM, VISIT
    from rctflow.models.mmrm.errors import NotEstimableError

    by = VISIT if VISIT in frame.formula else None
    present = frame.rows[ARM].cat.categories
    found = {}
    for other in dict.fromkeys(other for _, other in settings.comparisons if other in present):
        try:
            table = fit.contrasts(ARM, by, other, options.weights, not_estimable="omit")
        except NotEstimableError:
            continue
        for _, row in (table[table[VISIT].astype(str).eq(visit)] if by else table).iterrows():
            pair = str(row["contrast"]).partition(" - ")[0], other
            if pair in settings.comparisons:
                found[pair] = row
    return found
