"""ANCOVA with an interaction of arm and subgroup.

    y_i = mu_(arm_i, level_i) + b baseline_i + strata_i + covariates_i + e_i,   e_i ~ N(0, s2)

A mean for every combination of arm and level that occurs; covariates and residual variance are shared, so that the
difference mu_(arm, l) - mu_(reference, l) uses all subjects. With d the differences of these differences to those of
the first level, of all that the data determine, and V their covariance (classical or HC3), the interaction is tested by

    F = d' V^-1 d / q ~ F(q, residual df)

which for the classical V is the comparison of the residual sums of squares with and without interaction; with empty
combinations it tests whatever interaction is left. Source: Searle 1971, sections 3.6 and 7.2.
"""

from __future__ import annotations

import numpy as np

from rctflow.models.complete import excluded_words
from rctflow.models.contract import AnalysisData, NotEstimable, options_from
from rctflow.models.linear import Array, LeastSquares, Term, build_design
from rctflow.models.options import AncovaOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.models.subgroups.interaction import Interaction
from rctflow.models.subgroups.levels import SUBGROUP
from rctflow.models.visit import visit_data

Cell = tuple[str, str]


def fit_interaction(
    data: AnalysisData, analysis: Analysis, settings: Fit, factor: str, order: tuple[str, ...]
) -> Interaction:
    """The interaction of arm and SUBGROUP (a column of ``data.subjects``) at ``settings.subgroup_visit``.

    order: the levels. Raises NotEstimable when the model cannot be fitted.
    """
    options = options_from(AncovaOptions, analysis.options)
    at_visit = visit_data(data, analysis, settings, settings.subgroup_visit)
    if at_visit.records.empty:
        raise NotEstimable(f"no subject has everything that the model needs at {settings.subgroup_visit}")
    arms, levels = at_visit.records["ARM"].tolist(), at_visit.records[SUBGROUP].tolist()
    cells: list[Cell] = list(zip(levels, arms, strict=True))
    present = tuple(cell for level in order for arm in settings.arms if (cell := (level, arm)) in set(cells))
    in_cells = (SUBGROUP,) if settings.subgroups[factor].cuts else (SUBGROUP, factor)
    shared = [term for term in at_visit.terms(options.weights) if term.name not in in_cells]
    full_design = build_design([_name(cell) for cell in cells], tuple(map(_name, present)), shared)
    full = LeastSquares(full_design, at_visit.outcome())
    differences: dict[Cell, dict[str, float] | str] = {}
    for level in order:
        for arm in (arm for arm in settings.arms if arm != settings.reference):
            differences[level, arm] = _difference(
                full, (level, arm), settings.reference, present, analysis, options.vcov
            )
    found = [cell for cell, values in differences.items() if isinstance(values, dict)]
    lost = (*full_design.dropped, excluded_words(at_visit.lost).replace(SUBGROUP, factor))
    return Interaction(
        counts={(level, arm): cells.count((level, arm)) for level in order for arm in settings.arms},
        differences=differences,
        test=_test(full, found, settings, options.vcov),
        method=_method(analysis, shared, factor, options.vcov),
        note="; ".join(part for part in lost if part),
        fell_back=bool(full_design.dropped),
    )


def _name(cell: Cell) -> str:
    return " | ".join(cell)


def _difference(
    full: LeastSquares, cell: Cell, reference: str, present: tuple[Cell, ...], analysis: Analysis, vcov: str
) -> dict[str, float] | str:
    for absent in (cell, (cell[0], reference)):
        if absent not in present:
            return f"no subject of {absent[1]} can be analysed in this subgroup"
    try:
        estimate = full.estimate(_function(full, cell, reference), vcov)
    except NotEstimable as error:
        return str(error)
    low, high = estimate.interval(analysis.confidence)
    return {"estimate": estimate.value, "se": estimate.se, "df": float(estimate.df), "ci_low": low, "ci_high": high}


def _function(full: LeastSquares, cell: Cell, reference: str) -> Array:
    return full.space.design.difference(_name(cell), _name((cell[0], reference)))


def _test(full: LeastSquares, cells: list[Cell], settings: Fit, vcov: str) -> dict[str, float] | str:
    """cells: (level, arm) whose difference to the reference can be estimated."""
    from scipy.special import fdtrc

    functions: list[Array] = []
    for arm in settings.arms:
        of_arm = [_function(full, cell, settings.reference) for cell in cells if cell[1] == arm]
        functions += [other - of_arm[0] for other in of_arm[1:]]
    if not functions:
        return "no two subgroups have the arms to be compared"
    q = len(functions)
    try:
        F = full.wald(np.array(functions), vcov)
    except NotEstimable as error:
        return str(error)
    return {"F": F, "df1": float(q), "df2": float(full.df), "p_value": float(fdtrc(q, full.df, F))}


def _method(analysis: Analysis, shared: list[Term], factor: str, vcov: str) -> str:
    outcome = "change from baseline" if analysis.outcome == "change" else "value"
    terms = " + ".join([f"arm * {factor}", *(term.name for term in shared)])
    scale = f"log {outcome}" if analysis.log else outcome
    robust = "; HC3 standard errors" if vcov == "HC3" else ""
    interval = f"t interval {100 * analysis.confidence:g} %; F test"
    return f"ANCOVA of the {scale} by least squares; terms: {terms}{robust}; {interval}"
