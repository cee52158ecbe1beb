"""Counts and rates: against R and direct maximization, symmetries, and counts that determine little."""

import json

import numpy as np
import pandas as pd
import pytest
from rctflow.models.contract import FitDataError, OptionError
from scipy import optimize, stats
from scipy.special import gammaln

from tests.fit_cases import fitted, records, row, settings, subjects, values

PLAIN = {"model": "counts", "outcome": "value", "baseline": False}
POISSON = PLAIN | {"options": {"distribution": "poisson"}}
CONTRAST = "msc / placebo"


def trial(seed=1, n=40, dispersion=0.6, arms=("placebo", "msc")):
    rng = np.random.default_rng(seed)
    given = [arms[i % len(arms)] for i in range(n)]
    time = rng.uniform(0.5, 2, n)
    adsl = subjects(given, TIME=time, SITE=rng.choice(["A", "B"], n), AGE=rng.normal(75, 6, n).round())
    mean = 4 * time * np.where(np.array(given) == arms[-1], 0.6, 1.0)
    drawn = rng.poisson(mean * (rng.gamma(1 / dispersion, dispersion, n) if dispersion else 1))
    return adsl, records(adsl, None, month6=drawn.astype(float).tolist())


def test_poisson_is_that_of_r(shared, root):
    expected = json.loads((root / "tests/reference/models/counts.json").read_text())["poisson"]
    data = pd.read_csv(shared / "data/camis/polyps.csv")
    adsl = subjects(data["treat"].tolist(), AGE=data["age"].tolist())
    bds = records(adsl, None, month6=data["number"].astype(float).tolist())
    found = values(fitted(adsl, bds, settings(("placebo", "drug"), **POISSON, covariates=("AGE",))), "drug / placebo")
    assert np.log(found["estimate"]) == pytest.approx(expected["treatdrug"], abs=5e-7)
    # R's glm stops at a relative change of the deviance of 1e-8 and takes the weights of the step before
    assert found["se_log"] == pytest.approx(expected["se"], abs=5e-6)
    assert found["z"] == pytest.approx(expected["z"], abs=5e-3)


def negative_binomial(parameters, design, offset, value):
    """The log likelihood from the definition, in coefficients and log dispersion."""
    size, mean = np.exp(-parameters[-1]), np.exp(design @ parameters[:-1] + offset)
    terms = gammaln(value + size) - gammaln(size) - gammaln(value + 1)
    return (terms + size * np.log(size / (size + mean)) + value * np.log(mean / (size + mean))).sum()


@pytest.mark.parametrize("seed", range(3))
def test_negative_binomial_by_direct_maximization(seed):
    adsl, bds = trial(seed)
    rows = fitted(adsl, bds, settings(**PLAIN, covariates=("AGE",), options={"exposure": "TIME"}))
    found = values(rows, CONTRAST)
    age = adsl["AGE"].to_numpy() - adsl["AGE"].mean()
    design = np.column_stack([np.ones(len(adsl)), adsl["TRT01P"].eq("msc"), age]).astype(float)
    data = (design, np.log(adsl["TIME"].to_numpy()), bds["AVAL"].to_numpy())
    slow = optimize.minimize(
        lambda p: -negative_binomial(p, *data),
        [1.0, 0, 0, -0.5],
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20000, "maxfev": 20000},
    ).x
    steps = np.eye(4) * 1e-4
    at = lambda move: negative_binomial(slow + move, *data)  # noqa: E731
    information = -np.array([[at(a + b) - at(a - b) - at(b - a) + at(-a - b) for a in steps] for b in steps]) / 4e-8
    se = np.linalg.inv(information)[1, 1] ** 0.5
    assert [np.log(found["estimate"]), found["se_log"]] == pytest.approx([slow[1], se], rel=1e-4)
    assert row(rows, "", "dispersion").value == pytest.approx(np.exp(slow[-1]), rel=1e-4)
    ends = np.exp(slow[1] + np.array([-1, 1]) * stats.norm.ppf(0.975) * se)
    assert [found["ci_low"], found["ci_high"]] == pytest.approx(list(ends), rel=1e-4)


def test_one_stratum_and_no_covariate_is_the_ratio_of_observed_rates():
    adsl, bds = trial(4)
    rows = fitted(adsl, bds, settings(**PLAIN | {"options": {"distribution": "poisson", "exposure": "TIME"}}))
    placebo, msc, found = (values(rows, who) for who in ("placebo", "msc", CONTRAST))
    assert found["estimate"] == pytest.approx(msc["rate"] / placebo["rate"])
    assert msc["rate"] == pytest.approx(msc["events"] / msc["exposure"])
    assert found["se_log"] == pytest.approx((1 / msc["events"] + 1 / placebo["events"]) ** 0.5)


