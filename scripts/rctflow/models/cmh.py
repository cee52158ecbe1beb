"""Cochran-Mantel-Haenszel statistics of any number of arms and response levels, over strata.

With n_h (R x C) the counts of stratum h, row totals r_h, column totals c_h and N_h patients, under no association the
counts have E n_h = r_h c_h' / N_h and cov_h = (D_r - r_h r_h'/N_h) x (D_c - c_h c_h'/N_h) / (N_h - 1), x Kronecker's
product and D the diagonal matrix of the totals. With a linear function B of the counts,
G = sum B (n_h - E n_h) and V = sum B cov_h B',

    Q = G' V^- G   is chi-squared with rank(V) degrees of freedom.

nonzero correlation       B = c' x r': scores of response and arm (the doses, or 0, 1, 2, ...), 1 df
row mean scores differ    B = c' x I: mean score of each arm, R - 1 df
general association       B = I x I, (R - 1)(C - 1) df

Scores of the response are its values (table scores), so that the row mean scores test compares means by strata.
Source: Landis, Heyman & Koch 1978, Int Stat Rev 46:237; SAS PROC FREQ, option CMH.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rctflow.models.ancova import source_records
from rctflow.models.complete import excluded_words
from rctflow.models.contract import AnalysisData, ModelOutput, NotEstimable, OptionError, Row, options_from, rows_of
from rctflow.models.linear import Array
from rctflow.models.rank.samples import rounded_ties
from rctflow.models.settings import Analysis, CmhOptions, Fit
from rctflow.models.visit import VisitData, visit_data
from rctflow.results import PERCENT

if TYPE_CHECKING:
    from pandas import DataFrame

STATISTICS = ("chi2", "df", "p_value")
NAMES = {
    "correlation": "nonzero correlation",
    "row_means": "row mean scores differ",
    "general": "general association",
}
SINGULAR = 1e-10


class Cmh(NamedTuple):
    """A CMH statistic and its degrees of freedom."""

    chi2: float
    df: int

    @property
    def p_value(self) -> float:
        """From the chi-squared distribution."""
        from scipy.special import chdtrc

        return float(chdtrc(self.df, self.chi2))


def cmh(tables: Array, kind: str, columns: Array, rows: Array) -> Cmh:
    """One of ``NAMES`` for tables (strata, R, C); columns (C,) and rows (R,): scores of response levels and of arms.

    Strata of fewer than two patients say nothing. Raises NotEstimable when no stratum has two arms and two levels.
    """
    tables = tables[tables.sum((1, 2)) > 1]
    R, C = tables.shape[1:]
    left, right = {
        "correlation": (rows[None, :], columns[None, :]),
        "row_means": (np.eye(R), columns[None, :]),
        "general": (np.eye(R), np.eye(C)),
    }[kind]
    B = np.kron(left, right)
    G, V = np.zeros(len(B)), np.zeros((len(B), len(B)))
    for table in tables:
        n, r, c = table.sum(), table.sum(1), table.sum(0)
        G += B @ (table - np.outer(r, c) / n).ravel()
        spread = np.kron(np.diag(r) - np.outer(r, r) / n, np.diag(c) - np.outer(c, c) / n) / (n - 1)
        V += B @ spread @ B.T
    values, vectors = np.linalg.eigh(V)
    kept = values > SINGULAR * max(values.max(initial=0.0), SINGULAR)
    if not kept.any():
        raise NotEstimable("no stratum has patients of two arms with different values")
    along = vectors[:, kept].T @ G
    return Cmh(float((along**2 / values[kept]).sum()), int(kept.sum()))


def fit_cmh(data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
    """At each visit: per arm n, n:<value> and percent:<value> of each value that occurs; over all arms, for the
    declared statistic, chi2, df and p_value, and those of the other two with their name before the statistic.

    Strata as the analysis says. Raises OptionError for settings that a table of counts does not have.
    """
    options = options_from(CmhOptions, analysis.options)
    if analysis.log or analysis.covariates or analysis.baseline:
        raise OptionError("cmh compares counts within strata: write `baseline: false`, no `log` and no `covariates`")
    rows: list[Row] = []
    sets: dict[str, DataFrame] = {}
    for visit in data.visits:
        at_visit = visit_data(data, analysis, settings, visit)
        rows += _groups(at_visit, settings)
        rows += _tests(at_visit, settings, options)
        sets[visit] = source_records(data, at_visit, analysis)
    return ModelOutput(rows, sets)


def _groups(at_visit: VisitData, settings: Fit) -> Iterator[Row]:
    shared: dict[str, Any] = {"visit": at_visit.visit, "record_set": at_visit.visit}
    values, arm_of = rounded_ties(at_visit.outcome()), at_visit.records["ARM"].to_numpy()
    for arm in settings.arms:
        mine = values[arm_of == arm]
        note = excluded_words(at_visit.lost, arm=arm)
        yield Row("n", len(mine), group=arm, method="subjects in the table", note=note, **shared)
        for value in np.unique(values) if len(mine) else ():
            count = int((mine == value).sum())
            yield Row(f"n:{value:.10g}", count, group=arm, method="subjects with the value", **shared)
            percent, words = 100 * count / len(mine), "of the subjects in the table"
            yield Row(f"percent:{value:.10g}", percent, group=arm, unit=PERCENT, method=words, **shared)


def _tests(at_visit: VisitData, settings: Fit, options: CmhOptions) -> Iterator[Row]:
    by = f" by {', '.join(at_visit.factors)}" if at_visit.factors else ""
    lost = excluded_words(at_visit.lost)
    for kind in sorted(NAMES, key=lambda name: name != options.statistic):
        prefix = "" if kind == options.statistic else f"{kind}_"
        method = f"Cochran-Mantel-Haenszel test of all arms{by}: {NAMES[kind]}; table scores{_doses(kind, settings)}"
        shared: dict[str, Any] = {"visit": at_visit.visit, "record_set": at_visit.visit, "method": method}
        names = [f"{prefix}{name}" for name in STATISTICS]
        try:
            found = cmh(*_tables(at_visit, settings, kind))
        except NotEstimable as error:
            note = "; ".join(filter(None, (str(error), lost)))
            yield from rows_of(dict.fromkeys(names), **shared, status="not_estimable", note=note)
            continue
        values = dict(zip(names, (found.chi2, float(found.df), found.p_value), strict=True))
        yield from rows_of(values, note=lost, **shared)


def _doses(kind: str, settings: Fit) -> str:
    if kind != "correlation":
        return ""
    scores = arm_scores(settings)
    return f" (arms: {', '.join(f'{arm} {score:g}' for arm, score in scores.items())})"


def arm_scores(settings: Fit) -> Mapping[str, float]:
    """The scores of the arms: their doses where the analysis has them, else 0, 1, 2, ... in the order of the arms."""
    if all(arm in settings.doses for arm in settings.arms):
        return {arm: settings.doses[arm] for arm in settings.arms}
    return {arm: float(place) for place, arm in enumerate(settings.arms)}


def _tables(at_visit: VisitData, settings: Fit, kind: str) -> tuple[Array, str, Array, Array]:
    records = at_visit.records
    if records.empty:
        raise NotEstimable(f"no subject can be analysed at {at_visit.visit}")
    levels, column = np.unique(rounded_ties(at_visit.outcome()), return_inverse=True)
    row = records["ARM"].map({arm: k for k, arm in enumerate(settings.arms)}).to_numpy(int)
    stratum = np.zeros(len(records), int)
    if at_visit.factors:
        stratum = records.groupby(list(at_visit.factors), sort=True).ngroup().to_numpy()
    tables = np.zeros((stratum.max() + 1, len(settings.arms), len(levels)))
    np.add.at(tables, (stratum, row, column), 1.0)
    return tables, kind, levels.astype("float64"), np.array(list(arm_scores(settings).values()))
