"""The engine against R mmrm and SAS PROC MIXED; the numbers stand in tests/reference/mmrm, the data in ../shared."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rctflow.models.mmrm import fit_mmrm

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "mmrm"
R = json.loads((REFERENCE / "r_mmrm_fev.json").read_text())
EXTRAS = json.loads((REFERENCE / "r_mmrm_fev_extras.json").read_text())
SAS = json.loads((REFERENCE / "sas_proc_mixed_fev.json").read_text())
FORMULA = R["source"]["formula"]
VCOV = {"Empirical": "CR0", "Empirical-Bias-Reduced": "CR2", "Empirical-Jackknife": "CR3"}
SAS_NAMES = {"us": "un", "spexp": "sp(exp)"}


@pytest.fixture(scope="module")
def fev(shared):
    return pd.read_csv(shared / "data" / "fev_data.csv")


def fit_fev(fev, formula, covariance, **options):
    if covariance.startswith("sp"):
        options["coordinates"] = ["VISITN", "VISITN2"]
    return fit_mmrm(fev, formula, "USUBJID", "AVISIT", covariance, levels={"SEX": ["Male", "Female"]}, **options)


def rows_of(found, names):
    return np.array([[float(name == wanted) for name in found.beta.index] for wanted in names])


def close(ours, theirs, rel):
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=rel, atol=0)


def compare(found, reference):
    """-2 log L to 1e-8, estimates and SEs to 1e-6, df to 1e-4."""
    assert -2 * found.log_likelihood == pytest.approx(reference["neg2loglik"], rel=1e-8)
    for name in ("aic", "aicc", "bic"):
        assert found.criteria[name] == pytest.approx(reference[name], rel=1e-8)
    table = found.coefficients()
    for ours, theirs, rel in (("estimate", "estimate", 1e-6), ("se", "se", 1e-6), ("df", "df", 1e-4)):
        close(table[ours], reference["coefficients"][theirs], rel)
    for weights, expected in reference["emmeans"].items():
        means = found.lsmeans("ARMCD", by="AVISIT", weights=weights)
        differences = found.contrasts("ARMCD", by="AVISIT", reference="PBO", weights=weights)
        for ours, theirs, rel in (("se", "SE", 1e-6), ("df", "df", 1e-4)):
            close(means[ours], expected["means"][theirs], rel)
            close(differences[ours], expected["contrasts"][theirs], rel)
        close(means["estimate"], expected["means"]["emmean"], 1e-6)
        close(differences["estimate"], expected["contrasts"]["estimate"], 1e-6)
    for expected in reference["tests"].values():
        test = found.test_contrasts(rows_of(found, expected["coefs"]))
        assert pytest.approx(expected["f_stat"], rel=1e-6) == test.F
        assert test.df2 == pytest.approx(expected["denom_df"], rel=1e-4)


@pytest.mark.parametrize("key", R["fits"])
def test_every_structure_and_method_of_r(fev, key):
    structure, method, df, vcov = key.split("|")
    df = "kr-linear" if vcov == "Kenward-Roger-Linear" else df.lower()
    found = fit_fev(fev, FORMULA, structure, method=method.lower(), df=df, vcov=VCOV.get(vcov, "model"))
    assert list(found.beta.index) == EXTRAS["names"]
    compare(found, R["fits"][key])


@pytest.mark.parametrize("key", ["vignette_formula", "baseline_by_visit"])
def test_other_formulas_of_r(fev, key):
    reference = EXTRAS[key]
    compare(fit_fev(fev, reference["formula"], "us", df="satterthwaite"), reference["satterthwaite"])
    adjusted = fit_fev(fev, reference["formula"], "us", df="kenward-roger")
    close(adjusted.coefficients()["df"], reference["kenward_roger_df"]["coefficients"], 1e-4)
    for expected in reference["kenward_roger_df"]["tests"].values():
        test = adjusted.test_contrasts(rows_of(adjusted, expected["coefs"]))
        assert test.df2 == pytest.approx(expected["denom_df"], rel=1e-4)


def test_residuals_and_predictions_of_r(fev):
    found = fit_fev(fev, FORMULA, "us", df="satterthwaite")
    for kind in ("response", "pearson", "normalized"):
        ours = found.residuals(kind)
        assert list(ours.index) == EXTRAS["residuals"]["rows"]
        np.testing.assert_allclose(ours, EXTRAS["residuals"][kind], rtol=1e-6, atol=1e-7)
    fitted = fev["FEV1"].to_numpy()[EXTRAS["residuals"]["rows"]] - found.residuals()
    close(fitted, EXTRAS["fitted"], 1e-7)
    predicted = found.predict(fev)
    close(predicted["estimate"], EXTRAS["predicted"]["estimate"], 1e-7)
    close(predicted["se"] ** 2, EXTRAS["predicted"]["se"], 1e-6)  # R mmrm 0.3.18 returns the variance under this name


@pytest.mark.parametrize(("kind", "key"), [("II", "type_two"), ("III", "type_three")])
def test_type_two_and_three_tests_of_r(fev, kind, key):
    for method, expected in EXTRAS[key].items():
        found = fit_fev(fev, FORMULA, "us", df=method)
        tests = found.tests(kind).loc[expected["terms"]]
        assert list(tests["df1"]) == expected["df1"]
        close(tests["df2"], expected["df2"], 1e-4)
        if method == "satterthwaite":  # R's Kenward-Roger F depends on its parametrisation, its df does not
            close(tests["F"], expected["F"], 1e-6)
            close(tests["p_value"], expected["p"], 1e-4)


def test_visit_averages_and_custom_contrasts_of_r(fev):
    found = fit_fev(fev, FORMULA, "us", df="satterthwaite")
    rows = found.mean_rows(["AVISIT", "ARMCD"]).L
    np.testing.assert_allclose(rows @ found.vcov @ rows.T, EXTRAS["emm_vcov"], rtol=1e-6, atol=1e-8)
    ours = (found.lsmeans("ARMCD"), found.contrasts("ARMCD"), found.estimate(np.array(EXTRAS["custom_L"]).T @ rows))
    for table, key in zip(ours, ("overall_means", "overall_diff", "custom"), strict=True):
        close(table["estimate"], EXTRAS[key]["emmean" if "emmean" in EXTRAS[key] else "estimate"], 1e-6)
        close(table["se"], EXTRAS[key]["SE"], 1e-6)
        close(table["df"], EXTRAS[key]["df"], 1e-4)
        close(table["p_value"], EXTRAS[key]["p.value"], 1e-4)


@pytest.mark.parametrize("kind", ["kr", "kr1"])
@pytest.mark.parametrize("name", SAS["kr"])
def test_kenward_roger_of_sas(fev, kind, name):
    expected = SAS[kind][name]
    found = fit_fev(fev, "FEV1 ~ ARMCD", SAS_NAMES.get(name, name), df="kenward-roger" if kind == "kr" else "kr-linear")
    assert -2 * found.log_likelihood <= expected["m2RLL"] + 1e-6
    assert -2 * found.log_likelihood == pytest.approx(expected["m2RLL"], abs=5e-5)
    row = found.contrasts("ARMCD", reference="PBO").iloc[0]
    converged_in_sas = name in ("ar1", "cs", "toeph")
    assert row["estimate"] == pytest.approx(expected["estimate"], rel=2e-4)
    assert row["se"] == pytest.approx(expected["se"], rel=1e-5 if converged_in_sas else 2e-4)
    assert row["df"] == pytest.approx(expected["df"], rel=1e-3)
    assert row["p_value"] == pytest.approx(expected["p"], rel=5e-3)
    means = found.lsmeans("ARMCD").set_index("ARMCD")
    for arm, (estimate, se, _) in expected["lsmeans"].items():
        assert means.loc[arm, "estimate"] == pytest.approx(estimate, rel=2e-4)
        assert means.loc[arm, "se"] == pytest.approx(se, abs=1.5e-4)


def test_kenward_roger_equals_its_linear_form_where_the_parameters_are_linear(fev):
    for structure in ("un", "cs", "toep"):
        both = [fit_fev(fev, FORMULA, structure, df=df).coefficients() for df in ("kenward-roger", "kr-linear")]
        pd.testing.assert_frame_equal(*both)
    for structure in ("ar1", "arh1", "toeph", "csh", "adh", "sp(exp)"):
        exact, linear = (
            fit_fev(fev, FORMULA, structure, df=df).coefficients() for df in ("kenward-roger", "kr-linear")
        )
        assert (exact["se"] - linear["se"]).abs().max() > 1e-6


@pytest.mark.parametrize("key", SAS["empirical"])
def test_empirical_of_sas(fev, key):
    name, weights = key.removesuffix("_weighted"), "WEIGHT" if key.endswith("_weighted") else None
    found = fit_fev(
        fev, "FEV1 ~ ARMCD", SAS_NAMES.get(name, name), df="between-within", vcov="CR0", weights=weights
    )  # fmt: skip
    row = found.contrasts("ARMCD").iloc[0]
    assert row["estimate"] == pytest.approx(SAS["empirical"][key]["estimate"], rel=2e-4)
    assert row["se"] == pytest.approx(SAS["empirical"][key]["se"], rel=2e-4)
    assert row["df"] == SAS["empirical"][key]["df"]


@pytest.mark.parametrize("key", SAS["coefficients"])
def test_printed_coefficients_of_sas(fev, key):
    method, structure = key.split("_")
    found = fit_fev(fev, "FEV1 ~ ARMCD + SEX", structure, method=method, df="satterthwaite").coefficients()
    for (_, estimate, se, df), row in zip(SAS["coefficients"][key]["rows"], found.itertuples(), strict=True):
        assert row.estimate == pytest.approx(estimate, abs=6e-5 + 2e-4 * abs(estimate))
        assert row.se == pytest.approx(se, abs=6e-5 + 2e-4 * se)
        assert row.df == pytest.approx(df, abs=0.6)


def test_antidepressant_trial_of_sas(shared):
    data = pd.read_csv(shared / "data" / "antidepressant_data.csv").astype({"VISIT": str})
    expected = json.loads((REFERENCE / "sas_antidepressant.json").read_text())
    found = fit_mmrm(data, "CHANGE ~ BASVAL:VISIT + THERAPY:VISIT", "PATIENT", "VISIT")
    assert -2 * found.log_likelihood == pytest.approx(expected["m2RLL"], abs=1e-6)
    np.testing.assert_allclose(found.covariance, expected["UN"], rtol=2e-5)
    means = found.lsmeans("THERAPY", by="VISIT").set_index(["VISIT", "THERAPY"])
    for key, (estimate, se, df) in expected["lsmeans_visit_therapy_est_se_df"].items():
        row = means.loc[tuple(key.split())]
        assert (round(row["estimate"], 4), round(row["se"], 4)) == (estimate, se)
        assert row["df"] == pytest.approx(df, abs=0.6)
    differences = found.contrasts("THERAPY", by="VISIT", reference="PLACEBO").set_index("VISIT")
    for visit, (estimate, se, df, _, p) in expected["diff_drug_placebo_same_visit"].items():
        row = differences.loc[visit]
        assert row["estimate"] == pytest.approx(estimate, abs=6e-5)
        assert row["se"] == pytest.approx(se, abs=6e-5)
        assert row["df"] == pytest.approx(df, abs=0.6)
        assert row["p_value"] == pytest.approx(p, abs=6e-5)
    assert differences.loc["7", "df"] == pytest.approx(150.1, abs=0.05)
    tests = found.tests()
    for ours, theirs in (("BASVAL:VISIT", "basval*VISIT"), ("VISIT:THERAPY", "VISIT*THERAPY")):
        df1, df2, F, _ = expected["type3"][theirs]
        assert tests.loc[ours, "df1"] == df1
        assert tests.loc[ours, "df2"] == pytest.approx(df2, abs=0.6)
        assert tests.loc[ours, "F"] == pytest.approx(F, abs=6e-3)


def test_cdisc_pilot_week_24_of_sas(shared):
    expected = json.loads((REFERENCE / "sas_cdisc_pilot_week24.json").read_text())
    data = pd.read_sas(shared / "data" / "cdiscpilot" / "adam" / "adqsadas.xpt", encoding="latin1")
    keep = (data.EFFFL == "Y") & (data.PARAMCD == "ACTOT") & (data.ANL01FL == "Y") & (data.DTYPE != "LOCF")
    data = data[keep & (data.AVISIT != "Baseline")]
    assert (len(data), data.USUBJID.nunique()) == (539, 234)
    arms = ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]
    found = fit_mmrm(
        data, "CHG ~ TRTP * AVISIT + SITEGR1 + BASE * AVISIT", "USUBJID", "AVISIT", levels={"TRTP": arms}
    )  # fmt: skip
    means = found.lsmeans("TRTP", by="AVISIT").set_index(["AVISIT", "TRTP"]).loc["Week 24"]
    for arm, key in zip(arms, ("Placebo", "Low", "High"), strict=True):
        assert round(means.loc[arm, "estimate"], 4) == expected["lsmeans"][key]
        assert round(means.loc[arm, "se"], 2) == expected["lsmeans_se"][key]
    differences = found.contrasts("TRTP", by="AVISIT").set_index(["AVISIT", "contrast"]).loc["Week 24"]
    for arm, key in ((arms[1], "Low-Placebo"), (arms[2], "High-Placebo")):
        row = differences.loc[f"{arm} - Placebo"]
        assert round(abs(row["estimate"]), 4) == expected["differences"][key]["est"]
        assert round(row["p_value"], 4) == expected["differences"][key]["p"]
