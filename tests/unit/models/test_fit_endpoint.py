"""Selection of records, numbers randomized, failures as rows, and the trace of every number to its source rows."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rctflow.hypotheses import Hypothesis
from rctflow.models import registry
from rctflow.models.contract import FitDataError, NotEstimable
from rctflow.models.endpoint import RECORD_COLUMNS, fit_endpoint
from rctflow.models.settings import PopulationFlag
from rctflow.results import number, read_results, write_results
from rctflow.settings import as_params, settings_from

from tests.fit_cases import BASE_ARMS, fitted, random_trial, records, row, settings, subjects, values

ADSL = subjects(BASE_ARMS)
BDS = records(ADSL, np.arange(8.0) ** 2, month6=np.arange(8.0) ** 3 + 1)
AS_TREATED = {"safety": PopulationFlag("SAFFL", "actual")}


def test_number_randomized_stands_beside_every_number_analysed():
    adsl = ADSL.assign(ITTFL=["N"] + ["Y"] * 7)
    bds = BDS.assign(ANL01FL=BDS["ANL01FL"].where(BDS["USUBJID"].ne("S002"), ""))
    rows = fitted(adsl, bds, settings())
    assert row(rows, "placebo", "n_randomized", "").value == 4
    assert row(rows, "placebo", "n").value == 2
    assert row(rows, "msc", "n").value == 4


def test_safety_counts_by_the_arm_received():
    adsl = ADSL.assign(SAFFL="Y", TRT01A=["msc", *ADSL["TRT01P"][1:]])
    rows = fitted(adsl, BDS, settings(populations=AS_TREATED, model="descriptive"))
    assert [row(rows, arm, "n").value for arm in ("placebo", "msc")] == [3, 5]
    assert [row(rows, arm, "n_randomized", "").value for arm in ("placebo", "msc")] == [4, 4]


def test_each_population_is_one_set_of_rows():
    both = {"itt": PopulationFlag("ITTFL"), "per_protocol": PopulationFlag("PPFL")}
    adsl = ADSL.assign(PPFL=["N", *["Y"] * 7])
    rows = fitted(adsl, BDS, settings(populations=both))
    n = {r.population: r.value for r in rows if r.statistic == "n" and r.group == "placebo"}
    assert n == {"itt": 4, "per_protocol": 3}
    assert {r.result_id for r in rows if r.statistic == "p_value"} == {
        "pcs.primary.itt.month6.msc-placebo.p_value",
        "pcs.primary.per_protocol.month6.msc-placebo.p_value",
    }


def test_a_set_that_selects_after_randomization_has_no_estimand_and_says_so():
    chosen = {"itt": PopulationFlag("ITTFL"), "per_protocol": PopulationFlag("PPFL", selects="MAJDVFL")}
    rows = fitted(ADSL.assign(PPFL=["N", *["Y"] * 7]), BDS, settings(populations=chosen, estimand="policy"))
    assert {(r.population, r.estimand) for r in rows} == {("itt", "policy"), ("per_protocol", "none")}
    told = {(r.population, r.statistic) for r in rows if "selects by MAJDVFL, after randomization" in r.note}
    assert told == {("per_protocol", "estimate"), ("per_protocol", "p_value")}


def test_records_lead_from_every_number_to_its_source_rows():
    adsl, bds = random_trial()
    rows, trace = fit_endpoint(bds, adsl, settings(arms=("placebo", "low", "high"), strata=("SEX",)))
    assert tuple(trace.columns) == RECORD_COLUMNS
    used = trace[trace["record_set"].eq("primary.itt.month6")]
    for arm in ("placebo", "low", "high"):
        n = row(rows, arm, "n")
        members = used["USUBJID"].map(adsl.set_index("USUBJID")["TRT01P"]).eq(arm)
        assert n.record_set == "primary.itt.month6"
        assert used.loc[members, "USUBJID"].nunique() == n.value
    sources = bds.set_index("SRCSEQ").loc[used["SRCSEQ"]]
    assert set(sources["AVISIT"]) == {"baseline", "month6"}
    assert sources["AVAL"].notna().all()


@pytest.mark.parametrize("model", ["ancova", "mmrm", "responder", "wilcoxon"])
@pytest.mark.parametrize(
    ("kind", "words"), [("COMPOSITE", "failure value"), ("LOV", "of before an intercurrent event")]
)
def test_the_number_analysed_says_how_many_values_a_strategy_made(model, kind, words):
    """Of two made values one is of a subject without baseline value, who is not analysed."""
    adsl = subjects(["placebo"] * 8 + ["msc"] * 8)
    rng = np.random.default_rng(3)
    base = rng.normal(50, 8, 16)
    base[15] = np.nan
    bds = records(adsl, base, month6=rng.normal(55, 8, 16))
    at_end, made = bds["AVISIT"].eq("month6"), bds["USUBJID"].isin(["S012", "S016"])
    bds = bds.assign(DTYPE=bds["DTYPE"].mask(at_end & made, kind), AVAL=bds["AVAL"].mask(at_end & made, 0))
    options = {"responder": {"at_least": 5}}.get(model, {})
    rows = fitted(adsl, bds, settings(model=model, options=options))
    assert row(rows, "msc", "n").value == 7
    assert re.search(rf"(^|; )1 value {words if kind == 'LOV' else 'set to the ' + words}", row(rows, "msc", "n").note)
    assert row(rows, "placebo", "n").note == ""
    assert row(rows, "msc", "n").record_set


@pytest.mark.parametrize(("direction", "failure", "n"), [("higher", 20, 2), ("lower", 60, 1), ("higher", 10, 0)])
def test_observed_values_worse_than_the_failure_value_are_counted(direction, failure, n):
    adsl = subjects(["placebo"] * 8 + ["msc"] * 8)
    values = np.array([50.0] * 8 + [15, 18, 30, 40, 45, 55, 70, failure])
    bds = records(adsl, np.full(16, 40.0) + np.arange(16), month6=values + 0.01 * np.arange(16))
    last = bds["AVISIT"].eq("month6") & bds["USUBJID"].eq("S016")
    bds = bds.assign(DTYPE=bds["DTYPE"].mask(last, "COMPOSITE"), AVAL=bds["AVAL"].mask(last, failure))
    rows = fitted(adsl, bds, replace(settings(), direction=direction))
    told = re.search(r"(\d+) observed values? worse than the failure value", row(rows, "msc", "n").note)
    assert (int(told[1]) if told else 0) == n
    assert "worse" not in row(rows, "placebo", "n").note


def test_without_baseline_the_set_holds_only_the_visit():
    trace = fit_endpoint(BDS, ADSL, settings(outcome="value", baseline=False))[1]
    assert set(BDS.set_index("SRCSEQ").loc[trace["SRCSEQ"], "AVISIT"]) == {"month6"}


def test_settings_survive_the_way_through_params():
    fit = settings(strata=("SEX",), options={"weights": "proportional"})
    assert settings_from(type(fit), as_params(fit)) == fit


def test_results_file_of_an_endpoint_round_trips(tmp_path):
    adsl, bds = random_trial()
    rows = fitted(adsl, bds, settings(arms=("placebo", "low", "high", "none"), strata=("SEX",)))
    write_results(rows, tmp_path / "results.csv")
    back = read_results(tmp_path / "results.csv")
    assert [r.result_id for r in back] == [r.result_id for r in rows]
    assert [number(r.value) for r in back] == [number(r.value) for r in rows]
    assert {r.status for r in back} == {"ok", "not_estimable"}


@pytest.fixture
def model_that(monkeypatch):
    def register(function):
        monkeypatch.setattr("rctflow.models.endpoint.load_model", lambda name: function)

    return register


@pytest.mark.parametrize(
    ("error", "status", "note"),
    [
        (NotEstimable("no event occurred"), "not_estimable", "no event occurred"),
        (np.linalg.LinAlgError("SVD did not converge"), "failed", "the computation failed: SVD did not converge"),
    ],
)
def test_a_model_that_fails_becomes_rows_with_the_reason(model_that, error, status, note):
    def model(data, analysis, fit):
        raise error

    model_that(model)
    rows = fitted(ADSL, BDS, settings())
    found = row(rows, "msc - placebo", "estimate")
    assert (found.value, found.status, found.note) == (None, status, note)
    assert row(rows, "msc", "n_randomized", "").status == "ok"


def test_a_fault_of_the_program_is_not_hidden(model_that):
    def model(data, analysis, fit):
        raise KeyError("a bug")

    model_that(model)
    with pytest.raises(KeyError):
        fitted(ADSL, BDS, settings())


def test_one_failing_analysis_leaves_the_others_whole(monkeypatch):
    from dataclasses import replace

    def broken(data, analysis, fit):
        raise NotEstimable("nothing to fit")

    real = registry.load_model
    monkeypatch.setattr(
        "rctflow.models.endpoint.load_model", lambda name: broken if name == "descriptive" else real(name)
    )
    fit = settings()
    other = replace(fit.analyses["primary"], model="descriptive")
    rows = fitted(ADSL, BDS, replace(fit, analyses=fit.analyses | {"second": other}))
    assert {r.status for r in rows if r.analysis == "primary"} == {"ok"}
    assert {r.status for r in rows if r.analysis == "second" and r.statistic == "estimate"} == {"not_estimable"}


def test_an_empty_population_is_not_estimable():
    rows = fitted(ADSL.assign(ITTFL="N"), BDS, settings())
    assert row(rows, "msc - placebo", "estimate").status == "not_estimable"
    assert values(rows, "msc")["n"] == 0


@pytest.mark.parametrize(
    ("adsl", "bds", "fit", "message"),
    [
        (ADSL.drop(columns="ITTFL"), BDS, settings(), "ADSL has no column ITTFL"),
        (ADSL.drop(columns="RANDFL"), BDS, settings(), "ADSL has no column RANDFL"),
        (ADSL, BDS, settings(strata=("SITE",)), "ADSL has no column SITE"),
        (ADSL, BDS.drop(columns="ANL01FL"), settings(), "BDS of pcs has no column ANL01FL"),
        (ADSL, BDS, settings(arms=("placebo", "high")), "subject S005 .* TRT01P 'msc', which is not an arm"),
        (ADSL.assign(SAFFL="Y", TRT01A=None), BDS, settings(populations=AS_TREATED), "subject S001 .* TRT01A"),
        (ADSL, BDS, settings(populations=("itt", "pp"), visits=("month6",)), "population 'pp' is not declared"),
        (ADSL, BDS, settings(analysed_visits=("month9",)), "visit 'month9' is not after baseline. One of: month6"),
        (ADSL, pd.concat([BDS, BDS.iloc[[1]]]), settings(), "S001 month6 has more than one of the records"),
        (ADSL, pd.concat([BDS, BDS.iloc[[0]]]), settings(), "S001 has more than one of the baseline records"),
        (pd.concat([ADSL, ADSL.iloc[[0]]]), BDS, settings(), "subject S001 has more than one row"),
    ],
)
def test_broken_contracts_are_refused(adsl, bds, fit, message):
    with pytest.raises(FitDataError, match=message):
        fit_endpoint(bds, adsl, fit)


def test_registry_names_modules_without_importing_them():
    assert registry.modules_of(["descriptive", "ancova", "ancova"]) == [
        "rctflow.models.ancova",
        "rctflow.models.descriptive",
    ]
    assert registry.known_models() == tuple(sorted(registry.MODELS))
    with pytest.raises(registry.UnknownModelError, match="Did you mean 'ancova'"):
        registry.load_model("ancovas")


@pytest.mark.parametrize("name", registry.known_models())
def test_every_registered_model_stands_where_the_registry_says(name):
    assert callable(registry.load_model(name))
    assert registry.options_class(name)() is not None


def test_every_model_is_documented(root):
    headings = [line.strip("#` ") for line in (root / "docs/models.md").read_text().splitlines() if line[:3] == "## "]
    assert not set(registry.known_models()) - set(headings)


def test_each_p_value_says_whether_it_is_a_test_of_the_trial():
    tested = Hypothesis("pcs", analysis="primary", population="itt", visit="month6", arm="msc")
    fit = replace(settings(visits=("month3", "month6")), tested=(tested,))
    values = [10.0, 12, 15, 11, 18, 20, 17, 22]
    adsl = subjects(BASE_ARMS)
    rows, _ = fit_endpoint(
        records(adsl, [9.0, 10, 13, 12, 11, 14, 10, 12], month3=values[::-1], month6=values), adsl, fit
    )
    kinds = {(r.visit, r.statistic): r.multiplicity for r in rows if r.multiplicity}
    assert kinds == {("month3", "p_value"): "nominal", ("month6", "p_value"): "confirmatory"}
