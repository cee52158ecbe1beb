"""GEE: against SAS and statsmodels' formulas, its symmetries, and data that it cannot use."""

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from rctflow.models.contract import FitDataError, OptionError
from scipy import stats

from tests.fit_cases import fitted, records, row, settings, subjects, values
from tests.unit.second.second_cases import VISITS, visit_trial

LOGIT = {"model": "gee_logit", "outcome": "value", "baseline": False}


@pytest.fixture(scope="module")
def respiratory(shared):
    data = pd.read_excel(shared / "data/camis/resp_gee.xlsx")
    wide = data.pivot_table(index="usubjid", columns="avisitn", values="outcome").reset_index()
    arm = data.drop_duplicates("usubjid").set_index("usubjid")["trtp"]
    adsl = subjects(wide["usubjid"].map(arm).tolist())
    return adsl, records(adsl, None, **{f"v{visit}": wide[visit].tolist() for visit in (1, 2, 3, 4)})


def test_odds_ratios_are_those_of_sas(respiratory, root):
    reference = json.loads((root / "tests/reference/models/gee.json").read_text())
    plan = settings(("P", "A"), ("v1", "v2", "v3", "v4"), **LOGIT)
    rows = fitted(
        *respiratory,
        settings(("P", "A"), ("v1", "v2", "v3", "v4"), **LOGIT, options={"vcov": "robust", "working": "independence"}),
    )
    for visit, expected in reference["odds_ratio"].items():
        found = values(rows, "A / P", f"v{visit}")
        log, se = np.log(found["estimate"]), found["se_log"]
        assert found["estimate"] == pytest.approx(expected["estimate"], abs=5e-4)
        assert list(np.exp(log + np.array([-1, 1]) * stats.norm.ppf(0.975) * se)) == pytest.approx(
            expected["ci95"], abs=5e-4
        )
        assert 2 * stats.norm.sf(abs(log / se)) == pytest.approx(expected["p"], abs=5e-5)
    first, expected = values(rows, "A / P", "v1"), reference["log_odds_ratio_at_visit_1"]
    assert [np.log(first["estimate"]), first["se_log"]] == pytest.approx(
        [expected["estimate"], expected["se"]], abs=5e-5
    )
    corrected = values(fitted(*respiratory, plan), "A / P", "v1")
    assert corrected["se_log"] > first["se_log"]
    assert corrected["df"] == 111 - 8


@pytest.mark.parametrize("working", ["independence", "exchangeable"])
@pytest.mark.parametrize("vcov", ["bias_reduced", "robust"])
def test_means_are_those_of_a_formula(working, vcov):
    adsl, bds = visit_trial(3)
    plan = settings(visits=VISITS, strata=("SITE",), model="gee", options={"working": working, "vcov": vcov})
    rows = fitted(adsl, bds, plan)
    data = bds[bds["AVISIT"].ne("baseline") & bds["CHG"].notna()].merge(adsl, on="USUBJID")
    structure = {"independence": sm.cov_struct.Independence(), "exchangeable": sm.cov_struct.Exchangeable()}[working]
    by_visit = "C(AVISIT, Treatment('month6'))"
    formula = f"CHG ~ C(TRT01P, Treatment('placebo')) * {by_visit} + BASE * {by_visit} + SITE"
    fit = smf.gee(formula, "USUBJID", data, cov_struct=structure).fit(cov_type=vcov, ctol=1e-10, maxiter=200)
    name = "C(TRT01P, Treatment('placebo'))[T.msc]"
    found = values(rows, "msc - placebo")
    assert [found["estimate"], found["se"]] == pytest.approx([fit.params[name], fit.bse[name]], rel=1e-6)
    df = data["USUBJID"].nunique() - (8 + 4 + 2)
    assert found["df"] == df
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(abs(fit.params[name] / fit.bse[name]), df), rel=1e-5)
    grid = data.drop_duplicates("USUBJID").assign(AVISIT="month6", TRT01P="msc", BASE=data["BASE"].mean())
    mean = np.mean([fit.predict(grid.assign(SITE=site)).iloc[0] for site in ("01", "02", "03")])
    assert values(rows, "msc")["lsmean"] == pytest.approx(mean, rel=1e-6)


def test_one_visit_without_correction_is_ancova_with_hc0():
    adsl, bds = visit_trial(4)
    plan = {"visits": VISITS, "analysed_visits": ("month6",), "strata": ("SITE",)}
    rows = fitted(adsl, bds, settings(**plan, model="gee", options={"vcov": "robust"}))
    ancova = fitted(adsl, bds, settings(**plan))
    data = bds[bds["AVISIT"].eq("month6") & bds["CHG"].notna()].merge(adsl, on="USUBJID")
    fit = smf.ols("CHG ~ C(TRT01P, Treatment('placebo')) + BASE + SITE", data).fit(cov_type="HC0")
    found, same = values(rows, "msc - placebo"), values(ancova, "msc - placebo")
    assert found["estimate"] == pytest.approx(same["estimate"], rel=1e-9)
    assert found["df"] == same["df"]
    assert found["se"] == pytest.approx(fit.bse["C(TRT01P, Treatment('placebo'))[T.msc]"], rel=1e-8)


# Symmetries


