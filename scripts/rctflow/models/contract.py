"""What a model is given and what it hands back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, get_args, get_type_hints

from rctflow.errors import NotEstimable as NotEstimable
from rctflow.errors import RctflowError
from rctflow.models.settings import Analysis, Fit
from rctflow.results import DOSE_RESPONSE, Status, comparison_name

if TYPE_CHECKING:
    from pandas import DataFrame

Options = TypeVar("Options")


class FitDataError(RctflowError):
    """ADSL or BDS break their contract; the message names the analysis, the column or the subject."""


class OptionError(RctflowError):
    """An option that the model does not have, or a value that the option cannot take."""


@dataclass(frozen=True)
class AnalysisData:
    """The data of one analysis in one population.

    subjects: its members, one row each, index USUBJID (sorted), the columns of ADSL and ARM (planned or actual arm id).
    records: the analysed records after baseline: ANL01FL Y, AVISIT in ``visits``, AVAL present; BDS columns and ARM;
    at most one per subject and visit, sorted by USUBJID. baseline: the baseline record (ABLFL Y, AVAL present) of
    each member who has one. assessments: every BDS record of the members, analysed or not.
    """

    population: str
    visits: tuple[str, ...]
    subjects: DataFrame
    records: DataFrame
    baseline: DataFrame
    assessments: DataFrame


@dataclass(frozen=True)
class Row:
    """One statistic of a model; the caller makes it a Result. record_set: key into ``ModelOutput.record_sets``."""

    statistic: str
    value: float | None
    visit: str = ""
    group: str = ""
    contrast: str = ""
    unit: str = ""
    method: str = ""
    status: Status = "ok"
    note: str = ""
    record_set: str = ""


@dataclass(frozen=True)
class ModelOutput:
    """The statistics of one model, and the BDS records that each set of them was computed from."""

    rows: list[Row]
    record_sets: dict[str, DataFrame] = field(default_factory=dict)


class Model(Protocol):
    """A model: fits one analysis in one population. Raises NotEstimable when nothing of it can be estimated."""

    def __call__(self, data: AnalysisData, analysis: Analysis, settings: Fit) -> ModelOutput:
        """Fit."""


def rows_of(values: Mapping[str, float | None], units: Mapping[str, str] | None = None, **shared: Any) -> list[Row]:
    """A row per statistic of ``values``; ``shared`` are the fields that they have in common."""
    units = units or {}
    return [Row(statistic=name, value=value, unit=units.get(name, ""), **shared) for name, value in values.items()]


def statistics_of_groups(log: bool) -> tuple[str, ...]:
    """The statistics of an LS mean, in the order of the result rows; n stands before them."""
    return ("lsmean", "se_log" if log else "se", "df", "ci_low", "ci_high")


def statistics_of_contrasts(log: bool) -> tuple[str, ...]:
    """The statistics of a difference or ratio of arms, in the order of the result rows."""
    return ("estimate", "se_log" if log else "se", "df", "t", "p_value", "ci_low", "ci_high")


def contrast_name(arm: str, reference: str, log: bool) -> str:
    """``msc - placebo`` for a difference, ``msc / placebo`` for a ratio."""
    return comparison_name(arm, reference, "ratio" if log else "difference")


def rows_without_estimate(
    analysis: Analysis, settings: Fit, note: str, ratio: bool = False, **shared: Any
) -> list[Row]:
    """Every LS mean and contrast of a model of arms without a value; ``note`` is the reason.

    ratio: the model compares odds, rates or hazards, and has no LS means. shared: further fields of Row; the status is
    ``not_estimable`` when it is not among them.
    """
    shared = {"status": "not_estimable", "note": note} | shared
    rows: list[Row] = []
    for arm in () if ratio else settings.arms:
        rows += rows_of(dict.fromkeys(statistics_of_groups(analysis.log)), group=arm, **shared)
    for arm, other in settings.comparisons:
        name = contrast_name(arm, other, ratio or analysis.log)
        rows += rows_of(dict.fromkeys(statistics_of_contrasts(ratio or analysis.log)), contrast=name, **shared)
    if analysis.dose_response:
        names = [f"{DOSE_RESPONSE}{name}" for name in statistics_of_contrasts(analysis.log)]
        rows += rows_of(dict.fromkeys(names), **shared)
    return rows


def options_from(kind: type[Options], options: Mapping[str, Any]) -> Options:
    """The options dataclass ``kind`` filled from the config. Raises OptionError on an unknown key or value."""
    known = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    for name in options:
        if name not in known:
            raise OptionError(f"options.{name}: this model has no such option. {_one_of(known)}")
    allowed = get_type_hints(kind)
    for name, value in options.items():
        choices = get_args(allowed[name])
        if choices and value not in choices:
            raise OptionError(f"options.{name}: '{value}' is not possible. {_one_of(choices)}")
    return kind(**options)


def _one_of(names: Iterable[str]) -> str:
    text = ", ".join(names)
    return f"One of: {text}" if text else "It takes no options."
