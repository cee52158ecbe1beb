"""The MMRM of the workflow: the numbers of the engine arrive as rows, and the model has its symmetries."""

import numpy as np
import pandas as pd
import pytest
from rctflow.models.endpoint import fit_endpoint
from rctflow.models.mmrm import fit_mmrm
from rctflow.study.load import load_study
from rctflow.study.messages import ConfigError
from statsmodels.formula.api import mixedlm

from tests.fit_cases import records, row, settings, subjects, values
from tests.tiny import tiny_config, write_config

VISITS = ("week4", "week8", "week12")


def trial(seed=5, n=40, arms=("placebo", "msc"), effect=2.0):
    """n patients with correlated visits, a tenth of the values missing, one stratum."""
    chance = np.random.default_rng(seed)
    given = [arms[i % len(arms)] for i in range(n)]
    patient = chance.normal(0, 3, n)
    base = 30 + patient + chance.normal(0, 2, n)
    shift = np.array([effect * (arm != arms[0]) for arm in given])
    after = {v: base + patient * 0.3 + shift * (k + 1) / 3 + chance.normal(0, 2, n) for k, v in enumerate(VISITS)}
    for outcome in after.values():
        outcome[chance.random(n) < 0.1] = np.nan
    adsl = subjects(given, SITE=[f"site{i % 3}" for i in range(n)])
    return adsl, records(adsl, list(base), **{v: list(outcome) for v, outcome in after.items()})


def mmrm(**changes):
    return settings(visits=VISITS, model="mmrm", strata=("SITE",), **changes)


def fitted(adsl, bds, fit):
    rows, _ = fit_endpoint(bds, adsl, fit)
    return rows


def statistics(rows, who="msc - placebo", visit="week12"):
    return {r.statistic: r.value for r in rows if (r.contrast or r.group) == who and r.visit == visit}


def test_rows_equal_the_engine_called_by_hand():
    adsl, bds = trial()
    rows = fitted(adsl, bds, mmrm())
    data = bds[bds["ANL01FL"].eq("Y") & bds["AVISIT"].isin(VISITS)].merge(adsl[["USUBJID", "TRT01P", "SITE"]])
    data["AVISIT"] = pd.Categorical(data["AVISIT"], list(VISITS), ordered=True)
    data["TRT01P"] = pd.Categorical(data["TRT01P"], ["placebo", "msc"])
    fit = fit_mmrm(data, "CHG ~ TRT01P * AVISIT + BASE * AVISIT + SITE", subject="USUBJID", visit="AVISIT")
    by_hand = fit.contrasts("TRT01P", by="AVISIT", reference="placebo").set_index("AVISIT").loc["week12"]
    found = statistics(rows)
    for name in ("estimate", "se", "df", "t", "p_value", "ci_low", "ci_high"):
        assert found[name] == pytest.approx(by_hand[name], rel=1e-8), name
    average = fit.contrasts("TRT01P", reference="placebo").iloc[0]
    assert statistics(rows, visit="average")["estimate"] == pytest.approx(average["estimate"], rel=1e-8)
    test = fit.test("TRT01P:AVISIT")
    assert row(rows, "", "arm_by_visit_p_value", "").value == pytest.approx(test.p_value, rel=1e-7)
    assert row(rows, "", "minus2_log_likelihood", "").value == pytest.approx(-2 * fit.log_likelihood, rel=1e-9)


def test_one_visit_equals_ancova():
    adsl, bds = trial()
    one = [settings(visits=("week12",), model=model, strata=("SITE",)) for model in ("mmrm", "ancova")]
    by_mmrm, by_ancova = (statistics(fitted(adsl, bds, fit)) for fit in one)
    for name in ("estimate", "se", "df", "p_value"):
        assert by_mmrm[name] == pytest.approx(by_ancova[name], rel=1e-6), name


def test_everybody_with_one_visit_is_counted():
    adsl, bds = trial()
    rows = fitted(adsl, bds, mmrm())
    for visit in VISITS:
        there = bds[bds["AVISIT"].eq(visit) & bds["AVAL"].notna()].merge(adsl)
        for arm in ("placebo", "msc"):
            assert values(rows, arm, visit)["n"] == (there["TRT01P"] == arm).sum()


