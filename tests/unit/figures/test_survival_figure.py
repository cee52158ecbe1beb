"""Kaplan-Meier curves as drawn: what the rows say, and nothing else."""

from dataclasses import replace

import pytest
from rctflow.display import ArmLabel, Display, VisitLabel
from rctflow.figures.follow_up import draw_follow_up
from rctflow.figures.profile import draw_profile
from rctflow.figures.style import save_svg
from rctflow.figures.survival import curve_of, draw_survival
from rctflow.figures.trajectories import draw_trajectories
from rctflow.results import Result, rows_of

ARMS = (ArmLabel("placebo", "Placebo"), ArmLabel("msc", "MSC"))
DISPLAY = Display(
    *("relapse", "Time to relapse", "weeks", "higher", 1, "primary", ARMS, (VisitLabel("week52", "Week 52", 364),)),
    *("", "week52", "times", "itt", "ITTFL"),
    synthetic=True,
)
PLACEBO = {"n": 4, "events": 4, "at_risk:0": 4, "at_risk:10": 2, "at_risk:20": 0, "survival:5": 50, "survival:12": 0}
PLACEBO |= {"survival_ci_low:5": 6, "survival_ci_high:5": 84, "survival_ci_low:12": None, "survival_ci_high:12": None}
MSC = {"n": 5, "events": 1, "at_risk:0": 5, "at_risk:10": 4, "at_risk:20": 2, "survival:8": 80, "censored:15": 2}
MSC |= {"survival_ci_low:8": 20, "survival_ci_high:8": 97, "censored:20": 2}


def row(arm, statistic, value):
    place = ("s", "relapse", "e", "itt", "times", "primary", "time_to_event", "week52", arm, "", statistic)
    status, note = ("ok", "") if value is not None else ("not_estimable", "nobody is left")
    return Result(*place, value, "", "Kaplan-Meier", status, note)


ROWS = [row(arm, name, value) for arm, of in (("placebo", PLACEBO), ("msc", MSC)) for name, value in of.items()]


def curves(figure):
    return [line for line in figure.axes[0].lines if line.get_drawstyle() == "steps-post"]


def test_steps_and_censoring_marks_are_those_of_the_rows():
    figure = draw_survival(ROWS, DISPLAY)
    placebo, msc = curves(figure)
    assert (list(placebo.get_xdata()), list(placebo.get_ydata())) == ([0, 5, 12, 12], [100, 50, 0, 0])
    assert (list(msc.get_xdata()), list(msc.get_ydata())) == ([0, 8, 20], [100, 80, 80])
    (marks,) = [line for line in figure.axes[0].lines if line.get_marker() == "|"]
    assert (list(marks.get_xdata()), list(marks.get_ydata())) == ([15, 20], [80, 80])


def test_the_band_ends_where_the_curve_has_no_variance():
    spans = [band.get_paths()[0].get_extents().x1 for band in draw_survival(ROWS, DISPLAY).axes[0].collections]
    assert spans == pytest.approx([12, 20])


def test_numbers_at_risk_stand_below_their_times_and_events_in_the_legend():
    figure = draw_survival(ROWS, DISPLAY)
    axes = figure.axes[0]
    assert list(axes.get_xticks()) == [0, 10, 20]
    texts = [text.get_text() for text in figure.texts]
    assert [text for text in texts if text.isdigit()] == ["4", "2", "0", "5", "4", "2"]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["Placebo (4 of 4 with the event)", "MSC (1 of 5 with the event)"]


def test_curve_of_nobody_is_empty_and_the_figure_says_so():
    assert curve_of(rows_of(ROWS, "times", "itt"), "week52", "high").at_risk == ()
    figure = draw_survival([row("msc", "n", 0)], DISPLAY)
    assert "No patient has a time at this visit" in [text.get_text() for text in figure.axes[0].texts]


def test_restricted_data_say_how_many_events_a_step_has():
    told = [row for row in ROWS if not row.statistic.startswith("censored")]
    figure = draw_survival(told, replace(DISPLAY, small_cells=5))
    assert any("each step is of 5 events or more" in text.get_text() for text in figure.texts)
    assert [max(line.get_xdata()) for line in curves(figure)] == [12, 8]  # not flat to the end of follow-up


RECORDS = {
    "USUBJID": ["a", "b", "c"],
    "ARM": ["msc", "msc", "placebo"],
    "AVISIT": ["week52"] * 3,
    "AVAL": [20.0, 8.0, 5.0],
    "AVALC": [">20", "", None],
}


def test_each_patients_follow_up_ends_in_a_filled_or_an_open_point():
    figure = draw_follow_up(RECORDS, DISPLAY)
    points = [(list(line.get_xdata()), line.get_markerfacecolor() == "white") for line in figure.axes[1].lines]
    assert points == [([8.0], False), ([20.0], True)]
    nobody = draw_follow_up(RECORDS, replace(DISPLAY, small_cells=5))
    assert not [line for axes in nobody.axes for line in axes.lines]


def test_profile_and_trajectories_of_times_are_these_figures(tmp_path):
    assert draw_profile(ROWS, DISPLAY).axes[0].get_label() == "survival"
    assert draw_trajectories(RECORDS, ROWS, DISPLAY).axes[1].get_title(loc="left") == "MSC (2 patients)"
    for name in ("one.svg", "two.svg"):
        save_svg(draw_profile(ROWS, DISPLAY), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "SYNTHETIC DATA" in (tmp_path / "one.svg").read_text()
