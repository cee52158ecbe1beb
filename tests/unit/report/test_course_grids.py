"""Grids of the course of the study: what each summary's rows look like in the report."""

from rctflow.report.course import disposition_grids, exposure_grids, participants_by_site_grids
from rctflow.summaries.rows import summary_row

from tests.unit.figures.displayed_study import report_settings

ARMS = ("placebo", "msc", "")


def rows(summary, analysis, statistic, values, population="itt", **more):
    return [
        summary_row("s", summary, analysis, statistic, value, population=population, group=arm, **more)
        for arm, value in zip(ARMS, values, strict=True)
    ]


def counted(analysis, level, numbers):
    shares = [100 * n / of for n, of in zip(numbers, (10, 10, 20), strict=True)]
    return [
        *rows("disposition", analysis, f"n:{level}", numbers),
        *rows("disposition", analysis, f"percent:{level}", shares, unit="%"),
    ]


def test_each_phase_has_a_table_of_its_own_with_its_tests():
    told = []
    for prefix, done in (("", "Completed the study"), ("week4:", "Completed week 4")):
        told += rows("disposition", f"{prefix}status", "n", (10, 10, 20))
        told += counted(f"{prefix}status", done, (8, 7, 15))
        told += counted(f"{prefix}reason", "ADVERSE EVENT", (1, 3, 4))
    p = {"population": "itt", "group": "", "method": "exact test"}
    told.append(summary_row("s", "disposition", "week4:reason", "p_value:ADVERSE EVENT", 0.0004, **p))
    whole, phase = disposition_grids(told, report_settings())
    assert (whole.caption, phase.caption) == ("Disposition", "Disposition: completed week 4 or not")
    assert [head for head, _, _ in phase.lines] == ["Completed week 4", "Adverse event"]
    assert phase.lines[1][1] == ["1 (10%)", "3 (30%)", "4 (20%)"]
    assert "Adverse event by arm: p < 0.001 (exact test)." in phase.notes
    assert not any("p =" in note for note in whole.notes)


def test_a_cell_of_a_site_has_every_population_and_small_sites_stand_under_their_pool():
    told = []
    places = {"pool:701": 3, "pool:701/701": 3, "pool:900": 4, "pool:900/702": 1, "pool:900/706": 3}
    for place, n in places.items():
        told += rows("sites", place, "n", (n, 0, n))
        told += rows("sites", place, "n", (n - 1, 0, n - 1), "per_protocol")
    (grid,) = participants_by_site_grids(told, report_settings())
    assert [(head, within) for head, _, within in grid.lines] == [
        *(("701", False), ("Pooled: 900", False), ("702", True), ("706", True)),
    ]
    assert grid.lines[1][1] == ["4 / 3", "0 / 0", "4 / 3"]
    assert grid.caption.endswith("/ Per protocol")


def test_sites_with_a_slash_in_their_name_keep_it():
    told = [row for name in ("Bonn/Köln", "N/A") for row in rows("sites", f"site:{name}", "n", (1, 2, 3))]
    (grid,) = participants_by_site_grids(told, report_settings())
    assert [(head, within) for head, _, within in grid.lines] == [("Bonn/Köln", False), ("N/A", False)]
    places = ("pool:a/b", "pool:a/b/a/b", "pool:small", "pool:small/Bonn/Köln", "pool:small/c")
    told = [row for place in places for row in rows("sites", place, "n", (1, 2, 3))]
    (grid,) = participants_by_site_grids(told, report_settings())
    assert [(head, within) for head, _, within in grid.lines] == [
        *(("a/b", False), ("Pooled: small", False), ("Bonn/Köln", True), ("c", True)),
    ]


def test_sites_without_pools_are_a_plain_list():
    told = [row for name in ("A", "B") for row in rows("sites", f"site:{name}", "n", (1, 2, 3))]
    (grid,) = participants_by_site_grids(told, report_settings())
    assert grid.lines == [("A", ["1", "2", "3"], False), ("B", ["1", "2", "3"], False)]


def test_each_population_has_its_own_exposure():
    told = []
    for population in ("itt", "per_protocol"):
        told += rows("exposure", "cumulative_dose", "n", (3, 4, 7), population)
        told += rows("exposure", "cumulative_dose", "mean", (10.04, 20, 15), population, unit="mg")
    first, second = exposure_grids(told, report_settings())
    assert second.caption == "Exposure: Per protocol"
    assert first.heads[1].endswith("(n = 3)")
    assert first.lines[0][0] == "Cumulative dose, mg"
