"""Data that break MMRMs: each ends in a fit that says what it did, or in a typed error that says the remedy."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rctflow.commands import mmrm_near_singular
from rctflow.models.mmrm import errors, fit_mmrm
from rctflow.models.mmrm.diagnostics import information_criteria
from rctflow.models.mmrm.options import canonical_covariance

FORMULA = "CHG ~ BASE + ARM * VISIT"


def trial(n=30, visits=("Week 1", "Week 2", "Week 4", "Week 8", "Week 12", "Week 24"), seed=1):
    """Two arms; everyone attends every visit."""
    rng = np.random.default_rng(seed)
    T = len(visits)
    y = rng.standard_normal((n, 1)) + rng.standard_normal((n, T)) * np.linspace(1, 2, T)
    return pd.DataFrame(
        {
            "ID": np.repeat([f"S{i:02d}" for i in range(n)], T),
            "VISIT": np.tile(visits, n),
            "ARM": np.repeat(np.where(np.arange(n) % 2 == 0, "PBO", "TRT"), T),
            "BASE": np.repeat(rng.normal(20, 3, n), T),
            "CHG": y.ravel(),
        }
    )


def fit(data, formula=FORMULA, **options):
    return fit_mmrm(data, formula, "ID", "VISIT", **options)


def test_thirty_patients_with_six_visits():
    found = fit(trial())
    assert found.diagnostics.converged
    assert found.diagnostics.gradient_norm < 1e-6
    assert found.contrasts("ARM", by="VISIT").notna().all(axis=None)


def test_one_patient_of_an_arm_at_a_visit():
    data = trial()
    late = data[(data.VISIT == "Week 24") & (data.ARM == "TRT")].index[1:]
    found = fit(data.drop(late))
    row = found.contrasts("ARM", by="VISIT").iloc[-1]
    assert np.isfinite(row[["estimate", "se", "df", "p_value"]].astype(float)).all()
    sandwich = fit(data.drop(late), covariance="ar1", df="satterthwaite", vcov="CR2")
    assert sandwich.contrasts("ARM", by="VISIT").notna().all(axis=None)


def test_cr3_refuses_a_patient_who_determines_a_coefficient_and_names_him():
    data = trial()
    late = data[(data.VISIT == "Week 24") & (data.ARM == "TRT")].index[1:]
    alone = data[(data.VISIT == "Week 24") & (data.ARM == "TRT")]["ID"].iloc[0]
    found = fit(data.drop(late), covariance="cs", df="residual", vcov="CR3", formula="CHG ~ ARM * VISIT")
    with pytest.raises(errors.NotEstimableError, match=f"{alone}.*CR2"):
        found.coefficients()


def test_no_patient_of_an_arm_at_a_visit_drops_a_column_and_refuses_its_mean():
    data = trial()
    found = fit(data[~((data.VISIT == "Week 24") & (data.ARM == "TRT"))])
    assert found.dropped == ("ARMTRT:VISITWeek 24",)
    assert "ARMTRT:VISITWeek 24" in found.notes[0]
    with pytest.raises(errors.NotEstimableError, match="ARMTRT:VISITWeek 24"):
        found.lsmeans("ARM", by="VISIT")
    rest = found.contrasts("ARM", by="VISIT", not_estimable="omit")
    assert list(rest["VISIT"]) == ["Week 1", "Week 2", "Week 4", "Week 8", "Week 12"]
    assert rest.attrs["not_estimable"] == [{"VISIT": "Week 24", "contrast": "TRT - PBO"}]
    assert len(found.lsmeans("ARM", by="VISIT", not_estimable="omit")) == 11


def test_collinear_covariate_is_dropped_and_named():
    data = trial().assign(BASE2=lambda d: 3 * d.BASE - 7, SITE=lambda d: d.ARM.map({"PBO": "x", "TRT": "y"}))
    found = fit(data, "CHG ~ BASE + BASE2 + SITE + ARM * VISIT")
    assert found.dropped == ("BASE2", "ARMTRT")
    plain = fit(data)
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-10)
    assert not found.beta.isna().any()


def test_covariates_on_any_scale_are_kept():
    data = trial()
    tiny = fit(data.assign(BASE=data.BASE * 1e-14), "CHG ~ BASE + ARM * VISIT")
    assert tiny.dropped == ()
    assert tiny.coefficients().loc["BASE", "t"] == pytest.approx(fit(data).coefficients().loc["BASE", "t"], rel=1e-7)


def test_sandwich_of_very_many_records_is_made_anew_instead_of_remembered(monkeypatch):
    options = {"covariance": "ar1", "df": "satterthwaite", "vcov": "CR2"}
    remembered = fit(trial(), **options).coefficients()
    monkeypatch.setattr("rctflow.models.mmrm.sandwich.REMEMBERED", 0)
    pd.testing.assert_frame_equal(fit(trial(), **options).coefficients(), remembered)


def test_infinite_outcome():
    with pytest.raises(errors.DataError, match="infinite"):
        fit(trial().assign(CHG=np.inf))


def test_zero_variance_at_a_visit_names_the_visit():
    data = trial()
    data.loc[data.VISIT == "Week 4", "CHG"] = 1.5
    with pytest.raises(errors.ZeroVarianceError, match="Week 4"):
        fit(data)


def test_zero_variance_within_cells_names_the_visit():
    data = trial()
    at = data.VISIT == "Week 4"
    data.loc[at, "CHG"] = np.where(data.loc[at, "ARM"] == "PBO", 1.0, 2.0)
    with pytest.raises(errors.ZeroVarianceError, match="Week 4"):
        fit(data, "CHG ~ ARM * VISIT")


def test_a_group_without_residuals():
    data = trial(n=9)
    only = data[(data.ARM == "PBO") | (data.ID == "S01")]
    with pytest.raises(errors.ZeroVarianceError, match="in group TRT"):
        fit(only, "CHG ~ ARM * VISIT", covariance="cs", group="ARM")


def test_constant_outcome():
    with pytest.raises(errors.ConstantOutcomeError, match="CHG"):
        fit(trial().assign(CHG=3.0))
    found = fit(trial())
    with pytest.raises(errors.ConstantOutcomeError):
        found.refit(np.full(found.model.records.n_records, 2.0))


def test_patient_without_a_value_is_left_out_and_named():
    data = trial()
    data.loc[data.ID == "S03", "CHG"] = np.nan
    found = fit(data)
    assert found.model.records.n_subjects == 29
    assert found.model.records.excluded == ("S03",)
    assert "S03" in " ".join(found.notes)
    pd.testing.assert_frame_equal(found.coefficients(), fit(data[data.ID != "S03"]).coefficients())


def test_duplicate_rows_are_refused_and_named():
    data = trial()
    with pytest.raises(errors.DuplicateVisitError, match="S00 at VISIT Week 2"):
        fit(pd.concat([data, data.iloc[[1]]]))


def test_an_empty_duplicate_is_no_duplicate():
    data = trial()
    empty = data.iloc[[1]].assign(CHG=np.nan)
    assert fit(pd.concat([data, empty])).log_likelihood == fit(data).log_likelihood


@pytest.mark.parametrize("covariance", ["ar1", "toeph", "adh", "un"])
def test_visits_as_strings_are_ordered_by_their_number(covariance):
    data = trial()
    weeks = ["Week 1", "Week 2", "Week 4", "Week 8", "Week 12", "Week 24"]
    found = fit(data.sample(frac=1, random_state=1), covariance=covariance)
    assert list(found.covariance.index) == weeks
    explicit = fit(data.assign(VISIT=pd.Categorical(data.VISIT, weeks, ordered=True)), covariance=covariance)
    assert found.log_likelihood == pytest.approx(explicit.log_likelihood, rel=1e-12)


def test_alphabetical_categories_are_refused_where_order_counts():
    data = trial().astype({"VISIT": "category"})
    with pytest.raises(errors.VisitOrderError, match=r"Week 12.*levels="):
        fit(data, covariance="ar1")
    assert fit(data).log_likelihood == pytest.approx(fit(trial()).log_likelihood, rel=1e-10)


def test_visits_without_numbers_need_an_order_where_it_counts():
    names = dict(zip(["Week 1", "Week 2", "Week 4"], ["start", "middle", "end"], strict=True))
    data = trial(visits=tuple(names)).assign(VISIT=lambda d: d.VISIT.map(names))
    with pytest.raises(errors.VisitOrderError, match="levels="):
        fit(data, covariance="ar1")
    ordered = fit(data, covariance="ar1", levels={"VISIT": ["start", "middle", "end"]})
    assert list(ordered.covariance.index) == ["start", "middle", "end"]
    assert fit(data).diagnostics.converged  # unstructured: the order of the visits does not count


def test_fewer_records_than_effects():
    data = trial(n=2, visits=("Week 1", "Week 2"))
    with pytest.raises(errors.DataError, match="fixed effects"):
        fit(data, "CHG ~ ARM * VISIT")


def test_too_few_patients_for_an_unstructured_covariance():
    with pytest.raises(errors.EstimationError, match="chain"):
        fit(trial(n=6), "CHG ~ ARM * VISIT")


def test_nothing_left():
    with pytest.raises(errors.DataError, match="nothing can be fitted"):
        fit(trial().assign(CHG=np.nan))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"covariance": "unstructred"}, "Did you mean 'unstructured'"),
        ({"vcov": "CR2"}, "satterthwaite"),
        ({"method": "ml"}, "reml"),
        ({"covariance": "spatial-exponential"}, "coordinates"),
        ({"df": "kenward"}, "Did you mean 'kenward-roger'"),
    ],
)
def test_impossible_options_are_refused_with_the_remedy(options, message):
    with pytest.raises(errors.OptionError, match=message):
        fit(trial(), **options)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("UN", "unstructured"),
        ("TOEPH", "heterogeneous-toeplitz"),
        ("toeplitz (het)", None),
        ("toeplitz heterogeneous", "heterogeneous-toeplitz"),
        ("AR(1)", "ar1"),
        ("ar1_het", "heterogeneous-ar1"),
        ("compound symmetry", "compound-symmetry"),
        ("ANTE(1)", "heterogeneous-ante-dependence"),
        ("SP(EXP)", "spatial-exponential"),
    ],
)
def test_names_of_structures_in_sas_and_r(name, canonical):
    if canonical is None:
        with pytest.raises(errors.OptionError, match="One of: unstructured"):
            canonical_covariance(name)
    else:
        assert canonical_covariance(name) == canonical


def test_unknown_column_and_text_outcome():
    with pytest.raises(errors.FormulaError, match="AGE"):
        fit(trial(), "CHG ~ AGE + ARM * VISIT")
    with pytest.raises(errors.DataError, match="not numeric"):
        fit(trial().assign(CHG="high"))


def test_weights_must_be_positive():
    with pytest.raises(errors.DataError, match="positive"):
        fit(trial().assign(W=0.0), weights="W")


def test_group_must_not_change_within_a_patient():
    with pytest.raises(errors.DataError, match="changes within a patient"):
        fit(trial(), group="VISIT")


def test_huge_offset_and_tiny_scale_lose_no_digits():
    data = trial()
    plain = fit(data).contrasts("ARM", by="VISIT")
    moved = data.assign(CHG=1e6 + 1e-3 * data.CHG, BASE=1e5 + data.BASE)
    found = fit(moved).contrasts("ARM", by="VISIT")
    np.testing.assert_allclose(found["estimate"] * 1e3, plain["estimate"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["se"] * 1e3, plain["se"], rtol=1e-5)
    np.testing.assert_allclose(found["df"], plain["df"], rtol=1e-4)


def test_nearly_singular_covariances_converge():
    counts = mmrm_near_singular.run(datasets=30, seed=20240402)
    assert {result for (kind, result) in counts if kind == "non-singular"} == {"converged"}
    assert counts["singular", "converged"] == 0
    assert sum(n for (kind, _), n in counts.items() if kind == "non-singular") > 15


def test_levels_of_a_variable_that_the_model_does_not_have_are_refused():
    with pytest.raises(
        errors.OptionError, match=r"levels: 'ARMM' is no variable and no column of the data; there are: BASE, ARM"
    ):
        fit(trial(), levels={"ARMM": ["PBO", "TRT"]})
    assert fit(trial(), levels={"ARM": ["TRT", "PBO"]}).names[2] == "ARMPBO"
    data = trial().assign(SEX=lambda d: np.where(d["ID"] < "S15", "F", "M"))
    assert fit(data, group="SEX", levels={"SEX": ["M", "F"]}).model.records.groups == ("M", "F")


def test_numbers_in_an_object_column_never_become_a_factor_unasked():
    data = trial()
    data = data.assign(BASE=data["BASE"].astype(object))
    with pytest.raises(errors.DataError, match=r"BASE: .* numbers as Python objects\. Convert it with pd\.to_numeric"):
        fit(data)
    few = trial().assign(SITE=lambda d: d["ID"].str[-1].astype(int).mod(2).astype(object))
    assert "SITE1" in fit(few, "CHG ~ C(SITE) + ARM * VISIT").names


def test_contrasts_by_the_only_visit_say_what_to_leave_out():
    one = fit(trial(visits=("Week 4",)), "CHG ~ BASE + ARM", df="residual")
    with pytest.raises(errors.OptionError, match=r"'VISIT' has one level in the records used \(Week 4\); leave it out"):
        one.contrasts("ARM", by="VISIT")
    assert len(one.contrasts("ARM")) == 1


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"formula": None}, errors.FormulaError),
        ({"level": "0.9"}, errors.OptionError),
        ({"level": True}, errors.OptionError),
        ({"level": float("nan")}, errors.OptionError),
        ({"covariance": None}, errors.OptionError),
        ({"method": None}, errors.OptionError),
        ({"df": 5}, errors.OptionError),
        ({"vcov": None}, errors.OptionError),
    ],
)
def test_options_of_a_wrong_type_are_typed_errors(changed, error):
    with pytest.raises(error, match=next(iter(changed))):
        fit(trial(), **changed)


@pytest.mark.parametrize(("records", "m"), [(40, 30), (19, 9), (18, 8), (17, 8), (11, 8)])
def test_aicc_with_few_records_is_bounded_as_sas_does(records, m):
    """SAS counts at least k + 2 records (SAS/STAT 14.1 User's Guide, PROC HPLMIXED, Fit Statistics, AICC; read there);
    here k = 6 parameters and p = 10 coefficients.
    """
    point = SimpleNamespace(theta=np.zeros(6))
    few = SimpleNamespace(
        log_likelihood=-50.0,
        optimum=SimpleNamespace(point=point),
        statistics=SimpleNamespace(n_records=records),
        names=["x"] * 10,
        model=SimpleNamespace(records=SimpleNamespace(n_subjects=5)),
    )
    assert information_criteria(few)["aicc"] == pytest.approx(100 + 2 * 6 * m / (m - 7))
