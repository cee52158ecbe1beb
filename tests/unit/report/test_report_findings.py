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


def test_categories_and_shifts_have_their_cells_and_p_values(settings):
    after = settings.visits[1].id
    counts = {("placebo", "NORMAL", "HIGH"): 2, ("msc", "HIGH", "HIGH"): 1}
    rows = []
    for arm in ("placebo", "msc"):
        where = {"group": arm}
        rows.append(summary_row("demo", "laboratory", "ALT:extreme", "n", 15, **where))
        for level in ("LOW", "NORMAL", "HIGH"):
            rows += counted_level("laboratory", "ALT:extreme", level, 3, 15, STUDY, where)
        for analysis, visit in (("ALT:threshold", ""), ("ALT:threshold", after), ("liver:hys_law", "")):
            at = where | {"visit": visit}
            for before in ("NORMAL", "HIGH"):
                rows.append(summary_row("demo", "laboratory", analysis, f"n_from:{before}", 10, **at))
                for to in ("NORMAL", "HIGH"):
                    n = counts.get((arm, before, to), 0)
                    rows.append(summary_row("demo", "laboratory", analysis, f"n:{before} to {to}", n, **at))
                    rows.append(summary_row("demo", "laboratory", analysis, f"percent:{before} to {to}", 10 * n, **at))
    rows.append(summary_row("demo", "laboratory", "ALT:extreme", "p_value", 0.0004))
    rows.append(summary_row("demo", "laboratory", "ALT:threshold", "p_value", 0.5))
    rows += rows_of(settings)
    grids = {grid.caption: grid for grid in finding_grids(rows, settings)}
    liver = grids["Liver: shifts from baseline to any visit under treatment"]
    assert liver.lines[2] == ("normal to high", ["2/10 (20.0%)", "0/10 (0.0%)", ""], True)
    extreme = grids["Laboratory: most extreme value under treatment, by the normal range"]
    assert extreme.lines[0] == ("ALT, U/L", ["n = 15", "n = 15", "<0.001"], False)
    assert extreme.lines[3] == ("high", ["3/15 (20.0%)", "3/15 (20.0%)", ""], True)
    overall = grids["Laboratory: shifts by the threshold range, to the most extreme value"]
    assert overall.lines[0] == ("ALT, U/L", ["", "", "0.500"], False)
    by_visit = grids["Laboratory: shifts by the threshold range, by visit"]
    assert by_visit.lines[1] == (settings.visits[1].label, ["normal to high 2", "high to high 1"], True)


def test_a_named_end_of_treatment_is_a_line_of_the_values(settings):
    rows = [
        summary_row("demo", "laboratory", "ALT", name, 2.0, visit="end_of_treatment", group=arm)
        for arm in ("placebo", "msc")
        for name in ("n", "mean", "sd", "median", "min", "max")
    ]
    values = finding_grids([*rows_of(settings), *rows], settings)[-1]
    assert [line[0] for line in values.lines][-1] == "End of treatment"


def test_what_is_suppressed_is_a_dash(settings):
    hidden = {"value": None, "status": "not_estimable", "note": "suppressed"}
    rows = [replace(r, **hidden) if r.statistic != "n" else r for r in rows_of(settings)]
    grids = finding_grids([r for r in rows if not r.statistic.startswith("exact")], settings)
    assert grids[0].lines[1][1] == ["–", "–"]
    assert grids[-1].lines[0][1] == ["15", "", "15", ""]


def test_no_rows_no_tables(settings):
    assert finding_grids([], settings) == []
