"""Bias, spread and coverage of a handful of trials."""

import math
from dataclasses import replace

import pytest
from rctflow.recovery.catalogue import Row
from rctflow.recovery.measures import Truth
from rctflow.recovery.tally import Tally, percent_error
from rctflow.recovery.type_one import Rejections

LINE = Row("a model", "pcs", "health", "mmrm", "mean", "mcar")


def tally(*estimates, half=1.0):
    made = Tally()
    for estimate in estimates:
        values = {"estimate": estimate, "se": 0.5, "ci_low": estimate - half, "ci_high": estimate + half}
        made.add(values, fallback=False)
    return made


def test_bias_spread_and_coverage_are_those_of_the_estimates():
    found = tally(1.0, 2.0, 4.5).against(Truth(2.0, 0.3))
    assert found.bias == pytest.approx(0.5)
    assert found.spread == pytest.approx(math.sqrt((1.5**2 + 0.5**2 + 2**2) / 2))
    assert found.bias_error == pytest.approx(math.hypot(found.spread / 3**0.5, 0.3))
    assert found.coverage == pytest.approx(100 * 2 / 3)
    assert found.se == 0.5


def test_a_missing_limit_is_unbounded_and_a_missing_estimate_is_lost():
    made = Tally()
    made.add({"estimate": 1.0, "ci_low": 0.5}, fallback=True)
    made.add({"estimate": 3.0, "ci_high": 2.5}, fallback=False)
    made.add({"ci_low": 0.0, "ci_high": 1.0}, fallback=False)
    found = made.against(Truth(9.0, 0.0))
    assert (found.n, found.lost, found.fallback, found.coverage) == (2, 1, 1, 50.0)
    assert math.isnan(found.se)
    made.add({"estimate": 2.0, "se": 0.7}, fallback=False)
    assert made.against(Truth(9.0, 0.0)).se == 0.7


def test_too_few_estimates_are_not_judged():
    with pytest.raises(ValueError, match="1 of 1 trials"):
        tally(1.0).against(Truth(1.0, 0.0))


def test_the_verdict_tells_a_failure_from_a_known_fault():
    sound, biased = tally(*[0.9, 1.1] * 50), tally(*[1.9, 2.1] * 50)
    truth = Truth(1.0, 0.0)
    assert sound.against(truth).verdict(valid=True) == "recovers"
    assert sound.against(truth).verdict(valid=False) == "no bias seen"
    assert biased.against(truth).verdict(valid=True) == "does not recover"
    assert biased.against(truth).verdict(valid=False) == "bias shown"


def test_intervals_that_are_too_short_do_not_recover():
    spread = [-1.0, 1.0] * 50
    assert tally(*spread, half=1.5).against(Truth(0.0, 0.0)).verdict(valid=True) == "recovers"
    assert tally(*spread, half=0.5).against(Truth(0.0, 0.0)).verdict(valid=True) == "does not recover"


def test_what_needs_more_than_missing_at_random_does_not_hold_when_dropout_is_informative():
    assert LINE.broken(informative=False) == ""
    assert "drops out" in LINE.broken(informative=True)
    assert replace(LINE, needs="mar").broken(informative=True) == ""
    assert replace(LINE, fault="no").broken(informative=False) == "no"


def test_rejections_are_counted_at_five_percent_and_the_lost_apart():
    counts = Rejections()
    for p in (0.01, 0.05, 0.2, None, 0.7):
        counts.add(p)
    assert (counts.tested, counts.rejected, counts.lost) == (4, 2, 1)
    assert counts.percent == 50
    assert counts.error == pytest.approx(percent_error(5, 4))


def test_a_share_is_judged_within_three_monte_carlo_errors():
    """Of 400 trials 5 % are 20, and three errors are 13.1."""
    shares = {rejected: Rejections(tested=400, rejected=rejected).verdict for rejected in (6, 7, 20, 33, 34)}
    assert shares == {6: "below", 7: "at 5 %", 20: "at 5 %", 33: "at 5 %", 34: "above"}