# Symmetries


@pytest.mark.parametrize("options", [{"exposure": "TIME"}, {"exposure": "TIME", "distribution": "poisson"}])
def test_symmetries(options):
    adsl, bds = trial(5)
    plan = settings(**PLAIN, strata=("SITE",), options=options)
    rows = fitted(adsl, bds, plan)
    found = values(rows, CONTRAST)
    other = values(
        fitted(adsl, bds, settings(("msc", "placebo"), **PLAIN, strata=("SITE",), options=options)), "placebo / msc"
    )
    assert other["estimate"] == pytest.approx(1 / found["estimate"], rel=1e-5)
    assert fitted(adsl.sample(frac=1, random_state=1), bds.sample(frac=1, random_state=2), plan) == rows
    months = fitted(adsl.assign(TIME=adsl["TIME"] * 12), bds, plan)
    assert values(months, CONTRAST) == pytest.approx(found, rel=1e-5)
    assert values(months, "msc")["rate"] == pytest.approx(values(rows, "msc")["rate"] / 12)


# Counts that determine little


def test_counts_that_vary_no_more_than_poisson_fall_back():
    adsl = subjects(["placebo", "msc"] * 10)
    bds = records(adsl, None, month6=[3.0, 2.0] * 10)
    rows = fitted(adsl, bds, settings(**PLAIN))
    found = row(rows, CONTRAST, "estimate")
    assert (found.status, "Poisson" in found.note) == ("fallback", True)
    assert found.value == pytest.approx(2 / 3)


def test_an_arm_without_events_and_nobody_with_one():
    adsl = subjects(["placebo", "low", "high"] * 6)
    bds = records(adsl, None, month6=[2.0, 0.0, 1.0, 4.0, 0.0, 3.0] * 3)
    rows = fitted(adsl, bds, settings(("placebo", "low", "high"), **PLAIN))
    none = row(rows, "low / placebo", "estimate")
    assert (none.status, "low has no event" in none.note) == ("not_estimable", True)
    assert values(rows, "high / placebo")["estimate"] == pytest.approx(2 / 3, rel=1e-6)
    rows = fitted(adsl, bds.assign(AVAL=0.0), settings(("placebo", "low", "high"), **PLAIN))
    assert row(rows, "high / placebo", "p_value").status == "not_estimable"


def test_a_stratum_without_events():
    adsl, bds = trial(6)
    quiet = bds["USUBJID"].isin(adsl.loc[adsl["SITE"].eq("A"), "USUBJID"])
    found = row(
        fitted(adsl, bds.assign(AVAL=bds["AVAL"].mask(quiet, 0.0)), settings(**POISSON, strata=("SITE",))),
        CONTRAST,
        "z",
    )
    assert (found.status, "no events" in found.note) == ("not_estimable", True)


def test_what_is_no_count_or_no_exposure_is_refused():
    adsl, bds = trial(7)
    with pytest.raises(FitDataError, match="no count"):
        fitted(adsl, bds.assign(AVAL=0.5), settings(**PLAIN))
    with pytest.raises(FitDataError, match="not above 0"):
        fitted(adsl.assign(TIME=0.0), bds, settings(**PLAIN, options={"exposure": "TIME"}))
    with pytest.raises(FitDataError, match="no column YEARS"):
        fitted(adsl, bds, settings(**PLAIN, options={"exposure": "YEARS"}))
    with pytest.raises(OptionError, match="outcome: value"):
        fitted(adsl, bds, settings(**PLAIN | {"outcome": "change"}))


def test_statsmodels_takes_the_dispersion_in_two_ways_before_a_fit():
    """Why negative_binomial.py has own derivatives; when this fails, statsmodels has been mended and they can go."""
    from statsmodels.discrete.discrete_model import NegativeBinomial

    adsl, bds = trial(0)
    design = np.column_stack([np.ones(len(adsl)), adsl["TRT01P"].eq("msc")]).astype(float)
    model = NegativeBinomial(bds["AVAL"].to_numpy(), design)
    point, steps = np.array([1.0, -0.2, 0.5]), np.eye(3) * 1e-4
    at = lambda move: model.loglike(point + move)  # noqa: E731
    numerical = np.array([[at(a + b) - at(a - b) - at(b - a) + at(-a - b) for a in steps] for b in steps]) / 4e-8
    assert model.hessian(point)[:2, :2] == pytest.approx(numerical[:2, :2], rel=1e-4)
    assert abs(model.hessian(point)[2, 2] / numerical[2, 2] - 1) > 0.5
