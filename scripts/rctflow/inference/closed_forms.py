"""Statistics that have a closed form over all allocations at once: least squares at one visit, and the rank sum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rctflow.inference.comparison import Comparison
from rctflow.inference.randomization_test import Allocations, Array, Shifts
from rctflow.models.contract import AnalysisData, NotEstimable, contrast_name
from rctflow.models.settings import Analysis, Fit
from rctflow.results import comparison_name

if TYPE_CHECKING:
    from rctflow.models.visit import VisitData


def ancova(
    data: AnalysisData, analysis: Analysis, settings: Fit, patients: pd.Index, allocations: Allocations
) -> Iterator[Comparison]:
    """t of each contrast at each visit: with two arms from one projection (with its shifts), else by normal equations.

    allocations: (B, patients) positions in ``settings.arms``.
    """
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


def wilcoxon(
    data: AnalysisData, analysis: Analysis, settings: Fit, patients: pd.Index, allocations: Allocations
) -> Iterator[Comparison]:
    """z of the rank sum of two arms, whose ranks are the same under every allocation (models/rank/rank_sum.py).

    allocations: (B, patients) positions in ``settings.arms``. A visit without a finite z has no comparison.
    """
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
