"""The flow diagram: its numbers, two to four arms, text inside its boxes."""

import re

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from rctflow.display import ArmLabel, Label, StudyDisplay, VisitLabel
from rctflow.figures.flow import draw_flow
from rctflow.figures.style import house_style, save_svg
from rctflow.results import SUPPRESSED, Result

ARMS = ("placebo", "low", "high", "highest")
LABELS = {
    "placebo": "Placebo",
    "low": "Low dose",
    "high": "High dose of the extended release form",
    "highest": "Highest",
}


def row(statistic, value, group="", analysis="flow", note="not known", **more):
    fixed = dict.fromkeys(("estimand", "population", "role", "visit", "contrast"), "") | more
    fixed |= {"study": "demo", "endpoint": "flow", "analysis": analysis, "model": "summary", "group": group}
    fixed |= {} if value is not None else {"status": "not_estimable", "note": note}
    return Result(statistic=statistic, value=value, **fixed)


def rows(arms, screened=None):
    found = [row("n_screened", screened), row("n_randomized", 10 * len(arms))]
    if screened:
        found += [row("n_not_randomized", 7), row("n_not_randomized:did not meet the eligibility criteria", 7)]
    for arm in arms:
        counts = {"n_randomized": 10, "n_treated": 9, "n_as_allocated": 8, "n_other_arm": 1, "n_not_treated": 1,
                  "n_not_treated:withdrew before the first infusion": 1, "n_completed": 6, "n_discontinued": 3,
                  "n_discontinued:Lost to follow-up": 3, "n_status_unknown": 1}  # fmt: skip
        found += [row(name, n, arm) for name, n in counts.items()]
        found += [row("n", 5, arm, "tug", visit="m6"), row("n", 10, arm, population="itt")]
        found += [row(f"n_excluded{why}", n, arm, population="pp") for why, n in (("", 4), (":major deviation", 4))]
        found.append(row("n", 6, arm, population="pp"))
    return found


def display(arms, **more):
    return StudyDisplay(
        arms=tuple(ArmLabel(arm, LABELS[arm]) for arm in arms),
        visits=(VisitLabel("m6", "6 months", 180),),
        populations=(Label("itt", "Intention to treat"), Label("pp", "Per protocol")),
        endpoints=(Label("tug", "Timed Up and Go"),),
        **more,
    )


def holds(box, place):
    """Whether a text lies in a box, to half a pixel."""
    wide = box.x0 <= place.x0 and place.x1 <= box.x1 + 0.5
    return wide and box.y0 - 0.5 <= place.y0 and place.y1 <= box.y1 + 0.5


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts if text.get_text()]


def test_every_number_stands_under_its_words():
    words = texts(draw_flow(rows(ARMS[:2], 27), display(ARMS[:2])))
    expected = """Assessed for eligibility: 27|Not randomized: 7|Randomized: 20|Allocated: 10|Received it: 8
        Received another arm's: 1|Received none: 1|6 months: 5|Completed the study: 6|Left early: 3
        Lost to follow-up: 3|End of study unknown: 1|Intention to treat: 10|Per protocol: 6|Not in it: 4
        major deviation: 4"""
    for line in (part.strip() for part in re.split(r"[|\n]", expected)):
        assert line in words


def test_screening_that_is_not_in_the_data_is_said():
    words = texts(draw_flow(rows(ARMS[:2]), display(ARMS[:2])))
    assert "not recorded in these data" in words
    assert not any(word.startswith("Not randomized") for word in words)


def test_suppressed_numbers_are_dashes():
    made = [row(r.statistic, None, r.group, r.analysis, note=SUPPRESSED, visit=r.visit, population=r.population)
            if r.statistic == "n_discontinued" else r for r in rows(ARMS[:2])]  # fmt: skip
    assert "Left early: –" in texts(draw_flow(made, display(ARMS[:2], small_cells=5)))


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("screened", [None, 27])
def test_no_text_leaves_its_box_and_no_box_meets_another(count, screened):
    with house_style():
        figure = draw_flow(rows(ARMS[:count], screened), display(ARMS[:count], synthetic=True))
        renderer = FigureCanvasAgg(figure).get_renderer()
        axes = figure.axes[0]
        drawn = [patch for patch in axes.patches if patch.get_facecolor()[:3] == (1, 1, 1)]
        boxes = [patch.get_window_extent(renderer) for patch in drawn]
        lines = [text for text in axes.texts if text.get_text() and text.get_rotation() == 0]
        places = [text.get_window_extent(renderer) for text in lines]
    assert len(boxes) == 2 + bool(screened) + 3 * count
    for text, place in zip(lines, places, strict=True):
        assert any(holds(box, place) for box in boxes), text
    for k, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[k + 1 :])


def test_text_is_ten_pixels_high_when_the_figure_is_600_pixels_wide():
    figure = draw_flow(rows(ARMS), display(ARMS))
    pixels = 600 / figure.get_figwidth()
    assert min(t.get_fontsize() for t in figure.axes[0].texts if t.get_rotation() == 0) * pixels / 72 >= 9.9


def test_it_is_vector_and_says_synthetic(tmp_path):
    save_svg(draw_flow(rows(ARMS), display(ARMS, synthetic=True)), tmp_path / "flow.svg")
    text = (tmp_path / "flow.svg").read_text()
    assert "SYNTHETIC DATA" in text
    assert not re.search("<image", text)
