"""The studentized statistic of a model as a function of who was allocated to which arm.

Everything else is held fixed: outcomes, baselines, covariates, and which values are missing. ANCOVA at one visit has a
closed form over all allocations at once, and so has the rank sum of two arms; an MMRM is fitted again under each; any
other model is run whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rctflow.inference.progress import with_progress
from rctflow.inference.randomization_test import Allocations, Array, Shifts
from rctflow.models.contract import AnalysisData, NotEstimable, contrast_name
from rctflow.models.options import MmrmOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.results import AVERAGE, comparison_name

if TYPE_CHECKING:
    from rctflow.models.longitudinal import Longitudinal
    from rctflow.models.mmrm import MmrmFit
    from rctflow.models.visit import VisitData


@dataclass(frozen=True)
class Comparison:
    """One contrast at one visit: the observed studentized statistic and how it is made under other allocations.

    shifts: where the difference is one of least squares between two arms, for the interval; else None. why: what keeps
    the observed statistic from being a number.
    """

    visit: str
    contrast: str
    observed: float
    statistics: Array
    shifts: Shifts | None = None
    why: str = ""


def comparisons(
    data: AnalysisData, analysis: Analysis, settings: Fit, patients: pd.Index, allocations: Allocations
) -> Iterator[Comparison]:
    """Every contrast of the analysis at every visit, under ``allocations`` (B, patients) of the randomized patients.

    Raises NotEstimable when the model cannot be fitted to what was observed.
    """
    if analysis.model == "ancova" and analysis.options.get("vcov", "classical") == "classical":
        yield from _ancova(data, analysis, settings, patients, allocations)
    elif analysis.model == "mmrm":
        yield from _mmrm(data, analysis, settings, patients, allocations)
    elif analysis.model == "wilcoxon" and len(settings.arms) == 2:
        yield from _wilcoxon(data, analysis, settings, patients, allocations)
    else:
        yield from _refitted(data, analysis, settings, patients, allocations)


def _ancova(
    data: AnalysisData, analysis: Analysis, settings: Fit, patients: pd.Index, allocations: Allocations
) -> Iterator[Comparison]:
    from rctflow.models.linear import build_design
    from rctflow.models.visit import visit_data

    for visit in data.visits:
        at_visit = visit_data(data, analysis, settings, visit)
        if at_visit.records.empty:
            continue
        places = patients.get_indexer(pd.Index(at_visit.records["USUBJID"]))
        own = np.array([settings.arms.index(arm) for arm in at_visit.records["ARM"]])
        outcome = at_visit.outcome()
        terms = build_design(["all"] * len(own), ("all",), at_visit.terms("equal"))
        drawn = allocations[:, places]
        for arm, other in settings.comparisons:
            number, against = settings.arms.index(arm), settings.arms.index(other)
            contrast = contrast_name(arm, other, analysis.log)
            if why := _why_none(at_visit, settings, arm, other):
                yield Comparison(visit, contrast, np.nan, np.empty(0), why=why)
            elif len(settings.arms) == 2:
                shifts = Shifts.of(outcome, terms.matrix, own == number, drawn == number)
                yield Comparison(visit, contrast, *shifts.statistics(), shifts)
            else:
                parts = (number, *(k for k in range(len(settings.arms)) if k not in (number, against)))
                observed = float(_t(outcome, terms.matrix, own[None], parts)[0])
                yield Comparison(visit, contrast, observed, _t(outcome, terms.matrix, drawn, parts))


def _why_none(at_visit: VisitData, settings: Fit, arm: str, other: str) -> str:
    """Why the model itself has no t of the two arms, "" when it has."""
    from rctflow.models.linear import LeastSquares, build_design

    arm_of = at_visit.records["ARM"].tolist()
    if absent := [name for name in (arm, other) if name not in arm_of]:
        return f"no subject of {absent[0]} can be analysed at {at_visit.visit}"
    present = tuple(name for name in settings.arms if name in arm_of)
    design = build_design(arm_of, present, at_visit.terms("equal"))
    try:
        LeastSquares(design, at_visit.outcome()).estimate(design.difference(arm, other))
    except NotEstimable as error:
        return str(error)
    return ""


def _t(outcome: Array, covariates: Array, drawn: NDArray[np.integer], arms: tuple[int, ...]) -> Array:
    """(B,) t of the first of ``arms`` against the arm that is not among them, in least squares with all of them."""
    basis, _ = np.linalg.qr(covariates)
    y = outcome - basis @ (basis.T @ outcome)
    X = (drawn[:, :, None] == np.array(arms)).astype(float)
    X -= basis @ (basis.T @ X)
    gram = X.swapaxes(1, 2) @ X
    singular = np.linalg.eigvalsh(gram)[:, 0] < 1e-9 * len(outcome)
    gram[singular] = np.eye(len(arms))
    inverse = np.linalg.inv(gram)
    moment = X.swapaxes(1, 2) @ y
    coefficients = (inverse @ moment[:, :, None])[:, :, 0]
    rss = np.maximum(y @ y - (coefficients * moment).sum(axis=1), 0.0)
    df = len(outcome) - basis.shape[1] - len(arms)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = coefficients[:, 0] / np.sqrt(inverse[:, 0, 0] * rss / df)
    t[singular] = np.nan
    return t


def _wilcoxon(
    data: AnalysisData, analysis: Analysis, settings: Fit, patients: pd.Index, allocations: Allocations
) -> Iterator[Comparison]:
    """z of the rank sum: with two arms the ranks are the same under every allocation (models/rank/rank_sum.py)."""
    from rctflow.models.rank.samples import doubled_midranks, rounded_ties
    from rctflow.models.visit import visit_data

    (arm,) = (arm for arm in settings.arms if arm != settings.reference)
    treated, sign = settings.arms.index(arm), 1 if settings.direction == "higher" else -1
    for visit in data.visits:
        at_visit = visit_data(data, replace(analysis, baseline=False), settings, visit)
        records = at_visit.records
        own = records["ARM"].eq(arm).to_numpy()
        drawn = np.vstack([own, allocations[:, patients.get_indexer(pd.Index(records["USUBJID"]))] == treated])
        stratum = pd.factorize(pd.Series(list(records[list(at_visit.factors)].itertuples(index=False, name=None))))[0]
        outcome, excess, variance = rounded_ties(at_visit.outcome()), 0.0, 0.0
        for here in (stratum == number for number in range(stratum.max(initial=-1) + 1)):
            ranks, chosen = doubled_midranks(outcome[here]) - (here.sum() + 1), drawn[:, here]
            n, n1 = here.sum(), chosen.sum(axis=1)
            excess = excess + (chosen @ ranks) * ((n1 > 0) & (n1 < n)) / (n + 1)
            variance = variance + n1 * (n - n1) / max(n * (n - 1), 1) * float(ranks @ ranks) / (n + 1) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            z = sign * np.asarray(excess / np.sqrt(variance))
        if z.ndim and np.isfinite(z[0]):
            yield Comparison(visit, comparison_name(arm, settings.reference, "win"), float(z[0]), z[1:])


def _mmrm(
    data: AnalysisData, analysis: Analysis, settings: Fit, patients: pd.Index, allocations: Allocations
) -> Iterator[Comparison]:
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


def _refitted(
    data: AnalysisData, analysis: Analysis, settings: Fit, patients: pd.Index, allocations: Allocations
) -> Iterator[Comparison]:
    """The ``t`` or ``z`` that the model writes, from as many runs of it as there are allocations."""
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
