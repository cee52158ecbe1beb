"""CMH statistics: SAS's numbers, closed forms of simple tables, the pilot's own records, and symmetries."""

import numpy as np
import pytest
from rctflow.cochran_mantel_haenszel import cmh
from rctflow.models.contract import OptionError
from scipy import stats

from tests.fit_cases import fitted, records, row, settings, subjects, values

# Job satisfaction (columns) by income (rows), women then men; Agresti 2002, Categorical Data Analysis, table 7.8. The
# counts are those of the example of R's stats::mantelhaen.test, the scores those of R CMHNPA 1.1.1, job_satisfaction.
WOMEN = [[1, 3, 11, 2], [2, 3, 17, 3], [0, 1, 8, 5], [0, 2, 4, 2]]
MEN = [[1, 1, 2, 1], [0, 3, 5, 1], [0, 0, 7, 3], [0, 1, 9, 6]]
SATISFACTION, INCOME = np.array([1.0, 3, 4, 5]), np.array([3.0, 10, 20, 35])

# SAS PROC FREQ with option CMH, as section 7.5 of the same book prints it: statistic, df, p. Typed without the book at
# hand: the second path computes the same from patients, in fractions (tests/unit/second/test_second_tables.py).
SAS = {"correlation": (6.1563, 1, 0.0131), "row_means": (9.0342, 3, 0.0288), "general": (10.2001, 9, 0.3345)}


@pytest.mark.parametrize("kind", SAS)
def test_the_three_statistics_of_sas(kind):
    found = cmh(np.array([WOMEN, MEN], float), kind, SATISFACTION, INCOME)
    chi2, df, p = SAS[kind]
    assert found.df == df
    assert (found.chi2, found.p_value) == (pytest.approx(chi2, abs=5e-5), pytest.approx(p, abs=5e-5))


def one_stratum(seed):
    table = np.random.default_rng(seed).integers(1, 12, (3, 4)).astype(float)
    row_of, column = np.nonzero(np.ones_like(table))
    counts = table.astype(int).ravel()
    return table, np.repeat(row_of, counts), np.repeat(column, counts)


@pytest.mark.parametrize("seed", range(5))
def test_closed_forms_of_one_stratum(seed):
    """(N-1) r^2; (N-1) times the share of the sum of squares between arms; (N-1)/N times Pearson's chi-squared."""
    table, arm, level = one_stratum(seed)
    n, scores, doses = table.sum(), np.array([1.0, 2, 4, 7]), np.array([0.0, 54, 81])
    r = np.corrcoef(doses[arm], scores[level])[0, 1]
    assert cmh(table[None], "correlation", scores, doses).chi2 == pytest.approx((n - 1) * r**2, rel=1e-10)
    value = scores[level]
    between = sum((arm == k).sum() * (value[arm == k].mean() - value.mean()) ** 2 for k in range(3))
    share = between / ((value - value.mean()) ** 2).sum()
    assert cmh(table[None], "row_means", scores, doses).chi2 == pytest.approx((n - 1) * share, rel=1e-10)
    pearson = stats.chi2_contingency(table, correction=False).statistic
    found = cmh(table[None], "general", scores, doses)
    assert (found.chi2, found.df) == (pytest.approx(pearson * (n - 1) / n, rel=1e-10), 6)


@pytest.mark.parametrize("kind", SAS)
def test_what_must_not_matter(kind):
    tables = np.array([one_stratum(seed)[0] for seed in range(3)])
    plain = cmh(tables, kind, np.arange(4.0), np.arange(3.0))
    assert cmh(tables[::-1], kind, np.arange(4.0), np.arange(3.0)).chi2 == pytest.approx(plain.chi2, rel=1e-10)
    assert cmh(tables[:, ::-1], kind, np.arange(4.0), -np.arange(3.0)).chi2 == pytest.approx(plain.chi2, rel=1e-10)
    assert cmh(tables, kind, 5 + 3 * np.arange(4.0), 1 - 2 * np.arange(3.0)).chi2 == pytest.approx(plain.chi2, rel=1e-9)
    lonely = np.zeros((1, 3, 4))
    lonely[0, 0, 0] = 1
    assert cmh(np.concatenate([tables, lonely]), kind, np.arange(4.0), np.arange(3.0)) == pytest.approx(plain)


def trial(outcome=None):
    chance = np.random.default_rng(3)
    adsl = subjects([("placebo", "low", "high")[i % 3] for i in range(60)], SITE=chance.choice(["A", "B"], 60))
    outcome = chance.integers(1, 6, 60).astype(float) if outcome is None else outcome
    return adsl, records(adsl, None, month6=outcome)


THREE = {"arms": ("placebo", "low", "high"), "model": "cmh", "outcome": "value", "baseline": False}


def test_rows_are_the_statistics_of_the_table_by_site():
    adsl, bds = trial()
    rows = fitted(adsl, bds, settings(strata=("SITE",), **THREE))
    outcome = bds["AVAL"].to_numpy().astype(int)
    tables = np.zeros((2, 3, 5))
    for site, arm, value in zip(adsl["SITE"], adsl["TRT01P"], outcome, strict=True):
        tables["AB".index(site), THREE["arms"].index(arm), value - 1] += 1
    expected = cmh(tables, "row_means", np.arange(1.0, 6), np.arange(3.0))
    assert (row(rows, "", "chi2").value, row(rows, "", "df").value) == (pytest.approx(expected.chi2), 2)
    assert row(rows, "", "general_df").value == 8
    low = values(rows, "low")
    assert low["n"] == sum(low[f"n:{value}"] for value in range(1, 6)) == 20
    assert low["percent:3"] == pytest.approx(100 * low["n:3"] / 20)


def test_the_declared_statistic_is_the_p_value_of_the_analysis():
    adsl, bds = trial()
    plain = fitted(adsl, bds, settings(strata=("SITE",), **THREE))
    trend = fitted(adsl, bds, settings(strata=("SITE",), options={"statistic": "correlation"}, **THREE))
    assert row(trend, "", "p_value").value == row(plain, "", "correlation_p_value").value
    assert row(trend, "", "row_means_p_value").value == row(plain, "", "p_value").value


def test_no_difference_to_be_seen_is_not_estimable():
    adsl, bds = trial(np.full(60, 4.0))
    found = row(fitted(adsl, bds, settings(strata=("SITE",), **THREE)), "", "p_value")
    assert (found.status, found.value) == ("not_estimable", None)
    assert "different values" in found.note


def test_a_baseline_is_refused():
    adsl, bds = trial()
    with pytest.raises(OptionError, match="baseline: false"):
        fitted(adsl, bds, settings(arms=THREE["arms"], model="cmh", outcome="value"))
