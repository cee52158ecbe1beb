"""Binary endpoints and responders: what the rows say, against SAS, by hand, on thin data, and under symmetries."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rctflow.models.binary.stratified_score import stratified_interval
from rctflow.models.contract import FitDataError
from rctflow.models.endpoint import fit_endpoint
from rctflow.models.options import BinaryOptions
from rctflow.proportions.counts import Counts
from rctflow.proportions.score import difference_interval
from rctflow.results import write_results
from scipy import stats

from tests.fit_cases import fitted, random_trial, records, row, settings, subjects, values, with_analysis

CONTRAST, RATIO = "msc - placebo", "msc / placebo"
THREE = ("placebo", "low", "high")
ALL = [
    "miettinen_nurminen",
    "standardized",
    "mee",
    "newcombe",
    "mantel_haenszel",
    "stratified_score",
    "risk_ratio",
    "odds_ratio",
    "wald_risk_ratio",
    "wald_odds_ratio",
    "fisher",
    "cmh",
]


def binary(**more):
    return settings(
        model="binary", outcome="value", **{"baseline": False, "strata": (), "options": {"methods": ALL}} | more
    )


def responder(at_least=2.0, missing="excluded", **more):
    return settings(model="responder", options={"at_least": at_least, "missing": missing, "methods": ALL}, **more)


def trial_of(msc, placebo, n_msc=15, n_placebo=15, **columns):
    """ADSL and BDS of ``msc`` events of ``n_msc`` and ``placebo`` of ``n_placebo``; the baseline is a number apart."""
    adsl = subjects(["msc"] * n_msc + ["placebo"] * n_placebo, **columns)
    outcome = [1.0] * msc + [0.0] * (n_msc - msc) + [1.0] * placebo + [0.0] * (n_placebo - placebo)
    return adsl, records(adsl, np.linspace(30, 50, len(adsl)), month6=outcome)


def statistics(rows):
    return {(r.visit, r.group or r.contrast, r.statistic): r.value for r in rows}


def test_the_rows_are_those_of_sas_in_percent(root):
    sas = json.loads((root / "tests/reference/models/proportions.json").read_text())["sas"]
    found = values(fitted(*trial_of(36, 12, 154, 77), binary()), CONTRAST)
    expected = [100 * value for value in (sas["risk_difference"]["est"], *sas["risk_difference"]["miettinen_nurminen"])]
    assert [found[name] for name in ("estimate", "ci_low", "ci_high")] == pytest.approx(expected, abs=5.1e-3)
    newcombe = [100 * value for value in sas["risk_difference"]["newcombe"]]
    assert [found["newcombe_ci_low"], found["newcombe_ci_high"]] == pytest.approx(newcombe, abs=5.1e-3)


def test_ratios_have_their_own_contrast_and_no_percent():
    rows = fitted(*trial_of(36, 12, 154, 77), binary())
    assert values(rows, RATIO)["risk_ratio_estimate"] == pytest.approx(1.5)
    assert row(rows, RATIO, "risk_ratio_estimate").unit == "risk ratio"
    assert row(rows, RATIO, "odds_ratio_ci_low").unit == "odds ratio"
    assert row(rows, CONTRAST, "estimate").unit == "percentage points"
    assert row(rows, "msc", "proportion").unit == "%"
    assert values(rows, "msc")["events"] == 36
    first = fitted(*trial_of(36, 12, 154, 77), binary(options={"methods": ["risk_ratio", "fisher"]}))
    assert {r.contrast for r in first if r.statistic == "estimate"} == {RATIO}


def test_every_method_names_itself_and_the_event():
    rows = fitted(*trial_of(5, 3), binary())
    said = {r.statistic: r.method for r in rows if r.contrast}
    assert "Miettinen and Nurminen" in said["estimate"] and "event: value 1" in said["estimate"]
    assert "Ye, Bannick" in said["standardized_estimate"]
    by_delta = fitted(*trial_of(5, 3), binary(options={"methods": ["standardized"], "variance": "ge"}))
    assert "Ge et al." in row(by_delta, CONTRAST, "estimate").method


@pytest.mark.parametrize(
    ("direction", "at_least", "expected"),
    [("higher", 2.0, [1, 1, 0, 0]), ("lower", 2.0, [0, 0, 1, 0]), ("higher", 0.1, [1, 1, 0, 1])],
)
def test_a_response_is_a_change_in_the_direction_that_is_better(direction, at_least, expected):
    adsl = subjects(["msc", "placebo"] * 2)
    bds = records(adsl, [0.7, 40.0, 40.0, 0.2], month6=[2.7, 43.0, 38.0, 0.3])  # 2.7 - 0.7 and 0.3 - 0.2: rounding
    plain = replace(responder(at_least, baseline=False), direction=direction)
    rows, _ = fit_endpoint(bds, adsl, plain)
    events = {arm: values(rows, arm)["events"] for arm in ("msc", "placebo")}
    assert events == {"msc": expected[0] + expected[2], "placebo": expected[1] + expected[3]}


def test_a_value_to_reach_is_a_response_too():
    adsl = subjects(["msc", "placebo"] * 2)
    bds = records(adsl, [30.0] * 4, month6=[40.0, 39.9, 41.0, 12.0])
    higher = responder(40.0, outcome="value")
    assert values(fitted(adsl, bds, higher), "msc")["events"] == 2
    lower = replace(higher, direction="lower")
    rows = fitted(adsl, bds, lower)
    assert [values(rows, arm)["events"] for arm in ("msc", "placebo")] == [1, 2]
    assert "a value of at most 40 points" in row(rows, "msc", "events").method


def test_the_mcid_is_the_threshold_that_is_not_declared():
    adsl, bds = random_trial(arms=("placebo", "msc"))
    plain = settings(model="responder", options={"methods": ALL})
    by_mcid = fitted(adsl, bds, replace(plain, mcid=2.0))
    assert statistics(by_mcid) == statistics(fitted(adsl, bds, responder(2.0)))
    with pytest.raises(FitDataError, match="declares no mcid"):
        fitted(adsl, bds, plain)


def test_missing_values_are_left_out_or_counted_as_declared():
    adsl, bds = random_trial(n=40, arms=("placebo", "msc"))  # four values are missing
    excluded, counted = (fitted(adsl, bds, responder(missing=how)) for how in ("excluded", "nonresponder"))
    n = {arm: values(excluded, arm)["n"] for arm in ("placebo", "msc")}
    assert sum(n.values()) == 36
    for arm in n:
        assert values(counted, arm)["n"] == 20
        assert values(counted, arm)["events"] == values(excluded, arm)["events"]
        assert row(counted, arm, "n").note.startswith(f"{20 - n[arm]} subjects without a value counted as non-resp")
    assert "no value counted as no response" in row(counted, CONTRAST, "estimate").method
    events = [
        values(fitted(adsl, as_binary(bds), binary(options={"missing": how})), "msc")["events"]
        for how in ("event", "no_event")
    ]
    assert events[0] - events[1] == 20 - n["msc"]


def as_binary(bds):
    return bds.assign(AVAL=(bds["AVAL"] > 40).astype(float).where(bds["AVAL"].notna()))


def test_the_trace_counts_everybody_analysed():
    adsl, bds = random_trial(n=40, arms=("placebo", "msc"))
    for how in ("excluded", "nonresponder"):
        rows, trace = fit_endpoint(bds, adsl, responder(missing=how))
        used = trace[trace["record_set"].eq("primary.itt.month6")]
        assert used["USUBJID"].nunique() == sum(values(rows, arm)["n"] for arm in ("placebo", "msc"))


def test_a_value_other_than_0_and_1_is_no_binary_endpoint():
    adsl, bds = random_trial(arms=("placebo", "msc"))
    with pytest.raises(FitDataError, match="needs values of 0 and 1"):
        fitted(adsl, bds, binary())


@pytest.mark.parametrize(("msc", "placebo"), [(0, 0), (15, 15), (0, 15), (15, 0), (0, 4), (15, 9), (5, 0)])
def test_empty_cells_fall_back_to_the_score_interval_and_say_so(tmp_path, msc, placebo):
    adsl, bds = trial_of(msc, placebo, SITE=["A", "B"] * 15)
    options = {"methods": ["standardized", *[name for name in ALL if name != "standardized"]]}
    rows = fitted(adsl, bds, binary(baseline=True, strata=("SITE",), options=options))
    write_results(rows, tmp_path / "results.csv")  # refuses NaN, infinities without a reason, and doubled names
    estimate = row(rows, CONTRAST, "estimate")
    assert estimate.status == "fallback"
    assert "of msc has the event" in estimate.note or "of placebo has the event" in estimate.note
    assert "stratified score" in estimate.method
    site = pd.Series(["A", "B"] * 15)
    strata = []
    for name in "AB":
        y, arm = bds.loc[bds["AVISIT"].eq("month6"), "AVAL"].to_numpy(), adsl["TRT01P"]
        one, zero = (y[(site.eq(name) & arm.eq(a)).to_numpy()] for a in ("msc", "placebo"))
        strata.append(Counts(int(one.sum()), len(one), int(zero.sum()), len(zero)))
    expected = stratified_interval(strata, 0.95)
    found = values(rows, CONTRAST)
    assert [found["ci_low"], found["ci_high"]] == pytest.approx([100 * expected.low, 100 * expected.high])
    assert np.isfinite([found["p_value"], found["newcombe_ci_low"], found["fisher_p_value"]]).all()
    for result in rows:
        assert (result.value is None) == (result.status == "not_estimable")
        assert result.value is None or np.isfinite(result.value)
    if msc == placebo == 0:
        assert row(rows, RATIO, "risk_ratio_estimate").status == "not_estimable"
        assert row(rows, CONTRAST, "cmh_p_value").status == "not_estimable"
        assert values(rows, CONTRAST)["p_value"] == 1


def test_separation_is_penalized_and_noted():
    arms = ["msc", "placebo"] * 15
    adsl = subjects(arms)
    base = np.linspace(30, 50, 30)
    bds = records(adsl, base, month6=(base > 40).astype(float))
    rows = fitted(adsl, bds, binary(baseline=True, options={"methods": ["standardized"]}))
    estimate = row(rows, CONTRAST, "estimate")
    assert estimate.status == "fallback" and "separate" in estimate.note and "Firth" in estimate.method
    means = [np.mean((base > 40)[np.array(arms) == arm]) for arm in ("msc", "placebo")]
    assert estimate.value == pytest.approx(100 * (means[0] - means[1]), abs=10)
    assert values(rows, CONTRAST)["se"] > 0


def test_a_stratum_with_one_arm_is_left_out_and_counted():
    adsl, bds = trial_of(6, 4, SITE=["A"] * 12 + ["B"] * 3 + ["A"] * 15)
    rows = fitted(adsl, bds, binary(strata=("SITE",), options={"methods": ["stratified_score", "cmh"]}))
    estimate = row(rows, CONTRAST, "estimate")
    assert estimate.status == "fallback"
    assert estimate.note == "3 subjects in a stratum with one arm only do not enter the comparison"
    assert estimate.value == pytest.approx(100 * (6 / 12 - 4 / 15))
    apart = subjects(["msc"] * 15 + ["placebo"] * 15, SITE=["A"] * 15 + ["B"] * 15)
    alone = fitted(apart, bds, binary(strata=("SITE",), options={"methods": ["stratified_score", "standardized"]}))
    assert row(alone, CONTRAST, "estimate").note == "no stratum has subjects of both arms"
    assert "confounded" in row(alone, CONTRAST, "standardized_estimate").note


def test_an_arm_with_nobody_left_has_no_comparison():
    adsl, bds = trial_of(6, 4)
    gone = bds.assign(ANL01FL=bds["ANL01FL"].where(bds["USUBJID"].isin(adsl["USUBJID"][:15]), ""))
    rows = fitted(adsl, gone, binary())
    assert values(rows, "placebo")["n"] == 0
    for result in rows:
        if result.contrast or (result.group == "placebo" and result.statistic == "proportion"):
            assert result.status == "not_estimable" and "no subject of placebo" in result.note
    assert values(rows, "msc")["proportion"] == pytest.approx(40)
    nobody = fitted(adsl, bds.assign(ANL01FL=""), binary())
    assert {r.status for r in nobody if r.contrast} == {"not_estimable"}


def test_of_three_arms_one_without_events_leaves_the_others_standardized():
    adsl = subjects(list(THREE) * 12)
    outcome = [0.0 if arm == "low" else float(i % 5 < 2) for i, arm in enumerate(adsl["TRT01P"])]
    bds = records(adsl, np.linspace(30, 50, 36)[::-1], month6=outcome)
    fit = binary(arms=THREE, baseline=True, options={"methods": ["standardized"]})
    rows = fitted(adsl, bds, fit)
    assert row(rows, "low - placebo", "estimate").status == "fallback"
    assert row(rows, "high - placebo", "estimate").status == "ok"
    without = adsl[adsl["TRT01P"].ne("low")]
    two = fitted(
        without,
        bds[bds["USUBJID"].isin(without["USUBJID"])],
        binary(arms=("placebo", "high"), baseline=True, options={"methods": ["standardized"]}),
    )
    assert values(rows, "high - placebo") == pytest.approx(values(two, "high - placebo"))


def test_symmetries_of_the_rows():
    adsl, bds = random_trial(n=60, arms=("placebo", "msc"))
    fit = responder(strata=("SEX",))
    base = fitted(adsl, bds, fit)
    turned = {"placebo": "msc", "msc": "placebo"}
    swapped = fitted(adsl.assign(TRT01P=adsl["TRT01P"].map(turned), TRT01A=adsl["TRT01A"].map(turned)), bds, fit)
    for name in ("", "standardized_", "newcombe_", "mantel_haenszel_", "stratified_score_"):
        here, there = values(base, CONTRAST), values(swapped, CONTRAST)
        assert there[f"{name}estimate"] == pytest.approx(-here[f"{name}estimate"])
        assert there[f"{name}ci_low"] == pytest.approx(-here[f"{name}ci_high"], abs=1e-6)
    for name in ("risk_ratio", "odds_ratio", "wald_odds_ratio"):
        assert values(swapped, RATIO)[f"{name}_ci_low"] == pytest.approx(1 / values(base, RATIO)[f"{name}_ci_high"])
    for name in ("p_value", "standardized_p_value", "fisher_p_value", "cmh_p_value"):
        assert values(swapped, CONTRAST)[name] == pytest.approx(values(base, CONTRAST)[name])
    shuffled = fitted(adsl.sample(frac=1, random_state=1), bds.sample(frac=1, random_state=2), fit)
    assert statistics(shuffled) == statistics(base)


def test_renaming_arms_changes_nothing():
    adsl, bds = random_trial(n=60, arms=("placebo", "msc"))
    names = {"placebo": "zz", "msc": "aa"}
    renamed = adsl.assign(TRT01P=adsl["TRT01P"].map(names), TRT01A=adsl["TRT01A"].map(names))
    other = fitted(renamed, bds, responder(arms=("zz", "aa")))
    assert values(other, "aa - zz") == values(fitted(adsl, bds, responder()), CONTRAST)


def test_the_standardized_rows_use_baseline_strata_and_covariates():
    adsl, bds = random_trial(n=60, arms=("placebo", "msc"))
    rows = fitted(adsl, bds, responder(strata=("SEX",), covariates=("AGE",)))
    assert "terms: arm + baseline + SEX + AGE" in row(rows, CONTRAST, "standardized_estimate").method
    adjusted = [values(rows, arm)["standardized_proportion"] for arm in ("msc", "placebo")]
    assert adjusted[0] - adjusted[1] == pytest.approx(values(rows, CONTRAST)["standardized_estimate"])
    constant = with_analysis(responder(covariates=("AGE",)))
    dropped = fitted(adsl.assign(AGE=70.0), bds, constant)
    assert row(dropped, CONTRAST, "standardized_estimate").status == "fallback"
    assert "AGE dropped" in row(dropped, CONTRAST, "standardized_estimate").note
    assert row(dropped, CONTRAST, "estimate").status == "ok"


def test_everybody_is_the_same_in_all_methods():
    """Who lacks a stratum is left out of the unadjusted methods too, and counted."""
    adsl, bds = random_trial(n=40, arms=("placebo", "msc"))
    lacking = adsl.assign(SEX=adsl["SEX"].where(adsl["USUBJID"].ne("S001"), ""))
    rows = fitted(lacking, bds, responder(strata=("SEX",)))
    n = {arm: values(rows, arm)["n"] for arm in ("msc", "placebo")}
    events = {arm: values(rows, arm)["events"] for arm in n}
    expected = difference_interval(Counts(events["msc"], n["msc"], events["placebo"], n["placebo"]), 0.95)
    assert values(rows, CONTRAST)["ci_low"] == pytest.approx(100 * expected.low)
    assert "without SEX not analysed" in row(rows, "placebo", "n").note


def test_the_first_method_must_estimate():
    with pytest.raises(ValueError, match="must estimate"):
        BinaryOptions(methods=("fisher", "newcombe"))
    with pytest.raises(ValueError, match="twice"):
        BinaryOptions(methods=("newcombe", "newcombe"))


def test_the_t_interval_is_the_normal_one_with_the_variance_and_the_quantile_of_few_patients():
    adsl, bds = random_trial(4, n=40, arms=("placebo", "msc"))
    bds = bds.assign(AVAL=bds["AVAL"].gt(41).astype(float), BASE=bds["BASE"], CHG=0.0)
    plan = {"baseline": False, "covariates": ("AGE", "SEX"), "strata": ()}
    few, many = (
        fitted(adsl, bds, binary(**plan, options={"methods": ["standardized"], "interval": name}))
        for name in ("t", "normal")
    )
    small, large = values(few, CONTRAST), values(many, CONTRAST)
    n, p = sum(values(few, arm)["n"] for arm in ("placebo", "msc")), 4
    assert small["df"] == n - p and "z" not in small and "t" not in large
    assert small["estimate"] == large["estimate"]
    assert small["se"] == pytest.approx(large["se"] * (n / (n - p)) ** 0.5)
    half = stats.t.ppf(0.975, n - p) * small["se"]
    assert [small["ci_low"], small["ci_high"]] == pytest.approx([small["estimate"] - half, small["estimate"] + half])
    assert small["p_value"] == pytest.approx(2 * stats.t.sf(abs(small["estimate"] / small["se"]), n - p))
    assert large["p_value"] == pytest.approx(2 * stats.norm.sf(abs(large["estimate"] / large["se"])))
    of_arm = [values(rows, "msc")["standardized_se"] for rows in (few, many)]
    assert of_arm[0] == pytest.approx(of_arm[1] * (n / (n - p)) ** 0.5)
    assert "Student's t interval and test with n - p df" in row(few, CONTRAST, "estimate").method
