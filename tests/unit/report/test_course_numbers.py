"""Disposition, deviations, exposure, medication, findings by site: the cells say what the rows say."""

from dataclasses import replace

import pytest
from rctflow.report.course import (
    LONGEST,
    deviation_grids,
    disposition_grids,
    exposure_grids,
    medication_grids,
    site_grid,
)
from rctflow.report.settings import ReportArm, ReportSettings
from rctflow.results import SUPPRESSED
from rctflow.summaries.rows import summary_row

SETTINGS = ReportSettings("s", "S", (ReportArm("placebo", "Placebo"), ReportArm("drug", "Drug")), (), (), ())
GROUPS = ("placebo", "drug", "")


def by_arm(summary, analysis, statistic, *values, **more):
    return [
        summary_row("s", summary, analysis, statistic, value, group=group, **more)
        for group, value in zip(GROUPS, values, strict=True)
    ]


def shares(summary, analysis, level, *counts, of=(10, 20, 30), kind="n"):
    end = f":{level}" if level else ""
    percents = [100 * n / whole for n, whole in zip(counts, of, strict=True)]
    rows = by_arm(summary, analysis, f"{kind}{end}", *counts)
    return rows + by_arm(summary, analysis, f"{kind.replace('n', 'percent', 1)}{end}", *percents)


def disposition():
    rows = by_arm("disposition", "status", "n", 10, 20, 30)
    rows += shares("disposition", "status", "COMPLETED", 7, 20, 27)
    rows += [summary_row("s", "disposition", "status", "p_value", 0.0123, method="Fisher's exact test")]
    return rows + shares("disposition", "reason", "LOST TO FOLLOW-UP", 3, 0, 3)


def test_disposition_with_reasons_below_and_its_p_value():
    (grid,) = disposition_grids(disposition(), SETTINGS)
    assert grid.heads == ("", "Placebo (n = 10)", "Drug (n = 20)", "All (n = 30)")
    assert grid.lines == [
        ("Completed", ["7 (70%)", "20 (100%)", "27 (90%)"], False),
        ("Lost to follow-up", ["3 (30%)", "0", "3 (10%)"], True),
    ]
    assert "Completion by arm: p = 0.012 (Fisher's exact test)." in grid.notes


def test_what_is_suppressed_is_a_dash_without_its_share():
    hidden = {"value": None, "status": "not_estimable", "note": SUPPRESSED}
    rows = [replace(row, **hidden) if row.group == "placebo" and ":" in row.statistic else row for row in disposition()]
    (grid,) = disposition_grids(rows, SETTINGS)
    assert grid.lines[0][1] == ["–", "20 (100%)", "27 (90%)"]


def test_deviations_by_class_and_term_with_their_number():
    rows = [*by_arm("deviations", "any", "n", 10, 20, 30), *shares("deviations", "any", "", 2, 4, 6, kind="n_with")]
    rows += by_arm("deviations", "any", "events", 3, 4, 7)
    rows += shares("deviations", "class", "Dosing", 2, 0, 2, kind="n_with")
    rows += shares("deviations", "Dosing", "Late dose", 2, 0, 2, kind="n_with")
    (grid,) = deviation_grids(rows, SETTINGS)
    assert grid.lines == [
        ("Any deviation", ["2 (20%), 3", "4 (20%), 4", "6 (20%), 7"], False),
        ("Dosing", ["2 (20%)", "0", "2 (7%)"], False),
        ("Late dose", ["2 (20%)", "0", "2 (7%)"], True),
    ]


def test_exposure_has_doses_then_amounts():
    rows = by_arm("exposure", "doses", "n", 10, 20, 30)
    rows += shares("exposure", "doses_given", "1", 1, 0, 1) + shares("exposure", "doses_given", "2", 9, 20, 29)
    for statistic, values in {
        "n": (10, 20, 30),
        "mean": (5, 5.25, 5.2),
        "sd": (1, 0.5, 0.7),
        "median": (5, 5, 5),
    }.items():
        rows += by_arm("exposure", "duration", statistic, *values, unit="days")
    rows += by_arm("exposure", "duration", "min", 1, 4, 1) + by_arm("exposure", "duration", "max", 8, 6, 8)
    rows += by_arm("exposure", "duration", "n_missing", 0, 2, 2)
    (grid,) = exposure_grids(rows, SETTINGS)
    assert grid.lines == [
        ("1 dose given", ["1 (10%)", "0", "1 (3%)"], False),
        ("2 doses given", ["9 (90%)", "20 (100%)", "29 (97%)"], False),
        ("Doses", ["n = 10", "n = 20", "n = 30"], False),
        ("Duration, days", ["n = 10", "n = 20", "n = 30"], False),
        ("mean (SD)", ["5.0 (1.0)", "5.3 (0.5)", "5.2 (0.7)"], True),
        ("median", ["5.0", "5.0", "5.0"], True),
        ("min to max", ["1.0 to 8.0", "4.0 to 6.0", "1.0 to 8.0"], True),
        ("missing", ["0", "2", "2"], True),
    ]


def medication(terms):
    rows = [*by_arm("medication", "concomitant", "n", 10, 20, 30)]
    rows += shares("medication", "concomitant", "", 5, 10, 15, kind="n_with")
    rows += shares("medication", "concomitant", "ANALGESICS", 5, 10, 15, kind="n_with")
    for term in terms:
        rows += shares("medication", "concomitant/ANALGESICS", term, 1, 2, 3, kind="n_with")
    rows += [summary_row("s", "medication", "dates", "n_records", 40)]
    return [*rows, summary_row("s", "medication", "dates", "n_records:unknown start", 4)]


def test_medication_by_class_and_term_and_what_its_dates_do_not_say():
    (grid,) = medication_grids(medication(["ASPIRIN"]), SETTINGS)
    assert [line[0] for line in grid.lines] == ["Any", "Analgesics", "Aspirin"]
    assert grid.lines[2] == ("Aspirin", ["1 (10%)", "2 (10%)", "3 (10%)"], True)
    assert grid.notes[-1].endswith("Of 40 records: 4 with unknown start.")


def test_a_long_table_of_medication_is_cut_and_says_so():
    (grid,) = medication_grids(medication([f"DRUG {n}" for n in range(90)]), SETTINGS)
    assert len(grid.lines) == LONGEST
    assert grid.notes[0].startswith(f"The first {LONGEST} of 92 lines")


def test_findings_by_site():
    rows = []
    for site, subjects, findings in (("site 01", 3, 9), ("site 02", 1, 1)):
        rows += [summary_row("s", "data_quality", site, "n_subjects", subjects)]
        rows += [summary_row("s", "data_quality", site, "findings", findings)]
        rows += [summary_row("s", "data_quality", site, "findings:query", findings)]
    grid = site_grid(rows)
    assert grid is not None
    assert grid.heads == ("Site", "Patients with findings", "Findings", "query")
    assert grid.lines == [("01", ["3", "9", "9"], False), ("02", ["1", "1", "1"], False)]


@pytest.mark.parametrize("rows", [[], [summary_row("s", "data_quality", "walk", "findings", 2)]])
def test_no_sites_no_table(rows):
    assert site_grid(rows) is None
