"""Adverse events as the report prints them, from hand-written rows."""

import pytest
from rctflow.report.adverse_events import FOLDED_FROM, adverse_event_grids
from rctflow.report.settings import ReportAdverseEvents, ReportArm, ReportPopulation, ReportSettings
from rctflow.results import SUPPRESSED, Result

SETTINGS = ReportSettings(
    study="trial",
    title="A trial",
    arms=(ReportArm("placebo", "Placebo"), ReportArm("msc", "MSC")),
    visits=(),
    populations=(ReportPopulation("safety", "Safety", "", "actual"),),
    endpoints=(),
    adverse_events=ReportAdverseEvents(labels={"emergent": "Treatment-emergent"}, notes=("MedDRA 27.0.",)),
)


def row(level: str, who: str, statistic: str, value: float | None) -> Result:
    group, contrast = ("", who) if " - " in who else (who, "")
    told = {} if value is not None else {"status": "not_estimable", "note": SUPPRESSED}
    shared = dict.fromkeys(("estimand", "role", "visit"), "")
    fixed = {"study": "trial", "endpoint": "adverse_events", "population": "safety", "model": "summary"}
    return Result(
        analysis=level, group=group, contrast=contrast, statistic=statistic, value=value, **shared, **fixed, **told
    )


def level_rows(level: str, placebo: int | None, msc: int | None, of: int = 15) -> list[Result]:
    rows = []
    for arm, n in (("placebo", placebo), ("msc", msc)):
        percent = None if n is None else 100 * n / of
        rows += [row(level, arm, "n", n), row(level, arm, "percent", percent), row(level, arm, "events", n and 2 * n)]
        rows += [row(level, arm, "ci_low", percent), row(level, arm, "ci_high", None if n is None else 21.8019)]
        rows += [row(level, arm, name, percent) for name in ("rate", "rate_ci_low", "rate_ci_high")]
    known = placebo is not None and msc is not None
    values = {"estimate": 6.6667, "ci_low": -14.25, "ci_high": 29.8} if known else dict.fromkeys(("estimate", "ci_low"))
    return [*rows, *(row(level, "msc - placebo", name, value) for name, value in values.items())]


SIZES = [row("population", arm, "n", 15) for arm in ("placebo", "msc")]


def test_overview_prints_patients_of_those_at_risk_and_the_bound_of_nought():
    grid = adverse_event_grids([*SIZES, *level_rows("emergent", 0, 1)], SETTINGS)[0]
    assert grid.caption == "Adverse events, Safety population (as treated)"
    assert grid.heads == ("", "Placebo, N = 15", "MSC, N = 15", "MSC − Placebo: difference, points (CI)")
    assert grid.lines == [("Treatment-emergent", ["0/15 (≤ 21.8%)", "1/15 (6.7%) [2]", "6.7 (-14.3 to 29.8)"], False)]
    assert "a one-sided 97.5 % bound" in grid.notes[0] and grid.notes[-1] == "MedDRA 27.0."


def test_what_is_suppressed_is_a_dash():
    grid = adverse_event_grids([*SIZES, *level_rows("emergent", 8, None)], SETTINGS)[0]
    assert grid.lines[0][1] == ["8/15 (53.3%) [16]", "–", "–"]


def test_terms_stand_under_their_class_and_long_tables_are_folded():
    rows = [*SIZES, *level_rows("emergent", 5, 5)]
    for system in ("Gut", "Heart/vessels"):
        rows += level_rows(f"emergent:{system}", 3, 3)
        for n in range(FOLDED_FROM // 2):
            rows += level_rows(f"emergent:{system}/<i>Term</i>, {n}", 1, 2)
    grid = adverse_event_grids(rows, SETTINGS)[-1]
    assert grid.folded
    assert [(head, indented) for head, _, indented in grid.lines[:2]] == [("Gut", False), ("<i>Term</i>, 0", True)]
    assert ("Heart/vessels", False) in [(head, indented) for head, _, indented in grid.lines]


@pytest.mark.parametrize(("shown_from", "heads"), [(0, ["Gut", "Rare", "Common"]), (20, ["Gut", "Common"])])
def test_rare_terms_are_left_to_the_file_when_the_config_says_so(shown_from, heads):
    rows = [*SIZES, *level_rows("emergent:Gut", 3, 3), *level_rows("emergent:Gut/Rare", 1, 2)]
    rows += level_rows("emergent:Gut/Common", 0, 3)
    settings = ReportAdverseEvents(shown_from=shown_from)
    grid = adverse_event_grids(rows, ReportSettings(**vars(SETTINGS) | {"adverse_events": settings}))[-1]
    assert [head for head, _, _ in grid.lines] == heads
    assert any("1 classes and terms" in note for note in grid.notes) == (shown_from > 0)


def test_p_values_are_printed_when_there_are_some():
    rows = [*SIZES, *level_rows("emergent", 1, 2), row("emergent", "msc - placebo", "p_value", 0.0004)]
    grid = adverse_event_grids(rows, SETTINGS)[0]
    assert grid.heads[-1] == "MSC − Placebo: p" and grid.lines[0][1][-1] == "<0.001"
