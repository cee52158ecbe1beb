"""Designs with columns that the data do not determine: what is dropped depends on the data, never on rounding."""

import numpy as np
import pandas as pd
import pytest
from rctflow.models.mmrm import baseline_as_outcome, fit_mmrm
from rctflow.models.mmrm.errors import (
    ConstantOutcomeError,
    DataError,
    NotEstimableError,
    OptionError,
    VisitOrderError,
)

VISITS = ("Week 4", "Week 8", "Week 12", "Week 16")
FORMULA = "y ~ sex + arm * visit + base * visit"


def trial(seed, n=80):
    chance = np.random.default_rng(np.random.SeedSequence(77, spawn_key=(seed,)))
    patient = pd.DataFrame({"id": range(n), "arm": chance.choice(list("ABC"), n), "sex": chance.choice(list("FM"), n)})
    patient["base"] = chance.normal(50, 9, n)
    data = patient.merge(pd.DataFrame({"visit": VISITS}), how="cross")
    data["y"] = chance.normal(0, 1, len(data)) + np.repeat(chance.normal(0, 2, n), 4) + 0.3 * (data["base"] - 50)
    data["visit"] = pd.Categorical(data["visit"], VISITS, ordered=True)
    return data[chance.random(len(data)) > 0.1]


def fitted(data, levels, **options):
    return fit_mmrm(data, FORMULA, subject="id", visit="visit", levels={"arm": list(levels)}, **options)


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("covariance", ["unstructured", "compound-symmetry"])
def test_an_empty_cell_costs_one_column_whatever_the_reference_arm(covariance, method):
    df = "kenward-roger" if method == "reml" else "satterthwaite"
    for seed in range(12):
        data = trial(seed)
        data = data[~((data["arm"] == "ABC"[seed % 3]) & (data["visit"] == "Week 16"))]
        found = [fitted(data, levels, covariance=covariance, method=method, df=df) for levels in ("ABC", "CBA", "BCA")]
        assert [len(fit.dropped) for fit in found] == [1, 1, 1]
        assert np.ptp([fit.log_likelihood for fit in found]) < 1e-6


def test_a_visit_with_one_patient_leaves_the_others_as_they_were():
    for seed in range(12):
        data = trial(seed)
        last = data["visit"] == "Week 16"
        with_one = data[~last | (data["id"] == data.loc[last, "id"].iloc[0])]
        one, none = (fitted(part, "ABC", covariance="ar1") for part in (with_one, data[~last]))
        assert one.log_likelihood == pytest.approx(none.log_likelihood, abs=1e-6)
        late = one.contrasts("arm", by="visit", not_estimable="omit")
        assert set(late["visit"]) == set(VISITS[:3])


def test_what_an_empty_cell_hides_is_refused_or_left_out():
    data = trial(1)
    fit = fitted(data[~((data["arm"] == "C") & (data["visit"] == "Week 16"))], "ABC")
    with pytest.raises(NotEstimableError, match="no record for it"):
        fit.contrasts("arm", by="visit")
    with pytest.raises(NotEstimableError, match="an empty cell"):
        fit.test("arm")
    assert fit.test("arm:visit").p_value == pytest.approx(fit.test("visit:arm").p_value)


def test_stacked_baselines_keep_the_order_of_time():
    data = trial(2).assign(visit=lambda d: d["visit"].astype(str))
    stacked = baseline_as_outcome(data, "id", "visit", "y", "base")
    assert list(stacked["visit"].cat.categories) == ["Baseline", *VISITS]
    named = data.assign(visit=data["visit"].map(dict(zip(VISITS, ("early", "middle", "late", "last"), strict=True))))
    with pytest.raises(VisitOrderError):
        baseline_as_outcome(named, "id", "visit", "y", "base")


def test_a_constant_that_was_computed_is_constant():
    data = trial(3)
    with pytest.raises(ConstantOutcomeError):
        fitted(data.assign(y=3 + 1e-15 * data["y"]), "ABC")


def test_wrong_calls_are_typed_errors():
    data = trial(4)
    fit = fitted(data, "ABC")
    with pytest.raises(OptionError, match="one per coefficient"):
        fit.estimate(np.eye(3))
    with pytest.raises(DataError, match="no column 'base'"):
        fit.predict(data.drop(columns="base"))
    with pytest.raises(DataError, match="must hold numbers"):
        fitted(data.assign(w="heavy"), "ABC", weights="w")
    with pytest.raises(DataError, match="more than one column named 'base'"):
        fitted(pd.concat([data, data[["base"]]], axis=1), "ABC")
    with pytest.raises(OptionError, match="arm column, baseline visit"):
        fitted(data, "ABC", clda="arm")
    with pytest.raises(OptionError, match="coordinates=\\['base'\\]"):
        fitted(data, "ABC", covariance="spatial-exponential", coordinates="base")
    with pytest.raises(OptionError, match="DataFrame"):
        fit_mmrm({}, FORMULA, subject="id", visit="visit")
    with pytest.raises(OptionError, match="held at a number"):
        fit.lsmeans("arm", by="visit", at={"base": "high"})
    stacked = baseline_as_outcome(data, "id", "visit", "y", "base")
    stacked["y"] = stacked["y"].mask(stacked["visit"] == "Baseline")
    with pytest.raises(DataError, match="there is no baseline to share"):
        fit_mmrm(stacked, "y ~ visit * arm", subject="id", visit="visit", clda=("arm", "Baseline"))
