"""Data that determine little or nothing, for every model and its variants: what the tests of bad input start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
from rctflow.models.options import BinaryMethod
from rctflow.models.registry import MODELS

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
ALL_METHODS = list(get_args(BinaryMethod))
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
TYPED = {("all values equal after baseline", "binary"), ("all values equal after baseline", "gee_logit")}
"""What is no fault of few data but of wrong ones (a value of 2 where 0 and 1 belong) ends the run with its place."""


def applies(name: str, model: str) -> bool:
    return not ((name in OF_EVENTS and model not in EVENTS) or (name in OF_LIMITS and model in EVENTS))


def spoilt(name: str, model: str, **changes: object) -> Case:
    case = case_of(model)
    plan = replace(case.fit.analyses["primary"], **changes)
    return CASES[name](replace(case, fit=replace(case.fit, analyses={"primary": plan})))