def test_constrained_baseline_keeps_who_has_only_a_baseline():
    adsl, bds = trial()
    gone = bds["USUBJID"].eq("S001") & bds["AVISIT"].ne("baseline")
    bds = bds.assign(AVAL=bds["AVAL"].mask(gone), CHG=bds["CHG"].mask(gone), ANL01FL=bds["ANL01FL"].mask(gone, ""))
    _, traced = fit_endpoint(bds, adsl, mmrm(options={"baseline": "outcome"}))
    assert "S001" in set(traced["USUBJID"])
    rows = fitted(adsl, bds, mmrm(options={"baseline": "outcome"}))
    assert {r.status for r in rows} == {"ok"}
    means = {arm: values(rows, arm, "week12")["lsmean"] for arm in ("placebo", "msc")}
    assert statistics(rows)["estimate"] == pytest.approx(means["msc"] - means["placebo"], rel=1e-9)


def test_swapping_the_arms_turns_the_sign():
    adsl, bds = trial()
    there = statistics(fitted(adsl, bds, mmrm()))
    back = statistics(fitted(adsl, bds, mmrm(arms=("msc", "placebo"))), "placebo - msc")
    assert back["estimate"] == pytest.approx(-there["estimate"], rel=1e-7)
    assert back["p_value"] == pytest.approx(there["p_value"], rel=1e-6)


def test_a_constant_shift_and_the_order_of_rows_change_nothing():
    adsl, bds = trial()
    there = statistics(fitted(adsl, bds, mmrm()))
    shifted = bds.assign(AVAL=bds["AVAL"] + 100, BASE=bds["BASE"] + 100).sample(frac=1, random_state=3)
    back = statistics(fitted(adsl.sample(frac=1, random_state=4), shifted, mmrm()))
    for name, value in there.items():
        assert back[name] == pytest.approx(value, rel=1e-6), name


def test_another_unit_scales_the_estimate():
    adsl, bds = trial()
    there = statistics(fitted(adsl, bds, mmrm()))
    scaled = bds.assign(**{name: bds[name] * 10 for name in ("AVAL", "BASE", "CHG")})
    back = statistics(fitted(adsl, scaled, mmrm()))
    assert back["estimate"] == pytest.approx(10 * there["estimate"], rel=1e-6)
    assert back["df"] == pytest.approx(there["df"], rel=1e-5)
    assert back["p_value"] == pytest.approx(there["p_value"], rel=1e-5)


def test_on_the_log_scale_arms_are_compared_by_ratios():
    adsl, bds = trial()
    rows = fitted(adsl, bds, mmrm(log=True))
    found = statistics(rows, "msc / placebo")
    assert found["ci_low"] < found["estimate"] < found["ci_high"]
    assert np.log(found["estimate"]) / found["se_log"] == pytest.approx(found["t"], rel=1e-9)


def test_the_chain_is_left_only_with_a_reason():
    adsl, bds = trial(n=12)
    sparse = bds["AVISIT"].eq("week8") & ~bds["USUBJID"].isin(["S001", "S002", "S003"])
    bds = bds.assign(
        AVAL=bds["AVAL"].mask(sparse), CHG=bds["CHG"].mask(sparse), ANL01FL=bds["ANL01FL"].mask(sparse, "")
    )
    rows = [r for r in fitted(adsl, bds, mmrm()) if r.statistic == "estimate"]
    assert {r.status for r in rows} <= {"ok", "fallback", "not_estimable"}
    assert all(r.note for r in rows if r.status != "ok")


def test_an_arm_without_a_visit_is_not_estimable_there_and_elsewhere_it_is():
    adsl, bds = trial()
    msc = adsl.loc[adsl["TRT01P"].eq("msc"), "USUBJID"]
    gone = bds["USUBJID"].isin(msc) & bds["AVISIT"].eq("week12")
    bds = bds.assign(AVAL=bds["AVAL"].mask(gone), CHG=bds["CHG"].mask(gone), ANL01FL=bds["ANL01FL"].mask(gone, ""))
    rows = fitted(adsl, bds, mmrm())
    assert row(rows, "msc - placebo", "estimate", "week12").status == "not_estimable"
    assert row(rows, "msc - placebo", "estimate", "week4").value is not None
    assert "no subject of msc can be analysed at week12" in row(rows, "msc - placebo", "estimate", "average").note


def test_a_constant_outcome_has_no_estimate_but_a_reason():
    adsl, bds = trial()
    flat = bds.assign(AVAL=30.0, BASE=30.0, CHG=0.0)
    found = [r for r in fitted(adsl, flat, mmrm()) if r.statistic == "estimate"]
    assert {r.status for r in found} == {"not_estimable"}
    assert all("is 0 in every record" in r.note for r in found)


def test_residuals_stand_beside_the_records():
    adsl, bds = trial()
    _, traced = fit_endpoint(bds, adsl, mmrm())
    residuals = traced["RESIDUAL"].to_numpy()
    assert np.isfinite(residuals).all()
    assert residuals.std() == pytest.approx(1, abs=0.15)


