"""Printed tables of the CDISC pilot: cells as they are written from result rows, and those that were published."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from rctflow.rounding import rounded

REFERENCE = Path(__file__).parent / "reference/cdiscpilot"
ARMS = ("placebo", "low", "high")
LABELS = {"placebo": "Placebo", "low": "Xanomeline Low Dose", "high": "Xanomeline High Dose", "": "Total"}
TESTS = ("p_value", "estimate", "se", "ci_low", "ci_high")

Values = Callable[..., Any]
Rows = list[list[str]]


def values_of(results: Path) -> Values:
    """The value of a result row of a finished run by the parts of its id; None where there is no such row."""
    files = [*results.glob("endpoints/*/results.csv"), *results.glob("summaries/*/results.csv")]
    rows = pd.concat([pd.read_csv(file, keep_default_na=False) for file in files], ignore_index=True)
    assert not rows["result_id"].duplicated().any()
    values = dict(zip(rows["result_id"], pd.to_numeric(rows["value"]), strict=True))
    return lambda *parts: values.get(".".join(parts))


def transcribed(file: str) -> dict[str, Rows]:
    """Number of a table -> its published rows, header first, from tests/reference/cdiscpilot."""
    tables = json.loads((REFERENCE / f"{file}.json").read_text(encoding="utf-8"))["tables"]
    return {number: table["rows"] for number, table in tables.items()}


def printed(rows: Rows) -> Rows:
    """Cells without the spaces that line numbers up."""
    return [["".join(cell.split()) for cell in row] for row in rows]


def percent(count: float, total: float) -> str:
    """``14 (16%)``, and 0 alone."""
    return f"{count:g} ({rounded(100 * count / total, 0)}%)" if count else "0"


def headed(value: Values, population: str) -> list[str]:
    """The header: each arm with the number of its patients in the population."""
    return ["", *(f"{LABELS[arm]} (N={value('flow', 'flow', population, 'all', arm, 'n'):g})" for arm in ARMS)]


def described(of: Callable[[str, str], float], label: str) -> Rows:
    """n, mean (SD), median (range) under their label. of: (arm, statistic) -> value."""
    return [
        [label, "", "", ""],
        ["n", *(f"{of(arm, 'n'):g}" for arm in ARMS)],
        ["Mean (SD)", *(f"{rounded(of(arm, 'mean'), 1)} ({rounded(of(arm, 'sd'), 2)})" for arm in ARMS)],
        [
            "Median (Range)",
            *(
                f"{rounded(of(arm, 'median'), 1)} ({rounded(of(arm, 'min'), 0)};{rounded(of(arm, 'max'), 0)})"
                for arm in ARMS
            ),
        ],
    ]


def compared(of: Callable[[str, str], float]) -> Rows:
    """Dose response, each dose against placebo, high against low. of: (contrast or ``all``, statistic) -> value."""

    def cells(contrast: str) -> list[str]:
        s = {name: of(contrast, name) for name in TESTS}
        difference = f"{rounded(s['estimate'], 1)} ({rounded(s['se'], 2)})"
        return [rounded(s["p_value"], 3), difference, f"({rounded(s['ci_low'], 1)};{rounded(s['ci_high'], 1)})"]

    low, high, between = (cells(name) for name in ("low-placebo", "high-placebo", "high-low"))
    return [
        ["p-value(Dose Response) [1][2]", "", "", rounded(of("all", "dose_response_p_value"), 3)],
        ["p-value(Xan - Placebo) [1][3]", "", low[0], high[0]],
        ["Diff of LS Means (SE)", "", low[1], high[1]],
        ["95% CI", "", low[2], high[2]],
        ["p-value(Xan High - Xan Low) [1][3]", "", "", between[0]],
        ["Diff of LS Means (SE)", "", "", between[1]],
        ["95% CI", "", "", between[2]],
    ]


def event_lines(value: Values, levels: list[str]) -> Rows:
    """Patients (percent), events and p against placebo of levels of adverse events, such as ``emergent:<class>``."""

    def of(level: str, who: str, statistic: str) -> Any:
        return value("adverse_events", level.replace(" ", ""), "safety", "all", who, statistic)

    def arm_cells(level: str, arm: str) -> list[str]:
        n = of(level, arm, "n")
        share = rounded(of(level, arm, "percent"), 1) if n else ""
        return [f"{n:g} ({share}%)", f"[{of(level, arm, 'events'):g}]"] if n else ["0", ""]

    def p_cell(level: str, arm: str) -> str:
        if not (of(level, arm, "n") or of(level, "placebo", "n")):
            return ""
        p = of(level, f"{arm}-placebo", "p_value")
        return ">.99" if p > 0.99 else rounded(p, 3) + "*" * (p < 0.15)

    return [
        [
            level.partition(":")[2].rpartition("/")[2] if level.count("/") else level.partition(":")[2] or level,
            *(cell for arm in ARMS for cell in arm_cells(level, arm)),
            *(p_cell(level, arm) for arm in ARMS[1:]),
        ]
        for level in levels
    ]
