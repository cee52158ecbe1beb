"""Labels do not overlap, and ticks are few round numbers."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.figures.placing import log_ticks, spread, wrapped


def test_labels_that_fit_stay_where_they_belong():
    assert spread([1, 3, 6], [0.5, 0.5, 0.5], 0, 8, 0.1) == [1, 3, 6]


def test_a_week_and_a_baseline_that_would_overlap_are_moved_apart():
    baseline, week = spread([0.5, 0.6], [1.0, 1.0], 0, 8, 0.1)
    assert week - baseline >= 1.1 - 1e-12


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0.05, 0.5)), min_size=1, max_size=12).map(lambda x: sorted(x)),
)
def test_spread_labels_keep_their_order_stay_inside_and_never_overlap(labels):
    widths = [width for _, width in labels]
    centres = spread([target for target, _ in labels], widths, 0, 10, 0.1)
    edges = [(c - w / 2, c + w / 2) for c, w in zip(centres, widths, strict=True)]
    assert edges[0][0] >= -1e-9
    assert edges[-1][1] <= 10 + 1e-9
    assert all(left[1] <= right[0] + 1e-9 for left, right in itertools.pairwise(edges))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.2, 5, [0.2, 0.5, 1, 2, 5]),
        (0.1, 1000, [0.1, 1, 10, 100, 1000]),
        (0.8, 1.31, [0.8, 0.9, 1.0, 1.1, 1.2, 1.3]),
    ],
)
def test_ticks_of_a_ratio_are_round_numbers(low, high, expected):
    assert log_ticks(low, high) == expected


@given(st.floats(1e-4, 1e3), st.floats(1.02, 1e5))
def test_ticks_lie_on_the_axis_ascend_and_are_few(low, factor):
    ticks = log_ticks(low, low * factor)
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= 8
    assert all(low * (1 - 1e-6) <= tick <= low * factor * (1 + 1e-6) for tick in ticks)


def test_units_in_brackets_are_not_torn_apart():
    assert wrapped("LS mean change (T points), 95% CI", 20) == "LS mean change\n(T\u00a0points), 95% CI"


def test_long_words_are_kept_whole():
    assert wrapped("EQ-5D-5L index (China)", 10) == "EQ-5D-5L\nindex\n(China)"


def test_brackets_that_no_line_holds_are_broken():
    text = "78 draws left out (77 such as: 8 values of placebo are below the limit; 1: 8 values of msc); no interval"
    lines = wrapped(text, 40).splitlines()
    assert max(map(len, lines)) <= 40
    assert " ".join(lines) == text
