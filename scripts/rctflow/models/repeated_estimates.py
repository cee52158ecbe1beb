"""LS means, differences and trends over doses of a fitted MMRM, by visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctflow.models.dose_response import coefficients
from rctflow.models.longitudinal import ARM, VISIT, Longitudinal
from rctflow.models.mmrm import MmrmFit
from rctflow.models.mmrm.errors import NotEstimableError
from rctflow.models.options import MmrmOptions
from rctflow.models.settings import Analysis, Fit
from rctflow.results import AVERAGE

if TYPE_CHECKING:
    from pandas import Series


@dataclass(frozen=True)
class Estimates:
    """What a fit to ``frame`` estimates of the arms; what the data do not determine is left out.

    Each Series has estimate, se, df, ci_low, ci_high, t and p_value, on the scale of the model.
    """

    fit: MmrmFit
    frame: Longitudinal
    analysis: Analysis
    settings: Fit
    options: MmrmOptions

    def means(self) -> dict[tuple[str, str], Series]:
        """(visit, arm) -> estimate, se, df, ... of the LS mean; with cLDA, of its change when changes are asked for."""
        weights = self.options.weights
        if not (self.frame.constrained and self.analysis.outcome == "change"):
            table = self.fit.lsmeans(ARM, by=self._by_visit, weights=weights, not_estimable="omit")
            return {(self._visit_of(row), str(row[ARM])): row for _, row in table.iterrows()}
        try:
            rows = self.fit.mean_rows([VISIT, ARM], weights)
        except NotEstimableError:
            return {}
        place = {(str(v), str(a)): n for n, (v, a) in enumerate(zip(rows.labels[VISIT], rows.labels[ARM], strict=True))}
        after = [key for key in place if key[0] != self.settings.baseline_visit]
        start = self.settings.baseline_visit
        change = [rows.L[place[visit, arm]] - rows.L[place[start, arm]] for visit, arm in after]
        table = self.fit.estimate(change)
        return {key: table.iloc[n] for n, key in enumerate(after)}

    def differences(self) -> dict[tuple[str, str], Series]:
        """(visit or AVERAGE, ``arm - other``) -> the difference."""
        found: dict[tuple[str, str], Series] = {}
        for other in dict.fromkeys(other for _, other in self.settings.comparisons if other in self._present):
            try:
                by_visit = self.fit.contrasts(ARM, self._by_visit, other, self.options.weights, not_estimable="omit")
                average = self.fit.contrasts(ARM, None, other, self.options.weights, not_estimable="omit")
            except NotEstimableError:
                continue
            found |= {(self._visit_of(row), row["contrast"]): row for _, row in by_visit.iterrows()}
            found |= {(AVERAGE, row["contrast"]): row for _, row in average.iterrows()}
        return found

    def trends(self) -> dict[str, Series]:
        """Visit -> slope of the LS means over the doses of the arms."""
        rows = self.fit.design_means([VISIT, ARM] if self._by_visit else [ARM], self.options.weights)
        after = rows.labels[VISIT].isin(self.frame.visits) if self._by_visit else np.ones(len(rows.labels), bool)
        labels = rows.labels[after]
        at_visit = labels[VISIT] if self._by_visit else [self.frame.visits[0]] * len(labels)
        share = labels[ARM].astype(str).map(coefficients(self._present, self.settings.doses)).to_numpy()
        found: dict[str, Series] = {}
        for visit in self.frame.visits:
            mine = np.asarray([name == visit for name in at_visit])
            try:
                L = self.fit.estimable((share[mine] @ rows.L[np.flatnonzero(after)[mine]])[None, :])
            except NotEstimableError:
                continue
            found[visit] = self.fit.estimate(L).iloc[0]
        return found

    @property
    def _present(self) -> list[str]:
        return [str(arm) for arm in self.frame.rows[ARM].cat.categories]

    @property
    def _by_visit(self) -> str | None:
        return VISIT if VISIT in self.frame.formula else None

    def _visit_of(self, row: Series) -> str:
        return str(row[VISIT]) if self._by_visit else self.frame.visits[0]
