"""Tables of counts and of times to an event, and which way their ratios are drawn."""

from dataclasses import replace

import pytest
from rctflow.display import ArmLabel, Display, VisitLabel
from rctflow.results import Result
from rctflow.tables.endpoint import endpoint_table
from rctflow.tables.overview import overview_table

DISPLAY = Display(
    *("falls", "Falls", "", "lower", 1, "secondary", (ArmLabel("placebo", "Placebo"), ArmLabel("msc", "MSC"))),
    *((VisitLabel("baseline", "Baseline", 0), VisitLabel("week8", "Week 8", 56)), "baseline", "week8"),
    *("main", "itt", "ITTFL"),
)


def rows(model, of_arms, ratio, unit, **more):
    def row(statistic, value, group="", contrast="", unit="", method="m"):
        place = ("s", "falls", "e", "itt", "main", "secondary", model, "week8", group, contrast)
        status, note = ("ok", "") if value is not None else ("not_estimable", "the curve does not fall far enough")
        return Result(*place, statistic, value, unit, method, status, note)

    made = [row(name, value, group=arm) for arm, of in of_arms.items() for name, value in of.items()]
    compared = dict(zip(("estimate", "ci_low", "ci_high"), ratio, strict=True))
    made += [row(name, value, contrast="msc / placebo", unit=unit) for name, value in compared.items()]
    made.append(row("p_value", 0.02, contrast="msc / placebo"))
    return made + [row(name, value, contrast="msc / placebo", method="log-rank test") for name, value in more.items()]


COUNTS = rows(
    "counts",
    {a: {"n": 20, "events": e, "exposure": 3.0, "rate": e / 3} for a, e in (("placebo", 77), ("msc", 47))},
    (0.61, 0.41, 0.91),
    "rate ratio",
)
TIMES = rows(
    "time_to_event",
    {
        "placebo": {"n": 21, "events": 21, "median": 8, "ci_low": 4, "ci_high": 11, "survival:8": 40},
        "msc": {"n": 21, "events": 9, "median": 23, "ci_low": 13, "ci_high": None, "survival:8": 80},
    },
    (0.21, 0.09, 0.47),
    "hazard ratio",
    logrank_p_value=0.0004,
)


def printed(table):
    return [[cell.text for cell in line] for line in table.lines]


def test_counts_print_events_exposure_rate_and_rate_ratio():
    table = endpoint_table(COUNTS, DISPLAY)
    heads = ("n analysed", "Events", "Exposure", "Events per unit of exposure", "Rate ratio (95% CI)", "Nominal p")
    assert table.heads[2:] == heads
    assert printed(table) == [
        ["Week 8", "Placebo", "20", "77", "3.00", "25.67", "reference", ""],
        ["MSC", "20", "47", "3.00", "15.67", "0.61 (0.41 to 0.91)", "0.020"],
    ]


def test_without_exposure_rates_are_per_patient():
    table = endpoint_table([row for row in COUNTS if row.statistic != "exposure"], DISPLAY)
    assert table.heads[4:6] == ("Events per patient", "Rate ratio (95% CI)")


def test_times_print_median_hazard_ratio_and_what_it_means():
    table = endpoint_table(TIMES, replace(DISPLAY, unit="weeks", direction="higher", digits=0))
    assert table.heads[3:6] == ("With the event", "Median time, weeks (95% CI)", "Hazard ratio (95% CI)")
    assert printed(table)[0] == ["Week 8", "Placebo", "21", "21", "8 (4 to 11)", "reference", ""]
    assert printed(table)[1] == ["MSC", "21", "9", "23 (–)", "0.21 (0.09 to 0.47)", "0.020"]
    assert "Not estimable: the curve does not fall far enough." in table.footnotes()
    notes = " ".join(table.notes)
    assert (
        "A hazard ratio below 1 (MSC / Placebo): the event comes later, or to fewer, in the arm named first." in notes
    )
    assert "MSC / Placebo, log-rank test: nominal p < 0.001." in notes


@pytest.mark.parametrize(
    ("made", "shown"), [(COUNTS, "0.61 (0.41 to 0.91) rate ratio"), (TIMES, "0.21 (0.09 to 0.47) hazard ratio")]
)
def test_the_overview_says_which_ratio_it_is(made, shown):
    table = overview_table({"falls": made}, [DISPLAY])
    assert shown in printed(table)[0]
    assert any(note.startswith("Hazard ratio:") for note in table.notes) == ("hazard" in shown)
