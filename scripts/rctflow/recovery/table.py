"""The tables of ``./run bench truth``, in Markdown, as they stand in docs/truth.md."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from rctflow.recovery.catalogue import Row
from rctflow.recovery.tally import Recovered
from rctflow.recovery.type_one import Randomized, Rejections

HEAD = (
    "endpoint",
    "analysis",
    "estimand",
    "truth",
    "mean estimate",
    "bias",
    "SD of estimates",
    "mean SE",
    "coverage %",
    "lost, fell back",
    "verdict",
)
UNITS = {
    "mean": "",
    "ratio": " (log ratio)",
    "responders": " (% points)",
    "risk_ratio": " (log ratio)",
    "win": "",
    "shift": "",
    "odds": " (log odds ratio)",
}


def recovery_table(found: Mapping[Row, Recovered], informative: bool) -> Iterator[str]:
    """One line per row: Monte-Carlo errors in brackets. informative: see ``Row.broken``."""
    yield from _table(HEAD, (_cells(row, recovered, informative) for row, recovered in found.items()))


def rejection_table(found: Mapping[Row | Randomized, Rejections]) -> Iterator[str]:
    """One line per test."""
    head = ("endpoint", "test", "trials", "rejected %", "verdict")
    yield from _table(head, (_rejected(test, counts) for test, counts in found.items()))


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for line in lines:
        yield f"| {' | '.join(line)} |"


def _cells(row: Row, found: Recovered, informative: bool) -> tuple[str, ...]:
    broken = row.broken(informative)
    return (
        row.endpoint,
        row.label + UNITS[row.measure],
        row.estimand,
        _with_error(found.truth.value, found.truth.mc_se),
        _number(found.truth.value + found.bias),
        _with_error(found.bias, found.bias_error),
        _number(found.spread),
        "" if math.isnan(found.se) else _number(found.se),
        f"{found.coverage:.1f} ({found.coverage_error:.1f})",
        f"{found.lost}, {found.fallback}" if found.lost or found.fallback else "",
        found.verdict(not broken) + (f" ({broken})" if broken else ""),
    )


def _rejected(test: Row | Randomized, counts: Rejections) -> tuple[str, ...]:
    row = test.row if isinstance(test, Randomized) else test
    label = f"{row.label}: randomization test, {test.draws} allocations" if isinstance(test, Randomized) else row.label
    tested = f"{counts.tested} of {counts.tested + counts.lost}" if counts.lost else f"{counts.tested}"
    return (
        row.endpoint,
        label,
        tested,
        f"{counts.percent:.1f} ({counts.error:.1f})",
        counts.verdict,
    )


def _number(value: float) -> str:
    return f"{value:.{2 if abs(value) >= 1 else 3}f}"


def _with_error(value: float, error: float) -> str:
    decimals = min(max(2, 1 - math.floor(math.log10(error))), 5) if error > 0 else 3
    return f"{value:.{decimals}f} ({error:.{decimals}f})"
