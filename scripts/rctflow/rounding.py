"""The one place where numbers become print: half away from zero on the decimal representation, as SAS and clinicians round."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MISSING = "–"


def rounded(value: float | None, digits: int) -> str:
    """``value`` with ``digits`` decimals, rounded half away from zero; never ``-0.0``; a dash when missing.

    The decimal representation is that of result files (10 significant digits), so that 0.125 stored as 0.12499999999 prints as 0.13.
    """
    if value is None or value != value:
        return MISSING
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "-∞"
    quantum = Decimal(1).scaleb(-digits)
    number = Decimal(f"{value:.10g}").quantize(quantum, rounding=ROUND_HALF_UP)
    return f"{number + 0 if number else abs(number):f}"


def p_value(value: float | None) -> str:
    """A p-value for print: three decimals, ``<0.001`` below that, ``>0.999`` above 0.9995; never ``0.000``."""
    if value is None or value != value:
        return MISSING
    if value < 0.001:
        return "<0.001"
    if value > 0.999:
        return ">0.999"
    return rounded(value, 3)


def interval(low: float | None, high: float | None, digits: int) -> str:
    """``low to high``, or a dash when either end is missing."""
    if low is None or high is None:
        return MISSING
    return f"{rounded(low, digits)} to {rounded(high, digits)}"
