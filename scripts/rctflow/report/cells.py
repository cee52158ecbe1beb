"""Texts of the cells of a grid, from rows by statistic and group (an arm, or "" for all)."""

from __future__ import annotations

from rctflow.report.settings import ReportSettings
from rctflow.results import Result
from rctflow.rounding import interval, percentage, rounded

Found = dict[tuple[str, str], Result]
DIGITS = 1


def groups_of(settings: ReportSettings) -> list[str]:
    """The arms' ids, then "" for all."""
    return [*(arm.id for arm in settings.arms), ""]


def group_labels(settings: ReportSettings) -> tuple[str, ...]:
    """The heads over ``groups_of``."""
    return (*(arm.label for arm in settings.arms), "All")


def number(row: Result | None, digits: int = 0) -> str:
    """A value as printed; a dash where there is no row or no value."""
    return rounded(row.value if row else None, digits)


def share(found: Found, group: str, level: str = "") -> str:
    """``14 (93%)`` of a level (``n:level`` and ``percent:level``), or the number alone where no percentage is known."""
    end = f":{level}" if level else ""
    n, percent = number(found.get((f"n{end}", group))), found.get((f"percent{end}", group))
    return f"{n} ({percentage(percent.value)}%)" if percent and percent.value is not None else n


def mean_sd(found: Found, group: str) -> str:
    """``36.2 (8.1)``."""
    mean, sd = (number(found.get((name, group)), DIGITS) for name in ("mean", "sd"))
    return f"{mean} ({sd})"


def min_to_max(found: Found, group: str) -> str:
    """``20.1 to 51.3``."""
    low, high = (found.get((name, group)) for name in ("min", "max"))
    return interval(low.value if low else None, high.value if high else None, DIGITS)
