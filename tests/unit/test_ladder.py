"""The rungs of the ladder: their order, what they are about, and why one has no interval."""

from dataclasses import replace

import pytest
from rctflow.ladder import has_steps, rungs_of, scale_words
from rctflow.results import Result

UNITS = {"estimate": "s", "ci_low": "s", "ci_high": "s"}


def row(analysis, statistic, value, contrast="msc - placebo", population="itt", note="", unit=None, visit="month6"):
    name = statistic.rpartition("_")[2] if statistic not in ("ci_low", "ci_high") else statistic
    unit = UNITS.get(name, UNITS.get("_".join(statistic.split("_")[-2:]), "")) if unit is None else unit
    status = "ok" if value is not None else "not_estimable"
    place = ("s", "tug", "e", population, analysis, "sensitivity", "ancova", visit, "", contrast, statistic)
    return Result(*place, value, unit, "m", status, note)


def comparison(analysis, p, prefix="", **more):
    values = {"estimate": 1.0, "ci_low": 0.5, "ci_high": 2.0}
    rows = [row(analysis, prefix + name, value, **more) for name, value in values.items()]
    return [*rows, row(analysis, f"{prefix}p_value", p, **more | {"unit": ""})]


ROWS = [
    *comparison("after", 0.001),
    *comparison("before", 0.002),
    *comparison("main", 0.9, population="per_protocol"),
    *comparison("main", 0.8),
    row("main", "randomization_p_value", 0.7, note="2 undefined; no interval: only for shifts"),
    row("main", "bootstrap_ci_low", 0.4, note="unreliable: 15 patients in the smallest arm, fewer than 20"),
    row("main", "bootstrap_ci_high", 2.4, note="unreliable: 15 patients in the smallest arm, fewer than 20"),
    row("main", "without:01:estimate", 3.0),
    row("main", "loo_estimate_min", 0.3),
    *comparison("main", 0.5, visit="month3"),
]


def rungs(rows=ROWS):
    return rungs_of(rows, ("main", "itt"), ("before", "after", "main"), "month6")


def test_the_order_is_the_configs_with_the_main_analysis_first_whatever_p_is():
    found = [(rung.analysis, rung.population, rung.method) for rung in rungs()]
    main = [("main", "itt", method) for method in ("", "randomization", "bootstrap")]
    assert found == [*main, ("before", "itt", ""), ("after", "itt", ""), ("main", "per_protocol", "")]
    assert [rung.main for rung in rungs()] == [True] * 3 + [False] * 3


def test_what_resampling_describes_is_the_estimate_of_its_analysis():
    _, randomization, bootstrap, *_ = rungs()
    assert (
        randomization.about is not None and randomization.about.result_id == "tug.main.itt.month6.msc-placebo.estimate"
    )
    assert bootstrap.about is randomization.about
    assert bootstrap.interval == (0.4, 2.4)
    assert bootstrap.method_words == "bootstrap, BCa (unreliable)"
    normal = replace(bootstrap, low=replace(bootstrap.low, method="bootstrap of patients within arms, normal interval"))
    assert normal.method_words == "bootstrap, normal (unreliable)"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (
            [row("main", "randomization_p_value", 0.7, note="no interval: only for shifts")],
            "no interval: only for shifts",
        ),
        ([row("main", "fisher_p_value", 0.7)], "no interval: the method is a test alone"),
        ([row("main", "cmh_p_value", None, note="no stratum with both arms")], "no stratum with both arms"),
        ([row("main", n, None, note="nobody") for n in ("estimate", "ci_low", "ci_high")], "nobody"),
        ([row("main", "estimate", 1.0), row("main", "ci_low", None, note="an empty cell")], "an empty cell"),
        (
            [
                row("main", "estimate", 1.0),
                row("main", "ci_low", 0.2),
                row("main", "ci_high", None, note="an empty cell: no upper limit"),
            ],
            "an empty cell: no upper limit",
        ),
    ],
)
def test_a_rung_without_an_interval_says_why(rows, reason):
    (rung,) = rungs(rows)
    assert rung.interval is None
    assert rung.why_no_interval == reason


@pytest.mark.parametrize(
    ("contrast", "unit", "scale", "words"),
    [
        ("msc - placebo", "s", "", "Difference, s"),
        ("msc - placebo", "percentage points", "percentage points", "Percentage points"),
        ("msc / placebo", "ratio", "ratio", "Ratio"),
        ("msc / placebo", "hazard ratio", "hazard ratio", "Hazard ratio"),
        ("msc vs placebo", "win probability", "win probability", "Win probability"),
    ],
)
def test_the_scale_is_that_of_the_estimate(contrast, unit, scale, words):
    (rung,) = rungs(comparison("main", 0.1, contrast=contrast, unit=unit))
    assert rung.scale == scale
    assert scale_words(scale, "s") == words


def test_a_ladder_has_more_than_the_main_analysis():
    assert has_steps(rungs())
    assert not has_steps(rungs(comparison("main", 0.8)))
    assert not has_steps([])
