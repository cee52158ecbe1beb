"""One comparison (or arm) of the first computation, held against the numbers of the second.

Both have to agree on each number, and on whether there is one. What only the first path has is a disagreement, unless
the second path says why it cannot tell; what only the second path has is told with the first path's reason, never as a
result of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rctflow.results import SUPPRESSED, Result, is_ratio
from rctflow.second.agreement import NOISE, TOLERANCE, disagreements
from rctflow.second.registry import is_once
from rctflow.second.settings import Declared, Second

PREFIX = "second_"
LARGEST = "largest_disagreement"
METHOD = "independent second computation (docs/second.md)"


class Comparison:
    """One contrast or arm, or all arms together (""): its first result rows by statistic, and what is found of them.

    apart: a sentence for each pair of numbers above the tolerance, and for each number without its pair.
    """

    def __init__(self, settings: Second, declared: Declared, who: str, first: Mapping[str, Result]) -> None:
        self.first, self.model = first, declared.model
        self.values = {name: row.value for name, row in first.items() if row.value is not None}
        self.contrast, group = ("", who) if who in declared.arms else (who, "")
        self.shared: dict[str, Any] = {
            "study": settings.study,
            "endpoint": declared.endpoint,
            "estimand": declared.estimand,
            "population": declared.population,
            "analysis": declared.analysis,
            "role": declared.role,
            "model": declared.model,
            "visit": declared.visit,
            "group": group,
            "contrast": self.contrast,
            "method": METHOD,
        }
        self.apart: list[str] = []

    def rows(self, second: Mapping[str, float], why: str = "", told: str = "") -> Iterator[Result]:
        """The rows of this comparison.

        second: statistics by name. why: what keeps the second path from a number that is absent there; "" when it
        holds that there is none. told: what else is to be known of the second numbers.
        """
        if any(row.note == SUPPRESSED for row in self.first.values()):
            yield self._nothing(SUPPRESSED)
            return
        for name, value in second.items():
            yield self._second_row(name, value)
        found = disagreements(self.values, second, is_ratio(self.contrast))
        alone = [name for name in self.values if name not in found and not is_once(self.model, name)]
        if alone and not why:
            held = "and the second computation holds that it cannot be estimated"
            self.apart += [f"{self.first[name].result_id}: first {self.values[name]:.10g}, {held}" for name in alone]
        self.apart += [
            f"{self.first[name].result_id}: first {self.values[name]:.10g}, second {second[name]:.10g}"
            for name, share in found.items()
            if share > TOLERANCE
        ]
        yield self._largest(found, second, why, told) if found else self._nothing(self._why_nothing(second, why))

    def _second_row(self, name: str, value: float) -> Result:
        """A second number; where the first computation has none it is told in words, with the reason."""
        if name in self.values:
            return Result(statistic=PREFIX + name, value=value, unit=self.first[name].unit, **self.shared)
        note = f"{value:.6g} by the second computation alone; the first: {self._reason(name)}"
        return Result(statistic=PREFIX + name, value=None, status="not_estimable", note=note, **self.shared)

    def _reason(self, name: str) -> str:
        """Why the first computation has no such number."""
        return self.first[name].note if name in self.first else "has no such statistic"

    def _largest(self, found: Mapping[str, float], second: Mapping[str, float], why: str, told: str) -> Result:
        worst = max(found, key=lambda name: found[name])
        note = f"of {', '.join(found)}" + (f"; largest for {worst}" if found[worst] >= NOISE else "")
        note += f"; {told}" if told else ""
        extra = [name for name in second if name not in self.values]
        note += f"; by the second computation alone: {', '.join(extra)}" if extra else ""
        once = [name for name in self.values if name not in found]
        note += f"; not computed again: {', '.join(once)}{f' ({why})' if why else ''}" if once else ""
        return Result(statistic=LARGEST, value=found[worst] if found[worst] >= NOISE else 0.0, note=note, **self.shared)

    def _why_nothing(self, second: Mapping[str, float], why: str) -> str:
        if self.values:
            return why or "the second computation has no number here"
        reasons = "; ".join(dict.fromkeys(row.note for row in self.first.values() if row.note))
        if second:
            return f"the first computation has no number to compare with: {reasons}"
        return f"neither computation has a number: {reasons}" + (f"; {why}" if why else "")

    def _nothing(self, note: str) -> Result:
        return Result(statistic=LARGEST, value=None, status="not_estimable", note=note, **self.shared)
