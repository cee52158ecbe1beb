"""Standardized risk differences within the levels of a factor, from one logistic model with arm by subgroup.

    logit p_i = mu_(arm_i, level_i) + b baseline_i + strata_i + covariates_i

Within level l the proportion under arm a is the mean of its predictions over everybody of the level, plus the mean
residual of the arm there (0 for maximum likelihood); covariates have one slope in all levels. The covariance within a
level is that of Ye et al. 2023 (standardization.py) of its subjects; levels share no subject, and what the estimated
slopes add is of smaller order, since every cell has a parameter of its own. With d the differences of the differences
to those of the first level, and V their covariance, d'V^-1 d is referred to chi-square with as many degrees of freedom:
an interaction of risk differences, not of odds ratios.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rctflow.models.binary.analysis import rule_words
from rctflow.models.binary.logistic import Array, Separation, firth, maximum_likelihood, probabilities
from rctflow.models.binary.outcome import RESPONSE, VisitOutcome, visit_outcome
from rctflow.models.binary.standardization import Standardized, marginal
from rctflow.models.complete import excluded_words
from rctflow.models.contract import AnalysisData, NotEstimable
from rctflow.models.linear import Design, build_design
from rctflow.models.options import BinaryOptions, ResponderOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.models.subgroups.interaction import Interaction
from rctflow.models.subgroups.levels import SUBGROUP
from rctflow.results import POINTS
from rctflow.settings import settings_from

Cell = tuple[str, str]
PENALIZED = "the covariates separate those with the event: penalized instead of maximum likelihood"


def fit_binary_interaction(
    data: AnalysisData, analysis: Analysis, settings: Fit, factor: str, order: tuple[str, ...]
) -> Interaction:
    """The interaction of arm and SUBGROUP in risk differences (percentage points) at ``settings.subgroup_visit``.

    order: the levels. Raises NotEstimable when the model cannot be fitted.
    """
    return _interaction(data, analysis, settings, settings_from(BinaryOptions, analysis.options), factor, order)


def fit_responder_interaction(
    data: AnalysisData, analysis: Analysis, settings: Fit, factor: str, order: tuple[str, ...]
) -> Interaction:
    """The same of responders. Raises NotEstimable."""
    return _interaction(data, analysis, settings, settings_from(ResponderOptions, analysis.options), factor, order)


def _interaction(
    data: AnalysisData,
    analysis: Analysis,
    settings: Fit,
    options: BinaryOptions | ResponderOptions,
    factor: str,
    order: tuple[str, ...],
) -> Interaction:
    outcome = visit_outcome(data, analysis, settings, options, settings.subgroup_visit)
    if outcome.records.empty:
        raise NotEstimable(f"no subject has everything that the model needs at {settings.subgroup_visit}")
    found = Cells(outcome, settings, factor, order)
    lost = excluded_words(outcome.at_visit.lost).replace(SUBGROUP, factor)
    notes = (*found.design.dropped, PENALIZED if found.penalized else "", lost)
    terms = " + ".join([f"arm * {factor}", *(term.name for term in found.design.terms)])
    method = (
        f"Difference of proportions standardized within each level by a logistic model; terms: {terms}; "
        f"{rule_words(analysis, settings, options)}; variance of Ye, Bannick, Yi and Shao; normal interval "
        f"{100 * analysis.confidence:g} %; chi-square test of equal differences"
    )
    return Interaction(
        counts={(level, arm): found.cells.count((level, arm)) for level in order for arm in settings.arms},
        differences={cell: found.difference(cell, analysis.confidence) for cell in found.compared()},
        test=found.test(),
        method=method,
        note="; ".join(note for note in notes if note),
        fell_back=bool(found.design.dropped) or found.penalized,
        tested=("chi2", "df", "p_value"),
        unit=POINTS,
    )


@dataclass
class Cells:
    """The cells (level, arm) of a visit's subjects, and the model of those in which some have the event, some not."""

    outcome: VisitOutcome
    settings: Fit
    factor: str
    order: tuple[str, ...]

    def __post_init__(self) -> None:
        """Fit. Raises NotEstimable."""
        records = self.outcome.records
        self.cells: list[Cell] = list(zip(records[SUBGROUP].tolist(), records["ARM"].tolist(), strict=True))
        response = records[RESPONSE].to_numpy(float)
        self.events: dict[Cell, list[float]] = {}
        for cell, value in zip(self.cells, response, strict=True):
            self.events.setdefault(cell, []).append(value)
        kept = np.array([self._why_not(cell) == "" for cell in self.cells])
        if not kept.any():
            raise NotEstimable("in every subgroup all or none of each arm have the event")
        self.fitted = [cell for cell, keep in zip(self.cells, kept, strict=True) if keep]
        self.response = response[kept]
        self.design = self._design(kept)
        self.predicted, self.penalized = self._predicted()
        self.levels = {level: found for level in self.order if (found := self._level(level)) is not None}

    def _why_not(self, cell: Cell) -> str:
        values = self.events.get(cell, [])
        if not values:
            return f"no subject of {cell[1]} can be analysed in this subgroup"
        if len(set(values)) < 2:
            return f"{'everybody' if values[0] else 'nobody'} of {cell[1]} has the event in this subgroup"
        return ""

    def _design(self, kept: np.ndarray) -> Design:
        from dataclasses import replace

        at_visit = replace(self.outcome.at_visit, records=self.outcome.records[kept])
        in_cells = (SUBGROUP,) if self.settings.subgroups[self.factor].cuts else (SUBGROUP, self.factor)
        shared = [term for term in at_visit.terms("equal") if term.name not in in_cells]
        self.present = [
            cell for level in self.order for arm in self.settings.arms if (cell := (level, arm)) in set(self.fitted)
        ]
        return build_design([" | ".join(c) for c in self.fitted], tuple(" | ".join(c) for c in self.present), shared)

    def _predicted(self) -> tuple[Array, bool]:
        """(n, cells) the prediction of every subject in every cell, and whether the likelihood is penalized."""
        penalized = False
        try:
            fit = maximum_likelihood(self.design.matrix, self.response)
        except Separation:
            penalized = True
            try:
                fit = firth(self.design.matrix, self.response)
            except Separation as error:
                raise NotEstimable("the penalized likelihood did not converge") from error
        k = len(self.present)
        rest = self.design.matrix[:, k:] @ fit.coefficients[k:]
        return probabilities(rest[:, None] + fit.coefficients[:k]), penalized

    def _level(self, level: str) -> tuple[list[str], Standardized] | None:
        """The arms of a level that are in the model, the reference first, and their proportions there."""
        others = [arm for arm in self.settings.arms if arm != self.settings.reference]
        arms = [arm for arm in (self.settings.reference, *others) if (level, arm) in self.present]
        if len(arms) < 2 or arms[0] != self.settings.reference:
            return None
        inside = np.array([cell[0] == level for cell in self.fitted])
        columns = [self.present.index((level, arm)) for arm in arms]
        indicator = np.array([[float(cell == (level, arm)) for arm in arms] for cell in self.fitted])
        return arms, marginal(indicator[inside], self.predicted[inside][:, columns], self.response[inside])

    def compared(self) -> list[Cell]:
        """Every level and arm other than the reference."""
        arms = [arm for arm in self.settings.arms if arm != self.settings.reference]
        return [(level, arm) for level in self.order for arm in arms]

    def difference(self, cell: Cell, confidence: float) -> dict[str, float] | str:
        """estimate, se, ci_low, ci_high in percentage points, or why there is none."""
        level, arm = cell
        why = [self._why_not((level, name)) for name in (arm, self.settings.reference)]
        if any(why):
            return "; ".join(filter(None, why))
        arms, found = self.levels[level]
        value, se = (100 * number for number in found.difference(arms.index(arm), 0))
        half = _normal_quantile(confidence) * se
        return {"estimate": value, "se": se, "ci_low": value - half, "ci_high": value + half}

    def test(self) -> dict[str, float] | str:
        """chi2, df, p_value of equal differences in all levels that have them, or why there are none."""
        from scipy.special import chdtrc

        values, covariance, keys = self._contrasts()
        of_arm = {arm: [at for at, key in enumerate(keys) if key[1] == arm] for _, arm in keys}
        rows = []
        for places in of_arm.values():
            for other in places[1:]:
                row = np.zeros(len(keys))
                row[other], row[places[0]] = 1.0, -1.0
                rows.append(row)
        if not rows:
            return "no two subgroups have the arms to be compared"
        matrix = np.array(rows)
        d = matrix @ values
        chi2 = float(d @ np.linalg.solve(matrix @ covariance @ matrix.T, d))
        return {"chi2": chi2, "df": float(len(rows)), "p_value": float(chdtrc(len(rows), chi2))}

    def _contrasts(self) -> tuple[Array, Array, list[Cell]]:
        """Differences to the reference of all levels, their covariance (levels are independent), and their cells."""
        keys = [(level, arm) for level, (arms, _) in self.levels.items() for arm in arms[1:]]
        values, covariance = np.zeros(len(keys)), np.zeros((len(keys), len(keys)))
        start = 0
        for arms, found in self.levels.values():
            k = len(arms) - 1
            along = np.column_stack([-np.ones(k), np.eye(k)])
            here = slice(start, start + k)
            values[here] = along @ found.proportions
            covariance[here, here] = along @ found.covariance @ along.T
            start += k
        return values, covariance, keys


def _normal_quantile(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + confidence) / 2))
