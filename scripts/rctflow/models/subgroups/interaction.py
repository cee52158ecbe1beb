"""The rows of a subgroup analysis: per level the arms compared, and one test of whether the comparison varies.

A level has an estimate and an interval, never a p-value: that of one subgroup answers no question of the trial, and one
of many is small by chance. What asks whether arms differ differently is the interaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from numpy.linalg import LinAlgError

from rctflow.models.contract import AnalysisData, NotEstimable, Row, contrast_name, rows_of
from rctflow.models.registry import load_interaction
from rctflow.models.settings import Analysis, Fit
from rctflow.models.subgroups.levels import SUBGROUP, subgroup_of
from rctflow.results import SUPPRESSED, Status

TEST = ("F", "df1", "df2", "p_value")
ONE_MODEL = "subgroup differences from one model with arm by {factor}, not from separate fits"


@dataclass(frozen=True)
class Interaction:
    """What a model with an interaction of arm and subgroup gives at one visit.

    counts: (level, arm) -> subjects in the model. differences: (level, arm) -> estimate, se, df, ci_low, ci_high of arm
    minus reference on the scale of the model (no df where the normal law serves), or why there are none. test: the
    values of ``tested``, or why not. unit: of the differences; that of the endpoint when "".
    """

    counts: dict[tuple[str, str], int]
    differences: dict[tuple[str, str], dict[str, float] | str]
    test: dict[str, float] | str
    method: str
    note: str = ""
    fell_back: bool = False
    tested: tuple[str, ...] = TEST
    unit: str = ""


def subgroup_rows(data: AnalysisData, analysis: Analysis, settings: Fit) -> Iterator[Row]:
    """The rows of every subgroup factor of the analysis, at ``settings.subgroup_visit``.

    Statistics ``subgroup_n:<factor>=<level>`` per arm; ``estimate``, ``se`` (``se_log`` of ratios), ``df``, ``ci_low``
    and ``ci_high:<factor>=<level>`` per contrast; ``interaction_F``, ``_df1``, ``_df2`` (of proportions ``_chi2``,
    ``_df``) and ``_p_value:<factor>``. In restricted studies a factor with a level of few patients in an arm is
    suppressed whole.
    """
    for factor in analysis.subgroups:
        levels, order = subgroup_of(data.subjects[factor], factor, settings.subgroups[factor])
        within = replace(data, subjects=data.subjects.assign(**{SUBGROUP: levels}))
        known = replace(analysis, covariates=(*(c for c in analysis.covariates if c != SUBGROUP), SUBGROUP))
        status: Status
        try:
            found = load_interaction(analysis.model)(within, known, settings, factor, order)
            status, why = "ok", ""
        except NotEstimable as error:
            status, why = "not_estimable", str(error)
        except LinAlgError as error:
            status, why = "failed", f"the computation failed: {error}"
        if why:
            found = Interaction({}, {}, why, "")
        yield from _rows(found, factor, order, analysis, settings, status)


def _rows(
    found: Interaction, factor: str, order: tuple[str, ...], analysis: Analysis, settings: Fit, failed: Status
) -> Iterator[Row]:
    hidden = any(0 < n < settings.small_cells for n in found.counts.values())
    why = SUPPRESSED if hidden else found.test if isinstance(found.test, str) else ""
    method = "; ".join(part for part in (found.method, ONE_MODEL.format(factor=factor)) if part)
    shared: dict[str, Any] = {"visit": settings.subgroup_visit, "method": method, "note": found.note}
    shared["status"] = "fallback" if found.fell_back else "ok"
    lost = {"status": failed if failed != "ok" else "not_estimable"}
    for level in order:
        for arm in settings.arms:
            n = None if hidden else found.counts.get((level, arm))
            count = shared | ({"status": lost["status"], "note": SUPPRESSED if hidden else why} if n is None else {})
            yield from rows_of({f"subgroup_n:{factor}={level}": n}, group=arm, **count)
    for level in order:
        for arm in (arm for arm in settings.arms if arm != settings.reference):
            values = SUPPRESSED if hidden else found.differences.get((level, arm), why)
            unit = found.unit or settings.unit
            yield from _difference(values, f"{factor}={level}", arm, analysis, settings, unit, shared, lost)
    test = dict.fromkeys(found.tested) if why or isinstance(found.test, str) else found.test
    shared |= lost | {"note": why} if why else {}
    yield from rows_of({f"interaction_{name}:{factor}": value for name, value in test.items()}, **shared)


def _difference(
    values: dict[str, float] | str,
    where: str,
    arm: str,
    analysis: Analysis,
    settings: Fit,
    unit: str,
    shared: dict[str, Any],
    lost: dict[str, Any],
) -> Iterator[Row]:
    from math import exp

    contrast = contrast_name(arm, settings.reference, analysis.log)
    names: tuple[str, ...] = ("estimate", "se_log" if analysis.log else "se", "df", "ci_low", "ci_high")
    if isinstance(values, str):
        yield from rows_of(
            {f"{name}:{where}": None for name in names}, contrast=contrast, **shared | lost | {"note": values}
        )
        return
    back = exp if analysis.log else float
    made = {name: back(values[name]) for name in ("estimate", "ci_low", "ci_high")}
    made |= {"se": values["se"], "se_log": values["se"]} | {name: values[name] for name in ("df",) if name in values}
    names = tuple(name for name in names if name in made)
    unit = "ratio" if analysis.log else unit
    units = {f"{name}:{where}": unit for name in ("estimate", "se", "ci_low", "ci_high")}
    yield from rows_of({f"{name}:{where}": made[name] for name in names}, units, contrast=contrast, **shared)
