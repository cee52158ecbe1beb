"""The second paths of GEE, counts, proportional odds and times to an event against the first ones."""

from dataclasses import replace

import numpy as np
import pytest
from rctflow.second.agreement import disagreements
from rctflow.second.check import compute_again
from rctflow.second.errors import DisagreementError, NoSecondPathError
from rctflow.second.registry import second_path
from rctflow.second.settings import Second

from tests.fit_cases import fitted, random_trial, records, subjects, values
from tests.unit.second.second_cases import VISITS, two, visit_trial

THREE = ("placebo", "low", "high")
LIMIT = 1e-6


def agree(adsl, bds, fit, declared, statistics, groups=False, limit=LIMIT):
    """Every contrast (and arm, when ``groups``) of the first computation has these statistics in the second."""
    rows = fitted(adsl, bds, fit)
    found = second_path(declared.model)(bds, adsl, declared)
    contrasts = {row.contrast for row in rows if row.contrast and row.visit == declared.visit}
    assert set(found) == contrasts | (set(declared.arms) if groups else set())
    for who in contrasts:
        first = {name: value for name, value in values(rows, who, declared.visit).items() if value is not None}
        assert set(statistics) <= set(first), who
        apart = disagreements(first, found[who], " / " in who)
        assert set(apart) == set(statistics), who
        assert max(apart.values()) < limit, (who, apart)
    return rows, found


T = ("estimate", "df", "t", "p_value", "ci_low", "ci_high")
WALD = ("estimate", "se_log", "z", "p_value", "ci_low", "ci_high")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("working", ["exchangeable", "independence"])
@pytest.mark.parametrize("vcov", ["bias_reduced", "robust"])
def test_gee(seed, working, vcov):
    adsl, bds = visit_trial(seed)
    options = {"working": working, "vcov": vcov}
    agree(adsl, bds, *two("gee", options=options, covariates=("AGE",)), (*T, "se"))


@pytest.mark.parametrize("analysis", [{"log": True}, {"log": True, "outcome": "value"}, {"baseline": False}])
def test_gee_of_logarithms_and_three_arms(analysis):
    adsl, bds = visit_trial(6, n=60, arms=THREE)
    bds = bds.assign(AVAL=bds["AVAL"].abs() + 1, BASE=bds["BASE"].abs() + 1)
    se = "se_log" if analysis.get("log") else "se"
    agree(adsl, bds, *two("gee", visit=VISITS[1], arms=THREE, **analysis), (*T, se))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("working", ["exchangeable", "independence"])
def test_gee_of_events(seed, working):
    adsl, bds = visit_trial(seed, n=80)
    middle = bds.loc[bds["AVISIT"].ne("baseline"), "AVAL"].median()
    bds = bds.assign(AVAL=(bds["AVAL"] > middle).astype(float).where(bds["AVAL"].notna()))
    analysis = {"outcome": "value", "baseline": False, "options": {"working": working}}
    agree(adsl, bds, *two("gee_logit", strata=("SEX",), **analysis), (*T, "se_log"))


def test_gee_says_when_it_cannot():
    adsl, bds = visit_trial(7, n=6)
    with pytest.raises(NoSecondPathError, match="fewer patients than coefficients"):
        second_path("gee")(bds, adsl, two("gee")[1])
    adsl = subjects(["placebo"] * 8 + ["msc"] * 8)
    bds = records(adsl, None, month6=[1.0] * 8 + [1.0, 0.0] * 4)
    declared = two("gee_logit", "month6", visits=("month6",), strata=(), outcome="value", baseline=False)[1]
    with pytest.raises(NoSecondPathError, match="no solution"):
        second_path("gee_logit")(bds, adsl, declared)


