"""The panels of the forest: comparisons on one scale share an axis, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rctflow.results import HAZARD, ODDS, POINTS, Result, scale_of


@dataclass(frozen=True)
class Panel:
    """title; column: head of the printed estimates; axis: what it measures; neutral: where the arms do not differ.

    logarithmic, reversed: of the axis, so that right favours the experimental arm. least: how far from neutral the
    axis reaches at least; most: at most.
    """

    id: str
    title: str
    column: str
    axis: str
    neutral: float
    least: float
    logarithmic: bool = False
    reversed: bool = False
    most: float = float("inf")

    def limits(self, drawn: Sequence[float]) -> tuple[float, float]:
        """Left and right end of an axis that holds ``drawn``, neutral in the middle."""
        if self.logarithmic:
            positive = [self.neutral, *(x for x in drawn if x > 0)]  # a limit at 0 lies beyond the axis's end
            low, high = min(positive), max(positive)
            reach = max(self.least, 1 / low, high) * 1.05
            return (reach, 1 / reach) if self.reversed else (1 / reach, reach)
        reach = min(max([self.least, *(abs(x - self.neutral) for x in drawn)]) * 1.05, self.most)
        return self.neutral - reach, self.neutral + reach


TURNED = "sign turned where lower is better"
REVERSED = "axis reversed: lower is better"
PANELS = {
    panel.id: panel
    for panel in (
        Panel("difference", "Differences", "Difference", f"Difference ÷ baseline SD; {TURNED}", 0.0, 0.5),
        Panel("percent", "Differences of percentages", "Difference", f"Percentage points; {TURNED}", 0.0, 0.5),
        Panel(
            "win",
            "Win probabilities",
            "Win probability",
            "Probability to do better; ties count half, 0.5: no difference",
            0.5,
            0.1,
            most=0.52,
        ),
        Panel("ratio_higher", "Ratios, higher is better", "Ratio", "Ratio, logarithmic", 1.0, 1.25, True),
        Panel(
            "ratio_lower", "Ratios, lower is better", "Ratio", f"Ratio, logarithmic; {REVERSED}", 1.0, 1.25, True, True
        ),
        Panel(
            "hazard_lower",
            "Hazard ratios, lower is better",
            "Hazard ratio",
            "Hazard ratio, logarithmic; axis reversed: below 1 the event comes later",
            1.0,
            1.25,
            True,
            True,
        ),
        Panel(
            "hazard_higher",
            "Hazard ratios, higher is better",
            "Hazard ratio",
            "Hazard ratio, logarithmic",
            1.0,
            1.25,
            True,
        ),
        Panel("odds_higher", "Odds ratios, higher is better", "Odds ratio", "Odds ratio, logarithmic", 1.0, 1.25, True),
        Panel(
            "odds_lower",
            "Odds ratios, lower is better",
            "Odds ratio",
            f"Odds ratio, logarithmic; {REVERSED}",
            1.0,
            1.25,
            True,
            True,
        ),
    )
}
"""In the order in which they stand on the page."""


def panel_of(estimate: Result, higher_is_better: bool) -> str:
    """The panel of a comparison, by its name and the unit of its estimate.

    Where longer times are better, lower hazards are.
    """
    scale = scale_of(estimate.contrast)
    if scale == "ratio":
        kind = {ODDS: "odds", HAZARD: "hazard"}.get(estimate.unit, "ratio")
        higher_is_better = higher_is_better != (kind == "hazard")
        return f"{kind}_{'higher' if higher_is_better else 'lower'}"
    if scale == "win":
        return "win"
    return "percent" if estimate.unit == POINTS else "difference"
