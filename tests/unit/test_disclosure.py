"""What may be published of restricted data: small tables of result rows in, rows without small cells out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rctflow.description import describe_values
from rctflow.disclosure import REST, disclosable
from rctflow.results import SUPPRESSED, Result

K = 5


def row(statistic: str, value: float | None, **more: str) -> Result:
    empty = dict.fromkeys(("estimand", "population", "role", "visit", "group", "contrast"), "")
    fixed = {"study": "s", "endpoint": "baseline", "analysis": "SEX", "model": "summary"}
    return Result(**empty | fixed | {"statistic": statistic, "value": value} | more)


def by_arm(statistic: str, a: float, b: float, **more: str) -> list[Result]:
    return [row(statistic, n, group=arm, **more) for arm, n in (("a", a), ("b", b), ("", a + b))]


def shown(rows: list[Result]) -> dict[tuple[str, str], float | None]:
    return {(one.statistic, one.group): one.value for one in disclosable(rows, K)}


def test_open_data_are_left_alone():
    rows = [*by_arm("n", 1, 3), row("min", 3.0, group="a")]
    assert disclosable(rows, 0) == rows


def test_small_counts_are_suppressed_with_a_note_and_a_neighbour():
    rows = disclosable(by_arm("n", 3, 20), K)
    assert [one.value for one in rows] == [None, 20, None]
    assert {(one.status, one.note) for one in rows if one.value is None} == {("not_estimable", SUPPRESSED)}


def test_zero_and_five_are_shown():
    assert shown(by_arm("n", 0, 5)) == {("n", "a"): 0, ("n", "b"): 5, ("n", ""): 5}


def test_two_small_counts_whose_sum_would_tell_them_hide_their_sum():
    assert shown(by_arm("n", 1, 1)) == dict.fromkeys([("n", "a"), ("n", "b"), ("n", "")])


def test_a_level_cannot_be_computed_from_the_others():
    rows = [*by_arm("n", 30, 30), *by_arm("n:F", 2, 13), *by_arm("n:M", 28, 17)]
    left = shown(rows)
    assert left["n:F", "a"] is None
    assert not (left["n", "a"] is not None and left["n:M", "a"] is not None)


def test_the_percentage_below_a_limit_follows_its_count():
    rows = [row("n", 15, group="a"), row("n_below", 2, group="a"), row("percent_below", 100 * 2 / 15, group="a")]
    rows += [row("n", 15, group="b"), row("n_below", 8, group="b"), row("percent_below", 100 * 8 / 15, group="b")]
    left = shown(rows)
    assert left["percent_below", "a"] is None
    assert (left["percent_below", "b"] is None) == (left["n_below", "b"] is None)


def test_percentages_follow_their_counts():
    rows = [*by_arm("n", 30, 30), *by_arm("n:F", 2, 13), *by_arm("n:M", 28, 17)]
    rows += [row("percent:F", 100 * 2 / 30, group="a"), row("percent:F", 100 * 13 / 30, group="b")]
    left = shown(rows)
    assert left["percent:F", "a"] is None
    assert (left["percent:F", "b"] is None) == (left["n:F", "b"] is None or left["n", "b"] is None)


def test_rare_levels_lose_their_names():
    rows = [*by_arm("n_discontinued:moved to Lund", 1, 0), *by_arm("n_discontinued:a scandal", 0, 2)]
    names = {one.statistic for one in disclosable(rows, K)}
    assert names == {f"n_discontinued:{REST}"}


def test_statistics_of_few_patients_and_their_totals_are_suppressed():
    rows = [*by_arm("n", 4, 20), *by_arm("mean", 1.5, 2.5)]
    left = shown(rows)
    assert (left["mean", "a"], left["mean", ""], left["mean", "b"]) == (None, None, 2.5)


def test_extremes_have_no_row():
    rows = [*by_arm("n", 20, 20), *by_arm("min", 1, 2), *by_arm("max", 8, 9), *by_arm("change_max", 8, 9)]
    assert {one.statistic for one in disclosable(rows, K)} == {"n"}


def model(statistic: str, value: float, **more: str) -> Result:
    return row(statistic, value, **{"endpoint": "tug", "analysis": "mmrm", "model": "mmrm", "population": "itt"} | more)


def test_a_contrast_of_few_patients_takes_the_average_over_the_visits_along():
    rows = [
        model("n", n, visit=v, group=g) for v, g, n in (("v1", "a", 9), ("v1", "b", 9), ("v2", "a", 3), ("v2", "b", 9))
    ]
    rows += [model("estimate", 1.0, visit=visit, contrast="a - b") for visit in ("v1", "v2", "average")]
    left = {one.visit: one.value for one in disclosable(rows, K) if one.statistic == "estimate"}
    assert left == {"v1": 1.0, "v2": None, "average": None}


def test_two_populations_that_differ_by_one_patient_are_not_both_described():
    describe = {"endpoint": "tug", "model": "descriptive", "visit": "v1", "group": "a"}
    rows = [row("n", 20, population="itt", **describe), row("mean", 5.0, population="itt", **describe)]
    rows += [row("n", 19, population="pp", **describe), row("mean", 5.1, population="pp", **describe)]
    left = {(one.population, one.statistic): one.value for one in disclosable(rows, K)}
    assert left == {("itt", "n"): 20, ("itt", "mean"): 5.0, ("pp", "n"): 19, ("pp", "mean"): None}


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("2 with a value but without baseline value not analysed", "fewer than 5 with a value but without baseline"),
        ("1 value carried forward; 3 values of before", "fewer than 5 values carried forward; fewer than 5 values of"),
        ("7 values set to the failure value", "7 values set to the failure value"),
    ],
)
def test_notes_lose_their_small_counts(note, told):
    assert disclosable([row("n", 20, note=note)], K)[0].note.startswith(told)


def largest_possible(hidden: list[tuple[str, str]], left: dict, top: int) -> dict[tuple[str, str], int]:
    """Hidden cell -> its largest count in any table that a reader who knows the shown counts cannot rule out, by
    trying all counts from 1 to below ``top``.
    """
    tried = np.indices((top - 1,) * len(hidden), dtype=np.int16).reshape(len(hidden), (top - 1) ** len(hidden)) + 1
    full = left | dict(zip(hidden, tried, strict=True))
    fits = np.ones(tried.shape[1], dtype=bool)
    for one in ("n", "n:F", "n:M"):
        fits &= full[one, "a"] + full[one, "b"] == full[one, ""]
    for group in ("a", "b", ""):
        fits &= full["n:F", group] + full["n:M", group] == full["n", group]
    return {key: int(full[key][fits].max()) for key in hidden}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_no_small_count_can_be_computed_by_trying_every_table(cells):
    fa, fb, ma, mb = cells
    rows = [*by_arm("n", fa + ma, fb + mb), *by_arm("n:F", fa, fb), *by_arm("n:M", ma, mb)]
    kept = {one.statistic: one for one in disclosable(rows, K)}
    if set(kept) != {"n", "n:F", "n:M"}:
        return  # a rare level was joined; its name is gone
    left = shown(rows)
    hidden = [key for key, value in left.items() if value is None]
    truth = {(one.statistic, one.group): one.value for one in rows}
    small = [key for key in hidden if 0 < truth[key] < K]
    assert set(small) == {key for key, n in truth.items() if 0 < n < K}
    if len(hidden) > 5:
        return  # too many tables to try; what is hidden grows with them
    largest = largest_possible(hidden, left, 24)
    for key in small:
        assert largest[key] >= K


@pytest.mark.parametrize("n", [20, 21, 22, 23, 47, 101])
def test_quantiles_of_restricted_data_come_from_disjoint_sets_of_five(n):
    values = np.arange(n, dtype=float) ** 3
    found = describe_values(values, 0.95, K)
    windows = [
        {i for i in range(n - K + 1) if values[i : i + K].mean() == found[name]} for name in ("q1", "median", "q3")
    ]
    starts = [window.pop() for window in windows]
    assert starts[1] - starts[0] >= K and starts[2] - starts[1] >= K and starts[2] + K <= n and starts[0] >= 0
    assert not {"min", "max"} & set(found)


def test_fewer_than_four_small_cells_have_no_quantiles():
    assert set(describe_values(np.arange(19.0), 0.95, K)) == {"n", "mean", "sd", "ci_low", "ci_high"}


@pytest.mark.parametrize(("events", "told"), [(10, True), (3, False), (27, False), (0, True), (30, True)])
def test_a_proportion_hides_few_with_and_few_without_the_event(events, told):
    fixed = {"analysis": "responder", "endpoint": "pcs", "model": "responder", "visit": "month6"}
    rows = [row(name, 30, group=arm, **fixed) for arm in ("a", "b") for name in ("n",)]
    rows += [row("events", n, group=arm, **fixed) for arm, n in (("a", events), ("b", 12))]
    rows += [row("proportion", 100 * events / 30, group="a", **fixed), row("ci_low", 1.0, group="b", **fixed)]
    rows += [row("estimate", 5.0, contrast="b - a", **fixed), row("fisher_p_value", 0.5, contrast="b - a", **fixed)]
    left = {(one.statistic, one.group or one.contrast): one.value is not None for one in disclosable(rows, K)}
    assert left["n", "a"] and left["events", "b"] and left["ci_low", "b"]
    hidden = {("events", "a"), ("proportion", "a"), ("estimate", "b - a"), ("fisher_p_value", "b - a")}
    assert {key: left[key] for key in hidden} == dict.fromkeys(hidden, told)


@pytest.mark.parametrize(
    ("model", "statistic", "events", "kept"),
    [
        ("gee_logit", "proportion", 3, False),
        ("gee_logit", "proportion", 14, False),  # one of 15 without the event
        ("time_to_event", "survival:8", 13, False),
        ("time_to_event", "survival:8", 9, True),
        ("counts", "rate", 3, False),  # three falls are of three patients at most
        ("counts", "rate", 14, True),  # no patient is without a fall because of them
    ],
)
def test_what_events_give_away_follows_their_count(model, statistic, events, kept):
    shared = {"endpoint": "e", "analysis": "a", "model": model, "visit": "v", "group": "a"}
    rows = [row("n", 15, **shared), row("events", events, **shared), row(statistic, 40.0, **shared)]
    assert (disclosable(rows, K)[2].value is not None) == kept


def test_the_means_of_arms_and_of_all_do_not_give_a_hidden_number_away():
    """(20 * 70 + 19 * 60) / 39: with the three means and 20, the 19 could be computed, and so the one without value."""
    rows = [*by_arm("n", 20, 19), *by_arm("n_missing", 0, 1), *by_arm("mean", 70, 60)]
    rows = [
        replace(one, value=(20 * 70 + 19 * 60) / 39) if one.statistic == "mean" and not one.group else one
        for one in rows
    ]
    left = shown(rows)
    assert left["n_missing", "b"] is None and left["n", "b"] is None
    assert (left["mean", "a"], left["mean", "b"], left["mean", ""]) == (70, 60, None)
