"""Rounding for print: half away from zero on the decimal representation, never -0.0, never p = 0.000."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.rounding import MISSING, interval, p_value, percentage, rounded

FINITE = st.floats(-1e300, 1e300)


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (-2.5, 0, "-3"),
        (0.125, 2, "0.13"),
        (0.12499999999, 2, "0.13"),
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (42.65, 1, "42.7"),
        (0.65051, 1, "0.7"),
        (-0.04, 1, "0.0"),
        (-0.0, 2, "0.00"),
        (-0.05, 1, "-0.1"),
        (1e22, 1, "10000000000000000000000.0"),
        (1e-300, 3, "0.000"),
        (float("inf"), 1, "∞"),
        (float("-inf"), 1, "-∞"),
        (None, 1, MISSING),
        (float("nan"), 1, MISSING),
    ],
)
def test_rounded(value, digits, shown):
    assert rounded(value, digits) == shown


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0, 0, "0"),
        (0.39, 0, "<1"),
        (0.5, 0, "1"),
        (99.4, 0, "99"),
        (99.6, 0, ">99"),
        (100, 0, "100"),
        (0.04, 1, "<0.1"),
        (99.96, 1, ">99.9"),
        (None, 0, MISSING),
    ],
)
def test_a_percentage_of_somebody_is_never_printed_as_of_nobody_or_everybody(value, digits, shown):
    assert percentage(value, digits) == shown


@given(FINITE, st.integers(0, 6))
def test_print_is_never_farther_than_half_a_unit_and_has_its_digits(value, digits):
    shown = rounded(value, digits)
    stored = Decimal(f"{value:.10g}")
    assert abs(Decimal(shown) - stored) <= Decimal(5).scaleb(-digits - 1)
    assert len(shown.partition(".")[2]) == digits
    assert not (shown.startswith("-") and Decimal(shown) == 0)


@given(FINITE, st.integers(0, 6))
def test_sign_turns_the_print(value, digits):
    assert rounded(-value, digits).lstrip("-") == rounded(value, digits).lstrip("-")


@given(st.integers(-(10**8), 10**8), st.integers(0, 4))
def test_exact_halves_go_away_from_zero(count, digits):
    half = Decimal(10 * count + (5 if count >= 0 else -5)).scaleb(-digits - 1)
    expected = half.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    assert Decimal(rounded(float(half), digits)) == expected
    assert abs(expected) > abs(half)


@given(FINITE, st.integers(0, 4))
def test_print_from_memory_and_from_the_file_agree(value, digits):
    assert rounded(float(f"{value:.10g}"), digits) == rounded(value, digits)


@pytest.mark.parametrize(
    ("p", "shown"),
    [
        (0.0, "<0.001"),
        (1e-12, "<0.001"),
        (0.000999, "<0.001"),
        (0.00099999999999, "0.001"),
        (0.001, "0.001"),
        (0.0014999, "0.001"),
        (0.0015, "0.002"),
        (0.04949, "0.049"),
        (0.0495, "0.050"),
        (0.05, "0.050"),
        (0.0505, "0.051"),
        (0.9985, "0.999"),
        (0.999, "0.999"),
        (0.99900001, ">0.999"),
        (1.0, ">0.999"),
        (None, MISSING),
        (float("nan"), MISSING),
    ],
)
def test_p_value(p, shown):
    assert p_value(p) == shown


@given(st.floats(0, 1))
def test_p_value_is_never_zero_or_one_and_true(p):
    shown = p_value(p)
    stored = Decimal(f"{p:.10g}")
    if shown == "<0.001":
        assert stored < Decimal("0.001")
    elif shown == ">0.999":
        assert stored > Decimal("0.999")
    else:
        assert Decimal("0.001") <= Decimal(shown) <= Decimal("0.999")
        assert abs(Decimal(shown) - stored) <= Decimal("0.0005")


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_p_never_prints_smaller(one, other):
    def key(text):
        return {"<0.001": Decimal(0), ">0.999": Decimal(1)}.get(text) if text[0] in "<>" else Decimal(text)

    low, high = sorted((one, other))
    assert key(p_value(low)) <= key(p_value(high))


@pytest.mark.parametrize("p", [-0.01, 1.01])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match="is not a p-value"):
        p_value(p)


def test_interval():
    assert interval(-2.078984544, 1.14541983, 1) == "-2.1 to 1.1"
    assert interval(None, 1.0, 1) == MISSING
    assert interval(0.5, float("nan"), 1) == MISSING
