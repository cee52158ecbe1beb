"""The second paths of proportions against the first ones."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rctflow.second.agreement import disagreements
from rctflow.second.errors import NoSecondPathError
from rctflow.second.registry import second_path

from tests.fit_cases import fitted, random_trial, records, row, subjects, values
from tests.unit.second.second_cases import two

ALL = ("standardized", "miettinen_nurminen", "mee", "newcombe", "risk_ratio", "odds_ratio")
ALL += ("wald_risk_ratio", "wald_odds_ratio", "fisher", "cmh", "mantel_haenszel", "stratified_score")


def trial(seed, n=48, arms=("placebo", "msc"), rates=(0.35, 0.6)):
    rng = np.random.default_rng(seed)
    of = [arms[i % len(arms)] for i in range(n)]
    adsl = subjects(of, SITE=rng.choice(["A", "B"], n), AGE=rng.normal(75, 6, n).round())
    rate = np.array([dict(zip(arms, rates, strict=True))[arm] for arm in of])
    base = (rng.random(n) < 0.5).astype(float)
    events = (rng.random(n) < np.clip(rate + 0.2 * (base - 0.5), 0.02, 0.98)).astype(float)
    events[rng.choice(n, 3, replace=False)] = np.nan
    return adsl, records(adsl, base, month6=events)


def compared(adsl, bds, fit, declared):
    found = second_path(declared.model)(bds, adsl, declared)
    rows = fitted(adsl, bds, fit)
    seen = {}
    for contrast, second in found.items():
        first = {name: value for name, value in values(rows, contrast).items() if value is not None}
        apart = disagreements(first, second, " / " in contrast)
        assert max(apart.values()) < 1e-7, (contrast, apart)
        seen[contrast] = set(apart)
    return rows, seen


def settings(methods=ALL, arms=("placebo", "msc"), **more):
    return two(
        "binary", "month6", arms, ("month6",), ("SITE",), outcome="value", covariates=("AGE",),
        options={"methods": list(methods)} | more,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_every_covered_method_agrees_in_all_that_it_writes(seed):
    rows, seen = compared(*trial(seed), *settings())
    for contrast in ("msc - placebo", "msc / placebo"):
        assert seen[contrast] == {name for name, value in values(rows, contrast).items() if value is not None}
    assert len(seen["msc - placebo"]) == 7 + 5 + 5 + 3 + 1 + 3 + 6 + 5
    assert len(seen["msc / placebo"]) == 5 + 5 + 6 + 6


def test_three_arms():
    arms = ("placebo", "low", "high")
    _, seen = compared(*trial(5, 60, arms, (0.3, 0.4, 0.7)), *settings(arms=arms))
    assert set(seen) == {f"{arm} {sign} placebo" for arm in arms[1:] for sign in "-/"}


@pytest.mark.parametrize("variance", ["ye", "ye_permuted_blocks", "ge"])
@pytest.mark.parametrize("missing", ["excluded", "event", "no_event"])
def test_variances_and_counted_missing_values(variance, missing):
    methods = ("stratified_score", "standardized", "mantel_haenszel")
    rows, seen = compared(*trial(3), *settings(methods, variance=variance, missing=missing))
    assert seen["msc - placebo"] == {name for name, value in values(rows, "msc - placebo").items() if value is not None}
    assert len(seen["msc - placebo"]) == 5 + 7 + 6


def test_the_normal_interval_of_large_samples_agrees_too():
    rows, seen = compared(*trial(3), *settings(["standardized"], interval="normal"))
    assert seen["msc - placebo"] == {"estimate", "se", "z", "p_value", "ci_low", "ci_high"}
    assert row(rows, "msc - placebo", "estimate").method.endswith("normal interval and test; two-sided, 95 %")


@pytest.mark.parametrize("outcome", ["change", "value"])
@pytest.mark.parametrize("direction", ["higher", "lower"])
@pytest.mark.parametrize("options", [{}, {"at_least": 4, "missing": "nonresponder"}])
def test_responders(outcome, direction, options):
    adsl, bds = random_trial(2, n=60)
    if outcome == "value" and options:
        options = options | {"at_least": 40}
    fit, declared = two(
        "responder", "month6", ("placebo", "low", "high"), ("month6",), ("SITE",), outcome=outcome, options=options
    )
    mcid = 3.0 if outcome == "change" else 42.0
    fit, declared = (replace(each, direction=direction, mcid=mcid) for each in (fit, declared))
    rows, seen = compared(adsl, bds, fit, declared)
    assert seen["high - placebo"] == {
        name for name, value in values(rows, "high - placebo").items() if value is not None
    }
    assert set(seen) == {f"{arm} {sign} placebo" for arm in ("low", "high") for sign in "-/"}


@pytest.mark.parametrize(
    "events", [(0, 12, 5, 12), (12, 12, 7, 12), (0, 12, 0, 12), (3, 4, 1, 9), (4, 9, 0, 8), (7, 9, 8, 8)]
)
def test_empty_cells(events):
    x1, n1, x0, n0 = events
    adsl = subjects(["msc"] * n1 + ["placebo"] * n0, SITE="A", AGE=70.0)
    response = np.r_[np.arange(n1) < x1, np.arange(n0) < x0].astype(float)
    bds = records(adsl, np.zeros(n1 + n0), month6=response)
    rows, seen = compared(adsl, bds, *settings())
    for contrast, compared_ones in seen.items():
        assert compared_ones == {name for name, value in values(rows, contrast).items() if value is not None}
    assert seen["msc - placebo"] >= {"estimate", "ci_low", "ci_high", "p_value"}
    assert ("msc / placebo" in seen) == bool(x1 + x0)


def test_a_separated_model_is_firths_in_both():
    adsl, bds = trial(2)
    split = bds["USUBJID"].map(pd.Series(adsl["AGE"].to_numpy() > adsl["AGE"].median(), adsl["USUBJID"]))
    bds = bds.assign(AVAL=bds["AVAL"].where(bds["AVISIT"] != "month6", split.astype(float)))
    rows, seen = compared(adsl, bds, *settings(["standardized"]))
    assert seen["msc - placebo"] == {"estimate", "se", "df", "t", "p_value", "ci_low", "ci_high"}
    assert "penalized" in row(rows, "msc - placebo", "estimate").note
    for variance in ("ge", "ye_permuted_blocks"):
        _, seen = compared(adsl, bds, *settings(["standardized"], variance=variance))
        assert seen["msc - placebo"] == {"estimate", "se", "df", "t", "p_value", "ci_low", "ci_high"}


def test_nobody_to_analyse_is_said():
    adsl, bds = trial(1)
    with pytest.raises(NoSecondPathError, match="nobody can be analysed"):
        second_path("binary")(bds[bds["AVISIT"] != "month6"], adsl, settings()[1])
