"""Leaving one patient out as drawn: who stands where, who is marked, and what is withheld."""

from dataclasses import replace

import pytest
from rctflow.figures.leave_one_out import draw_leave_one_out
from rctflow.figures.style import PAGE_WIDTH, QUIET, save_svg, text_width

from tests.unit.figures.test_ladder_figure import DISPLAY, comparison, row

WITHHELD = "withheld: the data are restricted, and each value would be one patient's"


def left_out(patient, estimate, low, high, **more):
    values = {"estimate": estimate, "ci_low": low, "ci_high": high, "p_value": 0.1}
    note = {} if estimate is not None else {"note": "nobody of msc"}
    return [
        row("mmrm", f"without:{patient}:{name}", v if estimate is not None else None, **more, **note)
        for name, v in values.items()
    ]


def ends(**more):
    values = {"loo_estimate_min": 1.5, "loo_estimate_max": 4, "loo_p_value_min": 0.02, "loo_p_value_max": 0.4}
    return [row("mmrm", name, value, **more) for name, value in values.items()]


INFLUENCE = row("mmrm", "loo_influence", 0.9, note="most influential: 01:2; moved in standard errors of the estimate")
ROWS = [
    *comparison("mmrm", (2, -1, 5), 0.2),
    *left_out("01:1", 2.5, -0.5, 5.5),
    *left_out("01:2", 4, 1, 7),
    *left_out("01:3", 1.5, -1.5, 4.5),
    *left_out("01:4", None, None, None),
    INFLUENCE,
    *ends(),
]


def drawn(rows=ROWS, display=DISPLAY):
    figure = draw_leave_one_out(rows, display)
    return figure, [text.get_text() for text in figure.texts]


def test_patients_stand_in_the_order_of_the_estimate_and_the_most_influential_is_marked():
    figure, texts = drawn()
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["01:3", "01:1", "01:2", "01:4"]
    points = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() in ("o", "D")]
    assert points == [(0, 1.5), (1, 2.5), (2, 4)]
    assert [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"] == [2]
    (told,) = [text for text in texts if text.startswith("Estimate")]
    assert told == (
        "Estimate 1.5 to 4.0, nominal p 0.020 to 0.400 without one patient.\n"
        "Most influential: 01:2, who moves it by 0.90 SE when left out."
    )


@pytest.mark.parametrize(
    ("contrast", "unit", "neutral"),
    [("msc - placebo", "", 0), ("msc / placebo", "ratio", 1), ("msc vs placebo", "win probability", 0.5)],
)
def test_the_grey_line_is_where_the_arms_do_not_differ(contrast, unit, neutral):
    changed = {"contrast": contrast, "unit": unit}
    rows = [*comparison("mmrm", (0.6, 0.4, 0.8), 0.2, **changed), *left_out("1", 0.5, 0.3, 0.7, **changed)]
    rows += [replace(INFLUENCE, contrast=contrast), *ends(**changed)]
    lines = [line for line in drawn(rows)[0].axes[0].lines if line.get_color() == QUIET]
    assert [line.get_ydata()[0] for line in lines] == [neutral]


def test_no_sentence_leaves_the_page():
    rows = [*ROWS[:-5], replace(INFLUENCE, note="most influential: SITE-01-PATIENT-0002; moved in SE"), *ends()]
    for text in drawn(rows)[0].texts:
        assert max(text_width(line, text.get_fontsize()) for line in text.get_text().split("\n")) < PAGE_WIDTH - 0.06


def test_the_whole_estimate_is_a_line_with_its_interval_as_a_band():
    axes = drawn()[0].axes[0]
    assert [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"] == [2]
    (band,) = axes.patches
    assert (band.get_y(), band.get_y() + band.get_height()) == (-1, 5)


def test_without_whom_there_is_no_comparison_is_said():
    assert drawn()[0].axes[0].get_xlabel() == "×: nobody of msc"


def test_many_patients_are_not_named_but_for_the_most_influential():
    many = [one for n in range(70) for one in left_out(f"02:{n}", 2 + n / 100, -1, 5)]
    axes = drawn([*ROWS, *many])[0].axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["01:2"]
    bars = [line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]]
    assert [tuple(bar.get_ydata()) for bar in bars] == [(1, 7)]  # the others' intervals are one band
    assert len(axes.collections) == 1


def test_restricted_data_show_nobody():
    hidden = row("mmrm", "loo_influence", None, note=WITHHELD)
    figure, texts = drawn([*ROWS[:4], hidden])
    (axes,) = figure.axes
    assert not axes.lines
    assert next(text.get_text().replace("\n", " ") for text in axes.texts) == WITHHELD
    assert not any(text.startswith("Estimate") for text in texts)


def test_a_ratio_stands_on_a_logarithmic_axis():
    changed = {"contrast": "msc / placebo", "unit": "ratio"}
    rows = [*comparison("mmrm", (1.2, 0.8, 1.9), 0.2, **changed), *left_out("1", 1.3, 0.9, 2, **changed)]
    rows += [replace(INFLUENCE, contrast="msc / placebo"), *ends(**changed)]
    assert drawn(rows)[0].axes[0].get_yscale() == "log"


def test_the_same_rows_give_the_same_bytes_and_say_synthetic(tmp_path):
    for name in ("one.svg", "two.svg"):
        save_svg(drawn()[0], tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "SYNTHETIC DATA" in (tmp_path / "one.svg").read_text()
