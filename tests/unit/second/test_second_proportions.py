"""The second paths of proportions against the first ones."""

import numpy as np
import pandas as pd
import pytest
from rctflow.second.agreement import disagreements
from rctflow.second.errors import NoSecondPathError
from rctflow.second.registry import second_path

from tests.fit_cases import fitted, records, subjects, values
from tests.unit.second.second_cases import two

ALL = ("standardized", "miettinen_nurminen", "mee", "newcombe", "risk_ratio", "odds_ratio")
ALL += ("wald_risk_ratio", "wald_odds_ratio", "fisher", "cmh")
OTHERS = {"mantel_haenszel", "stratified_score"}


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
    found = second_path("binary")(bds, adsl, declared)
    rows = fitted(adsl, bds, fit)
    seen = {}
    for contrast, second in found.items():
        apart = disagreements(values(rows, contrast), second, " / " in contrast)
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
    assert len(seen["msc - placebo"]) == 6 + 5 + 5 + 3 + 1 + 3
    assert len(seen["msc / placebo"]) == 5 + 5 + 6 + 6


def test_three_arms():
    arms = ("placebo", "low", "high")
    _, seen = compared(*trial(5, 60, arms, (0.3, 0.4, 0.7)), *settings(arms=arms))
    assert set(seen) == {f"{arm} {sign} placebo" for arm in arms[1:] for sign in "-/"}


@pytest.mark.parametrize("events", [(0, 12, 5, 12), (12, 12, 7, 12), (0, 12, 0, 12), (3, 4, 1, 9)])
def test_empty_cells(events):
    x1, n1, x0, n0 = events
    adsl = subjects(["msc"] * n1 + ["placebo"] * n0, SITE="A", AGE=70.0)
    response = np.r_[np.arange(n1) < x1, np.arange(n0) < x0].astype(float)
    bds = records(adsl, np.zeros(n1 + n0), month6=response)
    fit, declared = settings(["miettinen_nurminen", "mee", "newcombe", "fisher", "risk_ratio"])
    _, seen = compared(adsl, bds, fit, declared)
    assert len(seen["msc - placebo"]) == 5 + 5 + 3 + 1


def test_a_first_method_without_a_second_path_and_counted_missing_values_are_said():
    adsl, bds = trial(1)
    for options in ({"methods": ["mantel_haenszel"]}, {"missing": "event"}, {"variance": "ge"}):
        with pytest.raises(NoSecondPathError, match="have no second path"):
            second_path("binary")(bds, adsl, settings(options.pop("methods", ALL), **options)[1])


def test_a_separated_model_is_refused():
    adsl, bds = trial(2)
    split = bds["USUBJID"].map(pd.Series(adsl["AGE"].to_numpy() > adsl["AGE"].median(), adsl["USUBJID"]))
    bds = bds.assign(AVAL=bds["AVAL"].where(bds["AVISIT"] != "month6", split.astype(float)))
    with pytest.raises(NoSecondPathError, match="no maximum"):
        second_path("binary")(bds, adsl, settings(["standardized"])[1])