def test_the_arms_of_one_patient_at_a_visit_are_told_apart():
    adsl, bds = trial(n=30)
    msc = adsl.loc[adsl["TRT01P"].eq("msc"), "USUBJID"]
    gone = bds["USUBJID"].isin(msc[1:]) & bds["AVISIT"].eq("week12")
    bds = bds.assign(AVAL=bds["AVAL"].mask(gone), CHG=bds["CHG"].mask(gone), ANL01FL=bds["ANL01FL"].mask(gone, ""))
    found = statistics(fitted(adsl, bds, mmrm()))
    assert np.isfinite(found["se"]) and found["se"] > 0


def test_only_the_arm_that_lost_somebody_says_so():
    adsl, bds = trial()
    bds = bds.assign(BASE=bds["BASE"].mask(bds["USUBJID"].eq("S002")), CHG=bds["CHG"].mask(bds["USUBJID"].eq("S002")))
    for model in ("mmrm", "ancova"):
        rows = fitted(adsl, bds, settings(visits=VISITS, model=model, strata=("SITE",)))
        assert "1 with a value but without baseline value" in row(rows, "msc", "n", "week4").note
        assert row(rows, "placebo", "n", "week4").note == ""


def test_other_visits_go_on_when_an_arm_lacks_one_whatever_the_data():
    for seed in range(8):
        adsl, bds = trial(seed)
        lacking = adsl.loc[adsl["TRT01P"].eq(("placebo", "msc")[seed % 2]), "USUBJID"]
        gone = bds["USUBJID"].isin(lacking) & bds["AVISIT"].eq("week12")
        bds = bds.assign(AVAL=bds["AVAL"].mask(gone), CHG=bds["CHG"].mask(gone), ANL01FL=bds["ANL01FL"].mask(gone, ""))
        rows = fitted(adsl, bds, mmrm())
        assert row(rows, "msc - placebo", "estimate", "week12").status == "not_estimable"
        assert row(rows, "msc - placebo", "estimate", "week4").value is not None


def test_a_change_that_is_constant_up_to_rounding_is_not_analysed():
    adsl, bds = trial()
    base = bds["BASE"].round(1)
    bds = bds.assign(BASE=base, AVAL=base + 0.3, CHG=(base + 0.3) - base)
    found = [r for r in fitted(adsl, bds, mmrm()) if r.statistic == "estimate"]
    assert {r.status for r in found} == {"not_estimable"}


def test_values_of_one_arm_only_are_not_compared():
    adsl, bds = trial()
    msc = adsl.loc[adsl["TRT01P"].eq("msc"), "USUBJID"]
    found = [r for r in fitted(adsl, bds[~bds["USUBJID"].isin(msc)], mmrm()) if r.statistic == "estimate"]
    assert found and {r.status for r in found} == {"not_estimable"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"chain": []}, "at least one step"),
        ({"method": "ml"}, "declare a chain with satterthwaite"),
        ({"chain": [{"covariance": "ar1", "vcov": "CR2", "df": "kenward-roger"}]}, "use satterthwaite"),
    ],
)
def test_a_chain_that_cannot_be_fitted_is_a_config_error(tmp_path, options, message):
    config = tiny_config()
    config["endpoints"]["hb"]["analyses"] = {"main": {"model": "mmrm", "populations": ["itt"], "options": options}}
    with pytest.raises(ConfigError, match=message):
        load_study(write_config(config, tmp_path / "study.yaml"))


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_compound_symmetry_is_the_random_intercept_model_of_statsmodels(seed):
    adsl, bds = trial(seed)
    step = {"covariance": "compound-symmetry", "vcov": "model", "df": "satterthwaite"}
    found = statistics(fitted(adsl, bds, mmrm(outcome="value", baseline=False, options={"chain": [step]})))
    data = bds[bds["ANL01FL"].eq("Y") & bds["AVISIT"].isin(VISITS)].merge(adsl[["USUBJID", "TRT01P", "SITE"]])
    visit, arm = "C(AVISIT, Treatment('week12'))", "C(TRT01P, Treatment('placebo'))"
    formula = f"AVAL ~ {arm} * {visit} + SITE"
    slow = mixedlm(formula, data, groups="USUBJID").fit(reml=True, method="bfgs", gtol=1e-8)
    assert slow.cov_re.iloc[0, 0] > 1  # else the two models differ: compound symmetry may be negative
    name = f"{arm}[T.msc]"
    assert found["estimate"] == pytest.approx(slow.params[name], rel=1e-4)
    assert found["se"] == pytest.approx(slow.bse_fe[name], rel=1e-4)
