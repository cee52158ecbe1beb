"""The one place where numbers become print: half away from zero on the decimal representation, as SAS rounds."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

MISSING = "–"
EXACT = Context(prec=400)
"""Wide enough for every double: quantizing never overflows."""


def rounded(value: float | None, digits: int) -> str:
    """``value`` with ``digits`` decimals, rounded half away from zero; never ``-0.0``; a dash when missing.

    The decimal representation is that of result files (10 significant digits), so that 0.125 stored as 0.12499999999
    prints as 0.13.
    """
    if value is None or value != value:
        return MISSING
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "-∞"
    shown = _decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=EXACT)
    return f"{shown if shown else abs(shown):f}"


def p_value(value: float | None) -> str:
    """A p-value for print: three decimals, ``<0.001`` below 0.001, ``>0.999`` above 0.999; never ``0.000`` or
    ``1.000``.

    Raises ValueError outside [0, 1].
    """
    if value is None or value != value:
        return MISSING
    if not 0 <= value <= 1:
        raise ValueError(f"{value} is not a p-value")
    stored = _decimal(value)
    if stored < Decimal("0.001"):
        return "<0.001"
    if stored > Decimal("0.999"):
        return ">0.999"
    return rounded(value, 3)


def percentage(value: float | None, digits: int = 0) -> str:
    """A percentage of people for print; one that rounds to 0 or 100 and is not says ``<1`` or ``>99`` (digits: 0)."""
    text = rounded(value, digits)
    if value is None or text == MISSING:
        return text
    unit = Decimal(1).scaleb(-digits)
    if value > 0 and Decimal(text) == 0:
        return f"<{unit:f}"
    return f">{100 - unit:f}" if value < 100 and Decimal(text) == 100 else text


def interval(low: float | None, high: float | None, digits: int) -> str:
    """``low to high``, or a dash when either end is missing."""
    ends = rounded(low, digits), rounded(high, digits)
    return MISSING if MISSING in ends else f"{ends[0]} to {ends[1]}"


def _decimal(value: float) -> Decimal:
    """The number as a result file holds it, so that printing from memory and from the file agree."""
    return Decimal(f"{value:.10g}")
