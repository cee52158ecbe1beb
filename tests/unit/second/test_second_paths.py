"""The second paths against the first ones, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest
from rctflow.second.agreement import TOLERANCE, disagreements
from rctflow.second.columns import independent_columns, is_estimable
from rctflow.second.errors import NoSecondPathError
from rctflow.second.registry import second_path
from rctflow.second.student import critical_value, two_sided_p
from scipy import stats

from tests.fit_cases import fitted, random_trial, row, values
from tests.unit.second.second_cases import VISITS, one_level, two, visit_trial

THREE = ("placebo", "low", "high")
COMPARED = {"estimate", "df", "t", "p_value", "ci_low", "ci_high"}


def agree(adsl, bds, fit, declared, limit):
    """Every contrast of the first computation has all its statistics in the second, within ``limit``."""
    rows = fitted(adsl, bds, fit)
    found = second_path(declared.model)(bds, adsl, declared)
    assert set(found) == {declared.contrast(arm) for arm in declared.arms[1:]}
    for contrast, second in found.items():
        first = values(rows, contrast, declared.visit)
        apart = disagreements(first, second, declared.log)
        assert set(apart) == COMPARED | {"se_log" if declared.log else "se"}
        assert max(apart.values()) < limit, apart


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "analysis",
    [
        {},
        {"outcome": "value", "covariates": ("AGE",)},
        {"baseline": False, "confidence": 0.9},
        {"options": {"baseline": "outcome"}},
        {"options": {"chain": [{"covariance": "unstructured", "vcov": "model", "df": "satterthwaite"}]}},
    ],
    ids=["change", "value", "unadjusted", "clda", "satterthwaite"],
)
def test_mmrm(seed, analysis):
    adsl, bds = visit_trial(seed)
    agree(adsl, bds, *two(**analysis), 1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_ancova_with_hc3(seed):
    adsl, bds = random_trial(seed)
    agree(adsl, bds, *two("ancova", visit="month6", arms=THREE, visits=("month6",), options={"vcov": "HC3"}), 1e-8)


def below_limits(bds):
    """Values of a trial as logarithms' antilogs, a fifth of them below the limit."""
    bds = bds.assign(AVAL=np.exp(bds["AVAL"] / 10))
    low = bds["AVAL"] < bds["AVISIT"].map({"baseline": 25.0}).fillna(35.0)
    limit = bds["AVISIT"].map({"baseline": 25.0}).fillna(35.0)
    bds = bds.assign(AVALC=bds["AVALC"].mask(low, "<" + limit.astype(str)), AVAL=bds["AVAL"].mask(low, limit / 2))
    base = bds[bds["ABLFL"].eq("Y")].set_index("USUBJID")["AVAL"]
    bds = bds.assign(BASE=bds["USUBJID"].map(base))
    return bds.assign(CHG=bds["AVAL"] - bds["BASE"])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("analysis", [{}, {"outcome": "value"}, {"baseline": False}, {"options": {"below": "sqrt2"}}])
def test_censored(seed, analysis):
    adsl, bds = random_trial(seed, n=60)
    analysis = analysis | {"options": {"detection_above": 100} | analysis.get("options", {})}
    fit, declared = two("censored", "month6", THREE, ("month6",), ("SITE",), log=True, **analysis)
    agree(adsl, below_limits(bds), fit, declared, 1e-7)


def test_censored_without_logarithms_and_what_is_left_when_most_is_below():
    adsl, bds = random_trial(3, n=60)
    bds = below_limits(bds)
    agree(adsl, bds, *two("censored", "month6", THREE, ("month6",), ()), 1e-7)
    fit, declared = two("censored", "month6", THREE, ("month6",), (), log=True, options={"detection_above": 10})
    first = {name: values(fitted(adsl, bds, fit), name)["p_value"] for name in ("low / placebo", "high / placebo")}
    found = second_path("censored")(bds, adsl, declared)
    assert {name: of["p_value"] for name, of in found.items()} == pytest.approx(first, rel=1e-9)
    assert all(set(of) == {"p_value"} for of in found.values())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("log", "below"), [(True, "censored"), (False, "censored"), (True, "half")])
def test_censored_by_the_profile_likelihood(seed, log, below):
    adsl, bds = random_trial(seed, n=60)
    bds = below_limits(bds)
    options = {"interval": "profile", "detection_above": 100, "below": below}
    fit, declared = two("censored", "month6", THREE, ("month6",), ("SITE",), log=log, options=options)
    rows, found = fitted(adsl, bds, fit), second_path("censored")(bds, adsl, declared)
    for contrast in (declared.contrast(arm) for arm in THREE[1:]):
        apart = disagreements(values(rows, contrast), found[contrast], log)
        assert set(apart) == {"estimate", "se_log" if log else "se", "z", "p_value", "ci_low", "ci_high"}
        assert max(apart.values()) < 1e-7, apart


