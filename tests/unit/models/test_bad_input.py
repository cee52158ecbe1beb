"""Data that determine little or nothing, for every model: a typed error or rows that say what happened, never NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rctflow.models.contract import FitDataError
from rctflow.models.registry import MODELS, compared_as
from rctflow.results import Result, write_results

from tests.fit_cases import fitted
from tests.model_cases import Case, below, case_of

EVENTS = ("binary", "responder", "gee_logit", "counts", "time_to_event")
WITHIN = ("paired_change", "descriptive", "cmh")
"""Models that compare no two arms."""


def of_arm(case: Case, arm: str) -> pd.Series:
    return case.bds["USUBJID"].isin(case.adsl.loc[case.adsl["TRT01P"].eq(arm), "USUBJID"])


def without(case: Case, chosen: pd.Series) -> Case:
    """The records in question have no value."""
    bds = case.bds
    later = chosen & bds["AVISIT"].eq("month6")
    flag = bds["ANL01FL"].mask(later, "")
    return replace(case, bds=bds.assign(AVAL=bds["AVAL"].mask(later), CHG=bds["CHG"].mask(later), ANL01FL=flag))


def no_reference_value(case: Case) -> Case:
    """Nobody of the reference arm has a value at the last visit."""
    return without(case, of_arm(case, "placebo"))


def no_reference_patient(case: Case) -> Case:
    """Nobody of the reference arm is in the population."""
    return replace(case, adsl=case.adsl.assign(ITTFL=np.where(case.adsl["TRT01P"].eq("placebo"), "N", "Y")))


def one_reference_patient(case: Case) -> Case:
    """One patient of the reference arm is left."""
    placebo = case.adsl.index[case.adsl["TRT01P"].eq("placebo")][1:]
    return replace(case, adsl=case.adsl.assign(ITTFL=case.adsl["ITTFL"].mask(case.adsl.index.isin(placebo), "N")))


def stratum_of_one_arm(case: Case) -> Case:
    """Site B has the other arm alone."""
    lost = case.adsl["SITE"].eq("B") & case.adsl["TRT01P"].eq("placebo")
    return replace(case, adsl=case.adsl.assign(ITTFL=case.adsl["ITTFL"].mask(lost, "N")))


def arms_apart(case: Case) -> Case:
    """Each site has one arm."""
    return replace(case, adsl=case.adsl.assign(SITE=np.where(case.adsl["TRT01P"].eq("placebo"), "A", "B")))


def no_event_in_an_arm(case: Case) -> Case:
    """Zero cells: nobody of the experimental arm has the event."""
    return _eventless(case, of_arm(case, "msc"))


def no_event(case: Case) -> Case:
    """Nobody has the event at all (a responder rule that nobody meets)."""
    return _eventless(case, pd.Series(True, case.bds.index))


def _eventless(case: Case, who: pd.Series) -> Case:
    bds, later = case.bds, who & case.bds["AVISIT"].ne("baseline")
    if case.fit.analyses["primary"].model == "time_to_event":
        written = bds["AVALC"].mask(later, ">" + bds["AVAL"].map("{:g}".format))
        return replace(case, bds=bds.assign(AVALC=written))
    if case.fit.analyses["primary"].model == "responder":
        worse = bds["BASE"] - 1
        return replace(case, bds=bds.assign(AVAL=bds["AVAL"].mask(later, worse), CHG=bds["CHG"].mask(later, -1.0)))
    return case.with_values(lambda value: value.mask(later, 0.0))


def everybody_has_the_event(case: Case) -> Case:
    """Everybody has it, at the same time."""
    if case.fit.analyses["primary"].model == "responder":
        bds, later = case.bds, case.bds["AVISIT"].ne("baseline")
        return replace(
            case, bds=bds.assign(AVAL=bds["AVAL"].mask(later, bds["BASE"] + 9), CHG=bds["CHG"].mask(later, 9.0))
        )
    case = replace(case, bds=case.bds.assign(AVALC=""))
    return _constant(case, 1.0)


def all_equal(case: Case) -> Case:
    """Every value is the same, baseline included."""
    return _constant(case, 1.0)


def equal_after_baseline(case: Case) -> Case:
    """Every value after baseline is the same."""
    return case.with_values(lambda value: value * 0 + 2.0, ("month3", "month6"))


def _constant(case: Case, number: float) -> Case:
    return case.with_values(lambda value: value * 0 + number)


def all_below(case: Case) -> Case:
    """Every value lies below the limit, baseline included."""
    return replace(case, bds=below(case.bds, 1e6))


def below_after_baseline(case: Case) -> Case:
    """Every value of one arm lies below the limit after baseline."""
    later = of_arm(case, "msc") & case.bds["AVISIT"].ne("baseline")
    small = case.bds.assign(AVAL=case.bds["AVAL"].mask(later, 1e-3))
    return replace(case, bds=below(small, 0.5))


def no_baseline(case: Case) -> Case:
    """Nobody has a baseline value."""
    bds = case.bds[case.bds["ABLFL"].ne("Y")]
    return replace(case, bds=bds.assign(BASE=np.nan, CHG=np.nan))


def no_record(case: Case) -> Case:
    """There is not one record after baseline."""
    return replace(case, bds=case.bds.assign(ANL01FL=""))


CASES: dict[str, Callable[[Case], Case]] = {
    "no value in the reference arm": no_reference_value,
    "nobody in the reference arm": no_reference_patient,
    "one patient in the reference arm": one_reference_patient,
    "a stratum with one arm": stratum_of_one_arm,
    "each stratum with one arm": arms_apart,
    "all values equal": all_equal,
    "all values equal after baseline": equal_after_baseline,
    "all values below the limit": all_below,
    "an arm below the limit after baseline": below_after_baseline,
    "no event in an arm": no_event_in_an_arm,
    "no event at all": no_event,
    "everybody has the event": everybody_has_the_event,
    "no baseline": no_baseline,
    "no record": no_record,
}
OF_EVENTS = ("no event in an arm", "no event at all", "everybody has the event")
OF_LIMITS = ("all values below the limit", "an arm below the limit after baseline")
ALL_METHODS = [
    "standardized",
    "miettinen_nurminen",
    "mee",
    "newcombe",
    "mantel_haenszel",
    "stratified_score",
    "risk_ratio",
]
ALL_METHODS += ["odds_ratio", "wald_risk_ratio", "wald_odds_ratio", "fisher", "cmh"]
VARIANTS = [
    *((model, {}) for model in MODELS),
    ("ancova", {"options": {"vcov": "HC3"}}),
    ("ancova", {"log": True, "outcome": "value"}),
    ("ancova", {"strata": False, "baseline": False}),
    ("mmrm", {"options": {"baseline": "outcome"}}),
    ("binary", {"options": {"methods": ALL_METHODS, "variance": "ye_permuted_blocks"}}),
    ("responder", {"options": {"at_least": 1.0, "missing": "nonresponder"}}),
    ("censored", {"options": {"interval": "profile"}}),
    ("censored", {"options": {"below": "half"}}),
    ("censored", {"log": False}),
    ("wilcoxon", {"outcome": "change"}),
    ("wilcoxon", {"strata": False}),
    ("cmh", {"options": {"statistic": "general"}}),
    ("gee", {"log": True, "outcome": "value"}),
    ("gee_logit", {"baseline": True}),
    ("gee_logit", {"options": {"working": "independence", "vcov": "robust"}}),
    ("counts", {"options": {"distribution": "poisson", "exposure": "TIME"}}),
    ("time_to_event", {"covariates": ("AGE",)}),
    ("time_to_event", {"strata": False}),
    ("paired_change", {"log": True}),
    ("descriptive", {"log": True}),
]
GONE, APART = "no subject of placebo can be analysed", "confounded"
FLAT, SAME = "residual variance is zero", "the outcome is 0 in every record"
N, F = "not_estimable", "fallback"
EXPECTED: dict[str, dict[str, tuple[str, str]]] = {
    "no value in the reference arm": dict.fromkeys(MODELS, (N, GONE)),
    "nobody in the reference arm": dict.fromkeys(MODELS, (N, GONE))
    | dict.fromkeys(("mmrm", "gee", "gee_logit"), (N, "values after baseline are there for ['msc'] only")),
    "one patient in the reference arm": {
        "ancova": ("ok", ""),
        "mmrm": ("ok", ""),
        "binary": (F, "nobody of placebo has the event"),
        "responder": (F, "everybody of placebo has the event"),
        "wilcoxon": (F, "nobody of the other arm in their stratum"),
        "gee_logit": (N, "all or none"),
    },
    "a stratum with one arm": {"wilcoxon": (F, "10 patients left out"), "ancova": ("ok", ""), "mmrm": ("ok", "")},
    "each stratum with one arm": {
        **dict.fromkeys(("ancova", "censored", "gee", "gee_logit", "counts", "binary", "responder"), (N, APART)),
        "mmrm": (N, "the data do not determine it; collinear or empty, dropped: SITEB"),
        "wilcoxon": (N, "no stratum has patients of both arms"),
        "time_to_event": (N, "no stratum has patients of both arms"),
        "proportional_odds": (N, "separation"),
    },
    "all values equal": {
        "ancova": (N, FLAT),
        "mmrm": (N, SAME),
        "gee": (N, SAME),
        "gee_logit": (N, "the outcome is 1 in every record"),
        "binary": (F, "everybody of msc has the event"),
        "responder": (F, "nobody of msc has the event"),
        "censored": (N, FLAT),
        "wilcoxon": (N, "all values are equal"),
        "proportional_odds": (N, "all values are equal"),
        "counts": (F, "no more than a Poisson distribution"),
    },
    "all values equal after baseline": {
        "ancova": (N, FLAT),
        "gee": (N, FLAT),
        "mmrm": (N, "explain the outcome without rest"),
        "censored": (N, FLAT),
    },
    "all values below the limit": {
        "censored": (N, "only whether the substance was detected is compared"),
        "wilcoxon": (N, "all values are equal"),
    },
    "an arm below the limit after baseline": {"censored": (N, "only whether the substance was detected is compared")},
    "no event in an arm": {
        "binary": (F, "nobody of msc has the event"),
        "responder": (F, "nobody of msc has the event"),
        "gee_logit": (N, "infinite"),
        "counts": (N, "a ratio is 0 or infinite"),
        "time_to_event": (N, "a hazard ratio is 0 or infinite"),
    },
    "no event at all": {
        "binary": (F, "nobody of msc has the event; nobody of placebo"),
        "responder": (F, "nobody of msc has the event; nobody of placebo"),
        "gee_logit": (N, SAME),
        "counts": (N, "nobody has an event"),
        "time_to_event": (N, "nobody of the two arms has the event"),
    },
    "everybody has the event": {
        "binary": (F, "everybody of msc"),
        "gee_logit": (N, "the outcome is 1 in every record"),
    },
    "no baseline": dict.fromkeys(
        ("ancova", "binary", "responder", "censored", "proportional_odds"), (N, "without baseline")
    ),
    "no record": dict.fromkeys(("binary", "responder", "censored", "wilcoxon", "counts"), (N, "can be analysed"))
    | dict.fromkeys(("mmrm", "gee", "gee_logit"), (N, "there for no arm only")),
}
"""Case -> model -> status of the comparison at the last visit, and words of its note; as ``docs/models.md`` says."""
TYPED = {("all values equal after baseline", "binary"), ("all values equal after baseline", "gee_logit")}
"""What is no fault of few data but of wrong ones (a value of 2 where 0 and 1 belong) ends the run with its place."""


def applies(name: str, model: str) -> bool:
    return not ((name in OF_EVENTS and model not in EVENTS) or (name in OF_LIMITS and model in EVENTS))


def spoilt(name: str, model: str, **changes: object) -> Case:
    case = case_of(model)
    plan = replace(case.fit.analyses["primary"], **changes)
    return CASES[name](replace(case, fit=replace(case.fit, analyses={"primary": plan})))


def estimates(rows: list[Result]) -> list[Result]:
    return [row for row in rows if row.statistic == "estimate" and row.contrast and row.visit == "month6"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("model", "changes"), VARIANTS, ids=[f"{m}{i}" for i, (m, _) in enumerate(VARIANTS)])
def test_every_row_has_a_finite_value_or_a_reason(name, model, changes, tmp_path):
    if not applies(name, model):
        return
    case = spoilt(name, model, **changes)
    if (name, model) in TYPED:
        with pytest.raises(FitDataError, match=r"S001 has (the value )?2"):
            fitted(case.adsl, case.bds, case.fit)
        return
    rows = fitted(case.adsl, case.bds, case.fit)
    write_results(rows, tmp_path / "results.csv")  # refuses a NaN that says ok, and a missing value without a reason
    assert all(row.value is None or math.isfinite(row.value) for row in rows)
    assert all(row.note for row in rows if row.status != "ok")
    analysis = case.fit.analyses["primary"]
    named = {compared_as(analysis, "msc", "placebo")} if model not in WITHIN else set()
    assert {row.contrast for row in estimates(rows)} == named
    shown = [row for row in rows if row.contrast and row.statistic in ("se", "se_log") and model != "wilcoxon"]
    assert all(row.value is None or row.value > 1e-9 for row in shown)  # rounding is no standard error


@pytest.mark.parametrize(
    ("name", "model"), [(name, model) for name, of in EXPECTED.items() for model in of if model not in WITHIN]
)
def test_the_comparison_says_what_happened(name, model):
    case = spoilt(name, model)
    (row,) = estimates(fitted(case.adsl, case.bds, case.fit))
    status, words = EXPECTED[name][model]
    assert (row.status, row.value is None) == (status, status == N)
    assert words in row.note