def test_swapped_arms_turn_differences_and_invert_odds_ratios(respiratory):
    adsl, bds = visit_trial(5)
    found = values(fitted(adsl, bds, settings(visits=VISITS, model="gee")), "msc - placebo")
    other = values(fitted(adsl, bds, settings(("msc", "placebo"), VISITS, model="gee")), "placebo - msc")
    assert [other["estimate"], other["se"], other["p_value"]] == pytest.approx(
        [-found["estimate"], found["se"], found["p_value"]], rel=1e-6
    )
    one = values(fitted(*respiratory, settings(("P", "A"), ("v1", "v2", "v3", "v4"), **LOGIT)), "A / P", "v2")
    two = values(fitted(*respiratory, settings(("A", "P"), ("v1", "v2", "v3", "v4"), **LOGIT)), "P / A", "v2")
    assert two["estimate"] == pytest.approx(1 / one["estimate"], rel=1e-6)


def test_units_scale_and_permuted_rows_change_nothing():
    adsl, bds = visit_trial(6)
    plan = settings(visits=VISITS, model="gee", strata=("SEX",))
    rows = fitted(adsl, bds, plan)
    assert fitted(adsl.sample(frac=1, random_state=1), bds.sample(frac=1, random_state=2), plan) == rows
    scaled = bds.assign(**{name: bds[name] * 10 for name in ("AVAL", "BASE", "CHG")})
    found, other = values(rows, "msc - placebo"), values(fitted(adsl, scaled, plan), "msc - placebo")
    assert [other[of] for of in ("estimate", "se", "ci_low")] == pytest.approx(
        [10 * found[of] for of in ("estimate", "se", "ci_low")], rel=1e-6
    )
    assert other["p_value"] == pytest.approx(found["p_value"], rel=1e-6)


# Data that it cannot use


def binary_trial(placebo, msc):
    adsl = subjects(["placebo"] * len(placebo) + ["msc"] * len(msc))
    return adsl, records(adsl, None, month6=[*placebo, *msc])


def test_an_arm_in_which_everybody_has_the_event():
    adsl, bds = binary_trial([1.0] * 8, [1.0, 0.0] * 4)
    for name in ("estimate", "p_value"):
        found = row(fitted(adsl, bds, settings(**LOGIT)), "msc / placebo", name)
        assert (found.status, "infinite" in found.note) == ("not_estimable", True)


def test_everybody_has_the_event():
    adsl, bds = binary_trial([1.0] * 8, [1.0] * 8)
    found = row(fitted(adsl, bds, settings(**LOGIT)), "msc / placebo", "estimate")
    assert (found.status, "in every record" in found.note) == ("not_estimable", True)


@pytest.mark.parametrize("msc", [[1.0] * 5, [1.0, 0.0] * 3])
def test_how_many_have_a_value_is_told_without_a_model_too(msc):
    rows = fitted(*binary_trial([1.0] * 8, msc), settings(**LOGIT))
    assert [row(rows, arm, "n").value for arm in ("placebo", "msc")] == [8, len(msc)]


def test_observed_proportions_have_wilsons_interval(respiratory):
    found = values(fitted(*respiratory, settings(("P", "A"), ("v1", "v2", "v3", "v4"), **LOGIT)), "A", "v1")
    low, high = stats.binomtest(int(found["events"]), found["n"]).proportion_ci(method="wilson")
    assert [found["proportion"], found["ci_low"], found["ci_high"]] == pytest.approx(
        [100 * found["events"] / found["n"], 100 * low, 100 * high]
    )


def test_values_that_are_no_events_and_changes_are_refused():
    adsl, bds = binary_trial([1.0, 2.0], [1.0, 0.0])
    with pytest.raises(FitDataError, match="S002 has the value 2"):
        fitted(adsl, bds, settings(**LOGIT))
    with pytest.raises(OptionError, match="outcome: value"):
        fitted(adsl, bds, settings(**LOGIT | {"outcome": "change"}))


def test_fewer_patients_than_coefficients():
    adsl, bds = visit_trial(7, n=6)
    found = row(fitted(adsl, bds, settings(visits=VISITS, model="gee")), "msc - placebo", "estimate")
    assert (found.status, "leave no df" in found.note) == ("not_estimable", True)


def test_an_arm_with_nobody_left_at_a_visit():
    adsl, bds = visit_trial(8)
    gone = bds["AVISIT"].eq("month6") & bds["USUBJID"].isin(adsl.loc[adsl["TRT01P"].eq("msc"), "USUBJID"])
    rows = fitted(adsl, bds[~gone], settings(visits=VISITS, model="gee"))
    found = row(rows, "msc - placebo", "estimate")
    assert (found.status, "no subject of msc" in found.note) == ("not_estimable", True)
    assert values(rows, "msc - placebo", "month3")["estimate"] is not None


@pytest.mark.parametrize("vcov", ["bias_reduced", "robust"])
def test_one_subject_of_an_arm_has_no_sandwich(vcov):
    adsl, bds = visit_trial(3)
    last = VISITS[-1]
    controls = adsl.loc[adsl["TRT01P"].eq("placebo"), "USUBJID"]
    alone = bds[~(bds["AVISIT"].eq(last) & bds["USUBJID"].isin(controls[1:]))]
    rows = fitted(adsl, alone, settings(visits=VISITS, model="gee", options={"vcov": vcov}))
    told = row(rows, "msc - placebo", "estimate", last)
    assert (told.status, told.note.split(";")[0]) == (
        "not_estimable",
        f"placebo has one subject at {last}: a sandwich finds no variance from one",
    )
    assert row(rows, "msc - placebo", "estimate", VISITS[0]).status == "ok"
