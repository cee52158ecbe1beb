"""Visits of a form that has a day per row and no visit label: where the days of all subjects gather."""

from __future__ import annotations

from itertools import pairwise

from rctflow.propose.plan import Moment
from rctflow.propose.roles import Table
from rctflow.propose.times import When

FEWEST_SUBJECTS = 0.25
# mean distance from the middle of a window, in half windows; evenly spread days have 0.5
MOST_SPREAD = 0.3


def moments_of_days(table: Table) -> list[Moment]:
    """The visits that the days after 0 gather around: the median days of the subjects' first, second, ... row, as
    long as the days lie close to them; one visit that stands in when they do not.
    """
    days = table.looks[table.day].numbers.dropna()
    after = days[days > 0].astype(int)
    if after.empty:
        return []
    people = table.people
    rank = after.groupby(people[after.index]).rank(method="first").astype(int)
    middles: list[int] = []
    for number in range(1, int(rank.max()) + 1):
        rows = after[rank == number]
        middle = round(float(rows.median()))
        if len(rows) < FEWEST_SUBJECTS * people.nunique() or middle <= max(middles, default=0):
            break
        middles.append(middle)
    while middles and not _gathered(list(after), middles):
        middles.pop()
    source = f"{table.id}.{table.day}"
    if not middles:
        last = int(after.max())
        why = f"TODO: the planned visits; {source} goes to day {last} and gathers nowhere"
        return [Moment(When("todo", "TODO", "after", (last + 1) // 2), "", why)]
    return [
        Moment(When(f"day{day}", f"Day {day}", "after", float(day)), "", f"days of {source} gather here")
        for day in middles
    ]


def _gathered(days: list[int], middles: list[int]) -> bool:
    """Whether the days lie close to their ``middles``, each inside a window that ends halfway to the next."""
    edges = [1.0, *((one + two) / 2 for one, two in pairwise(middles))]
    edges.append(2 * middles[-1] - edges[-1])
    for low, middle, high in zip(edges, middles, edges[1:], strict=False):
        inside = [abs(day - middle) / max(1.0, middle - low if day < middle else high - middle)
                  for day in days if low <= day < high]  # fmt: skip
        if not inside or sum(inside) / len(inside) > MOST_SPREAD:
            return False
    return True
