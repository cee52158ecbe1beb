"""Visits made from the days of the rows."""

import pandas as pd
from rctflow.propose.forms import Form
from rctflow.propose.gathered import moments_of_days
from rctflow.propose.roles import tables_of
from rctflow.propose.timing import with_times


def visits(days: list[list[int]]) -> list[tuple[str, float | None]]:
    """The visits of subjects with these days."""
    rows = [(str(who), str(day), str(day % 7 + who)) for who, own in enumerate(days, 1) for day in own]
    cells = pd.DataFrame(rows, columns=["id", "day", "weight"], dtype="str")
    [table] = tables_of([Form("form", {"file": "form.csv"}, "form.csv", cells)])
    return [(moment.when.id, moment.when.days) for moment in moments_of_days(with_times(table))]


def test_days_around_two_months_and_six_are_two_visits() -> None:
    days = [[0, 60 + late, 180 + 2 * late] for late in range(-9, 10)]
    assert visits(days) == [("day60", 60.0), ("day180", 180.0)]


def test_visits_that_few_subjects_reached_are_left_out() -> None:
    days = [[0, 60 + late, *([365] if late > 7 else [])] for late in range(-9, 10)]
    assert visits(days) == [("day60", 60.0)]


def test_days_spread_evenly_are_one_visit_that_stands_in() -> None:
    days = [[0, 1 + 13 * who, 300 + 13 * who] for who in range(20)]
    assert [name for name, _ in visits(days)] == ["todo"]