def test_mmrm_of_three_arms_judged_before_the_last_visit():
    adsl, bds = visit_trial(5, n=60, arms=THREE)
    agree(adsl, bds, *two(arms=THREE, visit=VISITS[1]), 1e-6)


@pytest.mark.parametrize("outcome", ["change", "value"])
def test_mmrm_of_logarithms(outcome):
    adsl, bds = visit_trial(6)
    bds = bds.assign(AVAL=bds["AVAL"].abs() + 1, BASE=bds["BASE"].abs() + 1)
    agree(adsl, bds, *two(log=True, outcome=outcome), 1e-6)


def test_mmrm_of_strongly_correlated_visits():
    """The differences are taken in coordinates in which all directions have one scale."""
    adsl, bds = visit_trial(7)
    shift = adsl.set_index("USUBJID")["AGE"] * 20
    bds = bds.assign(CHG=bds["CHG"] + bds["USUBJID"].map(shift))
    agree(adsl, bds, *two(), TOLERANCE)


def test_mmrm_of_one_visit_is_the_ancova():
    adsl, bds = random_trial(2)
    fit, declared = two(arms=THREE, visits=("month6",), visit="month6")
    agree(adsl, bds, fit, declared, 1e-6)
    ancova = second_path("ancova")(bds, adsl, declared)
    for contrast, found in second_path("mmrm")(bds, adsl, declared).items():
        assert found == pytest.approx(ancova[contrast], rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "analysis", [{}, {"outcome": "value", "baseline": False}, {"covariates": ("AGE",), "confidence": 0.9}]
)
def test_ancova(seed, analysis):
    adsl, bds = random_trial(seed)
    agree(adsl, bds, *two("ancova", "month6", THREE, ("month6",), **analysis), 1e-10)


def test_ancova_of_logarithms():
    adsl, bds = random_trial(1)
    bds = bds.assign(AVAL=bds["AVAL"].abs() + 1, BASE=bds["BASE"].abs() + 1)
    agree(adsl, bds, *two("ancova", "month6", THREE, ("month6",), log=True), 1e-10)


@pytest.mark.parametrize("model", ["ancova", "mmrm"])
def test_a_factor_of_one_level_is_no_obstacle(model):
    adsl, bds = visit_trial(3)
    fit, declared = two(model)
    agree(one_level(adsl, "SEX"), bds, fit, declared, 1e-6)


def test_an_arm_without_a_value_at_the_visit_is_absent():
    adsl, bds = visit_trial(4, n=60, arms=THREE)
    gone = bds["USUBJID"].isin(adsl.loc[adsl["TRT01P"] == "high", "USUBJID"]) & (bds["AVISIT"] == VISITS[-1])
    for model in ("ancova", "mmrm"):
        assert set(second_path(model)(bds[~gone], adsl, two(model, arms=THREE)[1])) == {"low - placebo"}


STRUCTURES = (
    "toeplitz",
    "heterogeneous-toeplitz",
    "ar1",
    "heterogeneous-ar1",
    "compound-symmetry",
    "heterogeneous-compound-symmetry",
    "ante-dependence",
    "heterogeneous-ante-dependence",
)


@pytest.mark.parametrize("covariance", STRUCTURES)
@pytest.mark.parametrize(("vcov", "df"), [("model", "kenward-roger"), ("CR2", "satterthwaite")])
def test_mmrm_of_every_structure(covariance, vcov, df):
    adsl, bds = visit_trial(1, n=40)
    agree(adsl, bds, *two(options={"chain": [{"covariance": covariance, "vcov": vcov, "df": df}]}), 1e-6)


@pytest.mark.parametrize("covariance", ["unstructured", "heterogeneous-ar1"])
@pytest.mark.parametrize(
    ("vcov", "df"),
    [
        ("model", "satterthwaite"),
        ("model", "kr-linear"),
        ("model", "between-within"),
        ("model", "residual"),
        ("CR0", "satterthwaite"),
        ("CR3", "satterthwaite"),
        ("CR2", "between-within"),
    ],
)
@pytest.mark.parametrize("baseline", ["covariate", "outcome"])
def test_mmrm_of_every_vcov_and_df(covariance, vcov, df, baseline):
    adsl, bds = visit_trial(2, n=40)
    step = {"covariance": covariance, "vcov": vcov, "df": df}
    agree(adsl, bds, *two(options={"chain": [step], "baseline": baseline}), 1e-6)


@pytest.mark.parametrize("covariance", ["unstructured", "toeplitz", "heterogeneous-compound-symmetry"])
@pytest.mark.parametrize("more", [{"method": "ml"}, {"group_by_arm": True}])
def test_mmrm_by_ml_and_with_a_covariance_per_arm(covariance, more):
    adsl, bds = visit_trial(3, n=60)
    agree(adsl, bds, *two(options={"chain": [{"covariance": covariance, "vcov": "model"}]} | more), 1e-6)