def counted(seed, n=60, dispersion=0.6, arms=("placebo", "msc")):
    rng = np.random.default_rng(seed)
    given = [arms[i % len(arms)] for i in range(n)]
    time = rng.uniform(0.5, 2, n)
    adsl = subjects(given, TIME=time, SITE=rng.choice(["A", "B"], n), AGE=rng.normal(75, 6, n).round())
    mean = 4 * time * np.where(np.array(given) == arms[-1], 0.6, 1.0)
    drawn = rng.poisson(mean * (rng.gamma(1 / dispersion, dispersion, n) if dispersion else 1)).astype(float)
    drawn[rng.random(n) < 0.05] = np.nan
    return adsl, records(adsl, None, month6=drawn.tolist())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("options", [{}, {"exposure": "TIME"}, {"distribution": "poisson", "exposure": "TIME"}])
def test_counts(seed, options):
    plan = {"outcome": "value", "baseline": False, "covariates": ("AGE",), "options": options}
    agree(*counted(seed), *two("counts", "month6", visits=("month6",), strata=("SITE",), **plan), WALD)


def test_counts_of_three_arms_and_an_arm_without_events():
    plan = {"outcome": "value", "baseline": False, "options": {"exposure": "TIME"}}
    fit, declared = two("counts", "month6", THREE, ("month6",), (), **plan)
    adsl, bds = counted(4, 90, arms=THREE)
    agree(adsl, bds, fit, declared, WALD)
    low = bds["USUBJID"].isin(adsl.loc[adsl["TRT01P"].eq("low"), "USUBJID"])
    assert set(second_path("counts")(bds.assign(AVAL=bds["AVAL"].mask(low, 0.0)), adsl, declared)) == {"high / placebo"}


def test_counts_that_vary_no_more_than_poisson_and_a_stratum_without_events():
    adsl = subjects(["placebo", "msc"] * 10)
    plan = {"outcome": "value", "baseline": False}
    fit, declared = two("counts", "month6", visits=("month6",), strata=(), **plan)
    agree(adsl, records(adsl, None, month6=[3.0, 2.0] * 10), fit, declared, WALD)
    adsl, bds = counted(6)
    quiet = bds["USUBJID"].isin(adsl.loc[adsl["SITE"].eq("A"), "USUBJID"])
    declared = two("counts", "month6", visits=("month6",), strata=("SITE",), **plan)[1]
    with pytest.raises(NoSecondPathError, match="no maximum"):
        second_path("counts")(bds.assign(AVAL=bds["AVAL"].mask(quiet, 0.0)), adsl, declared)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("analysis", [{}, {"outcome": "value", "covariates": ("AGE",)}, {"baseline": False}])
def test_proportional_odds(seed, analysis):
    adsl, bds = random_trial(seed, n=60)
    bds = bds.assign(AVAL=(bds["AVAL"] / 6).round(), BASE=(bds["BASE"] / 6).round())
    bds = bds.assign(CHG=(bds["AVAL"] - bds["BASE"]).where(bds["CHG"].notna()))
    agree(adsl, bds, *two("proportional_odds", "month6", THREE, ("month6",), ("SITE",), **analysis), WALD)


def test_proportional_odds_of_separated_arms():
    adsl = subjects(["placebo"] * 6 + ["msc"] * 6)
    bds = records(adsl, None, month6=[1.0, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4])
    declared = two("proportional_odds", "month6", visits=("month6",), strata=(), outcome="value", baseline=False)[1]
    with pytest.raises(NoSecondPathError, match="no finite maximum"):
        second_path("proportional_odds")(bds, adsl, declared)


def timed(seed, n=60, arms=("placebo", "msc")):
    rng = np.random.default_rng(seed)
    given = [arms[i % len(arms)] for i in range(n)]
    adsl = subjects(given, SITE=rng.choice(["A", "B"], n), AGE=rng.normal(75, 6, n).round())
    time = np.ceil(10 * rng.exponential(np.where(np.array(given) == arms[-1], 1.6, 1.0)))
    event = rng.random(n) < 0.7
    bds = records(adsl, None, month6=time.tolist())
    return adsl, bds.assign(AVALC=np.where(event, "", [f">{t:g}" for t in time]))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("strata", "covariates"), [((), ()), (("SITE",), ("AGE",)), ((), ("AGE", "SITE"))])
