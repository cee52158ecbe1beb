"""Run the table of comparisons, one after the other, and keep what each found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rctflow.qualify.numbers import Number, Sources
from rctflow.qualify.table import Check

PASS, FAIL, NOT_RUN = "PASS", "FAIL", "NOT RUN"


@dataclass(frozen=True)
class Done:
    """A comparison that was made, or the ``reason`` why it could not be (or ended early)."""

    check: Check
    numbers: tuple[Number, ...] = ()
    reason: str = ""
    verdict: str = NOT_RUN

    @property
    def worst(self) -> Number | None:
        """The number that uses most of what is allowed, or exceeds it most."""
        return max(self.numbers, key=used, default=None)

    @property
    def programs(self) -> bool:
        """Whether the numbers have sources of their own."""
        return any(number.program for number in self.numbers)

    @property
    def disagreeing(self) -> list[Number]:
        """The numbers that do not agree."""
        return [number for number in self.numbers if not number.agrees]


def used(number: Number) -> float:
    """The share of the allowed difference that is used: 1 is the limit; 0 where both are equal."""
    apart = abs(number.found - number.expected)
    if apart != apart:
        return 0.0 if number.agrees else float("inf")
    return apart / number.allowed if number.allowed else (0.0 if apart == 0 else float("inf"))


def run_all(checks: Iterable[Check], sources: Sources, tell: Callable[[Done], None]) -> list[Done]:
    """Every comparison in order; ``tell`` is called after each."""
    found = []
    for check in checks:
        found.append(run_one(check, sources))
        tell(found[-1])
    return found


def run_one(check: Check, sources: Sources) -> Done:
    """One comparison. One that ends in an error has failed: its error is the reason."""
    if lacking := check.lacking(sources):
        return Done(check, reason=f"data of others that are not here: {', '.join(lacking)} below {sources.data}")
    numbers: list[Number] = []
    try:
        numbers.extend(check.run(sources))
    except Exception as error:  # any error of any library is a finding of a qualification, not its end
        return Done(check, tuple(numbers), f"ended with {type(error).__name__}: {error}", FAIL)
    if not numbers:
        return Done(check, reason="no number was compared", verdict=FAIL)
    return Done(check, tuple(numbers), verdict=PASS if all(number.agrees for number in numbers) else FAIL)
