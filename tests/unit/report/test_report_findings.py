"""Laboratory and vital signs in the report: the cells say what the rows say."""

from dataclasses import replace

import pytest
from rctflow.report.findings import finding_grids
from rctflow.report.settings import ReportTest
from rctflow.summaries.rows import counted_level, summary_row
from rctflow.summaries.settings import SummaryStudy

from tests.unit.figures.displayed_study import report_settings

STUDY = SummaryStudy("demo", ("placebo", "msc"), {})


@pytest.fixture(scope="module")
def settings():
    return replace(report_settings(), tests={"laboratory": {"ALT": ReportTest("ALT, U/L", 0)}})


def rows_of(settings):
    baseline, after = settings.visits[0].id, settings.visits[1].id
    rows = []
    for arm, mean, high in (("placebo", 20.0, 0), ("msc", 30.5, 3)):
        for visit in (baseline, after):
            where = {"visit": visit, "group": arm}
            values = {"n": 15, "mean": mean, "sd": 2.5, "median": 19.0, "min": 10.0, "max": 40.0}
            rows += [summary_row("demo", "laboratory", "ALT", name, value, **where) for name, value in values.items()]
        for analysis, level in (("ALT:abnormal", "high"), ("ALT:worst", "NORMAL to HIGH"), ("liver", "hys_law")):
            where = {"group": arm, "method": "rule"}
            rows.append(summary_row("demo", "laboratory", analysis, "n", 15, **where))
            rows += counted_level("laboratory", analysis, level, high, 15, STUDY, where)
    return rows


def test_each_table_has_its_cells(settings):
    grids = {grid.caption: grid for grid in finding_grids(rows_of(settings), settings)}
    abnormal, liver, shifts, values = grids.values()
    assert abnormal.lines[0] == ("ALT, U/L", ["n = 15", "n = 15"], False)
    assert abnormal.lines[1] == ("high, not so at baseline", ["0/15 (≤ 21.8%)", "3/15 (20.0%)"], True)
    assert liver.lines[1][1] == ["0/15 (≤ 21.8%)", "3/15 (20.0%)"]
    assert shifts.lines[1] == ("normal to high", ["0/15", "3/15 (20.0%)"], True)
    assert values.lines[0][1] == ["15, 20.0 (2.5), 19 [10 to 40]", "", "15, 30.5 (2.5), 19 [10 to 40]", ""]
    assert [grid.folded for grid in grids.values()] == [False, False, True, True]


def test_what_is_suppressed_is_a_dash(settings):
    hidden = {"value": None, "status": "not_estimable", "note": "suppressed"}
    rows = [replace(r, **hidden) if r.statistic != "n" else r for r in rows_of(settings)]
    grids = finding_grids([r for r in rows if not r.statistic.startswith("exact")], settings)
    assert grids[0].lines[1][1] == ["–", "–"]
    assert grids[-1].lines[0][1] == ["15", "", "15", ""]


def test_no_rows_no_tables(settings):
    assert finding_grids([], settings) == []
