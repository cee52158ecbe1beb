"""Descriptive statistics by arm and visit."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.description import STATISTICS, describe_values
from scipy import stats

from tests.fit_cases import fitted, records, row, settings, subjects, values

ADSL = subjects(["placebo"] * 4 + ["msc"] * 4)
BASE = np.array([40.0, 42, 38, np.nan, 41, 39, 44, 40])
VALUE = np.array([41.0, 46, 38, 44, 47, 44, 51, np.nan])
DESCRIBE = {"model": "descriptive"}


def test_one_arm_by_hand():
    rows = fitted(ADSL, records(ADSL, BASE, month6=VALUE), settings(**DESCRIBE))
    found = values(rows, "placebo")
    assert {name: found[name] for name in ("n", "mean", "median", "q1", "q3", "min", "max")} == {
        "n": 4,
        "mean": 42.25,
        "median": 42.5,
        "q1": 39.5,
        "q3": 45.0,
        "min": 38,
        "max": 46,
    }
    assert found["sd"] == pytest.approx(np.sqrt((1.25**2 + 3.75**2 + 4.25**2 + 1.75**2) / 3))
    low, high = stats.t.interval(0.95, 3, 42.25, found["sd"] / 2)
    assert [found["ci_low"], found["ci_high"]] == pytest.approx([low, high])
    assert found["change_n"] == 3
    assert found["change_mean"] == pytest.approx((1 + 4 + 0) / 3)


def test_the_baseline_is_described_too():
    rows = fitted(ADSL, records(ADSL, BASE, month6=VALUE), settings(**DESCRIBE))
    found = values(rows, "placebo", "baseline")
    assert (found["n"], found["mean"]) == (3, 40)
    assert "change_n" not in found


def test_an_endpoint_without_baseline():
    rows = fitted(ADSL, records(ADSL, None, month6=VALUE), settings(**DESCRIBE))
    assert values(rows, "msc", "baseline")["n"] == 0
    assert values(rows, "msc")["change_n"] == 0
    assert (row(rows, "msc", "change_mean").status, row(rows, "msc", "change_mean").note) == (
        "not_estimable",
        "no value",
    )


def test_one_value_has_a_mean_and_no_sd():
    value = np.where(np.arange(8) == 0, VALUE, np.nan)
    rows = fitted(ADSL, records(ADSL, BASE, month6=value), settings(**DESCRIBE))
    assert row(rows, "placebo", "mean").value == 41
    for statistic in ("sd", "ci_low", "ci_high"):
        found = row(rows, "placebo", statistic)
        assert (found.value, found.status, found.note) == (None, "not_estimable", "one value only")


def test_the_unable_are_counted_whatever_value_they_were_given():
    bds = records(ADSL, BASE, month6=VALUE)
    at_visit = bds["AVISIT"].eq("month6")
    given_worst = at_visit & bds["USUBJID"].eq("S005")
    no_value = at_visit & bds["USUBJID"].eq("S008")
    bds.loc[given_worst | no_value, "AVALC"] = "unable"
    bds.loc[given_worst, "DTYPE"] = "WORST"
    rows = fitted(ADSL, bds, settings(**DESCRIBE))
    assert values(rows, "msc")["n_unable"] == 2
    assert values(rows, "msc")["n"] == 3
    assert values(rows, "placebo")["n_unable"] == 0


def test_a_second_attempt_that_succeeded_is_not_unable():
    bds = records(ADSL, BASE, month6=VALUE)
    failed = bds[bds["AVISIT"].eq("month6") & bds["USUBJID"].eq("S005")].assign(
        AVAL=np.nan, AVALC="unable", ANL01FL="", SRCSEQ=99.0
    )
    rows = fitted(ADSL, pd.concat([bds, failed], ignore_index=True), settings(**DESCRIBE))
    assert values(rows, "msc")["n_unable"] == 0


def test_values_beyond_a_limit_of_quantification_are_counted():
    bds = records(ADSL, BASE, month6=VALUE)
    written = {("S001", "month6"): "<0.5", ("S008", "month6"): "<0.5", ("S002", "month6"): ">100"}
    for (subject, visit), text in (written | {("S003", "baseline"): "<0.5"}).items():
        bds.loc[bds["USUBJID"].eq(subject) & bds["AVISIT"].eq(visit), "AVALC"] = text
    rows = fitted(ADSL, bds, settings(**DESCRIBE))
    assert (values(rows, "placebo")["n_below"], values(rows, "msc")["n_below"]) == (1, 1)
    assert (values(rows, "placebo")["n_above"], values(rows, "msc")["n_above"]) == (1, 0)
    assert values(rows, "placebo", "baseline")["n_below"] == 1
    below = values(rows, "placebo")
    assert below["percent_below"] == 100 / below["n"]
    assert values(rows, "placebo")["n_unable"] == 0


def test_the_percentage_below_is_of_those_measured():
    bds = records(ADSL, BASE, month6=VALUE)
    at = bds["USUBJID"].eq("S001") & bds["AVISIT"].eq("month6")
    gone = bds.assign(AVAL=bds["AVAL"].mask(at), AVALC=bds["AVALC"].mask(at, "<0.5"))  # `below: missing`
    found = values(fitted(ADSL, gone, settings(**DESCRIBE)), "placebo")
    assert found["percent_below"] == 100 / (found["n"] + 1)
    assert "percent_below" not in values(fitted(ADSL, bds, settings(**DESCRIBE)), "placebo")
    nobody = gone[~(gone["AVISIT"].eq("month6") & gone["USUBJID"].isin(ADSL.loc[ADSL["TRT01P"].eq("msc"), "USUBJID"]))]
    empty = row(fitted(ADSL, nobody, settings(**DESCRIBE)), "msc", "percent_below")
    assert (empty.status, empty.note) == ("not_estimable", "no value")


def test_the_analysed_baseline_counts_wherever_it_was_measured():
    bds = records(ADSL, BASE, month6=VALUE)
    early = bds["USUBJID"].eq("S001") & bds["AVISIT"].eq("baseline")
    bds.loc[early, ["AVISIT", "AVALC"]] = ["", "unable"]
    assert values(fitted(ADSL, bds, settings(**DESCRIBE)), "placebo", "baseline")["n_unable"] == 1


def test_geometric_mean():
    rows = fitted(ADSL, records(ADSL, BASE, month6=VALUE), settings(**DESCRIBE, log=True))
    found = values(rows, "placebo")
    assert found["geometric_mean"] == pytest.approx(stats.gmean(VALUE[:4]))
    assert found["geometric_ci_low"] * found["geometric_ci_high"] == pytest.approx(found["geometric_mean"] ** 2)
    zero = np.where(np.arange(8) == 0, 0, VALUE)
    rows = fitted(ADSL, records(ADSL, BASE, month6=zero), settings(**DESCRIBE, log=True))
    assert row(rows, "placebo", "geometric_mean").note == "1 values are not positive and have no logarithm"
    assert row(rows, "placebo", "mean").status == "ok"


def _pctldef5(values, share):
    """SAS PCTLDEF=5, in whole numbers: n * share = j + g."""
    ordered, numerator = sorted(values), len(values) * share
    j, g = divmod(numerator, 100)
    return (ordered[j - 1] + ordered[j]) / 2 if g == 0 else ordered[j]


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=60))
def test_quantiles_are_pctldef_5(values):
    found = describe_values(np.array(values, float), 0.95)
    assert [found["q1"], found["median"], found["q3"]] == [_pctldef5(values, share) for share in (25, 50, 75)]


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_order_of_the_statistics(values):
    found = describe_values(np.array(values), 0.95)
    assert tuple(sorted(found)) == tuple(sorted(STATISTICS))
    assert found["min"] <= found["q1"] <= found["median"] <= found["q3"] <= found["max"]
    assert found["ci_low"] <= found["mean"] <= found["ci_high"]


def test_over_time_the_baseline_is_that_of_those_still_seen():
    bds = records(ADSL, BASE, month6=VALUE)
    found = values(fitted(ADSL, bds, settings(**DESCRIBE, options={"over_time": True})), "msc")
    assert found["baseline_mean"] == pytest.approx((41 + 39 + 44) / 3)
    assert found["baseline_sd"] == pytest.approx(np.std([41, 39, 44], ddof=1))
    assert "baseline_mean" not in values(fitted(ADSL, bds, settings(**DESCRIBE)), "msc")
    over_time = settings(**DESCRIBE, options={"over_time": True})
    restricted = fitted(ADSL, bds, replace(over_time, small_cells=2))
    assert not any(row.statistic.startswith("baseline_") for row in restricted)
