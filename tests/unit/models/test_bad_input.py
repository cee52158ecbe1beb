"""Data that determine little or nothing, for every model: a typed error or rows that say what happened, never NaN."""

from __future__ import annotations

import math

import pytest
from rctflow.models.contract import FitDataError
from rctflow.models.registry import MODELS, compared_as
from rctflow.results import Result, write_results

from tests.bad_cases import CASES, TYPED, VARIANTS, WITHIN, applies, spoilt
from tests.fit_cases import fitted

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
        "proportional_odds": (N, APART),
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


def estimates(rows: list[Result]) -> list[Result]:
    return [row for row in rows if row.statistic == "estimate" and row.contrast and row.visit == "month6"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("name", "model", "changes"),
    [(name, *variant) for variant in VARIANTS for name in CASES if applies(name, variant[0])],
)
def test_every_row_has_a_finite_value_or_a_reason(name, model, changes, tmp_path):
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
