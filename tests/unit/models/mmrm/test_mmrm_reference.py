"""The engine against more of R mmrm than the table of comparisons has (tests/unit/qualify runs that)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rctflow.qualify.mmrm_fev import fit_fev

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "mmrm"
R = json.loads((REFERENCE / "r_mmrm_fev.json").read_text())
EXTRAS = json.loads((REFERENCE / "r_mmrm_fev_extras.json").read_text())
FORMULA = R["source"]["formula"]


@pytest.fixture(scope="module")
def fev(shared):
    return pd.read_csv(shared / "data" / "fev_data.csv")


def close(ours, theirs, rel):
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=rel, atol=0)


def test_coefficients_are_named_as_r_names_them(fev):
    assert list(fit_fev(fev, FORMULA, "us", df="satterthwaite").beta.index) == EXTRAS["names"]


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


def test_kenward_roger_equals_its_linear_form_where_the_parameters_are_linear(fev):
    for structure in ("un", "cs", "toep"):
        both = [fit_fev(fev, FORMULA, structure, df=df).coefficients() for df in ("kenward-roger", "kr-linear")]
        pd.testing.assert_frame_equal(*both)
    for structure in ("ar1", "arh1", "toeph", "csh", "adh", "sp(exp)"):
        exact, linear = (
            fit_fev(fev, FORMULA, structure, df=df).coefficients() for df in ("kenward-roger", "kr-linear")
        )
        assert (exact["se"] - linear["se"]).abs().max() > 1e-6
