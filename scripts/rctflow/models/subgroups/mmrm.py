"""MMRM with an interaction of arm and subgroup at every visit.

    y_ij = visit_j : arm_i : level_i + b_j baseline_i + strata_i + covariates_i + e_ij,   e_i ~ N(0, Sigma)

with all lower-order terms, the declared chain of covariances and degrees of freedom. At one visit the difference of the
arms within a level is a contrast of the means; the interaction is the joint F test (Kenward & Roger 1997, or what the
chain says) that these differences are equal in all levels where they can be estimated.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rctflow.models.complete import excluded_words
from rctflow.models.contract import AnalysisData, NotEstimable
from rctflow.models.longitudinal import ARM, VISIT, Longitudinal, longitudinal
from rctflow.models.mmrm import ChainFit
from rctflow.models.mmrm.errors import DataError, EstimationError, FormulaError, NotEstimableError
from rctflow.models.options import MmrmOptions
from rctflow.models.repeated import fit_chain
from rctflow.models.settings import Analysis, Fit
from rctflow.models.subgroups.interaction import Interaction
from rctflow.models.subgroups.levels import SUBGROUP
from rctflow.settings import settings_from

Cell = tuple[str, str]


def fit_interaction(
    data: AnalysisData, analysis: Analysis, settings: Fit, factor: str, order: tuple[str, ...]
) -> Interaction:
    """The interaction of arm and SUBGROUP (a column of ``data.subjects``) at ``settings.subgroup_visit``.

    order: the levels. Raises NotEstimable when the model cannot be fitted.
    """
    options = settings_from(MmrmOptions, analysis.options)
    frame = longitudinal(data, analysis, settings, options)
    if frame.rows.empty:
        raise NotEstimable("no subject has everything that the model needs")
    if settings.subgroup_visit not in frame.visits:
        raise NotEstimable(f"no value can be analysed at {settings.subgroup_visit}")
    if frame.rows[SUBGROUP].nunique() < 2:
        raise NotEstimable(f"{factor} has one level in the subjects of the model")
    frame = _with_interaction(frame, factor if not settings.subgroups[factor].cuts else "")
    try:
        chain = fit_chain(frame, analysis, settings, options)
        return _Found(chain, frame, settings, options).interaction(order, analysis, factor)
    except (DataError, EstimationError, NotEstimableError, FormulaError) as error:
        raise NotEstimable(str(error)) from None


def _with_interaction(frame: Longitudinal, factor: str) -> Longitudinal:
    """The formula with arm, visit and subgroup crossed. factor: a term that the subgroup takes the place of."""
    outcome, terms = (part.strip() for part in frame.formula.split("~"))
    crossed = {ARM: f"{ARM} * C({SUBGROUP})"}
    crossed |= {pair: f"{pair} * C({SUBGROUP})" for pair in (f"{ARM} * {VISIT}", f"{VISIT} * {ARM}")}
    kept = [t for t in terms.split(" + ") if t not in (f"C({SUBGROUP})", SUBGROUP, f"C({factor})", factor)]
    return replace(frame, formula=f"{outcome} ~ {' + '.join(crossed.get(term, term) for term in kept)}")


class _Found:
    """The differences of the arms by level at one visit, in a fitted chain."""

    def __init__(self, chain: ChainFit, frame: Longitudinal, settings: Fit, options: MmrmOptions) -> None:
        self.chain, self.fit, self.frame, self.settings = chain, chain.fit, frame, settings
        by_visit = [VISIT] if VISIT in frame.formula else []
        means = self.fit.design_means([*by_visit, SUBGROUP, ARM], options.weights)
        labels = means.labels
        at = labels[VISIT].astype(str).eq(settings.subgroup_visit) if by_visit else labels[ARM].notna()
        self.rows = {
            (str(label[SUBGROUP]), str(label[ARM])): means.L[place]
            for place, (_, label) in enumerate(labels.iterrows())
            if at.iloc[place]
        }

    def difference(self, cell: Cell) -> np.ndarray:
        """(1, p) arm minus reference within a level. Raises NotEstimable."""
        reference = (cell[0], self.settings.reference)
        for absent in (cell, reference):
            if absent not in self.rows or not self._count(absent):
                raise NotEstimable(f"no subject of {absent[1]} can be analysed in this subgroup")
        try:
            return self.fit.estimable((self.rows[cell] - self.rows[reference])[None, :])
        except NotEstimableError as error:
            raise NotEstimable(str(error)) from None

    def _count(self, cell: Cell) -> int:
        rows = self.frame.rows
        at_visit = rows[VISIT].astype(str).eq(self.settings.subgroup_visit)
        return int((at_visit & rows[SUBGROUP].eq(cell[0]) & rows[ARM].astype(str).eq(cell[1])).sum())

    def interaction(self, order: tuple[str, ...], analysis: Analysis, factor: str) -> Interaction:
        """Everything that is reported."""
        others = [arm for arm in self.settings.arms if arm != self.settings.reference]
        differences: dict[Cell, dict[str, float] | str] = {}
        of_arm: dict[str, list[np.ndarray]] = {arm: [] for arm in others}
        for level in order:
            for arm in others:
                try:
                    along = self.difference((level, arm))
                except NotEstimable as error:
                    differences[level, arm] = str(error)
                    continue
                row = self.fit.estimate(along).iloc[0]
                differences[level, arm] = {k: float(row[k]) for k in ("estimate", "se", "df", "ci_low", "ci_high")}
                of_arm[arm].append(along[0])
        step, fit = self.chain.step, self.fit
        lost = excluded_words(self.frame.lost).replace(SUBGROUP, factor)
        notes = [self.chain.note if self.chain.fell_back else "", *fit.notes, lost]
        terms = self.frame.formula.partition("~")[2].strip().replace(f"C({SUBGROUP})", factor)
        return Interaction(
            counts={(level, arm): self._count((level, arm)) for level in order for arm in self.settings.arms},
            differences=differences,
            test=self._test(of_arm),
            method=f"MMRM by {fit.model.options.method.upper()}; terms: {terms}; {step.covariance} covariance; "
            f"{step.df} degrees of freedom; t interval {100 * analysis.confidence:g} %; F test",
            note="; ".join(note.replace(SUBGROUP, factor) for note in notes if note),
            fell_back=self.chain.fell_back,
        )

    def _test(self, of_arm: dict[str, list[np.ndarray]]) -> dict[str, float] | str:
        contrasts = [along - found[0] for found in of_arm.values() for along in found[1:]]
        if not contrasts:
            return "no two subgroups have the arms to be compared"
        try:
            test = self.fit.test_contrasts(np.array(contrasts))
        except NotEstimableError as error:
            return str(error)
        return {"F": test.F, "df1": float(test.df1), "df2": float(test.df2), "p_value": test.p_value}
