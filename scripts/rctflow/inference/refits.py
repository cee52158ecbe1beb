"""Statistics for which a model is fitted again under each allocation: the MMRM, whose design alone changes, and any
other model, which is run whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rctflow.inference.comparison import Comparison
from rctflow.inference.progress import with_progress
from rctflow.inference.randomization_test import Allocations, Array
from rctflow.models.contract import AnalysisData, NotEstimable, contrast_name
from rctflow.models.options import MmrmOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.results import AVERAGE

if TYPE_CHECKING:
    from rctflow.models.longitudinal import Longitudinal
    from rctflow.models.mmrm import MmrmFit


def mmrm(
    data: AnalysisData, analysis: Analysis, settings: Fit, patients: pd.Index, allocations: Allocations
) -> Iterator[Comparison]:
    """Wald's t of each contrast at each visit and on average; missing under an allocation that cannot be fitted.

    allocations: (B, patients) positions in ``settings.arms``. Raises NotEstimable when what was observed cannot be
    fitted.
    """
    from rctflow.models.longitudinal import ARM, SUBJECT, longitudinal
    from rctflow.models.mmrm.errors import MmrmError
    from rctflow.models.repeated import fit_chain
    from rctflow.settings import settings_from

    options = settings_from(MmrmOptions, analysis.options)
    frame = longitudinal(data, analysis, settings, options)
    try:
        fit = fit_chain(frame, analysis, settings, options).fit
        labels, rows = contrast_rows(fit, frame, settings)
        observed = _wald(fit, rows)
    except MmrmError as error:
        raise NotEstimable(str(error)) from None
    records = fit.model.records
    levels = records.variables[ARM].levels or ()
    code = np.array([levels.index(arm) if arm in levels else -1 for arm in settings.arms])
    places = patients.get_indexer(pd.Index(frame.rows[SUBJECT].iloc[records.row]))
    statistics = np.full((len(allocations), len(rows)), np.nan)
    for number, drawn in enumerate(with_progress(code[allocations[:, places]], f"{settings.endpoint}: allocations")):
        if (drawn < 0).any():
            continue
        try:
            statistics[number] = _wald(fit.reallocate(ARM, drawn), rows)
        except MmrmError:
            continue
    for place, (visit, arm, other) in enumerate(labels):
        contrast = contrast_name(arm, other, analysis.log)
        yield Comparison(visit, contrast, float(observed[place]), statistics[:, place])


def _wald(fit: MmrmFit, rows: Array) -> Array:
    estimate, se = fit.wald(rows)
    return estimate / se


def contrast_rows(fit: MmrmFit, frame: Longitudinal, settings: Fit) -> tuple[list[tuple[str, str, str]], Array]:
    """(visit or AVERAGE, arm, other arm) of each comparison, and its row over all columns of the design."""
    from rctflow.models.longitudinal import ARM, VISIT

    by = [VISIT] if VISIT in frame.formula else []
    means = fit.design_means([*by, ARM])
    arms = means.labels[ARM].astype(str).tolist()
    visits = means.labels[VISIT].astype(str).tolist() if by else [frame.visits[0]] * len(arms)
    row_of = dict(zip(zip(visits, arms, strict=True), means.L, strict=True))
    labels = [
        (visit, arm, other)
        for visit in frame.visits
        for arm, other in settings.comparisons
        if {(visit, arm), (visit, other)} <= row_of.keys()
    ]
    rows = [row_of[visit, arm] - row_of[visit, other] for visit, arm, other in labels]
    if len(frame.visits) > 1:
        for pair in dict.fromkeys((arm, other) for _, arm, other in labels):
            rows.append(np.mean([row for row, (_, *who) in zip(rows, labels, strict=False) if pair == (*who,)], axis=0))
            labels.append((AVERAGE, *pair))
    return labels, np.array(rows)


def refitted(
    data: AnalysisData, analysis: Analysis, settings: Fit, patients: pd.Index, allocations: Allocations
) -> Iterator[Comparison]:
    """The ``t`` or ``z`` that the model writes, from as many runs of it as there are allocations (B, patients).

    Raises NotEstimable, with the reasons of the model's own rows, when it writes none for what was observed.
    """
    observed = _written(data, analysis, settings)
    if not observed:
        raise NotEstimable(_why_unwritten(data, analysis, settings))
    drawn: dict[tuple[str, str], list[float]] = {key: [] for key in observed}
    for allocation in with_progress(allocations, f"{settings.endpoint}: allocations"):
        written = _written(_reallocated(data, settings, patients, allocation), analysis, settings)
        for key, values in drawn.items():
            values.append(written.get(key, np.nan))
    for (visit, contrast), value in observed.items():
        yield Comparison(visit, contrast, value, np.array(drawn[visit, contrast]))


def _written(data: AnalysisData, analysis: Analysis, settings: Fit) -> dict[tuple[str, str], float]:
    from rctflow.models.registry import load_model

    try:
        rows = load_model(analysis.model)(data, analysis, settings).rows
    except (NotEstimable, np.linalg.LinAlgError):
        return {}
    return {
        (row.visit, row.contrast): row.value
        for row in rows
        if row.contrast and row.statistic in ("t", "z") and row.value is not None
    }


def _why_unwritten(data: AnalysisData, analysis: Analysis, settings: Fit) -> str:
    """The reasons of the model's own rows, where it has no comparison at all. Raises NotEstimable as the model does."""
    from rctflow.models.registry import load_model

    rows = [row for row in load_model(analysis.model)(data, analysis, settings).rows if row.contrast]
    reasons = dict.fromkeys(row.note for row in rows if row.statistic == "estimate" and row.value is None)
    return "; ".join(reasons) or f"the model {analysis.model} writes no studentized statistic (t or z)"


def _reallocated(data: AnalysisData, settings: Fit, patients: pd.Index, allocation: NDArray[np.int8]) -> AnalysisData:
    arm_of = dict(zip(patients, np.array(settings.arms, dtype=object)[allocation], strict=True))

    def moved(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(ARM=table["USUBJID"].map(arm_of))

    subjects = data.subjects.assign(ARM=data.subjects.index.map(arm_of))
    return replace(
        data,
        subjects=subjects,
        records=moved(data.records),
        baseline=moved(data.baseline),
        assessments=moved(data.assessments),
    )