def test_between_within_df_at_the_first_visit():
    adsl, bds = visit_trial(4, n=40)
    step = {"covariance": "ar1", "vcov": "model", "df": "between-within"}
    agree(adsl, bds, *two(options={"chain": [step]}, visit=VISITS[0], covariates=("AGE",)), 1e-6)


def test_both_go_down_the_same_chain():
    """Eight patients determine no unstructured covariance of four visits; both paths take the next step and agree."""
    for seed, used, left in (
        (0, "heterogeneous-toeplitz", 1),
        (1, "heterogeneous-ar1", 2),
        (2, "compound-symmetry", 4),
    ):
        adsl, bds = visit_trial(seed, n=8, missing=0.05)
        fit, declared = two()
        rows = fitted(adsl, bds, fit)
        assert row(rows, "msc - placebo", "estimate", VISITS[-1]).note.startswith(f"used {used}, vcov CR2")
        agree(adsl, bds, fit, declared, TOLERANCE)
        assert second_path("mmrm")(bds, adsl, declared)["msc - placebo"].left.count(";") == left - 1


def test_a_model_without_a_second_path_says_so():
    with pytest.raises(NoSecondPathError, match="nothing has no second path"):
        second_path("nothing")


def test_a_chain_of_which_no_step_has_a_maximum_is_refused():
    adsl, bds = visit_trial(2, n=8, missing=0)
    with pytest.raises(NoSecondPathError, match="no step of the chain: unstructured: the likelihood has no maximum"):
        second_path("mmrm")(bds, adsl, two(options={"chain": [{"covariance": "unstructured"}]})[1])


@pytest.mark.parametrize("df", [1.0, 3.7, 25, 400])
def test_student(df):
    for t in (0.0, 0.3, 2.1, 9):
        assert two_sided_p(t, df) == pytest.approx(2 * stats.t.sf(t, df), rel=1e-12)
    for confidence in (0.5, 0.9, 0.95, 0.999):
        assert critical_value(confidence, df) == pytest.approx(stats.t.ppf((1 + confidence) / 2, df), rel=1e-10)


def test_dependent_columns_and_estimable_functions():
    X = np.array([[1, 0, 1, 2.0], [1, 0, 1, 2], [0, 1, 1, 3], [0, 1, 1, 3], [0, 1, 1, 3]])
    assert independent_columns(X) == [0, 1]
    assert is_estimable(X, np.array([1.0, -1, 0, -1]))
    assert not is_estimable(X, np.array([1.0, -1, 0, 0]))
    assert is_estimable(X * [1, 1, 1e6, 1e-6], np.array([0.5, 0.5, 1e6, 2.5e-6]))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("direction", ["higher", "lower"])
@pytest.mark.parametrize(
    ("strata", "options"),
    [(("SITE",), {}), ((), {}), ((), {"exact_up_to": 5}), (("SITE", "SEX"), {"exact_up_to": 5, "continuity": False})],
    ids=["van_elteren", "wilcoxon", "normal", "normal_strata"],
)
def test_wilcoxon(seed, direction, strata, options):
    adsl, bds = random_trial(seed, n=45)
    whole = bds.assign(AVAL=(bds["AVAL"] / 4).round(), BASE=(bds["BASE"] / 4).round())  # a scale of few points
    bds = whole.assign(CHG=(whole["AVAL"] - whole["BASE"]).where(whole["CHG"].notna()))
    fit, declared = two("wilcoxon", "month6", THREE, ("month6",), strata, options=options)
    fit, declared = replace(fit, direction=direction), replace(declared, direction=direction)
    rows = fitted(adsl, bds, fit)
    found = second_path("wilcoxon")(bds, adsl, declared)
    assert set(found) == {"low vs placebo", "high vs placebo"}
    for contrast, second in found.items():
        first = {name: value for name, value in values(rows, contrast, "month6").items() if value is not None}
        apart = disagreements(first, second, ratio=False)
        assert set(apart) == set(first) == set(second) >= {"p_value", "hodges_lehmann_estimate"}
        assert max(apart.values()) < 1e-9, apart


def test_wilcoxon_of_arms_that_do_not_overlap_or_do_not_differ():
    adsl, bds = random_trial(1, arms=("placebo", "msc"))
    fit, declared = two("wilcoxon", "month6", ("placebo", "msc"), ("month6",), (), outcome="value")
    msc = bds["USUBJID"].isin(adsl.loc[adsl["TRT01P"].eq("msc"), "USUBJID"])
    for made in (bds.assign(AVAL=bds["AVAL"] + 500 * msc), bds.assign(AVAL=bds["AVAL"] - 500 * msc)):
        apart = disagreements(
            values(fitted(adsl, made, fit), "msc vs placebo", "month6"),
            second_path("wilcoxon")(made, adsl, declared)["msc vs placebo"],
            ratio=False,
        )
        assert max(apart.values()) < 1e-9, apart
    assert not second_path("wilcoxon")(bds.assign(AVAL=bds["AVAL"].where(bds["AVAL"].isna(), 3.0)), adsl, declared)
