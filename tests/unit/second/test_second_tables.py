"""The second path of CMH statistics, and counting in whole numbers: against the first path and against enumeration."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from rctflow.second.contingency import chi_squared_tail
from rctflow.second.pairs import Stratum, exact_p
from rctflow.second.registry import second_path
from rctflow.second.shift import shift
from scipy import stats

from tests.fit_cases import fitted, records, subjects, values
from tests.unit.models.test_cmh import INCOME, MEN, SAS, SATISFACTION, WOMEN
from tests.unit.second.second_cases import declared_of, two

THREE = ("placebo", "low", "high")
PLAN = {"outcome": "value", "baseline": False}


def leveled(seed, arms=THREE, n=60, levels=5):
    chance = np.random.default_rng(seed)
    adsl = subjects([arms[i % len(arms)] for i in range(n)], SITE=chance.choice(["A", "B", "C"], n))
    drawn = chance.integers(0, levels, n) + 0.0
    drawn[chance.random(n) < 0.1] = np.nan
    return adsl, records(adsl, drawn[::-1].copy(), month6=drawn)


def cmh_in_both(adsl, bds, fit, declared):
    rows = fitted(adsl, bds, fit)
    found = second_path("cmh")(bds, adsl, declared)
    for who in (*declared.arms, ""):
        first = {name: value for name, value in values(rows, who).items() if value is not None} if who else None
        first = first or {r.statistic: r.value for r in rows if not r.group and not r.contrast and r.value is not None}
        assert found[who] == pytest.approx(first, rel=1e-9, abs=1e-12)
    return found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("statistic", ["correlation", "row_means", "general"])
@pytest.mark.parametrize("strata", [(), ("SITE",)])
def test_cmh(seed, statistic, strata):
    plan = PLAN | {"options": {"statistic": statistic}}
    found = cmh_in_both(*leveled(seed), *two("cmh", "month6", THREE, ("month6",), strata, **plan))
    assert len(found[""]) == 9


def test_cmh_of_changes_over_doses_with_the_reference_in_the_middle_and_an_empty_stratum():
    adsl, bds = leveled(4)
    fit, _ = two("cmh", "month6", THREE, ("month6",), ("SITE",), baseline=False)
    fit = replace(fit, arms=("low", "placebo", "high"), doses={"low": 1.0, "placebo": 0.0, "high": 5.0})
    adsl.loc[adsl["SITE"].eq("C") & adsl["TRT01P"].ne("low"), "ITTFL"] = "N"
    bds = bds.assign(CHG=bds["CHG"] / 10 * 3)  # differences that rounding sets apart
    for doses in (fit.doses, {}):
        own = replace(fit, doses=doses)
        declared = replace(declared_of(own), arms=("placebo", "low", "high"))
        cmh_in_both(adsl, bds, own, declared)


@pytest.mark.parametrize("kind", SAS)
def test_cmh_of_job_satisfaction(kind):
    patients = [
        (sex, income, satisfaction)
        for sex, table in (("women", WOMEN), ("men", MEN))
        for income, counts in zip(INCOME, table, strict=True)
        for satisfaction, n in zip(SATISFACTION, counts, strict=True)
        for _ in range(n)
    ]
    arms = tuple(f"income{income:g}" for income in INCOME)
    adsl = subjects([f"income{income:g}" for _, income, _ in patients], SEX=[sex for sex, *_ in patients])
    bds = records(adsl, None, month6=[value for *_, value in patients])
    fit, _ = two("cmh", "month6", arms, ("month6",), ("SEX",), **PLAN, options={"statistic": kind})
    doses = dict(zip(arms, INCOME, strict=True))
    found = second_path("cmh")(bds, adsl, replace(declared_of(fit), doses=doses))[""]
    chi2, df, p = SAS[kind]
    assert (found["chi2"], found["df"], found["p_value"]) == (
        pytest.approx(chi2, abs=5e-5),
        df,
        pytest.approx(p, abs=5e-5),
    )


def test_the_tail_of_chi_squared():
    for df in range(1, 12):
        for x in (0.0, 0.3, 4.0, 40.0):
            assert chi_squared_tail(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-12)


def enumerated(strata):
    """Two-sided p over all choices of the treated, patient by patient."""
    law = [0.0]
    for ours, other in strata:
        ranks = stats.rankdata([*ours, *other]) / (len(ours) + len(other) + 1)
        choices = [sum(ranks[list(chosen)]) - len(ours) / 2 for chosen in combinations(range(len(ranks)), len(ours))]
        law = [a + b for a in law for b in choices]
    seen = sum(stats.rankdata([*a, *b])[: len(a)].sum() / (len(a) + len(b) + 1) - len(a) / 2 for a, b in strata)
    return np.mean(np.abs(law) >= abs(seen) - 1e-9)


SMALL = [
    [([3.0, 4, 4, 7], [1.0, 4, 2])],
    [([3.0, 4, 4], [1.0, 4]), ([5.0, 5], [2.0, 6, 5])],
    [([0.1, 0.4, 0.2, 0.9, 0.5], [0.3, 0.15, 0.7, 0.05])],
]


@pytest.mark.parametrize("strata", SMALL)
def test_the_exact_p_of_few_patients(strata):
    assert exact_p([Stratum.of(*arms) for arms in strata]) == pytest.approx(enumerated(strata), rel=1e-12)


@pytest.mark.parametrize("strata", SMALL)
def test_the_exact_interval_of_the_shift_holds_what_is_not_rejected(strata):
    found = shift(strata, 0.8, exact=True)
    differences = np.unique(np.round([a - b for one, two in strata for a in one for b in two], 9))
    gaps = [differences[0] - 1, *(differences[1:] + differences[:-1]) / 2, differences[-1] + 1]
    kept = [d for d in gaps if enumerated([([round(a - d, 9) for a in one], two) for one, two in strata]) > 0.2]
    inside = [d for d in gaps if found.get("hodges_lehmann_ci_low", -9) < d < found.get("hodges_lehmann_ci_high", 9)]
    assert (inside[0], inside[-1]) == (kept[0], kept[-1])


def test_a_shift_of_tiny_and_of_huge_values():
    one, two = [3.1, 4.2, 4.4, 7.9], [1.3, 4.2, 2.6]
    plain = shift([(one, two)], 0.8, exact=True)
    for scale in (1e-12, 1e9):
        found = shift([([scale * v for v in one], [scale * v for v in two])], 0.8, exact=True)
        assert found == pytest.approx({name: scale * value for name, value in plain.items()}, rel=1e-8)