@pytest.mark.parametrize("arms", [("placebo", "msc"), THREE])
def test_times_to_an_event(seed, strata, covariates, arms):
    plan = {"outcome": "value", "baseline": False, "covariates": covariates}
    fit, declared = two("time_to_event", "month6", arms, ("month6",), strata, **plan)
    rows, found = agree(*timed(seed, arms=arms), fit, declared, (*WALD, "logrank_chi2", "logrank_p_value"), groups=True)
    for arm in arms:
        first = {name: value for name, value in values(rows, arm).items() if value is not None}
        assert found[arm] == pytest.approx(first, rel=1e-10)
        assert any(name.startswith("survival_ci_low:") for name in first)


def test_an_arm_without_events_keeps_its_log_rank_test():
    adsl, bds = timed(3, 90, THREE)
    low = bds["USUBJID"].isin(adsl.loc[adsl["TRT01P"].eq("low"), "USUBJID"])
    bds = bds.assign(AVALC=bds["AVALC"].mask(low, ">99"))
    plan = {"outcome": "value", "baseline": False}
    fit, declared = two("time_to_event", "month6", THREE, ("month6",), (), **plan)
    found = second_path("time_to_event")(bds, adsl, declared)
    first = values(fitted(adsl, bds, fit), "low / placebo")
    assert set(found["low / placebo"]) == {"logrank_chi2", "logrank_p_value"}
    assert found["low / placebo"]["logrank_chi2"] == pytest.approx(first["logrank_chi2"])
    low = {name: value for name, value in found["low"].items() if ":" not in name}
    assert low == {"n": 30.0, "events": 0.0}


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("model", ["paired_change", "descriptive"])
def test_what_is_within_an_arm(model, log):
    adsl, bds = random_trial(2)
    bds = bds.assign(AVAL=bds["AVAL"].abs() + 1, BASE=bds["BASE"].abs() + 1)
    fit, declared = two(model, "month6", THREE, ("month6",), (), log=log)
    rows = fitted(adsl, bds, fit)
    found = second_path(model)(bds, adsl, declared)
    assert set(found) == set(THREE)
    left = ("median", "q1", "q3", "min", "max", "n_unable", "n_below", "n_above")
    left += tuple(f"change_{name}" for name in left[:5])
    for arm in THREE:
        first = {name: value for name, value in values(rows, arm).items() if value is not None and name not in left}
        assert found[arm] == pytest.approx(first, rel=1e-10)


def test_arms_without_a_comparison_have_a_row_each():
    adsl, bds = random_trial(2)
    fit, declared = two("paired_change", "month6", THREE, ("month6",), ())
    rows = fitted(adsl, bds, fit)
    made = compute_again(Second("demo", (declared,)), adsl, {"pcs": bds}, {"pcs": rows})
    largest = [row for row in made if row.statistic == "largest_disagreement"]
    assert [(row.group, row.contrast, row.value) for row in largest] == [(arm, "", 0.0) for arm in THREE]
    with pytest.raises(DisagreementError, match="within_arm_change: first 9, second"):
        wrong = [replace(row, value=9.0) if row.statistic == "within_arm_change" else row for row in rows]
        compute_again(Second("demo", (declared,)), adsl, {"pcs": bds}, {"pcs": wrong})


def test_statistics_that_are_not_computed_again_are_named():
    adsl, bds = random_trial(2)
    fit, declared = two("descriptive", "month6", THREE, ("month6",), ())
    rows = fitted(adsl, bds, fit)
    made = compute_again(Second("demo", (declared,)), adsl, {"pcs": bds}, {"pcs": rows})
    notes = {row.note for row in made if row.statistic == "largest_disagreement"}
    assert all("not computed again: median, q1, q3, min, max" in note for note in notes)
