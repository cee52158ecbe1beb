"""ANCOVA with an interaction of arm and subgroup.

    y_i = mu_(arm_i, level_i) + b baseline_i + strata_i + covariates_i + e_i,   e_i ~ N(0, s2)

A mean for every combination of arm and level that occurs; covariates and residual variance are shared, so that the
difference mu_(arm, l) - mu_(reference, l) uses all subjects. The interaction is tested by comparing residual sums of
squares with the model arm_i + level_i:

    F = ((RSS0 - RSS1) / q) / (RSS1 / df),   q = rank1 - rank0

which with empty combinations tests whatever interaction is left. Source: Searle 1971, sections 3.6 and 7.2.
"""

from __future__ import annotations

from rctflow.models.complete import excluded_words
from rctflow.models.contract import AnalysisData, NotEstimable, options_from
from rctflow.models.linear import LeastSquares, Term, build_design
from rctflow.models.settings import Analysis, AncovaOptions, Fit
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
    additive = at_visit.terms(options.weights)
    in_cells = (SUBGROUP,) if settings.subgroups[factor].cuts else (SUBGROUP, factor)
    shared = [term for term in additive if term.name not in in_cells]
    full_design = build_design([_name(cell) for cell in cells], tuple(map(_name, present)), shared)
    full = LeastSquares(full_design, at_visit.outcome())
    differences: dict[Cell, dict[str, float] | str] = {}
    for level in order:
        for arm in (arm for arm in settings.arms if arm != settings.reference):
            differences[level, arm] = _difference(full, (level, arm), (level, settings.reference), present, analysis)
    present_arms = tuple(arm for arm in settings.arms if arm in set(arms))
    lost = (*full_design.dropped, excluded_words(at_visit.lost).replace(SUBGROUP, factor))
    return Interaction(
        counts={(level, arm): cells.count((level, arm)) for level in order for arm in settings.arms},
        differences=differences,
        test=_test(full, LeastSquares(build_design(arms, present_arms, additive), at_visit.outcome())),
        method=_method(analysis, shared, factor),
        note="; ".join(part for part in lost if part),
        fell_back=bool(full_design.dropped),
    )


def _name(cell: Cell) -> str:
    return " | ".join(cell)


def _difference(
    full: LeastSquares, cell: Cell, reference: Cell, present: tuple[Cell, ...], analysis: Analysis
) -> dict[str, float] | str:
    for absent in (cell, reference):
        if absent not in present:
            return f"no subject of {absent[1]} can be analysed in this subgroup"
    try:
        estimate = full.estimate(full.space.design.difference(_name(cell), _name(reference)))
    except NotEstimable as error:
        return str(error)
    low, high = estimate.interval(analysis.confidence)
    return {"estimate": estimate.value, "se": estimate.se, "df": float(estimate.df), "ci_low": low, "ci_high": high}


def _test(full: LeastSquares, reduced: LeastSquares) -> dict[str, float] | str:
    from scipy.special import fdtrc

    q = reduced.df - full.df
    if q < 1:
        return "no two subgroups have the arms to be compared"
    F = max(0.0, (reduced.variance * reduced.df - full.variance * full.df) / q / full.variance)
    return {"F": F, "df1": float(q), "df2": float(full.df), "p_value": float(fdtrc(q, full.df, F))}


def _method(analysis: Analysis, shared: list[Term], factor: str) -> str:
    outcome = "change from baseline" if analysis.outcome == "change" else "value"
    terms = " + ".join([f"arm * {factor}", *(term.name for term in shared)])
    scale = f"log {outcome}" if analysis.log else outcome
    return f"ANCOVA of the {scale} by least squares; terms: {terms}; t interval {100 * analysis.confidence:g} %; F test"
