"""Compute the primary and secondary results of a study again and hold them against the first ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rctflow.results import SUPPRESSED, Result, compared_arms, is_ratio
from rctflow.second.agreement import NOISE, TOLERANCE, disagreements
from rctflow.second.errors import DisagreementError, NoSecondPathError
from rctflow.second.registry import second_path
from rctflow.second.settings import Declared, Second

if TYPE_CHECKING:
    from pandas import DataFrame

PREFIX = "second_"
LARGEST = "largest_disagreement"
METHOD = "independent second computation (docs/second.md)"


def compute_again(
    settings: Second,
    adsl: DataFrame,
    records: Mapping[str, DataFrame],
    first: Mapping[str, Sequence[Result]],
) -> list[Result]:
    """Per primary and secondary analysis and contrast (or arm): each statistic of the second computation
    (``second_estimate``, ...) and ``largest_disagreement`` with the first; a row with the reason where there is nothing
    to compare.

    records: BDS by endpoint. first: result rows by endpoint. Disagreements below NOISE are written as 0. Raises
    DisagreementError, naming every pair of numbers that is further apart than TOLERANCE.
    """
    rows: list[Result] = []
    apart: list[str] = []
    for declared in settings.analyses:
        found, why = _computed(records[declared.endpoint], adsl, declared)
        for who, printed in _first_rows(first[declared.endpoint], declared, found).items():
            comparison = Comparison(settings, declared, who, printed)
            rows += comparison.rows(found.get(who, {}), why)
            apart += comparison.apart
    if apart:
        raise DisagreementError(
            "two computations of the same result disagree by more than "
            f"{TOLERANCE:g} (docs/second.md says how that is measured):\n  " + "\n  ".join(apart)
        )
    return rows


def _computed(bds: DataFrame, adsl: DataFrame, declared: Declared) -> tuple[dict[str, dict[str, float]], str]:
    """Contrast or arm -> statistics, and why there are none when there are none."""
    from numpy.linalg import LinAlgError

    try:
        compute = second_path(declared.model)
        found = compute(bds, adsl, declared)
        for arm, other in declared.contrasts:
            turned = replace(declared, arms=(other, *(name for name in declared.arms if name != other)))
            again = compute(bds, adsl, turned)
            found |= {who: numbers for who, numbers in again.items() if compared_arms(who) == [arm, other]}
        return found, "the second computation has no number here"
    except NoSecondPathError as error:
        return {}, str(error)
    except (LinAlgError, ArithmeticError, ValueError) as error:
        return {}, f"the second computation failed: {error}"


def _first_rows(rows: Sequence[Result], declared: Declared, found: Mapping[str, Any]) -> dict[str, dict[str, Result]]:
    """Contrast with the reference -> statistic -> row, at the declared visit; arms too, where the second computation
    has them, and where there is nothing else.
    """
    here = [
        row
        for row in rows
        if (row.analysis, row.population, row.visit) == (declared.analysis, declared.population, declared.visit)
        and ":" not in row.statistic  # of a part of the patients
    ]
    compares = any(row.contrast for row in here)
    sorted_out: dict[str, dict[str, Result]] = {}
    for row in here:
        if row.contrast or (row.group and (row.group in found or not compares)):
            sorted_out.setdefault(row.contrast or row.group, {})[row.statistic] = row
    return sorted_out


class Comparison:
    """One contrast or arm: its first result rows by statistic, held against the second computation's numbers.

    apart: a sentence for each pair of numbers above the tolerance.
    """

    def __init__(self, settings: Second, declared: Declared, who: str, first: dict[str, Result]) -> None:
        self.first = first
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

    def rows(self, second: Mapping[str, float], why: str) -> Iterator[Result]:
        """The rows of this contrast. second: statistics by name, none when ``why`` says the reason."""
        if any(row.note == SUPPRESSED for row in self.first.values()):
            yield self._nothing(SUPPRESSED)
            return
        for name, value in second.items():
            unit = self.first[name].unit if name in self.first else ""
            yield Result(statistic=PREFIX + name, value=value, unit=unit, **self.shared)
        values = {name: row.value for name, row in self.first.items() if row.value is not None}
        found = disagreements(values, second, is_ratio(self.contrast))
        if not found:
            yield self._nothing(why if not second else "the first computation has no number to compare with")
        elif max(found.values()) > TOLERANCE and (other := self._other_steps(second)):
            yield self._nothing(other)
        else:
            yield from self._judged(found, values, second)

    def _other_steps(self, second: Mapping[str, float]) -> str:
        """Why numbers that are apart do not contradict one another: the paths fitted different models ("" if not)."""
        left, used = getattr(second, "left", ""), getattr(second, "used", "")
        if used and all(used in row.method for row in self.first.values() if row.value is not None):
            return ""
        fell = [row.note for row in self.first.values() if row.status == "fallback"]
        if not fell:
            return f"the second computation fell back, the first did not: {left}" if left else ""
        theirs = f"another step ({left})" if left else "the declared model"
        return f"the first computation fell back, the second computes {theirs}: " + "; ".join(sorted(set(fell)))

    def _judged(
        self, found: Mapping[str, float], values: Mapping[str, float], second: Mapping[str, float]
    ) -> Iterator[Result]:
        worst = max(found, key=lambda name: found[name])
        self.apart = [
            f"{self.first[name].result_id}: first {values[name]:.10g}, second {second[name]:.10g}"
            for name, share in found.items()
            if share > TOLERANCE
        ]
        once = [name for name in values if name not in found]
        note = f"of {', '.join(found)}" + (f"; largest for {worst}" if found[worst] >= NOISE else "")
        note += f"; not computed again: {', '.join(once)}" if once else ""
        shown = found[worst] if found[worst] >= NOISE else 0.0
        yield Result(statistic=LARGEST, value=shown, note=note, **self.shared)

    def _nothing(self, note: str) -> Result:
        return Result(statistic=LARGEST, value=None, status="not_estimable", note=note, **self.shared)
