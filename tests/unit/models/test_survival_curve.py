"""The Kaplan-Meier curve as rows: against statsmodels and R's printout, round times, restricted data."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from rctflow.disclosure import disclosable
from rctflow.models.survival_curve import steps, told_times
from rctflow.results import SUPPRESSED
from statsmodels.duration.survfunc import SurvfuncRight

from tests.fit_cases import fitted, settings, values
from tests.unit.models.test_time_to_event import MERCAPTOPURINE, PLACEBO, PLAIN, trial

LONG = {"placebo": [*PLACEBO, *PLACEBO, "30+"], "msc": [*MERCAPTOPURINE, *MERCAPTOPURINE]}


def of_text(times):
    return np.array([float(t.rstrip("+")) for t in times]), np.array([not t.endswith("+") for t in times])


def test_the_remission_trial_as_r_prints_it():
    """survfit(conf.type = "log-log") of R survival: 6-MP, weeks 6, 7, 10, 23 (Freireich et al. 1963)."""
    found = {t: (share, low, high) for t, share, low, high in steps(*of_text(MERCAPTOPURINE), 0.95)}
    expected = {
        6: (0.857, 0.620, 0.952),
        7: (0.807, 0.563, 0.923),
        10: (0.753, 0.503, 0.889),
        23: (0.448, 0.188, 0.680),
    }
    for t, numbers in expected.items():
        assert found[t] == pytest.approx(numbers, abs=5.1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_shares_and_their_variance_are_those_of_statsmodels(seed):
    rng = np.random.default_rng(seed)
    time, event = np.ceil(8 * rng.exponential(size=50)), rng.random(50) < 0.6
    slow = SurvfuncRight(time, event.astype(int))
    found = steps(time, event, 0.95)
    assert [t for t, *_ in found] == slow.surv_times.tolist()
    assert [share for _, share, *_ in found] == pytest.approx(slow.surv_prob.tolist())
    for (_, share, low, high), se in zip(found, slow.surv_prob_se, strict=True):
        if share:
            width = 1.959963984540054 * se / (share * abs(np.log(share)))
            assert (low, high) == pytest.approx((share ** np.exp(width), share ** np.exp(-width)))


@pytest.mark.parametrize(
    ("longest", "told"),
    [(35, range(0, 36, 5)), (56, range(0, 51, 10)), (0.9, np.arange(0, 0.9, 0.2)), (1, np.arange(0, 1.01, 0.2))],
)
def test_times_told_are_round_and_few(longest, told):
    assert told_times(longest) == pytest.approx(list(told))


def test_the_curve_stands_in_the_rows_of_each_arm():
    rows = fitted(*trial({"placebo": PLACEBO, "msc": MERCAPTOPURINE}), settings(**PLAIN))
    placebo, msc = values(rows, "placebo"), values(rows, "msc")
    assert [placebo[f"at_risk:{t}"] for t in (0, 5, 10, 35)] == [21, 14, 8, 0]
    assert [msc[f"at_risk:{t}"] for t in (0, 5, 10, 35)] == [21, 21, 15, 1]
    assert msc["survival:23"] == pytest.approx(44.8, abs=0.05)
    assert [msc[f"censored:{t}"] for t in (6, 32, 35)] == [1, 2, 1]
    last = {r.statistic: r for r in rows if r.group == "placebo" and r.statistic.endswith(":23")}
    assert (last["survival:23"].value, last["survival_ci_low:23"].status) == (0, "not_estimable")


def restricted(k=5):
    rows = fitted(*trial(LONG), replace(settings(**PLAIN), small_cells=k))
    return disclosable(rows, k)


def test_of_restricted_data_no_step_is_of_few_patients_and_no_time_is_one_patients():
    rows = restricted()
    assert not [r for r in rows if r.statistic.startswith("censored:")]
    assert {r.note for r in rows if r.statistic == "median"} == {SUPPRESSED}
    for arm in ("placebo", "msc"):
        shown = values(rows, arm)
        counts = [n for name, n in shown.items() if name.startswith("at_risk:") and n is not None]
        assert all(n == 0 or n >= 5 for n in counts)
        time, event = of_text(LONG[arm])
        told = [0.0, *(float(name.partition(":")[2]) for name in shown if name.startswith("survival:"))]
        assert len(told) > 2
        for start, end in pairwise(told):
            assert (event & (time > start) & (time <= end)).sum() >= 5
        later = (event & (time > told[-1])).sum()
        assert later == 0 or later >= 5
