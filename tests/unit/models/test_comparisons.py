"""More than two arms: further contrasts, dose response, and values carried forward, whatever the model."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from tests.fit_cases import fitted, random_trial, records, row, settings, subjects, values

ARMS = ("placebo", "low", "high")
DOSES = {"placebo": 0.0, "low": 54.0, "high": 81.0}
PLAIN = {"arms": ARMS, "strata": ("SITE",)}


def trial_of(model):
    adsl, bds = random_trial(seed=4, n=60)
    if model in ("binary", "gee_logit"):
        bds = bds.assign(AVAL=(bds["AVAL"] > 42).astype(float).where(bds["AVAL"].notna()))
    if model in ("counts", "time_to_event", "proportional_odds"):
        bds = bds.assign(AVAL=(bds["AVAL"] / 8).round())
    return adsl, bds


DECLARED = {
    "ancova": {},
    "mmrm": {},
    "gee": {},
    "censored": {},
    "wilcoxon": {},
    "binary": {"outcome": "value", "baseline": False},
    "gee_logit": {"outcome": "value", "baseline": False},
    "counts": {"outcome": "value", "baseline": False},
    "proportional_odds": {"outcome": "value", "baseline": False},
    "time_to_event": {"outcome": "value", "baseline": False},
}


@pytest.mark.parametrize("model", DECLARED)
def test_a_further_contrast_is_what_it_is_with_the_other_arm_as_reference(model):
    adsl, bds = trial_of(model)
    fit = settings(model=model, **PLAIN, **DECLARED[model])
    asked = fitted(adsl, bds, replace(fit, contrasts=(("high", "low"),)))
    turned = fitted(adsl, bds, replace(fit, reference="low"))
    names = {r.contrast for r in asked if r.contrast.startswith("high") and r.contrast.endswith("low")}
    for name in names:
        mine, theirs = values(asked, name), values(turned, name)
        assert mine == pytest.approx(theirs, rel=1e-6)
        assert any(value is not None for value in mine.values())
    without = {r.result_id: r.value for r in asked if r.contrast not in names}
    assert without == {r.result_id: r.value for r in fitted(adsl, bds, fit)}


def analysed(adsl, bds):
    rows = bds[bds["ANL01FL"].eq("Y") & bds["AVAL"].notna()].merge(adsl, on="USUBJID")
    return rows.assign(DOSE=rows["TRT01P"].map(DOSES))


def test_dose_as_a_covariate_takes_the_place_of_the_arms():
    adsl, bds = random_trial(seed=2, n=50)
    fit = replace(settings(dose_response="covariate", **PLAIN), doses=DOSES)
    found = values(fitted(adsl, bds, fit), "")
    ols = smf.ols("CHG ~ DOSE + C(SITE) + BASE", analysed(adsl, bds)).fit()
    low, high = ols.conf_int().loc["DOSE"]
    expected = [ols.params["DOSE"], ols.bse["DOSE"], ols.df_resid, ols.pvalues["DOSE"], low, high]
    names = ("estimate", "se", "df", "p_value", "ci_low", "ci_high")
    assert [found[f"dose_response_{name}"] for name in names] == pytest.approx(expected, rel=1e-8)


def test_dose_as_a_contrast_is_the_line_through_the_means():
    adsl, bds = random_trial(seed=2, n=50)
    fit = replace(settings(dose_response="contrast", **PLAIN), doses=DOSES)
    rows = fitted(adsl, bds, fit)
    doses = np.array(list(DOSES.values()))
    c = (doses - doses.mean()) / ((doses - doses.mean()) ** 2).sum()
    means = [row(rows, arm, "lsmean").value for arm in ARMS]
    assert row(rows, "", "dose_response_estimate").value == pytest.approx(c @ means, rel=1e-10)
    ols = smf.ols("CHG ~ C(TRT01P, levels=['placebo', 'low', 'high']) + C(SITE) + BASE", analysed(adsl, bds)).fit()
    by_hand = ols.t_test(np.array([[0, c[1], c[2], 0, 0, 0]]))
    assert row(rows, "", "dose_response_p_value").value == pytest.approx(float(by_hand.pvalue), rel=1e-8)
    by_mmrm = fitted(adsl, bds, replace(settings(model="mmrm", dose_response="contrast", **PLAIN), doses=DOSES))
    for name in ("estimate", "se", "p_value"):
        mine = row(by_mmrm, "", f"dose_response_{name}").value
        assert mine == pytest.approx(row(rows, "", f"dose_response_{name}").value, rel=1e-6)


def test_a_larger_unit_of_dose_changes_the_slope_and_not_the_test():
    adsl, bds = random_trial(seed=2, n=50)
    fit = settings(dose_response="covariate", **PLAIN)
    mg, g = (values(fitted(adsl, bds, replace(fit, doses={a: d / k for a, d in DOSES.items()})), "") for k in (1, 1000))
    assert g["dose_response_estimate"] == pytest.approx(1000 * mg["dose_response_estimate"], rel=1e-9)
    assert g["dose_response_p_value"] == pytest.approx(mg["dose_response_p_value"], rel=1e-9)


@pytest.mark.parametrize("way", ["covariate", "contrast"])
def test_one_dose_left_has_no_trend(way):
    adsl, bds = random_trial(seed=2, n=50)
    low = adsl.loc[adsl["TRT01P"].eq("low"), "USUBJID"]
    fit = replace(settings(dose_response=way, **PLAIN), doses=DOSES)
    only = bds.assign(AVAL=bds["AVAL"].where(bds["USUBJID"].isin(low)))
    found = row(fitted(adsl, only, fit), "", "dose_response_estimate")
    assert found.status == "not_estimable"
    assert "no trend" in found.note


def carried():
    """Four patients of an arm; the second has month 6 carried forward from an earlier visit."""
    adsl = subjects(["placebo"] * 4 + ["msc"] * 4)
    value = [12.0, np.nan, 14, 15, 17, 18, 20, 19]
    bds = records(adsl, [10.0, 12, 13, 15, 14, 16, 17, 15], month6=np.array(value))
    made = bds[bds["USUBJID"].eq("S002") & bds["AVISIT"].eq("month6")]
    made = made.assign(AVAL=11.0, CHG=-1.0, DTYPE="LOCF", ANL01FL="", ANL02FL="Y", SRCSEQ=99.0)
    return adsl, pd.concat([bds.assign(ANL02FL=bds["ANL01FL"]), made], ignore_index=True)


def test_carried_values_count_where_the_analysis_says_so_and_are_named():
    adsl, bds = carried()
    observed = fitted(adsl, bds, settings())
    fit = replace(settings(locf=True), carried_flags={"treatment_policy": "ANL02FL"})
    with_locf = fitted(adsl, bds, fit)
    assert [row(rows, "placebo", "n").value for rows in (observed, with_locf)] == [3, 4]
    assert row(with_locf, "placebo", "n").note == "1 value carried forward"
    assert row(with_locf, "msc", "n").note == ""
    estimate = row(with_locf, "msc - placebo", "estimate")
    assert "least squares, missing values by last observation carried forward (LOCF); terms" in estimate.method
    assert estimate.value != row(observed, "msc - placebo", "estimate").value
    assert "LOCF" not in row(observed, "msc - placebo", "estimate").method
